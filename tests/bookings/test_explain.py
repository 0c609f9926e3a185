"""Why a time is not offered: every reason has a code, and no reason means that it is offered."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bookings.availability import Wanted, explain, free_times
from bookings.models import HoursException, Requirement, Resource, Service
from tenants.models import Tenant
from tests.bookings.builders import (
    LONDON,
    MONDAY,
    NOW,
    at,
    booked,
    class_at,
    open_daily,
    rules,
    service,
    staff,
    table,
)

pytestmark = [pytest.mark.django_db]


@pytest.fixture
def ann(in_alpha: Tenant) -> Resource:
    open_daily()
    return staff("Ann")[0]


def codes(what: Service, starts_at: datetime, now: datetime = NOW, **wanted: Any) -> list[str]:
    return [reason.code for reason in explain(Wanted((what,), **wanted), starts_at, LONDON, now)]


def test_a_time_that_is_offered_has_no_reason(ann: Resource) -> None:
    assert codes(service(), at("10:00")) == []


def test_taken(ann: Resource) -> None:
    cut = service()
    booked(cut, ann, starts="10:00")
    assert codes(cut, at("10:00")) == ["taken"]


def test_closed(ann: Resource) -> None:
    HoursException.objects.create(first_day=MONDAY, last_day=MONDAY, reason="Holiday")
    assert codes(service(), at("10:00")) == ["closed"]


def test_nobody_does_it(ann: Resource) -> None:
    cut = service()
    Requirement.objects.create(service=cut, name="room")
    assert codes(cut, at("10:00")) == ["no_resource"]


def test_past_notice_and_too_far(ann: Resource) -> None:
    rules(minimum_notice_minutes=60, days_ahead=7)
    cut = service()
    assert codes(cut, at("10:00"), at("10:00")) == ["past"]
    assert codes(cut, at("10:00"), at("09:01")) == ["notice"]
    assert codes(cut, at("10:00"), at("09:00")) == []
    assert codes(cut, at("10:00"), at("23:59", MONDAY - timedelta(days=8))) == ["too_far"]


def test_off_the_grid(ann: Resource) -> None:
    assert codes(service(), at("10:01")) == ["grid"]


def test_not_offered_staff_only_and_party_size(ann: Resource) -> None:
    assert codes(service(name="Old", is_active=False), at("10:00")) == ["not_offered"]
    cut = service(name="Phone", is_online=False)
    assert codes(cut, at("10:00"), party_size=2) == ["staff_only", "party_size"]


def test_pacing(in_alpha: Tenant) -> None:
    open_daily()
    staff()
    table("two", 1, 2)
    rules(covers_per_quarter=3)
    meal = service(kind="table", party_max=2)
    booked(meal, starts="10:00", party_size=2)
    assert codes(meal, at("10:00"), party_size=2) == ["pacing"]
    assert codes(meal, at("10:00"), party_size=1) == []


def test_classes(in_alpha: Tenant) -> None:
    rules(minimum_notice_minutes=60, days_ahead=7)
    yoga = service(name="Yoga", kind="class", party_max=2)
    class_at(yoga, "09:00", 2, 1)
    soon = at("08:00")
    assert codes(yoga, at("09:00"), soon) == []
    assert codes(yoga, at("09:00"), soon, party_size=2) == ["full"]
    assert codes(yoga, at("09:00"), soon, party_size=3) == ["party_size", "full"]
    assert codes(yoga, at("10:00"), soon) == ["no_session"]
    assert codes(yoga, at("09:00"), at("08:01")) == ["notice"]
    assert codes(yoga, at("09:00"), at("09:00")) == ["past"]
    assert codes(yoga, at("09:00"), NOW) == ["too_far"]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(minute=st.integers(8 * 12, 13 * 12), notice=st.sampled_from([0, 30, 60]), now=st.data())
def test_no_reason_means_offered_and_offered_means_no_reason(
    in_alpha: Tenant, minute: int, notice: int, now: Any
) -> None:
    open_daily()
    Resource.objects.update(is_active=True)
    cut = Service.objects.filter(name="Cut").first() or service(step_minutes=15)
    rules(minimum_notice_minutes=notice)
    if not cut.booking_set.exists():
        booked(cut, Resource.objects.get(), starts="10:00")
    starts_at = at("00:00") + timedelta(minutes=5 * minute)
    moment = starts_at - timedelta(minutes=now.draw(st.sampled_from([-5, 0, 29, 30, 59, 60, 600])))
    offered = {
        slot.starts_at for slot in free_times(Wanted((cut,)), MONDAY, MONDAY, LONDON, moment)
    }
    assert (codes(cut, starts_at, moment) == []) == (starts_at in offered)
