"""The last place, table or person, wanted by 200 at once: never sold twice, never lost.

With controls: what happens without the constraint, the conditional update, the
next try, or the order of locks.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from threading import Barrier
from typing import Any

import pytest
from django.db import OperationalError
from django_tenants.utils import tenant_context

from bookings import taking
from bookings.availability import ways_to_take
from bookings.errors import SlotTaken
from bookings.models import (
    Allocation,
    Booking,
    ClassSession,
    Requirement,
    Resource,
    Service,
    TableSet,
)
from bookings.services import book
from bookings.wishes import BookingRequest
from tenants.connection import connection
from tenants.models import Tenant
from tenants.provisioning import provision
from tests.bookings.builders import at, booked, class_at, service, staff, table
from tests.http import at_once
from tests.tenants.test_provisioning import drop_businesses

pytestmark = pytest.mark.django_db(transaction=True)

TEN = at("10:00")


def race(
    tenant: Tenant, count: int, wanted: Callable[[int], tuple[Service, int]], threads: int = 20
) -> Counter[str]:
    """Book `count` times at once, each with a connection of its own; count what came of it."""

    def one(number: int) -> str:
        with tenant_context(tenant):
            try:
                what, party = wanted(number)
                book(request(what, party))
            except SlotTaken:
                return "taken"
            except OperationalError as error:
                return str(getattr(error.__cause__, "sqlstate", error))
            finally:
                connection.close()
        return f"{what.name} for {party}"

    return Counter(at_once(count, one, threads=threads))


def request(what: Service, party: int = 1, starts_at: datetime = TEN) -> BookingRequest:
    return BookingRequest.for_service(
        what, customer_name="Ann", customer_email="ann@example.com", starts_at=starts_at,
        party_size=party,
    )  # fmt: skip


@pytest.fixture
def throwaway(db: None) -> Iterator[Tenant]:
    """A business whose constraints a test may drop."""
    provision(label="racecourse", name="Racecourse")
    tenant = Tenant.objects.with_hosts().get(schema_name="racecourse")
    yield tenant
    connection.set_schema_to_public()
    drop_businesses("racecourse")


def together(count: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `function` such that nobody goes on before `count` have called it."""
    barrier = Barrier(count)

    def wait(*arguments: Any, **values: Any) -> Any:
        result = function(*arguments, **values)
        barrier.wait(timeout=30)
        return result

    return wait


# --- A class ---


def test_the_last_place_of_a_class_has_one_winner(in_alpha: Tenant) -> None:
    yoga = service(name="Yoga", kind="class")
    session = class_at(yoga, "10:00", 12, 11)
    assert race(in_alpha, 200, lambda number: (yoga, 1)) == {"Yoga for 1": 1, "taken": 199}
    session.refresh_from_db()
    assert (session.seats_taken, Booking.objects.count()) == (12, 1)


def test_places_are_neither_oversold_nor_lost_to_larger_parties(in_alpha: Tenant) -> None:
    yoga = service(name="Yoga", kind="class", party_max=2)
    session = class_at(yoga, "10:00", 15)
    results = race(in_alpha, 200, lambda number: (yoga, 1 + number % 2))
    session.refresh_from_db()
    assert results["Yoga for 1"] + 2 * results["Yoga for 2"] == session.seats_taken == 15


