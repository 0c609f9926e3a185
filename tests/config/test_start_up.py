"""A setting that is missing or makes no sense stops the start and is named."""

import base64
import os
import subprocess
import sys

import pytest

from demo.bootstrap import ROOT

GOOD = {
    "PATH": os.environ["PATH"],
    "SECRET_KEY": "x" * 50,
    "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(b"k" * 32).decode(),
    "DATABASE_URL": "postgres://user:pw@127.0.0.1:9/tillhouse",
    "PLATFORM_URL": "https://tillhouse.example",
    "ENV_FILE": os.devnull,
}


def start(*command: str, **changes: str | None) -> tuple[int, str]:
    """Load the settings in a process of their own, by `check` if no command is named.

    None removes a variable.
    """
    merged = {name: value for name, value in {**GOOD, **changes}.items() if value is not None}
    merged.pop("ENV_FILE")
    result = subprocess.run(
        [sys.executable, "manage.py", *(command or ["check"])],
        env=merged,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return result.returncode, result.stdout + result.stderr


def test_with_good_settings_it_starts() -> None:
    code, said = start()
    assert (code, "no issues" in said) == (0, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", None),
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "short"),
        ("FIELD_ENCRYPTION_KEYS", None),
        ("FIELD_ENCRYPTION_KEYS", "not-a-key"),
        ("FIELD_ENCRYPTION_KEYS", "éé"),
        ("DATABASE_URL", None),
        ("DATABASE_URL", "mysql://x/y"),
        ("DATABASE_URL", "postgres://127.0.0.1/"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_POOLING", "statement"),
        ("JOBS_DATABASE_URL", "mysql://x/y"),
        ("TENANT_SHARDING", "yes"),
        ("SPARE_SCHEMAS", "-1"),
        ("PLATFORM_URL", "tillhouse.example"),
        ("PLATFORM_URL", "https://"),
        ("PLATFORM_URL", "https://a.example/path"),
        ("PLATFORM_URL", "https://a.example:x"),
        ("DEBUG", "maybe"),
        ("ALLOW_DEMO", "2"),
        ("DATABASE_POOL_SIZE", "many"),
        ("DATABASE_POOL_SIZE", "-1"),
        ("HSTS_SECONDS", "long"),
        ("STRIPE_API_BASE", "localhost"),
        ("EMAIL_URL", "carrier-pigeon://x"),
        ("EXTRA_TENANT_APPS", "no.such.app"),
        ("APPEND_ONLY_TRIGGERS", "maybe"),
        ("LOG_LEVEL", "LOUD"),
        ("PROXY_COUNT", "one"),
    ],
)
def test_a_bad_setting_is_named(name: str, value: str | None) -> None:
    code, said = start(**{name: value})
    assert code != 0
    assert name in said
    assert "Traceback" not in said
    for secret in (GOOD["SECRET_KEY"], GOOD["FIELD_ENCRYPTION_KEYS"], "user:pw"):
        assert secret not in said


def test_spare_schemas_and_a_cluster_exclude_each_other() -> None:
    code, said = start(SPARE_SCHEMAS="3", TENANT_SHARDING="citus")
    assert (code, "SPARE_SCHEMAS must be 0 with TENANT_SHARDING=citus" in said) == (1, True)


def test_the_web_server_stops_with_the_same_sentence() -> None:
    merged = {name: value for name, value in GOOD.items() if name != "ENV_FILE"}
    command = [sys.executable, "-m", "gunicorn", "--check-config"]
    for changes, code in (({}, 0), ({"SECRET_KEY": ""}, 1)):
        result = subprocess.run(
            command, env={**merged, **changes}, cwd=ROOT, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert result.returncode == code, result.stderr
        assert ("Tillhouse can't start: SECRET_KEY is not set" in result.stderr) == bool(code)
        assert "Traceback" not in result.stderr


def test_a_database_that_does_not_answer_is_named_without_its_password() -> None:
    code, said = start("tenant", "list", DATABASE_POOL_SIZE="0")
    assert code == 1
    assert "“tillhouse” at 127.0.0.1:9 can't be reached as “user”" in said
    assert "DATABASE_URL" in said
    assert "Traceback" not in said
    assert "user:pw" not in said


def test_debug_needs_neither_key() -> None:
    code, _ = start(DEBUG="true", SECRET_KEY=None, FIELD_ENCRYPTION_KEYS=None)
    assert code == 0


def test_an_env_file_that_is_not_there_is_named() -> None:
    merged = {**GOOD, "ENV_FILE": "/nowhere/.env"}
    result = subprocess.run(
        [sys.executable, "manage.py", "check"],
        env=merged, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert result.returncode != 0
    assert "ENV_FILE" in result.stderr
