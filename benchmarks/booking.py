"""``python -m benchmarks.booking``: bookings per second through gunicorn.

``POST /api/bookings/`` with an API key and without a deposit, at 1, 8 and 32 clients, each with
a connection kept open:

- spread: every request wants another time of one of 20 people;
- contended: all requests of a round want the same hour, which 20 people have: 20 win;
- the floor: the SQL that a booking writes (the booking, its allocation, its line, two events,
  a job) by psycopg alone, over as many connections, in one transaction each.
"""

import argparse
import http.client
import json
import os
import secrets
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from statistics import median
from threading import Barrier
from typing import Any

import psycopg

from benchmarks.place import ENVIRONMENT, database, dsn, gunicorn, server
from demo.bootstrap import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "booking.json"
STAFF, HOURS = 20, 12
FIRST = datetime(2027, 3, 1, 8, tzinfo=UTC)
SET_UP = """
import django; django.setup()
from django_tenants.utils import tenant_context
from access.models import APIKey
from bookings.models import OpeningHours, Resource, Service
from tenants.models import Tenant
with tenant_context(Tenant.objects.with_hosts().get(schema_name='bench0')):
    Resource.objects.update(is_active=False)
    people = [Resource.objects.create(name=f'Person {n}', kind='staff') for n in range(20)]
    cut = Service.objects.create(name='Cut', duration_minutes=60, price=0)
    cut.resources.set(people)
    print(APIKey.objects.create_key(name='bench', scope=APIKey.Scope.WRITE)[1])
"""


def set_up(url: str) -> str:
    """Make the business; return its API key."""
    for arguments in (
        ["manage.py", "migrate_schemas", "--verbosity", "0"],
        ["manage.py", "tenant", "create", "bench0", "--name", "bench0"],
        ["-c", SET_UP],
    ):
        done = subprocess.run(
            [sys.executable, "-W", "ignore", *arguments], cwd=ROOT, capture_output=True, text=True,
            env={**os.environ, **ENVIRONMENT, "DATABASE_URL": url}, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)
    return done.stdout.strip().splitlines()[-1]


def rate(
    clients: int, work: list[Any], connect: Callable[[], Any], do: Callable[[Any, Any], Any]
) -> tuple[float, Counter[Any]]:
    """Do all `work` over `clients` connections; return pieces a second, and the answers."""
    together = Barrier(clients + 1)

    def run(share: list[Any]) -> list[Any]:
        connection = connect()
        together.wait(timeout=60)
        answers = [do(connection, piece) for piece in share]
        connection.close()
        return answers

    with ThreadPoolExecutor(clients) as pool:
        shares = [pool.submit(run, work[number::clients]) for number in range(clients)]
        together.wait(timeout=60)
        begins = time.perf_counter()
        answers = Counter(answer for share in shares for answer in share.result())
        return len(work) / (time.perf_counter() - begins), answers


