"""Free tables on the database are those of a search of every table, set and minute."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from bookings.availability import Wanted, free_times
from bookings.models import Booking, BookingSettings, Resource, Service, TableSet, TurnTime
from tenants.models import Tenant
from tests.bookings.builders import service
from tests.bookings.table_oracle import TABLES, Guests, Restaurant, free_tables, restaurants
from tests.bookings.test_diary_oracle import moment, save

pytestmark = pytest.mark.django_db


def save_restaurant(place: Restaurant) -> Service:
    """Write the restaurant's rows; return the meal."""
    save(place.world, 0)
    tables = dict(zip(TABLES, Resource.objects.order_by("-pk")[: len(TABLES)][::-1], strict=True))
    for number, one in tables.items():
        one.kind, (one.seats_min, one.seats_max) = "table", place.seats[number]
        one.is_active = number not in place.put_away
        one.save()
    for number, ((least, most), together) in enumerate(place.sets):
        TableSet.objects.create(name=f"Set {number}", seats_min=least, seats_max=most).tables.set(
            [tables[one] for one in together]
        )
    # There, and not in use: neither for this party, nor for anybody.
    TableSet.objects.create(name="Not laid", seats_min=1, seats_max=20, is_active=False).tables.set(
        tables.values()
    )
    meal = service(
        name="Meal", kind="table", duration_minutes=place.stay, step_minutes=None,
        party_min=place.offered_to[0], party_max=place.offered_to[1],
        buffer_before_minutes=place.before, buffer_after_minutes=place.after,
    )  # fmt: skip
    meal.resources.set([tables[one] for one in place.served_at])
    for size, minutes in place.turns.items():
        TurnTime.objects.create(service=meal, party_up_to=size, minutes=minutes)
    BookingSettings.objects.update(covers_per_quarter=place.limit)
    return meal


def save_guests(place: Restaurant, meal: Service, now: int) -> None:
    """Write who comes; they sit somewhere else, so that only their number counts."""
    haircut = service(name="Haircut")
    Booking.objects.bulk_create(_booking(one, meal, haircut, now) for one in place.guests)


def _booking(one: Guests, meal: Service, haircut: Service, now: int) -> Booking:
    waits = one.state in ("held", "lapsed")
    status = {"cancelled": "CANCELLED"}.get(one.state, "PENDING_PAYMENT" if waits else "CONFIRMED")
    ends = moment(now + 5) if one.state == "held" else moment(now)
    return Booking(
        service=haircut if one.state == "haircut" else meal, service_name="Meal", status=status,
        starts_at=moment(one.minute), ends_at=moment(one.minute + 60), party_size=one.people,
        hold_expires_at=ends if waits else None, customer_name="Ann",
        customer_email="ann@example.com", total_amount=0, currency="GBP",
    )  # fmt: skip


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(place=restaurants())
def test_free_tables_are_those_of_a_search_of_all_of_them(
    in_alpha: Tenant, place: Restaurant
) -> None:
    world = place.world
    now = world.midnight() - timedelta(days=3) // timedelta(minutes=1)
    with transaction.atomic():
        meal = save_restaurant(place)
        save_guests(place, meal, now)
        wanted = Wanted((meal,), party_size=place.party)
        slots = free_times(wanted, world.first, world.last, ZoneInfo(world.zone), moment(now))
        transaction.set_rollback(True)
    assert [slot.starts_at for slot in slots] == [moment(start) for start in free_tables(place)]
