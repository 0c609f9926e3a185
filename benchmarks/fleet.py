"""``python -m benchmarks.fleet``: how long a release takes to reach every business.

Two releases are measured, one that changes nothing and one that adds a field, by three ways in
turns, in one database, on one server:

- ours: `manage.py fleet migrate`, a process from its start to its end. Of the field also the work
  alone, from asking where the schemas stand to the last commit, in a process that runs: that is
  what is compared with the other two, of which the start-up is not counted either;
- stock: django-tenants 4 with the same apps and its multiprocessing executor, as many processes
  as ours has connections. With more businesses than --stock-sample, so many are timed, and the
  rest is reckoned from them;
- the floor, for the field: the ALTER TABLE and the two rows that say so, one message and one
  transaction for each business, by psycopg alone over as many connections.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from statistics import median
from time import perf_counter
from typing import Any

import psycopg

from benchmarks.chart import draw
from benchmarks.deployment import (
    OURS,
    OURS_NEXT,
    STOCK,
    STOCK_NEXT,
    Deployment,
    environment,
    run,
)
from benchmarks.place import database, dsn, server
from benchmarks.ratios import print_ratios
from benchmarks.schemas import at_once, copy_tenants, dump
from benchmarks.sizes import add_sizes, sizes_of
from demo.bootstrap import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "fleet.json"
IMAGES = ROOT / "docs" / "images"
TARGETS = {
    "nothing to do: stock / ours at 1,000": (100.0, "least"),
    "one field: ours / floor at 1,000": (2.0, "most"),
    "one field: stock / ours at 1,000": (20.0, "least"),
}
CONNECTIONS = 4
FIRST = "benchfirst"
NEXT = "0002_reference"
# What must be sent for one business.
FLOOR = f"""
SET LOCAL search_path = "{{schema}}", extensions;
ALTER TABLE invoices_invoice ADD COLUMN reference varchar(40) NULL;
INSERT INTO django_migrations (app, name, applied) VALUES ('invoices', '{NEXT}', now());
UPDATE public.tenants_schemaversion SET digest = '{{version}}', migrated_at = now(), error = ''
WHERE schema_name = '{{schema}}'
"""
BACK = f"""
ALTER TABLE {{0}}.invoices_invoice DROP COLUMN reference;
DELETE FROM {{0}}.django_migrations WHERE name = '{NEXT}'
"""


class Bench:
    """One database with more and more businesses."""

    def __init__(self, url: str, connection: psycopg.Connection[Any], sample: int) -> None:
        self.url = url
        self.connection = connection
        self.sample = sample
        self.schemas = [FIRST]
        run(url, OURS, "migrate_schemas", "--verbosity", "0")
        run(url, OURS, "tenant", "create", FIRST)
        self.empty = dump(url, FIRST)
        (self.version,) = connection.execute("SELECT digest FROM tenants_schemaversion").fetchone()

    def grow(self, count: int) -> None:
        """Have `count` businesses, all at the version of before; copies of the first."""
        names = [f"bench{number:05}" for number in range(len(self.schemas), count)]
        copy_tenants(self.url, FIRST, self.empty, names)
        self.schemas += names
        self.go_back()

    def go_back(self) -> None:
        """Take the field from everybody who has it."""
        with_field = self.connection.execute(
            "SELECT table_schema FROM information_schema.columns "
            "WHERE table_name = 'invoices_invoice' AND column_name = 'reference'"
        ).fetchall()
        at_once(self.url, BACK.format, [schema for (schema,) in with_field])
        self.connection.execute(
            "INSERT INTO tenants_schemaversion (schema_name, digest, migrated_at, error) "
            "SELECT schema_name, %s, now(), '' FROM tenants_tenant ON CONFLICT (schema_name) "
            "DO UPDATE SET digest = EXCLUDED.digest, error = ''",
            [self.version],
        )

    def have_field(self) -> int:
        return int(
            self.connection.execute(
                "SELECT count(*) FROM information_schema.columns "
                "WHERE table_name = 'invoices_invoice' AND column_name = 'reference'"
            ).fetchone()[0]
        )

    def nothing(self, rounds: int, stock_rounds: int) -> dict[str, float]:
        """Return the median seconds of each when there is nothing to do."""
        ours, start_up, stock = [], [], []
        sample = self.schemas[: self.sample]
        with Deployment(self.url, STOCK) as process:
            for number in range(rounds):
                ours.append(run(self.url, OURS, "fleet", "migrate"))
                start_up.append(self._start_up(OURS))
                if number < stock_rounds:
                    work = process.ask("stock_migrate", *sample) / len(sample)
                    stock.append(self._start_up(STOCK) + work * len(self.schemas))
        return {"ours": median(ours), "stock": median(stock), "start-up": median(start_up)}

    def _start_up(self, settings: str) -> float:
        start = perf_counter()
        subprocess.run(
            [sys.executable, "-W", "ignore", "-c", "import django; django.setup()"],
            env=environment(self.url, settings), cwd=ROOT, check=True,
        )  # fmt: skip
        return perf_counter() - start

    def field(self, rounds: int, stock_rounds: int) -> dict[str, float]:
        """Return the median seconds of each for a release that adds a field."""
        ours, command, start_up, floor, stock = [], [], [], [], []
        sample = self.schemas[: self.sample]
        with Deployment(self.url, OURS_NEXT) as next_ours, \
                Deployment(self.url, STOCK_NEXT) as next_stock:  # fmt: skip
            next_version = next_ours.ask("version")
            for number in range(rounds):
                ours.append(self._checked(next_ours.ask("migrate", *self.schemas)))
                command.append(self._checked(run(self.url, OURS_NEXT, "fleet", "migrate")))
                start_up.append(self._start_up(OURS_NEXT))
                floor.append(self._checked(migrate_floor(self.url, self.schemas, next_version)))
                if number < stock_rounds:
                    work = next_stock.ask("stock_migrate", *sample) / len(sample)
                    stock.append(work * len(self.schemas))
                    self.go_back()
        return {
            "ours": median(ours),
            "floor": median(floor),
            "stock": median(stock),
            "whole command": median(command),
            "start-up": median(start_up),
        }

    def _checked(self, seconds: float) -> float:
        """Everybody has the field; then nobody has."""
        if self.have_field() != len(self.schemas):
            raise AssertionError(f"{self.have_field()} of {len(self.schemas)} have the field")
        self.go_back()
        return seconds


def migrate_floor(url: str, schemas: Sequence[str], version: str) -> float:
    """Add the field to all by psycopg alone; return the seconds, connecting included."""

    def work(part: Sequence[str]) -> None:
        with psycopg.connect(dsn(url), autocommit=True) as connection:
            for schema in part:
                # Without parameters this is one message, which is one transaction.
                connection.execute(FLOOR.format(schema=schema, version=version))

    start = perf_counter()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(work, [schemas[number::CONNECTIONS] for number in range(CONNECTIONS)]))
    return perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add_sizes(parser)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--stock-rounds", type=int, default=2)
    parser.add_argument("--stock-sample", type=int, default=20, help="businesses timed with stock")
    options = parser.parse_args()
    sizes = sizes_of(options)
    nothing, field = {}, {}
    with ExitStack() as stack:
        address = stack.enter_context(server())
        url = stack.enter_context(database(address, "bench_fleet"))
        connection = stack.enter_context(psycopg.connect(dsn(url), autocommit=True))
        bench = Bench(url, connection, options.stock_sample)
        for size in sizes:
            bench.grow(size)
            nothing[size] = bench.nothing(options.rounds, options.stock_rounds)
            print(f"{size:6} businesses, nothing to do: {shown(nothing[size])}", flush=True)
            field[size] = bench.field(options.rounds, options.stock_rounds)
            print(f"{size:6} businesses, one field: {shown(field[size])}", flush=True)
    report(nothing, field, options.stock_sample)


def shown(seconds: dict[str, float]) -> str:
    return ", ".join(f"{name} {taken:.2f} s" for name, taken in seconds.items())


def report(
    nothing: dict[int, dict[str, float]], field: dict[int, dict[str, float]], sample: int
) -> None:
    """Print the ratios, write everything down, and draw it."""
    ratios = {}
    for size in nothing:
        one, other = nothing[size], field[size]
        ratios[f"nothing to do: stock / ours at {size:,}"] = one["stock"] / one["ours"]
        ratios[f"one field: ours / floor at {size:,}"] = other["ours"] / other["floor"]
        ratios[f"one field: whole command / floor at {size:,}"] = (
            other["whole command"] / other["floor"]
        )
        ratios[f"one field: stock / ours at {size:,}"] = other["stock"] / other["ours"]
    print_ratios(ratios, TARGETS)
    if max(nothing) > sample:
        print(f"\nStock above {sample} businesses is reckoned from {sample}.")
    written = {"nothing": nothing, "field": field, "stock_sample": sample, "ratios": ratios}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(written, indent=2) + "\n")
    for title, name, found in (
        ("A release with nothing to migrate", "fleet-nothing", nothing),
        ("A release that adds one field", "fleet-field", field),
    ):
        series = {
            way: [(size, one[way]) for size, one in found.items()]
            for way in next(iter(found.values()))
        }
        draw(IMAGES / f"benchmark-{name}.svg", title, "businesses", series)


if __name__ == "__main__":
    main()
