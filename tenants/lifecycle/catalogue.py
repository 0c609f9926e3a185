"""What a business's schema consists of, as the database tells it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import OperationalError

from tenants.connection import connection
from tenants.encryption import encrypted_fields
from tenants.lifecycle.errors import LifecycleError
from tenants.postgresql.base import sqlstate

LOCK_NOT_AVAILABLE = "55P03"

#: Tables whose rows stay behind: who is signed in (a session's key is as good as a password),
#: and the migrations, which the manifest names.
LEFT_OUT = frozenset({"django_session", "django_migrations"})

TABLES = """
SELECT c.relname,
       array_agg(a.attname::text ORDER BY a.attnum),
       (SELECT array_agg(k.attname::text ORDER BY array_position(i.indkey::int2[], k.attnum))
          FROM pg_index i JOIN pg_attribute k ON k.attrelid = c.oid AND k.attnum = ANY(i.indkey)
         WHERE i.indrelid = c.oid AND i.indisprimary)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
                   AND a.attgenerated = ''
WHERE n.nspname = %s AND c.relkind IN ('r', 'p')
GROUP BY c.oid, c.relname ORDER BY c.relname
"""
SEQUENCES = """
SELECT c.relname, a.attname, format('%%I.%%I', s.schemaname, s.sequencename), s.last_value
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_depend d ON d.refobjid = c.oid AND d.refobjsubid = a.attnum AND d.deptype IN ('a', 'i')
                AND d.classid = 'pg_class'::regclass
JOIN pg_class q ON q.oid = d.objid AND q.relkind = 'S'
JOIN pg_sequences s ON s.schemaname = n.nspname AND s.sequencename = q.relname
WHERE n.nspname = %s ORDER BY c.relname, a.attname
"""


@dataclass(frozen=True)
class Table:
    """One table: its columns in order, its primary key, and which columns hold secrets."""

    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]
    secrets: tuple[str, ...]

    def select(self, schema: str) -> str:
        """Return SQL for its rows in the order of their keys, secrets left empty."""
        columns = ", ".join(
            f"'' AS \"{name}\"" if name in self.secrets else f'"{name}"' for name in self.columns
        )
        order = ", ".join(f'"{name}"' for name in self.key or self.columns)
        return f'SELECT {columns} FROM "{schema}"."{self.name}" ORDER BY {order}'  # noqa: S608


def secret_columns() -> dict[str, tuple[str, ...]]:
    """Return {table: its columns that are encrypted}."""
    found: dict[str, tuple[str, ...]] = {}
    for model, secret in encrypted_fields():
        table = model._meta.db_table
        found[table] = (*found.get(table, ()), str(secret.column))
    return found


def tables_of(schema: str) -> list[Table]:
    """Return the tables of a schema by name; generated columns are left out."""
    secrets = secret_columns()
    with connection.cursor() as cursor:
        cursor.execute(TABLES, [schema])
        return [
            Table(name, tuple(columns), tuple(key or ()), secrets.get(name, ()))
            for name, columns, key in cursor.fetchall()
        ]


def sequences_of(schema: str) -> dict[str, int]:
    """Return {"table.column": the last id that was given out}, used sequences only."""
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCES, [schema])
        return {f"{row[0]}.{row[1]}": row[3] for row in cursor.fetchall() if row[3] is not None}


def advance_sequences(schema: str, at_least: dict[str, int]) -> None:
    """Have no id given out again that `at_least` says was given out before."""
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCES, [schema])
        for table, column, sequence, last in cursor.fetchall():
            wanted = max(at_least.get(f"{table}.{column}", 0), last or 0)
            if wanted:
                cursor.execute("SELECT setval(%s::regclass, %s)", [sequence, wanted])


def schema_exists(schema: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [schema])
        return cursor.fetchone() is not None


def take_time() -> None:
    """Lift the limit on how long a statement may take, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")


@contextmanager
def lock_not_waited_for() -> Iterator[None]:
    """Say in plain words that the business is busy, when a lock can't be had in time."""
    try:
        yield
    except OperationalError as error:
        if sqlstate(error) != LOCK_NOT_AVAILABLE:
            raise
        raise LifecycleError(
            "The business is busy: something works on its tables. Nothing has changed, try again."
        ) from error


def lock_tables(schema: str, *, seconds: int = 10) -> None:
    """Wait until nobody works in `schema`, and let nobody in until the transaction ends.

    A statement that waits meanwhile finds its table by name again afterwards. Raises
    OperationalError (55P03) after `seconds`.
    """
    names = ", ".join(f'"{schema}"."{table.name}"' for table in tables_of(schema))
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{seconds}s'")
        cursor.execute(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")
