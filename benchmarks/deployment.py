"""A running process of a deployment, ours or stock, that does what it is told and says how long.

`python -m benchmarks.deployment` is that process: it reads commands from its input.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from benchmarks.place import ENVIRONMENT
from demo.bootstrap import ROOT

OURS, OURS_NEXT = "config.settings", "benchmarks.next_release.settings"
STOCK, STOCK_NEXT = "benchmarks.stock_site.settings", "benchmarks.stock_site.next_settings"


def environment(database_url: str, settings: str) -> dict[str, str]:
    return {
        **os.environ, **ENVIRONMENT, "DATABASE_URL": database_url,
        "DJANGO_SETTINGS_MODULE": settings,
        # The next release is one of this app's.
        "EXTRA_TENANT_APPS": "docs.examples.invoices",
    }  # fmt: skip


class Deployment:
    """Use it as a context manager; it is warm when it has answered once."""

    def __init__(self, database_url: str, settings: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "benchmarks.deployment"], cwd=ROOT, text=True,
            env=environment(database_url, settings), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def __enter__(self) -> "Deployment":
        return self

    def __exit__(self, *exc: object) -> None:
        self.process.stdin.close()
        self.process.wait()

    def ask(self, command: str, *arguments: str) -> Any:
        """Return what `command` answers: the seconds that it took, if it has no other answer."""
        self.process.stdin.write(json.dumps([command, *arguments]) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"The process ended at {command} {' '.join(arguments[:3])}")
        return json.loads(answer)


def run(database_url: str, settings: str, *arguments: str) -> float:
    """Run `manage.py` once as a process of its own; return its seconds, start-up included."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", *arguments], cwd=ROOT, text=True,
        env=environment(database_url, settings), capture_output=True, check=False,
    )  # fmt: skip
    seconds = time.perf_counter() - start
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return seconds


# --- What the process does ---


def provision(label: str) -> None:
    from tenants.provisioning import provision

    provision(label=label, name=label)


def provision_from_spare(label: str) -> float:
    """Return the seconds of a sign-up that finds a schema ready."""
    from django.conf import settings

    from tenants import spares

    settings.SPARE_SCHEMAS = 1
    spares.replenish()
    try:
        start = time.perf_counter()
        provision(label)
        return time.perf_counter() - start
    finally:
        settings.SPARE_SCHEMAS = 0


def record_provision(label: str) -> dict[str, Any]:
    """Add a business, and return the statements that it took."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tenants import template
    from tenants.models import Tenant

    with CaptureQueriesContext(connection) as queries:
        provision(label)
    tenant = Tenant.objects.get(schema_name=label)
    inserts = [one["sql"] for one in queries if one["sql"].startswith("INSERT")]
    return {"uuid": tenant.uuid.hex, "schema": template.current(), "rows": inserts}


def stock_provision(label: str) -> None:
    from tenants.models import Domain, Tenant

    Tenant.auto_create_schema = True
    tenant = Tenant(schema_name=label, name=label, status="active")
    tenant.save(verbosity=0)
    Domain.objects.create(domain=f"{label}.localhost", tenant=tenant, is_primary=True)


def version() -> str:
    from tenants.fleet import versions

    return versions.of_code()


def migrate(*schemas: str) -> None:
    from tenants.fleet.migration import migrate

    failed = migrate(schemas).failed
    if failed:
        raise RuntimeError(str(failed))


def stock_migrate(*schemas: str) -> None:
    from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand
    from django_tenants.migration_executors import MultiprocessingExecutor

    parser = MigrateSchemasCommand().create_parser("manage.py", "migrate_schemas")
    options = vars(parser.parse_args(["--tenant", "--noinput", "--verbosity=0"]))
    MultiprocessingExecutor((), options).run_migrations(tenants=list(schemas))


def warm_up() -> None:
    import django

    django.setup()


COMMANDS = {
    one.__name__: one
    for one in (
        provision, provision_from_spare, record_provision, stock_provision, version, migrate,
        stock_migrate, warm_up,
    )
}  # fmt: skip


def answer(command: Sequence[str]) -> Any:
    start = time.perf_counter()
    said = COMMANDS[command[0]](*command[1:])
    return time.perf_counter() - start if said is None else said


if __name__ == "__main__":
    warm_up()
    for line in sys.stdin:
        print(json.dumps(answer(json.loads(line))), flush=True)
