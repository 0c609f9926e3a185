"""Bring one business's schema up to date: in one transaction, whole or not at all.

Where all of it is SQL, it is one message to the server, which PostgreSQL runs as one transaction:
one round trip for each business.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.utils import DatabaseError
from django_tenants.utils import get_public_schema_name, schema_context

from tenants.connection import connection
from tenants.fleet import versions
from tenants.fleet.recording import DataChange, Upgrade
from tenants.postgresql.base import sqlstate
from tenants.sharding import is_citus, was_not_committed
from tenants.sql import literal, quoted
from tenants.template import run_together

LOCK_NOT_AVAILABLE = "55P03"
DEADLOCK_DETECTED = "40P01"
SERIALIZATION_FAILURE = "40001"
INVALID_TEXT_REPRESENTATION = "22P02"
#: A digest of the migrations that a schema says were applied to it.
FINGERPRINT = (
    "SELECT md5(coalesce(string_agg(app || '.' || name, ',' ORDER BY app COLLATE \"C\", "
    "name COLLATE \"C\"), '')) AS found FROM {schema}.django_migrations"
)
# What the database complains of; see `_claim`.
MOVED = "migrated by another process"


class MovedError(Exception):
    """The schema does not stand where it was believed to stand."""


def upgrade_schema(schema: str, upgrade: Upgrade, expected: str, lock_timeout: int) -> None:
    """Run `upgrade` in `schema`, and write its version down, in one transaction.

    `expected` is the fingerprint that the schema must have; MovedError says that it has another.
    A lock is waited for `lock_timeout` milliseconds, the database's error is raised after that.
    """
    claim = _claim(schema, expected, lock_timeout)
    with schema_context(schema), _noticing_moves(schema):
        # Citus would send the whole message to a node for each statement that it finds in it.
        if upgrade.sql is not None and not is_citus():
            with connection.cursor() as cursor:
                cursor.execute(";\n".join((*claim, upgrade.sql)))
        else:
            _run_in_turn(claim, upgrade)


def _run_in_turn(claim: Iterable[str], upgrade: Upgrade) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        waiting = list(claim)
        for step in upgrade.steps:
            if isinstance(step, DataChange):
                run_together(cursor, waiting)
                waiting = []
                step.run()
            else:
                waiting += step.sql
        run_together(cursor, waiting)


def could_be_retried(error: BaseException) -> bool:
    """Did someone else's lock, PostgreSQL's choice among two, or a node end the transaction?"""
    return was_not_committed(error) or sqlstate(error) in (
        LOCK_NOT_AVAILABLE,
        DEADLOCK_DETECTED,
        SERIALIZATION_FAILURE,
    )


def _claim(schema: str, expected: str, lock_timeout: int) -> tuple[str, str, str]:
    """Return the statements that a transaction begins with which migrates `schema`.

    They write the new version, and so lock it, as every process does that migrates the schema;
    then they fail if the schema does not stand at `expected`: a cast of a text to a number is an
    error that an expression can raise.
    """
    # A business's path does not hold the platform's schema.
    table = f'{quoted(get_public_schema_name())}."tenants_schemaversion"'
    return (
        f"SELECT set_config('lock_timeout', '{int(lock_timeout)}ms', true)",
        f"INSERT INTO {table} AS v (schema_name, digest, migrated_at, error) "  # noqa: S608
        f"VALUES ({literal(schema)}, {literal(versions.of_code())}, now(), '') "
        "ON CONFLICT (schema_name) DO UPDATE SET digest = EXCLUDED.digest, "
        "migrated_at = EXCLUDED.migrated_at, error = '', failed_at = NULL",
        f"SELECT CASE found WHEN {literal(expected)} THEN 0 "  # noqa: S608
        f"ELSE ({literal(MOVED + ': ')} || found)::int END "
        f"FROM ({FINGERPRINT.format(schema=quoted(schema))}) AS standing",
    )


@contextmanager
def _noticing_moves(schema: str) -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        if sqlstate(error) == INVALID_TEXT_REPRESENTATION and MOVED in str(error):
            raise MovedError(schema) from error
        raise
