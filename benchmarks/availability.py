"""``python -m benchmarks.availability``: a month of slots for 20 people with 2,000 bookings.

Ours (`free_times`) is measured in turns against

- the floor: the same two statements and their rows, by psycopg alone;
- the number of statements that others' published code sends for the same question.

Easy!Appointments (application/libraries/Availability.php, get_available_hours) answers for one
day and one provider with four SELECTs: is_entire_date_blocked, appointments, unavailabilities,
blocked periods. application/controllers/Booking.php asks it per provider for a day, and per day
and provider for a month, stopping at the first provider with time where it only wants to know
which days have any; settings and providers are left out here.

cal.com (packages/trpc/server/routers/viewer/slots/util.ts, calculateHostsAndAvailabilities)
answers for the whole range: the event type; bookings of all hosts (three SELECTs in
findAllExistingBookingsForEventTypeBetween); out of office; reserved slots (a SELECT and a
DELETE). With booking limits one more, whatever the range; its calls to calendars are left out.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from benchmarks.place import ENVIRONMENT, database, dsn, server
from demo.bootstrap import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "availability.json"
STAFF, BOOKINGS, MONTH = 20, 2000, 31
ZONE = ZoneInfo("Europe/London")
#: Clocks change in it.
FIRST = date(2027, 3, 1)
NOW = datetime(2027, 2, 1, tzinfo=UTC)
TARGETS = {1: 3.0, MONTH: 10.0}
EASY_APPOINTMENTS_PER_DAY_AND_PROVIDER = 4
CAL_COM = 7


def set_up(url: str) -> Any:
    """Make the business and what is wanted there; return (tenant, wanted)."""
    os.environ.update({**ENVIRONMENT, "DATABASE_URL": url})
    import django

    django.setup()
    from django.core.management import call_command
    from django_tenants.utils import tenant_context

    from tenants.models import Tenant

    call_command("migrate_schemas", verbosity=0)
    call_command("tenant", "create", "bench0", "--name", "bench0")
    tenant = Tenant.objects.with_hosts().get(schema_name="bench0")
    with tenant_context(tenant):
        return tenant, _fill()


def _fill() -> Any:
    """20 people who work from 9 to 18; 2,000 bookings of half an hour over the month."""
    from bookings.availability import Wanted
    from bookings.models import Allocation, Booking, OpeningHours, Resource, Service

    OpeningHours.objects.all().delete()
    OpeningHours.objects.bulk_create(
        OpeningHours(weekday=day, opens_at="09:00", closes_at="18:00") for day in range(7)
    )
    people = [Resource.objects.create(name=f"Person {n}", kind="staff") for n in range(STAFF)]
    cut = Service.objects.create(
        name="Cut", duration_minutes=45, price=0, step_minutes=15, buffer_after_minutes=5
    )
    cut.resources.set(people)
    rows = []
    for number in range(BOOKINGS):
        day = FIRST + timedelta(days=number % MONTH)
        turn = number // MONTH
        at = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        # Of everybody's eighteen half hours some three are taken, not the same ones.
        at += timedelta(minutes=30 * ((turn * 7 + turn // STAFF) % 18))
        rows.append((people[turn % STAFF], at, at + timedelta(minutes=30)))
    bookings = Booking.objects.bulk_create(
        Booking(
            service=cut, service_name="Cut", resource=who, starts_at=begins, ends_at=ends,
            customer_name="Ann", customer_email="ann@example.com", total_amount=0,
            currency="GBP", status="CONFIRMED",
        )
        for who, begins, ends in rows
    )  # fmt: skip
    Allocation.objects.bulk_create(
        Allocation(booking=booking, resource=who, starts_at=begins, ends_at=ends)
        for booking, (who, begins, ends) in zip(bookings, rows, strict=True)
    )
    return Wanted((cut,))


def last_of(days: int) -> date:
    return FIRST + timedelta(days=days - 1)


def statements(tenant: Any, wanted: Any, days: int) -> tuple[list[tuple[str, Any]], int]:
    """Return what ours sends for so many days, with values, and the number of slots."""
    from django.db import connection

    from bookings.availability import free_times

    sent: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        sent.append((sql, params))
        return execute(sql, params, many, context)

    # Entering a business sets the path once; that is not the question's.
    connection.ensure_connection()
    free_times(wanted, FIRST, FIRST, ZONE, NOW)
    with connection.execute_wrapper(note):
        slots = free_times(wanted, FIRST, last_of(days), ZONE, NOW)
    return sent, len(slots)


def measure(url: str, rounds: int, spans: list[int]) -> dict[str, Any]:
    tenant, wanted = set_up(url)
    from django_tenants.utils import tenant_context

    from bookings.availability import free_times

    results: dict[str, Any] = {}
    with tenant_context(tenant), psycopg.connect(dsn(url), autocommit=True) as bare:
        bare.execute("SET search_path = bench0, extensions")
        bare.execute("ANALYZE")
        for days in spans:
            sent, slots = statements(tenant, wanted, days)

            work = {
                "ours": partial(free_times, wanted, FIRST, last_of(days), ZONE, NOW),
                "floor": partial(fetch, bare, sent),
            }
            figures = in_turns(work, rounds)
            results[str(days)] = {
                "queries": len(sent), "slots": slots, **figures,
                "ratio": figures["ours"] / figures["floor"],
            }  # fmt: skip
    return results


def fetch(connection: psycopg.Connection[Any], sent: list[tuple[str, Any]]) -> None:
    for sql, values in sent:
        connection.execute(sql, values).fetchall()


def in_turns(work: dict[str, Callable[[], Any]], rounds: int) -> dict[str, float]:
    """Return the median milliseconds of each, after five turns that warm everybody up."""
    taken: dict[str, list[float]] = {name: [] for name in work}
    for number in range(rounds + 5):
        for name, do in work.items():
            begins = time.perf_counter()
            do()
            if number >= 5:
                taken[name].append(1000 * (time.perf_counter() - begins))
    return {name: statistics.median(found) for name, found in taken.items()}


def report(results: dict[str, Any]) -> None:
    print(f"{'days':>5} {'slots':>6} {'queries':>8} {'ours':>9} {'floor':>9} {'ratio':>6}  target")
    for days, found in results.items():
        target = TARGETS.get(int(days))
        verdict = "" if target is None else f"at most {target:.0f}: {verdict_of(found, target)}"
        print(
            f"{days:>5} {found['slots']:6} {found['queries']:8} {found['ours']:6.2f} ms "
            f"{found['floor']:6.2f} ms {found['ratio']:6.2f}  {verdict}"
        )
    print("\nPer day, in milliseconds (linear: the same for all):")
    for days, found in results.items():
        print(f"{days:>5} {found['ours'] / int(days):7.3f}")
    print(f"\n{'statements for 20 people':28} {'a day':>7} {'a month':>8}")
    easy = EASY_APPOINTMENTS_PER_DAY_AND_PROVIDER
    for name, day, month in [
        ("ours", results["1"]["queries"], results[str(MONTH)]["queries"]),
        ("cal.com", CAL_COM, CAL_COM),
        ("Easy!Appointments, any time?", easy * STAFF, easy * MONTH),
        ("Easy!Appointments, all times", easy * STAFF, easy * STAFF * MONTH),
    ]:
        print(f"{name:28} {day:7} {month:8}")


def verdict_of(found: dict[str, Any], target: float) -> str:
    return "met" if found["ratio"] <= target and found["queries"] <= 2 else "MISSED"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    with server() as address, database(address, "bench_availability") as url:
        results = measure(url, options.rounds, [1, 7, 14, 28, MONTH, 56])
    report(results)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")


if __name__ == "__main__":
    main()
