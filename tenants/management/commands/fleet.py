"""``manage.py fleet status|plan|migrate``: every business's schema, and its upgrades."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django_tenants.utils import get_public_schema_name, schema_context

from tenants import template
from tenants.fleet import survey, versions
from tenants.fleet.migration import Pace
from tenants.fleet.recording import RecordingError, is_behind, record_upgrade
from tenants.fleet.rollout import Progress, roll_out
from tenants.models import SchemaVersion, Tenant

SHOWN = 20


class Command(BaseCommand):
    # Migrations must not wait for what a check of the pages would find.
    requires_system_checks: list[str] = []
    help = "Show which businesses have this code's migrations, and bring them to the others."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        status = actions.add_parser("status", help="how many are up to date, behind, failed")
        status.add_argument(
            "--verify",
            action="store_true",
            help="ask every schema itself, and correct what is written down of it",
        )
        actions.add_parser("plan", help="show the SQL that migrate would run").add_argument(
            "names", nargs="*", help="only these businesses"
        )
        self._add_migrate(actions.add_parser("migrate", help="bring those behind up to date"))

    def _add_migrate(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", help="only these businesses")
        parser.add_argument(
            "--canary",
            nargs="+",
            default=settings.FLEET_CANARIES,
            metavar="NAME",
            help="first; the others follow if all goes well (default: FLEET_CANARIES)",
        )
        parser.add_argument(
            "--connections", type=int, default=Pace.connections, help="businesses at once"
        )
        parser.add_argument(
            "--lock-timeout",
            type=int,
            default=Pace.lock_timeout,
            metavar="MS",
            help="how long to wait for a table in use before trying again later",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        with schema_context(get_public_schema_name()):
            getattr(self, options["action"])(**options)

    def status(self, *, verify: bool, **options: Any) -> None:
        if verify:
            self._verify()
        total = Tenant.objects.exclude(status=Tenant.Status.PROVISIONING).count()
        behind = list(versions.behind().values_list("schema_name", flat=True))
        failures = SchemaVersion.objects.exclude(error="").filter(schema_name__in=behind)
        self.stdout.write(
            f"{total} businesses: {total - len(behind)} up to date, {len(behind)} behind, "
            f"{len(failures)} of them failed."
        )
        for version in failures[:SHOWN]:
            self.stdout.write(
                f"{version.schema_name}: {version.error} ({version.failed_at:%Y-%m-%d %H:%M} UTC)"
            )
        waiting = [name for name in behind if name not in {one.schema_name for one in failures}]
        if waiting:
            more = f" and {len(waiting) - SHOWN} more" if len(waiting) > SHOWN else ""
            self.stdout.write(f"Behind: {', '.join(waiting[:SHOWN])}{more}")

    def _verify(self) -> None:
        """Forget what is written down of schemas that say something else of themselves."""
        schemas = list(
            Tenant.objects.exclude(status=Tenant.Status.PROVISIONING).values_list(
                "schema_name", flat=True
            )
        )
        lost = survey.without_migrations(schemas)
        versions.forget(*lost)
        there = [schema for schema in schemas if schema not in set(lost)]
        for group in survey.by_fingerprint(there).values():
            if is_behind(group[0]):
                versions.forget(*group)
            else:
                versions.record(*group)

    def plan(self, *, names: Sequence[str], **options: Any) -> None:
        groups = survey.by_fingerprint(behind(names))
        if not groups:
            self.stdout.write("Nothing to do.")
        for schemas in groups.values():
            try:
                upgrade = record_upgrade(schemas[0])
            except (RecordingError, template.TemplateError) as error:
                raise CommandError(str(error)) from error
            self.stdout.write(f"-- {len(schemas)} businesses: {', '.join(schemas[:SHOWN])}")
            self.stdout.write("\n".join(upgrade.as_sql()))

    def migrate(
        self,
        *,
        names: Sequence[str],
        canary: Sequence[str],
        connections: int,
        lock_timeout: int,
        verbosity: int = 1,
        **options: Any,
    ) -> None:
        if lock_timeout < 1:
            raise CommandError("--lock-timeout must be at least 1, in milliseconds.")
        schemas = behind(names)
        if not schemas:
            if verbosity:
                self.stdout.write("Nothing to do.")
            return
        pace = Pace(connections=checked(connections), lock_timeout=lock_timeout)
        canaries = known(canary)
        progress = Progress(len(schemas), self._write, self.stdout.isatty())
        tell = progress if verbosity else lambda schema, error: None
        outcome = roll_out(schemas, canaries, pace, tell)
        left = len(schemas) - len(outcome.migrated) - len(outcome.failed)
        if outcome.failed:
            raise CommandError(
                f"{len(outcome.failed)} of {len(schemas)} failed and stayed as they were: "
                f"{', '.join(list(outcome.failed)[:SHOWN])}. "
                + (f"{left} were not tried, because a canary failed. " if left else "")
                + "See why with “manage.py fleet status”; migrate again to go on."
            )

    def _write(self, text: str) -> None:
        self.stdout.write(text, ending="")
        self.stdout.flush()


def behind(names: Sequence[str] = ()) -> list[str]:
    """Return the schemas that are behind; of `names` only, if any are given."""
    found = versions.behind(known(names))
    return list(found.values_list("schema_name", flat=True))


def known(names: Sequence[str]) -> list[str]:
    """Return the schemas of `names`; raises CommandError for one that is no business."""
    schemas = [name.replace("-", "_") for name in names]
    found = set(
        Tenant.objects.filter(schema_name__in=schemas).values_list("schema_name", flat=True)
    )
    for name, schema in zip(names, schemas, strict=True):
        if schema not in found:
            raise CommandError(f"There is no business “{name}”. See: manage.py tenant list")
    return schemas


def checked(connections: int) -> int:
    """Return `connections`; raises CommandError when the pool has fewer."""
    options: dict[str, Any] = settings.DATABASES["default"].get("OPTIONS", {})  # type: ignore[assignment]
    pool = options.get("pool") or {"max_size": connections + 1}
    most = pool["max_size"] - 1
    if not 1 <= connections <= most:
        raise CommandError(
            f"--connections must be from 1 to {most}, one less than DATABASE_POOL_SIZE."
        )
    return connections
