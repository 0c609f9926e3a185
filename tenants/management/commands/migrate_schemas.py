"""``migrate_schemas``, plus what the platform keeps outside ``public`` and every business.

Extensions and the job queue live in a schema of their own, because it is on every business's
path: a btree_gist created while a business's schema came first would live there, and dropping
that business would remove every other one's exclusion constraints with it.
"""

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.commands.migrate import Command as DjangoMigrate
from django.db.migrations.recorder import MigrationRecorder
from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand

from tenants import sharding
from tenants.append_only import create_function_sql
from tenants.connection import connection

EXTENSIONS = ("btree_gist",)
JOB_QUEUE = "procrastinate"


class Command(MigrateSchemasCommand):
    def handle(self, *args: Any, **options: Any) -> None:
        migrates_public = options.get("schema_name") in (None, "public")
        if migrates_public and not options.get("tenant"):
            prepare_extensions_schema()
            if options.get("app_label") in (None, JOB_QUEUE):
                migrate_job_queue(options)
        super().handle(*args, **options)


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
    connection.search_path_set_schemas = None


def _passed_on(options: dict[str, Any]) -> dict[str, Any]:
    names = ("verbosity", "interactive", "fake", "fake_initial", "plan", "check_unapplied", "prune")
    return {name: options[name] for name in names if name in options}
