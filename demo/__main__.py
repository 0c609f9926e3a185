"""``python -m demo``: the platform on this machine until Ctrl-C; ``--reset`` empties it."""

import argparse
import os
import shutil
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from demo import postgres
from demo.bootstrap import ROOT
from demo.postgres import PostgresError
from demo.stack import ProcessError, Stack, StackError, data_directory, lock


class Stopped(Exception):
    """Somebody asked us to stop."""


def stop_on(number: int, frame: FrameType | None) -> None:
    # A second Ctrl-C must not cut the stopping short.
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    raise Stopped


def main() -> int:
    options = arguments()
    directory = options.dir.resolve()
    if options.reset:
        return reset(directory)
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, stop_on)
    stack = Stack(
        directory,
        port=options.port,
        sandbox_port=options.sandbox_port or options.port + 1,
        host=options.host,
        database_url=os.environ.get("DATABASE_URL", ""),
        say=Progress(),
    )
    try:
        stack.start()
        print(summary(stack), flush=True)
        return watch(stack)
    except Stopped:
        print("\nStopping ...", flush=True)
        return 0
    except (StackError, ProcessError, PostgresError) as error:
        print(f"\n{error}", file=sys.stderr, flush=True)
        return 1
    finally:
        stack.stop()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--sandbox-port", type=int, default=0, help="default: the port plus one")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
    parser.add_argument("--dir", type=Path, default=ROOT / ".demo")
    parser.add_argument("--reset", action="store_true", help="delete the demo's data")
    return parser.parse_args()


class Progress:
    """Prints each step with the seconds since the start."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __call__(self, text: str) -> None:
        print(f"  {time.monotonic() - self._started:5.1f} s  {text}", flush=True)


def watch(stack: Stack) -> int:
    """Wait until a process ends by itself, and say which."""
    while (ended := stack.ended()) is None:
        time.sleep(0.5)
    print(f"\n{ended.name} has ended. The end of {ended.log}:\n{ended.last_lines()}")
    return 1


def summary(stack: Stack) -> str:
    known = stack.credentials()
    operator = known["operator"]
    lines = ["", "Tillhouse is up. Ctrl-C stops everything.", ""]
    for name, business in known["businesses"].items():
        lines += business_lines(name, business)
    lines += [
        f"  Operator's admin  {operator['url']}",
        f"    sign in as      {operator['email']}  {operator['password']}",
        f"  Stripe sandbox    {known['sandbox']['url']}",
        "",
        f"  The same for scripts: {stack.credentials_file}",
        f"  Logs, and the e-mails that were sent: {stack.directory / 'logs'}",
        "",
    ]
    return "\n".join(lines)


def business_lines(name: str, business: dict[str, Any]) -> list[str]:
    staff = business["staff"]
    return [
        f"  {name}",
        f"    customers book  {business['url']}",
        f"    staff sign in   {business['url']}admin/  {staff['email']}  {staff['password']}",
        f"    API key         {business['api_key']}",
        "",
    ]


def reset(directory: Path) -> int:
    """Delete the demo's directory and database, unless it is running."""
    if not directory.exists():
        print("There is no demo data.")
        return 0
    try:
        lock(directory).close()
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    data = data_directory(directory)
    if postgres.is_running(data):
        # Left over from a demo that was killed.
        postgres.start(data).stop()
    shutil.rmtree(data, ignore_errors=True)
    shutil.rmtree(directory)
    print("The demo is empty again.")
    return 0


sys.exit(main())
