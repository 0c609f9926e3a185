"""What the two queries read is what the brute-force search is given, row by row."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings.availability import Wanted, free_times
from bookings.models import (
    Allocation,
    BookingSettings,
    HoursException,
    OpeningHours,
    Requirement,
    Resource,
    Service,
)
from tenants.models import Tenant
from tests.bookings.builders import staff
from tests.bookings.oracle import World, free_starts, worlds

pytestmark = pytest.mark.django_db


def moment(minute: int) -> datetime:
    return datetime.fromtimestamp(60 * minute, UTC)


def clock_time(minute: int) -> time:
    return time(minute // 60, minute % 60)


def save(world: World, notice: int) -> tuple[Service, ...]:
    """Write the world's rows; return the services wanted."""
    OpeningHours.objects.all().delete()
    people: dict[int | None, Resource] = dict(enumerate(staff(*"ABCD"), start=1))
    for owner, weekday, (opens, closes) in world.hours:
        OpeningHours.objects.create(
            resource=people.get(owner), weekday=weekday,
            opens_at=clock_time(opens), closes_at=clock_time(closes),
        )  # fmt: skip
    for owner, begins, ends, own in world.exceptions:
        HoursException.objects.create(
            resource=people.get(owner), first_day=begins, last_day=ends,
            opens_at=own and clock_time(own[0]), closes_at=own and clock_time(own[1]),
        )  # fmt: skip
    for number, start, end in world.taken:
        Allocation.objects.create(
            resource=people[number], starts_at=moment(start), ends_at=moment(end)
        )
    BookingSettings.objects.update_or_create(
        is_only_row=True,
        defaults={
            "step_minutes": world.step, "offset_minutes": world.offset,
            "minimum_notice_minutes": notice,
        },
    )  # fmt: skip
    services = []
    for number, work in enumerate(world.works):
        what = Service.objects.create(
            name=f"Service {number}", price=0, duration_minutes=work.duration,
            buffer_before_minutes=work.before, buffer_after_minutes=work.after,
        )  # fmt: skip
        first, *others = [[people[one] for (one,) in pool] for pool in work.pools]
        what.resources.set(first)
        for pool in others:
            Requirement.objects.create(service=what, name="also").resources.set(pool)
        services.append(what)
    return tuple(services)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    world=worlds(table_sets=False),
    notice=st.sampled_from([0, 60, 600]),
    ahead=st.integers(-2000, 1000),
)
def test_free_times_are_those_of_a_search_minute_by_minute(
    in_alpha: Tenant, world: World, notice: int, ahead: int
) -> None:
    now = moment(world.midnight() + ahead)
    with transaction.atomic():
        services = save(world, notice)
        slots = free_times(Wanted(services), world.first, world.last, ZoneInfo(world.zone), now)
        transaction.set_rollback(True)
    assert [slot.starts_at for slot in slots] == [
        moment(start)
        for start in free_starts(world)
        if moment(start) > now and moment(start) >= now + timedelta(minutes=notice)
    ]
