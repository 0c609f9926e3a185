"""``python -m benchmarks.resolve``: what a request pays for its business, however many there are.

One page with one indexed SELECT, through gunicorn, the requests spread over all businesses:

- ours: the platform's middleware and database backend;
- stock: django-tenants' own;
- plain: Django without tenants, the schema on each connection's path;
- the floor: a WSGI function that sends the SELECT with psycopg.

All with the same gunicorn settings and connection pool, in turns, in one database. Besides how many
requests a second are answered, what each took of the processors is counted, of the web processes and of
PostgreSQL's: that is steadier, and leaves out what asks.
"""

import argparse
import json
import sys
from contextlib import ExitStack
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
    parser.add_argument("--rounds", type=int, default=25)
    options = parser.parse_args()
    sizes = sizes_of(options)
    found: dict[int, dict[str, float]] = {}
    taken: dict[int, dict[str, tuple[float, float]]] = {}
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
            found[size], taken[size] = measure(connection, ports, schemas, key, options)
            shown = ", ".join(f"{name} {figure:.0f}/s" for name, figure in found[size].items())
            print(f"{size:6} businesses: {shown}", flush=True)
            shown = ", ".join(
                f"{name} {web:.0f} + {db:.0f}" for name, (web, db) in taken[size].items()
            )
            print(f"       µs of the processors, web + PostgreSQL: {shown}", flush=True)
    report(found, taken)


def measure(
    connection: psycopg.Connection[Any],
    ports: dict[str, int],
    schemas: list[str],
    key: int,
    options: argparse.Namespace,
) -> tuple[dict[str, float], dict[str, tuple[float, float]]]:
    """Return each way's requests a second, and its µs of web processes and PostgreSQL for one."""
    rates: dict[str, list[float]] = {name: [] for name in ports}
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in ports}
    for number in range(options.rounds + 1):
        for name, port in ports.items():
            # All connections see every business in the first round, which does not count.
            least = 1 if number else FAMILIAR
            work = requests(schemas, key, max(options.requests, least * len(schemas)))
            before = processors(connection, name, port)
            rate = post_all(port, work)
            after = processors(connection, name, port)
            if number:
                rates[name].append(rate)
                web, db = (1e6 * (after[part] - before[part]) / len(work) for part in (0, 1))
                times[name].append((web, db))
    return (
        {name: median(figures) for name, figures in rates.items()},
        {
            name: (median(web for web, _ in one), median(db for _, db in one))
            for name, one in times.items()
        },
    )


def processors(connection: psycopg.Connection[Any], name: str, port: int) -> tuple[float, float]:
    """Return the processors' seconds that the web processes and their backends have taken."""
    return (
        processor_seconds(web_processes(port)),
        processor_seconds(backends(connection, name)),
    )


def report(
    found: dict[int, dict[str, float]], taken: dict[int, dict[str, tuple[float, float]]]
) -> None:
    """Print the ratios, write everything down, and draw it."""
    first, last = min(found), max(found)
    ratios = {
        **{f"ours / plain at {size:,}": one["ours"] / one["plain"] for size, one in found.items()},
        **{f"ours / stock at {size:,}": one["ours"] / one["stock"] for size, one in found.items()},
        **{f"ours / floor at {size:,}": one["ours"] / one["floor"] for size, one in found.items()},
        f"ours at {last:,} / at {first:,}": found[last]["ours"] / found[first]["ours"],
        **{
            f"processors, {other} / ours at {size:,}": sum(one[other]) / sum(one["ours"])
            for other in ("plain", "stock")
            for size, one in taken.items()
        },
    }
    print_ratios(ratios, TARGETS)
    series = {name: [(size, 1 / one[name]) for size, one in found.items()] for name in found[first]}
    RESULTS.parent.mkdir(exist_ok=True)
    written = {
        "requests a second": found,
        "microseconds of the processors": taken,
        "ratios": ratios,
    }
    RESULTS.write_text(json.dumps(written, indent=2) + "\n")
    draw(CHART, "One request, both cores busy", "businesses", series)


if __name__ == "__main__":
    main()
