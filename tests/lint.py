"""``python -m tests.lint``: style, types, layers, migrations, and rules that no tool knows."""

import os
import re
import subprocess
import sys

from demo.bootstrap import ROOT
from tests.plugin import ENVIRONMENT

PACKAGES = [
    "config", "tenants", "access", "events", "notifications", "payments", "bookings", "demo",
    "sandbox", "tests", "docs/examples",
    "manage.py", "gunicorn.conf.py",
]  # fmt: skip
# A tenant as a context manager keeps one stack for all threads: tenant_context() does not.
SHARED_BLOCK = re.compile(r"^\s*with (self\.)?(tenant|connection\.tenant)\b(?!_)[^:(]*:", re.M)


# As it would be deployed; no check connects to the database.
DEPLOYED = {
    "DATABASE_URL": "postgres://nobody@127.0.0.1:9/none",
    "PLATFORM_URL": "https://tillhouse.example",
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "SECRET_KEY": "only-for-checks-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFG",
}


def checks() -> list[tuple[str, list[str]]]:
    python = [sys.executable, "-W", "ignore"]
    return [
        ("style", [*python, "-m", "ruff", "check", "."]),
        ("format", [*python, "-m", "ruff", "format", "--check", "."]),
        ("types", [*python, "-m", "mypy", *PACKAGES]),
        ("layers", [*python, "-c", "from importlinter.cli import lint_imports_command as c; c()"]),
        ("settings", [*python, "manage.py", "check", "--deploy", "--fail-level", "WARNING"]),
        ("migrations", [*python, "manage.py", "makemigrations", "--check", "--dry-run"]),
        ("roll-out", [*python, "-m", "tests.migrations"]),
    ]


def thread_shared_tenant_blocks() -> list[str]:
    """Return where a tenant is entered in the way that leaks between threads."""
    return [
        str(path.relative_to(ROOT))
        for package in PACKAGES[:7]
        for path in sorted((ROOT / package).rglob("*.py"))
        if SHARED_BLOCK.search(path.read_text())
    ]


def main() -> int:
    environment = {**os.environ, **ENVIRONMENT, **DEPLOYED}
    failed = []
    for name, command in checks():
        print(f"  {name}", flush=True)
        if subprocess.run(command, env=environment, cwd=ROOT, check=False).returncode:
            failed.append(name)
    for place in thread_shared_tenant_blocks():
        print(f"{place}: enter a tenant with tenant_context()")
        failed.append("tenant blocks")
    print(f"Failed: {', '.join(failed)}" if failed else "All checks passed.")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
