"""``python -m benchmarks.provision``: how long a new business takes, however many there are.

Four are measured in turns, in one database, on one server:

- ours: `tenants.provisioning.provision`, in a process that runs already, as a web process does;
- spare: the same with SPARE_SCHEMAS set and one ready;
- stock: django-tenants 4 with the same apps: saving a tenant migrates its schema. It writes no
  rows of the apps, in its favour;
- the floor: the statements that ours sends, by psycopg alone, sent without waiting for answers.
"""

import argparse
import json
import uuid
from contextlib import ExitStack
from statistics import median
from time import perf_counter
from typing import Any

import psycopg

from benchmarks.chart import draw
from benchmarks.deployment import OURS, STOCK, Deployment, run
from benchmarks.place import database, dsn, server
from benchmarks.ratios import print_ratios
from benchmarks.schemas import copy_tenants, dump, remove_tenant
from benchmarks.sizes import add_sizes, sizes_of
from demo.bootstrap import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "provision.json"
CHART = ROOT / "docs" / "images" / "benchmark-provision.svg"
TARGETS = {"ours / floor": (1.5, "most"), "stock / ours": (8.0, "least"), "ours at": (1.25, "most")}
# The business whose making is written down, and which the others copy.
FIRST = "benchrecorded"
LABEL = "newcomer"


class Floor:
    """What ours sends for one business, by psycopg alone."""

    def __init__(self, connection: psycopg.Connection[Any], recorded: dict[str, Any]) -> None:
        self.connection = connection
        self.schema = recorded["schema"]
        self.rows = recorded["rows"]
        self.uuid = uuid.UUID(recorded["uuid"])

    def provision(self, label: str) -> float:
        new = uuid.uuid4()
        rows = [
            row.replace(FIRST, label)
            .replace(str(self.uuid), str(new))
            .replace(self.uuid.hex, new.hex)
            for row in self.rows
        ]
        start = perf_counter()
        with self.connection.transaction(), self.connection.pipeline():
            self.connection.execute(f'CREATE SCHEMA "{label}"')
            self.connection.execute(f'SET LOCAL search_path = "{label}", extensions, public')
            for statement in (*self.schema, *rows):
                self.connection.execute(statement)
        return perf_counter() - start


class Bench:
    """One database with more and more businesses."""

    def __init__(self, url: str, connection: psycopg.Connection[Any]) -> None:
        self.url = url
        self.connection = connection
        self.count = 1
        run(url, OURS, "migrate_schemas", "--verbosity", "0")
        self.ours = Deployment(url, OURS)
        self.stock = Deployment(url, STOCK)
        recorded = self.ours.ask("record_provision", FIRST)
        self.floor = Floor(connection, recorded)
        self.empty = dump(url, FIRST)

    def grow(self, count: int) -> None:
        """Have `count` businesses; the others are copies of the first."""
        names = [f"bench{number:05}" for number in range(self.count, count)]
        copy_tenants(self.url, FIRST, self.empty, names)
        self.count = max(self.count, count)

    def measure(self, rounds: int, stock_rounds: int) -> dict[str, float]:
        """Return the median seconds of each; the first round warms them up."""
        ways = {
            "ours": (rounds, lambda: self.ours.ask("provision", LABEL)),
            "spare": (rounds, lambda: self.ours.ask("provision_from_spare", LABEL)),
            "floor": (rounds, lambda: self.floor.provision(LABEL)),
            "stock": (stock_rounds, lambda: self.stock.ask("stock_provision", LABEL)),
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for number in range(max(rounds, stock_rounds) + 1):
            for name, (times, provision) in ways.items():
                if number <= times:
                    taken = provision()
                    remove_tenant(self.connection, LABEL)
                    if number:
                        seconds[name].append(taken)
        return {name: median(taken) for name, taken in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_sizes(parser)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--stock-rounds", type=int, default=5)
    options = parser.parse_args()
    sizes = sizes_of(options)
    with ExitStack() as stack:
        address = stack.enter_context(server())
        url = stack.enter_context(database(address, "bench_provision"))
        connection = stack.enter_context(psycopg.connect(dsn(url), autocommit=True))
        bench = Bench(url, connection)
        stack.enter_context(bench.ours)
        stack.enter_context(bench.stock)
        found = {}
        for size in sizes:
            bench.grow(size)
            found[size] = bench.measure(options.rounds, options.stock_rounds)
            shown = ", ".join(
                f"{name} {taken * 1000:.0f} ms" for name, taken in found[size].items()
            )
            print(f"{size:6} businesses: {shown}", flush=True)
    report(found)


def report(found: dict[int, dict[str, float]]) -> None:
    """Print the ratios, write everything down, and draw it."""
    first, last = min(found), max(found)
    ratios = {
        **{f"ours / floor at {size:,}": one["ours"] / one["floor"] for size, one in found.items()},
        **{f"stock / ours at {size:,}": one["stock"] / one["ours"] for size, one in found.items()},
        **{f"ours / spare at {size:,}": one["ours"] / one["spare"] for size, one in found.items()},
        f"ours at {last:,} / at {first:,}": found[last]["ours"] / found[first]["ours"],
    }
    print_ratios(ratios, TARGETS)
    series = {name: [(size, one[name]) for size, one in found.items()] for name in found[first]}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"seconds": found, "ratios": ratios}, indent=2) + "\n")
    draw(CHART, "One new business", "businesses there already", series)


if __name__ == "__main__":
    main()
