"""Bring one business's schema up to date: in one transaction, whole or not at all."""

from django.db import transaction
from django.db.backends.utils import CursorWrapper
from django_tenants.utils import get_public_schema_name, schema_context

from tenants.connection import connection
from tenants.fleet import versions
from tenants.fleet.recording import DataChange, Upgrade
from tenants.postgresql.base import sqlstate
from tenants.sharding import was_not_committed
from tenants.sql import literal, quoted
from tenants.template import run_together

LOCK_NOT_AVAILABLE = "55P03"
DEADLOCK_DETECTED = "40P01"
SERIALIZATION_FAILURE = "40001"
#: A digest of the migrations that a schema says were applied to it.
FINGERPRINT = (
    "SELECT md5(coalesce(string_agg(app || '.' || name, ',' ORDER BY app COLLATE \"C\", "
    "name COLLATE \"C\"), '')) FROM {schema}.django_migrations"
)


class MovedError(Exception):
    """Another process has migrated the schema since it was looked at."""


def upgrade_schema(schema: str, upgrade: Upgrade, expected: str, lock_timeout: int) -> None:
    """Run `upgrade` in `schema`, and write its version down, in one transaction.

    `expected` is the fingerprint that the schema must have; MovedError says that it has another.
    A lock is waited for `lock_timeout` milliseconds, the database's error is raised after that.
    """
    with schema_context(schema), transaction.atomic(), connection.cursor() as cursor:
        _claim(cursor, schema, expected, lock_timeout)
        waiting: list[str] = []
        for step in upgrade.steps:
            if isinstance(step, DataChange):
                run_together(cursor, waiting)
                waiting = []
                step.run()
            else:
                waiting += step.sql
        run_together(cursor, [*waiting, _write_version(schema)])


def could_be_retried(error: BaseException) -> bool:
    """Did someone else's lock, PostgreSQL's choice among two, or a node end the transaction?"""
    return was_not_committed(error) or sqlstate(error) in (
        LOCK_NOT_AVAILABLE,
        DEADLOCK_DETECTED,
        SERIALIZATION_FAILURE,
    )


def _versions_table() -> str:
    # A business's path does not hold the platform's schema.
    return f'{quoted(get_public_schema_name())}."tenants_schemaversion"'


def _claim(cursor: CursorWrapper, schema: str, expected: str, lock_timeout: int) -> None:
    """Lock the schema's version, as every process does that migrates it, and look at it."""
    raw = cursor.connection
    with connection.wrap_database_errors, raw.pipeline():
        raw.execute(f"SET LOCAL lock_timeout = {int(lock_timeout)}")
        # An update that changes nothing, for the lock.
        raw.execute(
            f"INSERT INTO {_versions_table()} (schema_name, digest, error) VALUES (%s, '', '') "  # noqa: S608
            "ON CONFLICT (schema_name) DO UPDATE SET schema_name = EXCLUDED.schema_name",
            [schema],
        )
        (found,) = raw.execute(FINGERPRINT.format(schema=quoted(schema))).fetchone()
    if found != expected:
        raise MovedError(schema)


def _write_version(schema: str) -> str:
    return (
        f"UPDATE {_versions_table()} SET digest = {literal(versions.of_code())}, "  # noqa: S608
        "migrated_at = now(), error = '', failed_at = NULL "
        f"WHERE schema_name = {literal(schema)}"
    )
