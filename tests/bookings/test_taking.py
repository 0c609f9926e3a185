"""What a visit takes up is exactly what it needs."""

import pytest

from bookings.availability import Wanted, free_times
from bookings.models import Allocation, Resource
from bookings.services import book
from bookings.wishes import BookingRequest
from tenants.models import Tenant
from tests.bookings.builders import LONDON, MONDAY, NOW, at, booked, open_daily, service, staff

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_alpha")]


def claims() -> list[tuple[str, str, str]]:
    return [
        (one.resource.name, f"{one.starts_at:%H:%M}", f"{one.ends_at:%H:%M}")
        for one in Allocation.objects.filter(reason="").order_by("resource__name", "starts_at")
    ]


@pytest.fixture
def visit(in_alpha: Tenant) -> Wanted:
    """Ann, then Bob, then Ann again; an hour each."""
    open_daily()
    ann, bob = staff("Ann", "Bob")
    services = []
    for name, who in [("Wash", ann), ("Cut", bob), ("Style", ann)]:
        services.append(service(name=name))
        services[-1].resources.set([who])
    return Wanted(tuple(services))


def request_for(visit: Wanted) -> BookingRequest:
    return BookingRequest.for_service(
        visit.service, more_services=visit.services[1:], customer_name="Eve",
        customer_email="eve@example.com", starts_at=at("09:00"),
    )  # fmt: skip


def test_who_comes_back_later_is_free_in_between(visit: Wanted) -> None:
    ann = Resource.objects.get(name="Ann")
    row = booked(None, ann, starts="10:00")
    slots = free_times(visit, MONDAY, MONDAY, LONDON, NOW)
    assert [slot.starts_at for slot in slots] == [at("09:00")]
    book(request_for(visit))
    assert row.allocations.get().is_live
    assert claims() == [
        ("Ann", "09:00", "10:00"),
        ("Ann", "10:00", "11:00"),
        ("Ann", "11:00", "12:00"),
        ("Bob", "10:00", "11:00"),
    ]


def test_buffers_that_touch_are_one_claim(visit: Wanted) -> None:
    for one in visit.services:
        one.buffer_after_minutes = 60
        one.save()
    book(request_for(visit))
    assert claims() == [("Ann", "09:00", "13:00"), ("Bob", "10:00", "12:00")]
