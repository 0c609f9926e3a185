"""A real PgBouncer between the tests and their database."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg

from demo.bootstrap import ROOT
from demo.processes import Process, free_port

CONFIGURATION = """
[databases]
* = {server} connect_query='SET search_path = nowhere'

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 200
client_login_timeout = 10
"""


@dataclass
class Pooler:
    """A PgBouncer in transaction mode; `url` is the DATABASE_URL that leads through it."""

    port: int
    database: str

    @property
    def url(self) -> str:
        return f"postgres://pooled@127.0.0.1:{self.port}/{self.database}"


def installed() -> str | None:
    """Return the path of the PgBouncer that PGBOUNCER names or that is installed."""
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"
    return shutil.which(os.environ.get("PGBOUNCER") or "pgbouncer", path=path)


def from_debian() -> str | None:
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    install = ["apt-get", "install", "--yes", "--no-install-recommends", "pgbouncer"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["apt-get", "update"], install):
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False)
    return installed()


def program() -> str:
    """Return the path of a PgBouncer, installed if need be; these tests are never skipped."""
    found = installed() or from_debian()
    if not found:
        raise RuntimeError(
            "These tests need PgBouncer and none could be installed. Install it (for example: "
            "apt-get install pgbouncer) or set PGBOUNCER to its path."
        )
    return found


@contextmanager
def pooler(directory: Path, database: str, *, size: int) -> Iterator[Pooler]:
    """Run a PgBouncer whose `size` connections lead to `database` of the tests' server."""
    target = urlsplit(os.environ["DATABASE_URL"])
    host = unquote(target.netloc.rpartition("@")[2].partition(":")[0])
    server = f"host={host} port={target.port or 5432} user={unquote(target.username or '')}"
    if target.password:
        server += f" password='{unquote(target.password)}'"
    made = Pooler(free_port(), database)
    configuration = directory / "pgbouncer.ini"
    configuration.write_text(CONFIGURATION.format(server=server, port=made.port, size=size))
    # It refuses to run as root, and a socket's directory may be its owner's alone.
    owner = Path(host).owner() if host.startswith("/") else "nobody"
    user = ["--user", owner] if os.geteuid() == 0 and owner != "root" else []
    command = [program(), *user, str(configuration)]
    process = Process(
        "pgbouncer", command, environment={**os.environ}, log=directory / "log", cwd=ROOT
    )
    try:
        _wait_until_it_serves(process, made)
        yield made
    finally:
        process.stop()


def _wait_until_it_serves(process: Process, made: Pooler, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not process.has_ended and time.monotonic() < deadline:
        try:
            psycopg.connect(made.url.replace("postgres:", "postgresql:", 1)).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError(f"PgBouncer does not serve:\n{process.last_lines()}")
