"""Loaded before Django's settings: the environment of the tests, and a database server for them.

DATABASE_URL always wins; without it an embedded PostgreSQL runs for as long as the tests do. The
workers of a parallel run inherit its address.
"""

import base64
import contextlib
import os
import shutil
import tempfile
from pathlib import Path

import pytest

ENVIRONMENT = {
    "DEBUG": "false",
    "SECRET_KEY": "only-for-tests-only-for-tests-only-for-tests",
    "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(b"only-for-tests-only-for-tests-32").decode(),
    "PLATFORM_URL": "http://localhost:8000",
    "EMAIL_URL": "memorymail://",
    "ALLOW_DEMO": "true",
    "EXTRA_TENANT_APPS": "docs.examples.invoices",
    "DATABASE_POOL_SIZE": "0",
    "STRIPE_API_BASE": "http://127.0.0.1:9",
    "STRIPE_CHECKOUT_ORIGINS": "http://localhost:9",
}


class DatabaseServer:
    """The embedded server of one test run."""

    def __init__(self) -> None:
        from demo import postgres
        from demo.bootstrap import ROOT, place

        home = place() / ".test" if place() != ROOT else ROOT / ".test"
        home.mkdir(parents=True, exist_ok=True)
        self.directory = Path(tempfile.mkdtemp(prefix="postgres-", dir=home))
        self.directory.chmod(0o755)
        self.postgres = postgres.start(self.directory / "data", forgetful=True)
        os.environ["DATABASE_URL"] = self.postgres.url("tillhouse")

    def stop(self) -> None:
        self.postgres.stop()
        shutil.rmtree(self.directory, ignore_errors=True)


_server: DatabaseServer | None = None


def _start() -> None:
    global _server
    os.environ.update(ENVIRONMENT)
    if not os.environ.get("DATABASE_URL"):
        _server = DatabaseServer()


_start()


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    global _server
    if _server is not None:
        with contextlib.suppress(OSError):
            _server.stop()
        _server = None
