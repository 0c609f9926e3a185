"""``migrate_schemas``, plus what the platform keeps outside ``public`` and every business.

Extensions and the job queue live in a schema of their own, because it is on every business's
path: a btree_gist created while a business's schema came first would live there, and dropping
that business would remove every other one's exclusion constraints with it.
"""

import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db.migrations.recorder import MigrationRecorder
from django_tenants.management.commands import SyncCommon
from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand
from django_tenants.utils import get_public_schema_name, schema_context

from tenants import sharding, template
from tenants.append_only import create_function_sql
from tenants.connection import connection
from tenants.fleet import versions
from tenants.management.commands import fleet
from tenants.models import Tenant

EXTENSIONS = ("btree_gist",)
JOB_QUEUE = "procrastinate"


# With one of these, Django's own way is gone: through one business after the other.
STOCK = (
    "app_label", "migration_name", "fake", "fake_initial", "prune", "run_syncdb", "executor",
)  # fmt: skip


class Command(MigrateSchemasCommand):
    help = (
        "Bring the platform's schema up to date, then every business's: several at once, each "
        "whole or not at all. See also “manage.py fleet”."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        SyncCommon.handle(self, *args, **options)
        one = None if options["schema_name"] in (None, "public") else options["schema_name"]
        # Django-tenants' own command, run for the platform, will change what it remembers.
        with_tenants = self.sync_tenant
        if self.sync_public:
            self._migrate_public(**options)
        if with_tenants and any(options[name] for name in STOCK):
            super().handle(*args, **{**options, "shared": False, "tenant": True})
            versions.forget(*([one] if one else all_schemas()))
        elif with_tenants:
            self._migrate_fleet([one] if one else [], **options)

    def _migrate_public(self, **options: Any) -> None:
        prepare_extensions_schema()
        if options["app_label"] in (None, JOB_QUEUE):
            migrate_job_queue(options)
        super().handle(**{**options, "shared": True, "tenant": False, "schema_name": None})

    def _migrate_fleet(self, names: list[str], **options: Any) -> None:
        with schema_context(get_public_schema_name()):
            if options["check_unapplied"]:
                if fleet.behind(names):
                    sys.exit(1)
            elif options["plan"]:
                call_command(fleet.Command(), "plan", *names, stdout=self.stdout)
            else:
                # So that no sign-up has to wait for it.
                template.current()
                verbosity = options["verbosity"]
                call_command(
                    fleet.Command(), "migrate", *names, stdout=self.stdout, verbosity=verbosity
                )


def all_schemas() -> list[str]:
    with schema_context(get_public_schema_name()):
        return list(Tenant.objects.values_list("schema_name", flat=True))


def prepare_extensions_schema() -> None:
    """Create the extensions' schema and the extensions in it, or move them there."""
    schema = settings.EXTENSIONS_SCHEMA
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
        for extension in EXTENSIONS:
            cursor.execute(f'CREATE EXTENSION IF NOT EXISTS "{extension}" SCHEMA "{schema}"')
            cursor.execute(
                "SELECT nspname FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace "
                "WHERE extname = %s",
                [extension],
            )
            if cursor.fetchone() != (schema,):
                cursor.execute(f'ALTER EXTENSION "{extension}" SET SCHEMA "{schema}"')
        cursor.execute(create_function_sql())


def migrate_job_queue(options: dict[str, Any]) -> None:
    """Run the job queue's migrations so that its tables and functions land among the extensions.

    They are recorded in public's django_migrations, which therefore has to exist first.
    """
    MigrationRecorder(connection).ensure_schema()
    with sharding.on_coordinator_alone(), connection.creating_in_extensions():
        call_command(DjangoMigrate(), JOB_QUEUE, database=connection.alias, **_passed_on(options))


def _passed_on(options: dict[str, Any]) -> dict[str, Any]:
    names = ("verbosity", "interactive", "fake", "fake_initial", "plan", "check_unapplied", "prune")
    return {name: options[name] for name in names if name in options}
