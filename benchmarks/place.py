"""Where a benchmark runs: a directory, a PostgreSQL server, databases, gunicorn processes."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from demo import postgres
from demo.bootstrap import ROOT
from demo.processes import Process, free_port, wait_until_answers

# What the platform is started with.
ENVIRONMENT = {
    "DEBUG": "false",
    "SECRET_KEY": "only-for-benchmarks-only-for-benchmarks-0123456789",
    "FIELD_ENCRYPTION_KEYS": "b25seS1mb3ItYmVuY2htYXJrcy1vbmx5LWZvci1iLTA=",
    "PLATFORM_URL": "http://localhost:8000",
    # Nothing answers there: what called Stripe would fail.
    "STRIPE_API_BASE": "http://127.0.0.1:9",
    "LOG_LEVEL": "WARNING",
    "DJANGO_SETTINGS_MODULE": "config.settings",
}
# The same for everyone who is measured.
WORKERS = 2
THREADS = 4
# Requests for each business after which nearly all connections have seen it: PostgreSQL reads what
# a business's tables are once for each connection, and requests are not dealt out evenly.
FAMILIAR = 8 * WORKERS * THREADS


def dsn(database_url: str) -> str:
    """Return the address as libpq reads it."""
    return database_url.replace("postgres://", "postgresql://", 1)


@contextmanager
def server() -> Iterator[str]:
    """Yield the address of a PostgreSQL server, up to its last slash: ours, or DATABASE_URL's."""
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given.rpartition("/")[0]
        return
    home = ROOT / ".bench"
    home.mkdir(exist_ok=True)
    directory = Path(tempfile.mkdtemp(prefix="postgres-", dir=home))
    directory.chmod(0o755)
    # Vacuum would come in the middle of one's round, and not of another's.
    running = postgres.start(directory / "data", settings={**many_schemas(), "autovacuum": "off"})
    try:
        yield running.url("x").rpartition("/")[0]
    finally:
        running.stop()
        shutil.rmtree(directory, ignore_errors=True)


def many_schemas() -> dict[str, str]:
    """Return PostgreSQL's settings for many businesses: those of docs/operating.md that bear on speed.

    As they come, they are for a machine with a hundredth of the memory, and a database with some
    hundred tables.
    """
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20
    return {
        "shared_buffers": f"{memory // 4}MB",
        "max_files_per_process": "15000",
        "max_wal_size": "8GB",
        "checkpoint_timeout": "30min",
    }


@contextmanager
def database(address: str, name: str) -> Iterator[str]:
    """Yield the address of an empty database called `name`, dropped afterwards."""
    postgres.drop_database(f"{address}/postgres", name)
    postgres.create_database(f"{address}/postgres", name)
    try:
        yield f"{address}/{name}"
    finally:
        postgres.drop_database(f"{address}/postgres", name)


@contextmanager
def gunicorn(python: str, wsgi: str, environment: dict[str, str], health: str) -> Iterator[int]:
    """Serve `wsgi` with the workers and threads that everyone gets; yield its port."""
    port = free_port()
    log = ROOT / ".bench" / f"{wsgi.partition(':')[0]}.log"
    command = [
        python, "-m", "gunicorn", "--config", str(ROOT / "benchmarks" / "gunicorn_same.py"),
        "--bind", f"127.0.0.1:{port}", wsgi,
    ]  # fmt: skip
    process = Process(wsgi, command, environment={**os.environ, **environment}, log=log, cwd=ROOT)
    try:
        wait_until_answers(process, f"http://127.0.0.1:{port}{health}", "localhost")
        yield port
    finally:
        process.stop()


def python_with(requirements: str) -> str:
    """Return the Python of an environment of its own that has what `requirements` lists."""
    home = ROOT / ".bench" / requirements.replace(".txt", "")
    python = home / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(ROOT / "benchmarks" / requirements)], check=True)
    return str(python)