def test_control_without_the_conditional_update_the_last_place_is_sold_twice(
    in_alpha: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    yoga = service(name="Yoga", kind="class")
    class_at(yoga, "10:00", 12, 11)
    look = together(2, lambda session: ClassSession.objects.get(pk=session))

    def look_then_write(session_id: int, seats: int) -> bool:
        session = look(session_id)
        session.seats_taken += seats
        session.save(update_fields=["seats_taken"])
        return True

    monkeypatch.setattr(taking, "move_seats", look_then_write)
    assert race(in_alpha, 2, lambda number: (yoga, 1)) == {"Yoga for 1": 2}


# --- Tables ---


@pytest.fixture
def tables(in_alpha: Tenant) -> list[Resource]:
    """Two tables for four, which together are one for eight."""
    staff()
    both = [table("Window", 2, 4), table("Corner", 2, 4)]
    TableSet.objects.create(name="Long", seats_min=5, seats_max=8).tables.set(both)
    return both


def dinner() -> Service:
    return service(name="Dinner", kind="table", party_max=8)


def test_the_last_table_has_one_winner_and_its_set_none(
    in_alpha: Tenant, tables: list[Resource]
) -> None:
    meal = dinner()
    booked(meal, tables[1], starts="10:00")
    results = race(in_alpha, 200, lambda number: (meal, 2 if number % 2 else 6))
    assert results == {"Dinner for 2": 1, "taken": 199}


def test_a_table_goes_alone_or_with_its_set_never_both(
    in_alpha: Tenant, tables: list[Resource]
) -> None:
    meal = dinner()
    results = race(in_alpha, 200, lambda number: (meal, 3 if number % 2 else 6))
    assert results in (
        {"Dinner for 6": 1, "taken": 199},
        {"Dinner for 3": 2, "taken": 198},
    )
    assert Allocation.objects.filter(is_live=True).count() == 2


# --- Anybody ---


def test_any_staff_has_as_many_winners_as_people(in_alpha: Tenant) -> None:
    people = staff("Ann", "Bob", "Cem")
    cut = service()
    assert race(in_alpha, 200, lambda number: (cut, 1)) == {"Cut for 1": 3, "taken": 197}
    having = Allocation.objects.values_list("resource_id", flat=True)
    assert sorted(having) == [person.pk for person in people]


def test_control_without_the_next_try_a_free_person_is_lost(
    in_alpha: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    staff("Ann", "Bob", "Cem")
    cut = service()
    ways = together(3, ways_to_take)
    monkeypatch.setattr(taking, "ways_to_take", lambda *what: ways(*what)[:1])
    assert race(in_alpha, 3, lambda number: (cut, 1)) == {"Cut for 1": 1, "taken": 2}


def test_control_without_the_constraint_one_person_is_sold_twice(
    throwaway: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant_context(throwaway):
        staff("Ann")
        cut = service()
        monkeypatch.setattr(taking, "ways_to_take", together(2, ways_to_take))
        with connection.cursor() as cursor:
            cursor.execute(
                "ALTER TABLE bookings_allocation DROP CONSTRAINT bookings_allocation_no_overlap"
            )
        assert race(throwaway, 2, lambda number: (cut, 1)) == {"Cut for 1": 2}


# --- Several at once ---


@pytest.fixture
def crossed(in_alpha: Tenant) -> list[Service]:
    """Two services that need the same two, one the other way round."""
    ann, bob = staff("Ann", "Bob")
    services = []
    for name, first, second in [("There", ann, bob), ("Back", bob, ann)]:
        what = service(name=name)
        what.resources.set([first])
        Requirement.objects.create(service=what, name="helper").resources.set([second])
        services.append(what)
    return services


def test_two_that_need_the_same_two_never_wait_for_each_other(
    in_alpha: Tenant, crossed: list[Service]
) -> None:
    results = race(in_alpha, 200, lambda number: (crossed[number % 2], 1))
    assert results in ({"There for 1": 1, "taken": 199}, {"Back for 1": 1, "taken": 199})
    assert Allocation.objects.count() == 2


def test_control_locks_in_no_order_end_in_a_deadlock(
    in_alpha: Tenant, crossed: list[Service], monkeypatch: pytest.MonkeyPatch
) -> None:
    barrier = Barrier(2)

    def lock_in_any_order(resource_ids: Any) -> None:
        # Whoever comes first begins at one end, the other at the other.
        wanted = sorted(resource_ids, reverse=barrier.wait(timeout=30) == 0)
        for number in wanted:
            list(Resource.objects.select_for_update(no_key=True).filter(pk=number).values("pk"))
            if number == wanted[0]:
                barrier.wait(timeout=30)

    monkeypatch.setattr(taking, "lock_resources", lock_in_any_order)
    results = race(in_alpha, 2, lambda number: (crossed[number], 1))
    assert results["40P01"] == 1
