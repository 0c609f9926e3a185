"""``python -m benchmarks.memory``: what memory the businesses take that a server has seen.

A row of every table of every business is read, through gunicorn, the businesses in turn:

- ours, with connections that are replaced after --lifetime seconds and with ones that never are;
- stock django-tenants, whose connections are never replaced here;
- the floor: a WSGI function that reads the same tables with psycopg.

Each begins with new processes for each number of businesses. Counted is the memory that a process
has asked for, not files or what PostgreSQL's processes share: of all web processes, and of the
backend that has the most.

Then, with the most businesses, the biggest backend of ours is watched for --seconds, connections
replaced and kept. Of each lifetime the peak is taken: a backend grows until it is replaced, so a
moment says nothing. What a connection sees in its lifetime depends on how fast requests are
answered, not on how many businesses there are; so "bounded" is that the peaks stop growing. The
median peak of the last third of the lifetimes is compared with that of the first, from when one
lifetime is over and every business has been asked for once. It says something only while those
that are kept still grow, in the same run: they stop when they have seen every business.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice
from statistics import median
from threading import Event, Thread
from typing import Any

import psycopg

from benchmarks.chart import draw_over_time
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
CHART = ROOT / "docs" / "images" / "benchmark-memory.svg"
#: A web process may remember as many businesses as its directory holds.
WEB = (1.1, "most")
GROWTH = "last third / first third"
#: Peaks of backends that do not grow any more differ by what the requests happened to be.
BOUNDED = (1.1, "most")
KINDS = {"ours, replaced": "ours", "ours, kept": "ours", "stock": "stock", "floor": "floor"}
KEPT_SECONDS = 86400
AT_ONCE = 200


class Backends:
    """The biggest backend of one web server while it is watched, (seconds, MB) each half second."""

    def __init__(self, url: str, name: str) -> None:
        self.samples: list[tuple[float, float]] = []
        self.start = time.monotonic()
        self._url, self._name, self._done = url, name, Event()
        self._thread = Thread(target=self._watch)

    def __enter__(self) -> "Backends":
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._done.set()
        self._thread.join()

    @property
    def most(self) -> float:
        """The MB of the biggest that there was."""
        return max(megabytes for _, megabytes in self.samples)

    def seconds(self) -> float:
        """Return for how long they have been watched."""
        return time.monotonic() - self.start

    def _watch(self) -> None:
        with psycopg.connect(dsn(self._url), autocommit=True) as connection:
            while not self._done.wait(0.5):
                pids = backends(connection, self._name)
                biggest = max(map(own_memory, pids), default=0.0)
                self.samples.append((round(self.seconds(), 2), round(biggest, 2)))


@contextmanager
def serving(url: str, way: str, lifetime: int) -> Iterator[tuple[int, Backends]]:
    """Serve one way with new processes; yield its port, and its backends, watched."""
    application, settings = WAYS[KINDS[way]]
    name = f"bench {way}"
    seconds = lifetime if way == "ours, replaced" else KEPT_SECONDS
    variables = environment(url, settings) | {
        "PGAPPNAME": name, "DATABASE_CONNECTION_SECONDS": str(seconds),
    }  # fmt: skip
    with (
        gunicorn(sys.executable, application, variables, "/healthz/") as port,
        Backends(url, name) as watched,
    ):
        yield port, watched


def requests(schemas: list[str]) -> Iterator[list[Post]]:
    """Yield requests for every business in turn, over and over, some at a time."""
    asked = cycle(Post(f"{schema}.localhost", "/tables/", b"", method="GET") for schema in schemas)
    while True:
        yield list(islice(asked, AT_ONCE))


def measure(
    url: str, way: str, schemas: list[str], lifetime: int, seconds: int
) -> dict[str, float]:
    """Ask for every business twice at least, over and over for `seconds`, and return MB."""
    with serving(url, way, lifetime) as (port, watched):
        # Both processes see most of the businesses.
        least = 2 * len(schemas)
        for posts in requests(schemas):
            post_all(port, posts)
            least -= len(posts)
            if least <= 0 and watched.seconds() >= seconds:
                break
        web = sum(own_memory(pid) for pid in web_processes(port))
    return {"web processes": web, "backend": watched.most}


def watch(url: str, way: str, schemas: list[str], lifetime: int, seconds: int) -> dict[str, Any]:
    """Ask for every business over and over for `seconds`; return the biggest backend over time.

    That is all samples (seconds, MB), and from when the comparison begins each lifetime's peak (MB).
    """
    asked, begin = 0, 0.0
    with serving(url, way, lifetime) as (port, watched):
        for posts in requests(schemas):
            post_all(port, posts)
            asked += len(posts)
            if not begin and asked >= len(schemas):
                begin = max(watched.seconds(), float(lifetime))
            if begin and watched.seconds() >= seconds:
                break
    return {
        "requests": asked,
        "begin": begin,
        "peaks": peaks(watched.samples, begin, lifetime),
        "samples": watched.samples,
    }


def peaks(samples: list[tuple[float, float]], begin: float, lifetime: int) -> list[float]:
    """Return the most (MB) of each whole lifetime (seconds) from `begin` on."""
    lifetimes = int((samples[-1][0] - begin) // lifetime)
    return [
        max(
            megabytes
            for seconds, megabytes in samples
            if 0 <= seconds - begin - number * lifetime < lifetime
        )
        for number in range(lifetimes)
    ]


def growth(found: list[float]) -> float:
    """Return the median of the last third of these peaks over that of the first third."""
    third = len(found) // 3
    if not third:
        raise SystemExit("Too short to compare: give --seconds at least five times --lifetime.")
    return median(found[-third:]) / median(found[:third])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_sizes(parser)
    parser.add_argument("--lifetime", type=int, default=10, help="seconds of a connection")
    parser.add_argument("--each", type=int, default=15, help="seconds for a way and a number")
    parser.add_argument("--seconds", type=int, default=110, help="to watch ours for, twice")
    options = parser.parse_args()
    if os.environ.get("DATABASE_URL"):
        raise SystemExit("The backends must run on this machine: unset DATABASE_URL.")
    lifetime = options.lifetime
    sizes = sizes_of(options)
    found: dict[int, dict[str, Any]] = {}
    watched: dict[str, dict[str, Any]] = {}
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
            found[size] = {way: measure(url, way, schemas, lifetime, options.each) for way in KINDS}
            for way, memory in found[size].items():
                shown = ", ".join(f"{name} {value:.0f} MB" for name, value in memory.items())
                print(f"{size:6} businesses, {way}: {shown}", flush=True)
        for way in ("replaced", "kept"):
            one = watch(url, f"ours, {way}", schemas, lifetime, options.seconds)
            watched[way] = one
            shown = " ".join(f"{peak:.0f}" for peak in one["peaks"])
            print(
                f"{len(schemas):6} businesses, {way}: biggest backend of each {lifetime} s, "
                f"from {one['begin']:.0f} s on: {shown} MB ({one['requests']:,} requests)",
                flush=True,
            )
    report(found, watched, lifetime)


def report(found: dict[int, dict[str, Any]], watched: dict[str, Any], lifetime: int) -> None:
    """Print how much more is needed with more businesses, and with time; write and draw it."""
    sizes = sorted(found)
    last = sizes[-1]
    ratios, targets = {}, {}
    for fewer in sizes[:-1]:
        for way in KINDS:
            for part in ("web processes", "backend"):
                name = f"{way}: {part} at {last:,} / at {fewer:,}"
                ratios[name] = found[last][way][part] / found[fewer][way][part]
                if part == "web processes" and way.startswith("ours"):
                    targets[name] = WEB
    for way, one in watched.items():
        ratios[f"{way}: {GROWTH}"] = growth(one["peaks"])
    targets[f"replaced: {GROWTH}"] = BOUNDED
    most = {way: max(size for _, size in one["samples"]) for way, one in watched.items()}
    ratios["peak, replaced / kept"] = most["replaced"] / most["kept"]
    print_ratios(ratios, targets)
    if ratios[f"kept: {GROWTH}"] <= BOUNDED[0]:
        print("\nThose that are kept did not grow either: too few businesses to tell.")
    written = {"MB": found, "over time": watched, "lifetime": lifetime, "ratios": ratios}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(written, indent=2) + "\n")
    title = f"The biggest PostgreSQL backend, {last:,} businesses"
    draw_over_time(CHART, title, {way: one["samples"] for way, one in watched.items()})


if __name__ == "__main__":
    main()
