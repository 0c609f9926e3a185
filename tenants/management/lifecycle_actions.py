"""The actions of ``manage.py tenant`` that work on a business as a whole."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from tenants.lifecycle.exporting import export
from tenants.lifecycle.importing import import_business
from tenants.management.tenant_lookup import find


class LifecycleActions:
    """Mixed into the command; each method is an action."""

    stdout: Any

    def add_lifecycle_actions(self, actions: Any) -> None:
        parser = actions.add_parser("export", help="write one business to a file")
        parser.add_argument("label")
        parser.add_argument("file", type=Path)
        add_secrets(parser)

        parser = actions.add_parser("import", help="add the business in a file, parked")
        parser.add_argument("file", type=Path)
        parser.add_argument("--name", default="", help="another first part of its address")
        parser.add_argument(
            "--domain", action="append", help="a domain of its own, instead of those in the file"
        )
        parser.add_argument(
            "--no-domains", action="store_true", help="none of its own domains, only the subdomain"
        )
        add_secrets(parser)

    def export(
        self, *, label: str, file: Path, key_file: Any, without_secrets: bool, **_: Any
    ) -> None:
        manifest = export(find(label), file, key_file=key_file, without_secrets=without_secrets)
        rows = sum(table["rows"] for table in manifest["tables"])
        self.stdout.write(f"{file}: {len(manifest['tables'])} tables, {rows} rows.")
        self.stdout.write(SECRETS_SAID[manifest["secrets"]])

    def import_(
        self, *, file: Path, name: str, key_file: Any, without_secrets: bool, **options: Any
    ) -> None:
        domains = [] if options["no_domains"] else options["domain"]
        imported = import_business(
            file, name=name, domains=domains, key_file=key_file, without_secrets=without_secrets
        )
        tenant = imported.tenant
        self.stdout.write(f"{tenant.name} is here, parked: nothing is served and no job runs.")
        for sentence in imported.sentences:
            self.stdout.write(sentence)
        self.stdout.write(f"Open it with: manage.py tenant resume {tenant.label}")


SECRETS_SAID = {
    "platform": "Its secrets can be read with this platform's FIELD_ENCRYPTION_KEYS only.",
    "key-file": "Its secrets can be read with the key file only.",
    "left out": "Its secrets were left out: they must be entered again after an import.",
}


def add_secrets(parser: ArgumentParser) -> None:
    """Let the operator say how the business's secrets travel."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--key-file", type=Path, help="holds the text under which the secrets are encrypted"
    )
    how.add_argument("--without-secrets", action="store_true", help="leave them out")
