"""Start a program, watch it, and stop it for certain."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

PR_SET_PDEATHSIG = 1


class ProcessError(RuntimeError):
    """A program did not do what it was started for; the message says which and where to look."""


class Process:
    """A child in a process group of its own, whose output goes to a file."""

    def __init__(
        self, name: str, command: list[str], *, environment: dict[str, str], log: Path, cwd: Path
    ) -> None:
        self.name = name
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command,
                env=environment,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509
            )

    @property
    def has_ended(self) -> bool:
        return self._popen.poll() is not None

    def last_lines(self, count: int = 15) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-count:])

    def stop(self, patience: float = 8) -> None:
        """Ask it to end; after `patience` seconds, end it and its children."""
        if not self.has_ended:
            self._popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._popen.wait(patience)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()

    def kill(self) -> None:
        """End it and its children without asking, as a crash would."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, signal.SIGKILL)
        self._popen.wait()


def _die_with_parent() -> None:
    """Be told to end when the runner is killed and can't tell us (prctl(2))."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def answers(url: str, host: str | None = None) -> bool:
    """Does a GET of `url`, asked for as `host`, give a 200?"""
    request = urllib.request.Request(url, headers={"Host": host} if host else {})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=5) as response:  # noqa: S310
            return bool(response.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def wait_until_answers(process: Process, url: str, host: str | None, seconds: float = 60) -> None:
    """Wait for `process` to serve `url`; raises ProcessError when it ends or takes too long."""
    deadline = time.monotonic() + seconds
    while not answers(url, host):
        if process.has_ended or time.monotonic() > deadline:
            raise ProcessError(
                f"{process.name} did not come up. The end of {process.log}:\n{process.last_lines()}"
            )
        time.sleep(0.1)
