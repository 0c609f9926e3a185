"""The whole platform as processes: database, sandbox, web server, job worker."""

import base64
import fcntl
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from demo import postgres
from demo.bootstrap import ROOT, place
from demo.processes import Process, ProcessError, free_port, is_free, wait_until_answers

DATABASE = "tillhouse"


class StackError(RuntimeError):
    """The platform can't be started; the message says what to do."""


def quiet(text: str) -> None:
    """Say nothing of progress."""


@dataclass
class Stack:
    """One running platform in `directory`. Port 0 means any free one.

    `database_url` points to a server of your own; without it an embedded one is started.
    """

    directory: Path
    port: int = 8000
    sandbox_port: int = 0
    host: str = "127.0.0.1"
    database_url: str = ""
    say: Callable[[str], None] = quiet
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.directory = self.directory.resolve()
        self.port = self.port or free_port()
        self.sandbox_port = self.sandbox_port or free_port()
        self.processes: list[Process] = []
        self._postgres: postgres.Postgres | None = None
        self._lock: IO[str] | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def sandbox_url(self) -> str:
        return f"http://localhost:{self.sandbox_port}"

    @property
    def credentials_file(self) -> Path:
        return self.directory / "credentials.json"

    def credentials(self) -> dict[str, Any]:
        """Return the addresses, sign-ins and API keys of the demo."""
        return dict(json.loads(self.credentials_file.read_text()))

    def start(self) -> None:
        """Bring everything up; what was started is stopped again if a part fails."""
        self._prepare_directory()
        try:
            self._start_database()
            self._migrate()
            self.start_sandbox()
            self._seed()
            self.start_worker()
            self.start_web()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop everything, the database last."""
        for process in reversed(self.processes):
            process.stop()
        self.processes.clear()
        if self._postgres is not None:
            self._postgres.stop()
            self._postgres = None
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def ended(self) -> Process | None:
        """Return a process that ended by itself, if one has."""
        return next((process for process in self.processes if process.has_ended), None)

    # --- Steps ---

    def _prepare_directory(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._lock = lock(self.directory)
        for name, port in (("PORT", self.port), ("SANDBOX_PORT", self.sandbox_port)):
            if not is_free(port):
                self.stop()
                raise StackError(f"Port {port} is in use. Choose another: make demo {name}=9000")

    def _start_database(self) -> None:
        if self.database_url:
            self.say("Using the database that DATABASE_URL names")
            postgres.check_reachable(self.database_url)
            return
        self.say("Starting PostgreSQL ...")
        self._postgres = postgres.start(data_directory(self.directory))
        self._postgres.create_database(DATABASE)
        self.database_url = self._postgres.url(DATABASE)

    def _migrate(self) -> None:
        self.say("Migrating the database ...")
        self.manage("migrate_schemas", "--verbosity", "0")
        self.manage("collectstatic", "--noinput", "--verbosity", "0")

    def _seed(self) -> None:
        self.say("Making sure that the demo businesses are there ...")
        self.manage(
            "seed_demo",
            "--credentials", str(self.credentials_file),
            "--sandbox-url", self.sandbox_url,
        )  # fmt: skip

    def start_sandbox(self) -> Process:
        """Start the Stripe sandbox and wait for it."""
        self.say("Starting the Stripe sandbox ...")
        process = self._start(
            "sandbox",
            [sys.executable, "-m", "sandbox", "--port", str(self.sandbox_port),
             "--data", str(self.directory / "sandbox"), "--public-url", self.sandbox_url],
        )  # fmt: skip
        wait_until_answers(process, f"http://127.0.0.1:{self.sandbox_port}/healthz", None)
        return process

    def start_worker(self) -> Process:
        """Start the job worker."""
        self.say("Starting the job worker ...")
        return self._start("worker", [sys.executable, str(ROOT / "manage.py"), "worker"])

    def start_web(self) -> Process:
        """Start the web server and wait for it."""
        self.say("Starting the web server ...")
        process = self._start(
            "web",
            [sys.executable, "-m", "gunicorn", "--bind", f"{self.host}:{self.port}"],
        )  # fmt: skip
        wait_until_answers(process, f"http://127.0.0.1:{self.port}/healthz/", "localhost")
        return process

    def _start(self, name: str, command: list[str]) -> Process:
        log = self.directory / "logs" / f"{name}.log"
        process = Process(name, command, environment=self._environment(), log=log, cwd=ROOT)
        self.processes.append(process)
        return process

    def manage(self, *arguments: str) -> str:
        """Run a management command and return what it printed; raises StackError if it fails."""
        result = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self._environment(), cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if result.returncode:
            raise StackError(f"manage.py {arguments[0]} failed:\n{result.stdout}{result.stderr}")
        return result.stdout

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in OURS}
        return {
            **kept,
            **keys(self.directory / "keys.json"),
            "PYTHONUNBUFFERED": "1",
            "PYTHONWARNINGS": "ignore",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": self.database_url,
            "PLATFORM_URL": self.url,
            "STRIPE_API_BASE": f"http://127.0.0.1:{self.sandbox_port}",
            "STRIPE_CHECKOUT_ORIGINS": self.sandbox_url,
            "STATIC_ROOT": str(self.directory / "static"),
            "EMAIL_URL": "consolemail://",
            "ALLOW_DEMO": "true",
            "WEBHOOK_ALLOW_PRIVATE": "true",
            **self.environment,
        }


#: Variables of the caller's that would change what the demo is.
OURS = frozenset(
    "DEBUG SECRET_KEY SECRET_KEY_FALLBACKS FIELD_ENCRYPTION_KEYS ENV_FILE SSL_REDIRECT "
    "USE_X_FORWARDED_HOST BEHIND_TLS_PROXY GUNICORN_CMD_ARGS WEB_CONCURRENCY".split()
)


def keys(path: Path) -> dict[str, str]:
    """Return the demo's own secrets, made once and kept in a file that only its owner reads."""
    if path.exists():
        return dict(json.loads(path.read_text()))
    made = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "FIELD_ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(made))
    return made


def lock(directory: Path) -> IO[str]:
    """Claim the directory; raises StackError while another demo runs in it."""
    handle = (directory / "lock").open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise StackError(
            f"A demo is running in {directory} already. Stop it with Ctrl-C first."
        ) from None
    return handle


def data_directory(directory: Path) -> Path:
    """Return where PostgreSQL keeps its data: beside the rest, if it can reach that."""
    if place() == ROOT:
        return directory / "pgdata"
    return place() / f"pgdata-{directory.name}"


__all__ = ["ProcessError", "Stack", "StackError", "data_directory", "lock"]