class Times:
    """Hours that nobody has yet."""

    def __init__(self) -> None:
        self.day = FIRST

    def spread(self, count: int) -> list[datetime]:
        """Return `count` times with one free person each at least, neighbours far apart."""
        days = -(-count // (STAFF * HOURS))
        hours = [
            self.day + timedelta(days=day, hours=hour)
            for _ in range(STAFF)
            for hour in range(HOURS)
            for day in range(days)
        ]
        self.day += timedelta(days=days)
        return hours[:count]

    def contended(self, count: int) -> list[datetime]:
        """Return `count` times the same hour."""
        hours = [self.day] * count
        self.day += timedelta(days=1)
        return hours


def client(port: int, key: str) -> tuple[Callable[[], Any], Callable[[Any, datetime], int]]:
    headers = {
        "Host": "bench0.localhost", "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
    }  # fmt: skip

    def connect() -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def book(connection: http.client.HTTPConnection, starts_at: datetime) -> int:
        body = {
            "customer_name": "Ann", "customer_email": "ann@example.com", "service_name": "Cut",
            "booking_date": starts_at.isoformat(), "total_amount_pence": 0,
        }  # fmt: skip
        connection.request("POST", "/api/bookings/", json.dumps(body).encode(), headers)
        response = connection.getresponse()
        response.read()
        return response.status

    return connect, book


# --- The floor ---


def floor(url: str) -> tuple[Callable[[], Any], Callable[[Any, tuple[int, datetime]], int]]:
    def connect() -> psycopg.Connection[Any]:
        connection = psycopg.connect(dsn(url))
        connection.execute("SET search_path = bench0, extensions")
        connection.commit()
        return connection

    return connect, write


BOOKING = """
INSERT INTO bookings_booking (reference, access_token, service_id, resource_id, party_size,
    service_name, starts_at, ends_at, customer_name, customer_email, customer_phone, guest_name,
    notes, answers, consent_text, total_amount, deposit_amount, currency, status, tax_rate,
    requires_card, no_show_fee, late_cancellation_fee, free_cancellation_hours,
    late_refund_percent, no_refund_hours, counts_business_days, cancel_reason, success_url,
    cancel_url, created_at, updated_at, confirmed_at, changed_by, credit_amount, discount_amount)
SELECT %(reference)s, %(token)s, id, %(who)s, 1, name, %(begins)s, %(ends)s, 'Ann',
    'ann@example.com', '', '', '', '[]', '', 0, 0, 'GBP', 'CONFIRMED', 0, false, 0, 0, 24, 0, 0,
    false, '', '', '', now(), now(), now(), '', 0, 0 FROM bookings_service WHERE name = 'Cut'
RETURNING id
"""


def write(connection: psycopg.Connection[Any], wanted: tuple[int, datetime]) -> int:
    """What ours writes for one booking."""
    who, begins = wanted
    values = {
        "reference": secrets.token_hex(4), "token": secrets.token_urlsafe(32), "who": who,
        "begins": begins, "ends": begins + timedelta(hours=1),
    }  # fmt: skip
    with connection.transaction():
        booking = connection.execute(BOOKING, values).fetchone()[0]
        connection.execute(
            "INSERT INTO bookings_allocation (resource_id, starts_at, ends_at, is_live, booking_id,"
            " reason) VALUES (%(who)s, %(begins)s, %(ends)s, true, %(booking)s, '')",
            {**values, "booking": booking},
        )
        connection.execute(
            "INSERT INTO bookings_bookingline (booking_id, position, name, is_add_on, quantity,"
            " minutes, amount, tax_rate) VALUES (%s, 0, 'Cut', false, 1, 60, 0, 0)",
            [booking],
        )
        for type in ("booking.created", "booking.confirmed"):
            connection.execute(
                "INSERT INTO events_event (uuid, type, subject_type, subject_id, data, actor_kind,"
                " actor_label, created_at) VALUES (gen_random_uuid(), %s, 'bookings.booking', %s,"
                " %s, 'api_key', '', now())",
                [type, str(booking), json.dumps({"booking_id": booking, "status": "CONFIRMED"})],
            )
        connection.execute(
            "SELECT unnest(procrastinate_defer_jobs_v1(ARRAY[ROW('bench0', 'bookings.send_mail',"
            " 0, NULL, NULL, %s, NULL)::procrastinate_job_to_defer_v1]))",
            [json.dumps({"schema": "bench0", "booking_id": booking, "message": "confirmed"})],
        )
    return 201


def floor_work(url: str, hours: list[datetime]) -> list[tuple[int, datetime]]:
    with psycopg.connect(dsn(url)) as connection:
        found = connection.execute(
            "SELECT id FROM bench0.bookings_resource WHERE is_active ORDER BY id"
        )
        people = [row[0] for row in found.fetchall()]
    had: Counter[datetime] = Counter()
    work = []
    for hour in hours:
        work.append((people[had[hour]], hour))
        had[hour] += 1
    return work


# --- Measuring ---


def measure(url: str, key: str, count: int, rounds: int, sizes: list[int]) -> dict[str, Any]:
    results: dict[str, Any] = {}
    times = Times()
    environment = {**ENVIRONMENT, "DATABASE_URL": url}
    with gunicorn(sys.executable, "config.wsgi", environment, "/healthz/") as port:
        rate(8, times.spread(40), *client(port, key))
        for clients in sizes:
            figures: dict[str, list[float]] = {"spread": [], "contended": [], "floor": []}
            for _ in range(rounds):
                figure, answers = rate(clients, times.spread(count), *client(port, key))
                expect(answers, {201: count})
                figures["spread"].append(figure)
                figure, answers = rate(clients, times.contended(count), *client(port, key))
                expect(answers, {201: STAFF, 409: count - STAFF})
                figures["contended"].append(figure)
                work = floor_work(url, times.spread(count))
                figures["floor"].append(rate(clients, work, *floor(url))[0])
            results[str(clients)] = {name: median(found) for name, found in figures.items()}
    return results


def expect(answers: Counter[Any], expected: dict[int, int]) -> None:
    """Neither too many nor too few: nobody is turned away while somebody is free."""
    if answers != expected:
        raise AssertionError(f"{dict(answers)} instead of {expected}")


def report(results: dict[str, Any]) -> None:
    print(f"{'clients':>8} {'spread':>8} {'contended':>10} {'floor':>8}   a second; of the floor")
    for clients, found in results.items():
        print(
            f"{clients:>8} {found['spread']:8.0f} {found['contended']:10.0f} {found['floor']:8.0f}"
            f"   {found['spread'] / found['floor']:.2f}"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bookings", type=int, default=200, help="per round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", default="1,8,32")
    options = parser.parse_args()
    sizes = [int(text) for text in options.clients.split(",")]
    with server() as address, database(address, "bench_booking") as url:
        key = set_up(url)
        results = measure(url, key, options.bookings, options.rounds, sizes)
    report(results)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
