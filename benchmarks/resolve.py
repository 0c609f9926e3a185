"""``python -m benchmarks.resolve``: what a request pays for its business, however many there are.

One page with one indexed SELECT, through gunicorn, the requests spread over all businesses:

- ours: the platform's middleware and database backend;
- stock: django-tenants' own;
- plain: Django without tenants, the schema on each connection's path;
- the floor: a WSGI function that sends the SELECT with psycopg.

All with the same gunicorn settings and connection pool, in one database, in short rounds. A machine
that others share is now faster, now slower: what is compared is one round's figures, and a ratio is
the median of all rounds' ratios. Besides how many requests a second are answered, what each took of
the processors is counted, of the web processes and of PostgreSQL's, which leaves out what asks.
"""

import argparse
import json
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import psycopg

from benchmarks.chart import draw
from benchmarks.deployment import OURS, environment, run
from benchmarks.load import Post, post_all
from benchmarks.place import FAMILIAR, database, dsn, gunicorn, server
from benchmarks.processes import backends, processor_seconds, web_processes
from benchmarks.ratios import print_ratios
from benchmarks.schemas import copy_tenants, dump
from benchmarks.sizes import add_sizes, sizes_of
from demo.bootstrap import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "resolve.json"
CHART = ROOT / "docs" / "images" / "benchmark-resolve.svg"
TARGETS = {"ours / plain": (0.9, "least"), "ours / stock": (2.0, "least")}
FIRST = "bench00000"
ADD_SERVICE = f"""
from django_tenants.utils import schema_context
from bookings.models import Service
with schema_context("{FIRST}"):
    Service.objects.create(name="Cut", duration_minutes=60, price=0)
"""
# A connection that is replaced meanwhile would have to get to know the businesses again.
LASTING = {"DATABASE_CONNECTION_SECONDS": "86400"}
WAYS = {
    "ours": ("config.wsgi", "benchmarks.resolve_site.ours"),
    "stock": ("config.wsgi", "benchmarks.resolve_site.stock"),
    "plain": ("config.wsgi", "benchmarks.resolve_site.plain"),
    "floor": ("benchmarks.resolve_site.floor", ""),
}


@dataclass
class Rounds:
    """What one way was measured to do with so many businesses, a figure for each round."""

    #: Requests a second.
    rates: list[float] = field(default_factory=list)
    #: µs of the processors for a request: the web processes' and PostgreSQL's.
    web: list[float] = field(default_factory=list)
    db: list[float] = field(default_factory=list)

    def taken(self) -> list[float]:
        """Return the µs of all processors for a request."""
        return [web + db for web, db in zip(self.web, self.db, strict=True)]


def requests(schemas: list[str], key: int, count: int) -> list[Post]:
    """Return `count` requests, in turn to all businesses."""
    return [
        Post(f"{schemas[number % len(schemas)]}.localhost", f"/services/{key}/", b"", method="GET")
        for number in range(count)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_sizes(parser)
    # Many short rounds: a machine that others share is now faster, now slower.
    parser.add_argument("--requests", type=int, default=500, help="per round, at least")
    parser.add_argument("--rounds", type=int, default=80)
    options = parser.parse_args()
    sizes = sizes_of(options)
    found: dict[int, dict[str, Rounds]] = {}
    with ExitStack() as stack:
        address = stack.enter_context(server())
        url = stack.enter_context(database(address, "bench_resolve"))
        connection = stack.enter_context(psycopg.connect(dsn(url), autocommit=True))
        run(url, OURS, "migrate_schemas", "--verbosity", "0")
        run(url, OURS, "tenant", "create", FIRST, "--name", FIRST)
        run(url, OURS, "shell", "--verbosity", "0", "--command", ADD_SERVICE)
        (key,) = connection.execute(f"SELECT id FROM {FIRST}.bookings_service").fetchone()
        empty = dump(url, FIRST)
        schemas = [FIRST]
        ports = {
            name: stack.enter_context(
                gunicorn(
                    sys.executable,
                    application,
                    environment(url, settings) | LASTING | {"PGAPPNAME": name},
                    "/healthz/",
                )
            )
            for name, (application, settings) in WAYS.items()
        }
        for size in sizes:
            more = [f"bench{number:05}" for number in range(len(schemas), size)]
            copy_tenants(url, FIRST, empty, more)
            schemas += more
            found[size] = measure(connection, ports, schemas, key, options)
            shown = ", ".join(
                f"{name} {median(one.rates):.0f}/s" for name, one in found[size].items()
            )
            print(f"{size:6} businesses: {shown}", flush=True)
            shown = ", ".join(
                f"{name} {median(one.web):.0f} + {median(one.db):.0f}"
                for name, one in found[size].items()
            )
            print(f"       µs of the processors, web + PostgreSQL: {shown}", flush=True)
    report(found)


def measure(
    connection: psycopg.Connection[Any],
    ports: dict[str, int],
    schemas: list[str],
    key: int,
    options: argparse.Namespace,
) -> dict[str, Rounds]:
    """Return what each way did, round by round, the first of a round being the last of the next."""
    measured = {name: Rounds() for name in ports}
    order = list(ports)
    for number in range(options.rounds + 1):
        for name in order:
            # All connections see every business in the first round, which does not count.
            least = 1 if number else FAMILIAR
            work = requests(schemas, key, max(options.requests, least * len(schemas)))
            before = processors(connection, name, ports[name])
            rate = post_all(ports[name], work)
            after = processors(connection, name, ports[name])
            if number:
                one = measured[name]
                one.rates.append(rate)
                one.web.append(1e6 * (after[0] - before[0]) / len(work))
                one.db.append(1e6 * (after[1] - before[1]) / len(work))
        order.append(order.pop(0))
    return measured


def processors(connection: psycopg.Connection[Any], name: str, port: int) -> tuple[float, float]:
    """Return the processors' seconds that the web processes and their backends have taken."""
    return (
        processor_seconds(web_processes(port)),
        processor_seconds(backends(connection, name)),
    )


def report(found: dict[int, dict[str, Rounds]]) -> None:
    """Print the ratios, write everything down, and draw it."""
    first, last = min(found), max(found)
    rates = {
        size: {name: median(one.rates) for name, one in ways.items()}
        for size, ways in found.items()
    }
    ratios = {
        **{
            f"ours / {other} at {size:,}": paired(ways["ours"].rates, ways[other].rates)
            for other in ("plain", "stock", "floor")
            for size, ways in found.items()
        },
        f"ours at {last:,} / at {first:,}": rates[last]["ours"] / rates[first]["ours"],
        **{
            f"processors, {other} / ours at {size:,}": paired(
                ways[other].taken(), ways["ours"].taken()
            )
            for other in ("plain", "stock")
            for size, ways in found.items()
        },
    }
    print_ratios(ratios, TARGETS)
    series = {name: [(size, 1 / one[name]) for size, one in rates.items()] for name in rates[first]}
    RESULTS.parent.mkdir(exist_ok=True)
    written = {
        "requests a second": rates,
        "microseconds of the processors": {
            size: {name: (median(one.web), median(one.db)) for name, one in ways.items()}
            for size, ways in found.items()
        },
        "ratios": ratios,
    }
    RESULTS.write_text(json.dumps(written, indent=2) + "\n")
    draw(CHART, "One request, both cores busy", "businesses", series)


def paired(ones: list[float], others: list[float]) -> float:
    """Return the median of the rounds' ratios."""
    return median(one / other for one, other in zip(ones, others, strict=True))


if __name__ == "__main__":
    main()
