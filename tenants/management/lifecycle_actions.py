"""The actions of ``manage.py tenant`` that work on a business as a whole."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django_tenants.utils import tenant_context

from tenants import personal
from tenants.lifecycle import deleting
from tenants.lifecycle.exporting import export
from tenants.lifecycle.importing import import_business
from tenants.lifecycle.renaming import rename
from tenants.lifecycle.restoring import restore
from tenants.management.tenant_lookup import find, find_with_hosts

SECRETS_SAID = {
    "platform": "Its secrets can be read with this platform's FIELD_ENCRYPTION_KEYS only.",
    "key-file": "Its secrets can be read with the key file only.",
    "left out": "Its secrets were left out: they must be entered again after an import.",
}


def add_lifecycle_actions(actions: Any) -> None:
    """Add the parser of each action."""
    parser = actions.add_parser("export", help="write one business to a file")
    parser.add_argument("label")
    parser.add_argument("file", type=Path)
    _add_secrets(parser)

    parser = actions.add_parser("import", help="add the business in a file, parked")
    parser.add_argument("file", type=Path)
    parser.add_argument("--name", default="", help="another first part of its address")
    hosts = parser.add_mutually_exclusive_group()
    hosts.add_argument(
        "--domain", action="append", help="a domain of its own, instead of those in the file"
    )
    hosts.add_argument(
        "--no-domains", action="store_true", help="none of its own domains, only the subdomain"
    )
    _add_secrets(parser)

    parser = actions.add_parser("rename", help="give a business another name and address")
    parser.add_argument("label")
    parser.add_argument("new", help="the new first part of its address")
    parser.add_argument("--domain", default="", help="a domain of its own as its main address")
    parser.add_argument(
        "--forget-old-host",
        action="store_true",
        help="pages at the old address are not found any more, instead of leading to the new",
    )
    parser = actions.add_parser("delete", help="off the air now, deleted after a waiting period")
    parser.add_argument("label")
    actions.add_parser("keep", help="cancel a deletion").add_argument("label")

    parser = actions.add_parser("purge", help="delete for good what was marked long enough ago")
    parser.add_argument("label", nargs="?", help="one business only (default: all)")
    parser.add_argument("--now", action="store_true", help="don't wait; needs a label")

    parser = actions.add_parser("restore", help="put a business back to an export of it")
    parser.add_argument("label")
    parser.add_argument("file", type=Path)
    parser.add_argument("--drop-old", action="store_true", help="keep nothing of the time since")
    _add_secrets(parser)

    parser = actions.add_parser("customer", help="show or erase what is held on one customer")
    parser.add_argument("what", choices=("export", "erase"))
    parser.add_argument("label")
    parser.add_argument("email")
    parser.add_argument(
        "file", type=Path, nargs="?", help="a new .zip file, for “export”: JSON and plain text"
    )


def _add_secrets(parser: ArgumentParser) -> None:
    """Let the operator say how the business's secrets travel."""
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--key-file", type=Path, help="holds the text under which the secrets are encrypted"
    )
    how.add_argument("--without-secrets", action="store_true", help="leave them out")


def _secrets(options: dict[str, Any]) -> dict[str, Any]:
    return {name: options[name] for name in ("key_file", "without_secrets")}


class LifecycleActions:
    """Mixed into the command; each method is an action."""

    stdout: Any

    def export(self, *, label: str, file: Path, **options: Any) -> None:
        manifest = export(find(label), file, **_secrets(options))
        rows = sum(table["rows"] for table in manifest["tables"])
        self.stdout.write(f"{file}: {len(manifest['tables'])} tables, {rows} rows.")
        self.stdout.write(SECRETS_SAID[manifest["secrets"]])

    def import_(self, *, file: Path, name: str, **options: Any) -> None:
        domains = [] if options["no_domains"] else options["domain"]
        imported = import_business(file, name=name, domains=domains, **_secrets(options))
        tenant = imported.tenant
        self.stdout.write(f"{tenant.name} is here, parked: nothing is served and no job runs.")
        for sentence in imported.sentences:
            self.stdout.write(sentence)
        self.stdout.write(f"Open it with: manage.py tenant resume {tenant.label}")

    def rename(self, *, label: str, new: str, domain: str, forget_old_host: bool, **_: Any) -> None:
        tenant = rename(find(label), new, domain=domain, forget_old_host=forget_old_host)
        self.stdout.write(f"{tenant.name} is now {tenant.label}, at {tenant.url}/")
        if forget_old_host:
            self.stdout.write(
                "Stripe may still send to the old address: choose “Set up the webhook again” under "
                "the business's Stripe keys."
            )
        else:
            self.stdout.write("Pages at its old address lead there; programs are served at both.")

    def delete(self, *, label: str, **_: Any) -> None:
        tenant = deleting.mark(find(label))
        self.stdout.write(
            f"{tenant.name} is off the air, and deleted after {tenant.delete_after:%Y-%m-%d %H:%M} "
            f"UTC. Until then: manage.py tenant keep {label}"
        )
        for sentence in deleting.obstacles(tenant):
            self.stdout.write(f"To be settled before: {sentence}")

    def keep(self, *, label: str, **_: Any) -> None:
        tenant = deleting.keep(find(label))
        self.stdout.write(f"{tenant.name} is kept: {tenant.get_status_display().lower()}.")

    def purge(self, *, label: str | None, now: bool, **_: Any) -> None:
        if label is not None:
            file = deleting.purge(find(label), now=now)
            self.stdout.write(f"{label} is deleted. Its last export: {file}")
        elif now:
            raise CommandError("--now needs the name of one business.")
        else:
            gone = deleting.purge_due()
            self.stdout.write(f"Deleted: {', '.join(gone) or 'none'}.")

    def restore(self, *, label: str, file: Path, drop_old: bool, **options: Any) -> None:
        restored = restore(find(label), file, **_secrets(options))
        self.stdout.write(f"{restored.tenant.name} is as it was when {file} was written.")
        for sentence in restored.sentences:
            self.stdout.write(sentence)
        aside = restored.set_aside
        if drop_old:
            deleting.drop_set_aside(aside)
            return
        self.stdout.write(
            f"As it was until now it is kept as {aside.label} until "
            f"{aside.delete_after:%Y-%m-%d}. Remove it before: manage.py tenant purge "
            f"{aside.label} --now"
        )

    def customer(self, *, what: str, label: str, email: str, file: Path | None, **_: Any) -> None:
        with tenant_context(find_with_hosts(label)):
            if what == "erase":
                self._erase(email)
            elif file is None:
                raise CommandError("Name the file to write: tenant customer export NAME EMAIL FILE")
            else:
                _write_new(file, personal.package(email))
                self.stdout.write(f"{file}: what is held on {email}.")

    def _erase(self, email: str) -> None:
        changed = personal.erase(email)
        if not changed:
            self.stdout.write(f"Nothing is held on {email}.")
        for name, count in changed.items():
            self.stdout.write(f"{name}: {count}")


def _write_new(file: Path, content: bytes) -> None:
    """Write a file that only its owner may read; raises CommandError if it is there already."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise CommandError(f"{file} can't be written: {error.strerror}.") from None
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
