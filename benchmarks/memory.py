"""``python -m benchmarks.memory``: what memory the businesses take that a server has seen.

A row of every table of every business is read, through gunicorn, the businesses in turn:

- ours, with connections that are replaced after 10 s and with ones that never are;
- stock django-tenants, whose connections are never replaced here;
- the floor: a WSGI function that reads the same tables with psycopg.

Each begins with new processes for each number of businesses. Counted is the memory that a process
has asked for, not files or what PostgreSQL's processes share: of all web processes, and of the
backend that has the most. Replacing connections bounds what a backend sees: as many businesses as
it can serve in its lifetime, however many there are.
"""

import argparse
import json
import os
import sys
import time
from contextlib import ExitStack
from itertools import cycle, islice
from threading import Event, Thread
from typing import Any

import psycopg

from benchmarks.deployment import OURS, environment, run
from benchmarks.load import Post, post_all
from benchmarks.place import database, dsn, gunicorn, server
from benchmarks.processes import backends, own_memory, web_processes
from benchmarks.ratios import print_ratios
from benchmarks.resolve import FIRST, WAYS
from benchmarks.schemas import copy_tenants, dump
from benchmarks.sizes import add_sizes, sizes_of
from demo.bootstrap import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "memory.json"
#: A web process may remember as many businesses as its directory holds.
WEB = (1.1, "most")
#: Of the most businesses against a tenth of them: one that is never replaced grows with each it sees.
REPLACED = (1.25, "most")
SETTINGS = {
    "ours, replaced": ("ours", "10"),
    "ours, kept": ("ours", "86400"),
    "stock": ("stock", "86400"),
    "floor": ("floor", "86400"),
}
SECONDS = 40
AT_ONCE = 200


class Backends:
    """The most memory that any backend of one web server had while it was watched."""

    def __init__(self, url: str, name: str) -> None:
        self.most = 0.0
        self._url, self._name, self._done = url, name, Event()
        self._thread = Thread(target=self._watch)

    def __enter__(self) -> "Backends":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        with psycopg.connect(dsn(self._url), autocommit=True) as connection:
            while not self._done.wait(0.25):
                pids = backends(connection, self._name)
                self.most = max([self.most, *map(own_memory, pids)])


def measure(url: str, way: str, schemas: list[str]) -> dict[str, float]:
    """Ask for every business twice at least, over and over for a while, and return MB."""
    kind, lifetime = SETTINGS[way]
    application, settings = WAYS[kind]
    name = f"bench {way}"
    variables = environment(url, settings) | {
        "PGAPPNAME": name, "DATABASE_CONNECTION_SECONDS": lifetime,
    }  # fmt: skip
    asked = cycle(Post(f"{schema}.localhost", "/tables/", b"", method="GET") for schema in schemas)
    with gunicorn(sys.executable, application, variables, "/healthz/") as port:
        with Backends(url, name) as backends:
            end = time.monotonic() + SECONDS
            # Both processes see most of the businesses.
            least = 2 * len(schemas)
            while least > 0 or time.monotonic() < end:
                post_all(port, list(islice(asked, AT_ONCE)))
                least -= AT_ONCE
        web = sum(own_memory(pid) for pid in web_processes(port))
    return {"web processes": web, "backend": backends.most}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_sizes(parser)
    options = parser.parse_args()
    if os.environ.get("DATABASE_URL"):
        raise SystemExit("The backends must run on this machine: unset DATABASE_URL.")
    sizes = sizes_of(options)
    found: dict[int, dict[str, Any]] = {}
    with ExitStack() as stack:
        url = stack.enter_context(database(stack.enter_context(server()), "bench_memory"))
        run(url, OURS, "migrate_schemas", "--verbosity", "0")
        run(url, OURS, "tenant", "create", FIRST, "--name", FIRST)
        empty = dump(url, FIRST)
        schemas = [FIRST]
        for size in sizes:
            more = [f"bench{number:05}" for number in range(len(schemas), size)]
            copy_tenants(url, FIRST, empty, more)
            schemas += more
            found[size] = {way: measure(url, way, schemas) for way in SETTINGS}
            for way, memory in found[size].items():
                shown = ", ".join(f"{name} {value:.0f} MB" for name, value in memory.items())
                print(f"{size:6} businesses, {way}: {shown}", flush=True)
    report(found)


def report(found: dict[int, dict[str, Any]]) -> None:
    """Print how much more is needed with more businesses, and write it down."""
    sizes = sorted(found)
    last = sizes[-1]
    ratios, targets = {}, {}
    for fewer in sizes[:-1]:
        for way in SETTINGS:
            for part in ("web processes", "backend"):
                name = f"{way}: {part} at {last:,} / at {fewer:,}"
                ratios[name] = found[last][way][part] / found[fewer][way][part]
                if part == "web processes" and way.startswith("ours"):
                    targets[name] = WEB
                elif way == "ours, replaced" and fewer * 10 >= last:
                    targets[name] = REPLACED
    print_ratios(ratios, targets)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"MB": found, "ratios": ratios}, indent=2) + "\n")


if __name__ == "__main__":
    main()
