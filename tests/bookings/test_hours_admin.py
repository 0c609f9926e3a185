"""When the business and its people are there: hours, closures, leave, blocked times, rules."""

from datetime import UTC, datetime, time
from typing import Any

import pytest
import time_machine
from django.test import Client

from access.models import User
from bookings.models import (
    Allocation,
    BlockedTime,
    Booking,
    BookingSettings,
    ClassSession,
    HoursException,
    OpeningHours,
    Resource,
    Service,
)
from tenants.models import Tenant

pytestmark = pytest.mark.django_db

HOURS = "/admin/bookings/openinghours/"
CLOSURES = "/admin/bookings/hoursexception/"
BLOCKS = "/admin/bookings/blockedtime/"
RULES = "/admin/bookings/bookingsettings/"


@pytest.fixture(autouse=True)
def _in_november() -> Any:
    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def site(in_alpha: Tenant, owner: User) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


@pytest.fixture
def chair(in_alpha: Tenant) -> Resource:
    return Resource.objects.get()


def booked(resource: Resource, starts_at: datetime, ends_at: datetime, **values: Any) -> Booking:
    booking = Booking.objects.create(
        **{
            "resource": resource, "service_name": "Cut", "customer_name": "Ann",
            "customer_email": "a@example.com", "starts_at": starts_at, "ends_at": ends_at,
            "total_amount": 0, "currency": "GBP", "status": "CONFIRMED", **values,
        }
    )  # fmt: skip
    Allocation.objects.create(
        resource=resource, starts_at=starts_at, ends_at=ends_at, booking=booking,
        is_live=booking.status != "CANCELLED",
    )  # fmt: skip
    return booking


def week() -> list[tuple[str, int, time, time]]:
    rows = OpeningHours.objects.order_by("resource", "weekday", "opens_at")
    return [(str(row.resource or ""), row.weekday, row.opens_at, row.closes_at) for row in rows]


def test_the_same_hours_are_added_to_several_days_at_once(site: Client, chair: Resource) -> None:
    OpeningHours.objects.all().delete()
    form = {"resource": "", "weekdays": ["1", "5"], "opens_at": "18:00", "closes_at": "02:00"}
    assert site.get(f"{HOURS}add/").status_code == 200
    assert site.post(f"{HOURS}add/", form).status_code == 302
    own = {**form, "resource": chair.pk, "weekdays": ["1"], "closes_at": "20:00"}
    assert site.post(f"{HOURS}add/", own).status_code == 302
    assert week() == [
        ("Alpha Salon", 1, time(18), time(20)),
        ("", 1, time(18), time(2)),
        ("", 5, time(18), time(2)),
    ]
    assert "the next day" in site.get(HOURS).content.decode()


@pytest.mark.parametrize(
    ("weekday", "opens_at", "closes_at", "complaint"),
    [
        ("0", "16:59", "20:00", "Monday 16:59 to 20:00 overlaps with Monday 09:00 to 17:00"),
        ("0", "08:00", "09:01", "overlaps with Monday 09:00 to 17:00"),
        ("0", "10:00", "11:00", "overlaps with Monday 09:00 to 17:00"),
        ("0", "17:00", "16:00", "overlaps with Tuesday 09:00 to 17:00"),
        ("6", "22:00", "09:30", "Sunday 22:00 to 09:30 overlaps with Monday 09:00 to 17:00"),
        ("6", "09:00", "09:00", None),
        ("6", "22:00", "09:00", None),
        ("0", "17:00", "02:00", None),
        ("0", "07:00", "09:00", None),
        ("6", "x", "09:00", "Enter a valid time"),
        ("7", "07:00", "09:00", "Select a valid choice"),
    ],
)
def test_overlapping_intervals_are_refused(
    site: Client, weekday: str, opens_at: str, closes_at: str, complaint: str | None
) -> None:
    before = OpeningHours.objects.count()
    form = {"resource": "", "weekdays": [weekday], "opens_at": opens_at, "closes_at": closes_at}
    response = site.post(f"{HOURS}add/", form)
    assert response.status_code == (302 if complaint is None else 400)
    assert complaint is None or complaint in response.content.decode()
    assert OpeningHours.objects.count() == before + (complaint is None)


def test_changing_an_interval_does_not_overlap_with_itself(site: Client) -> None:
    monday = OpeningHours.objects.get(weekday=0)
    path = f"{HOURS}{monday.pk}/change/"
    form = {"resource": "", "weekday": "0", "opens_at": "10:00", "closes_at": "18:00"}
    assert site.post(path, form).status_code == 302
    monday.refresh_from_db()
    assert monday.opens_at == time(10)
    page = site.post(path, {**form, "weekday": "1"}).content.decode()
    assert "overlaps with Tuesday 09:00 to 17:00" in page


def closure(**changes: Any) -> dict[str, Any]:
    return {
        "resource": "", "first_day": "2026-12-24", "last_day": "2026-12-26", "opens_at": "",
        "closes_at": "", "reason": "Christmas", **changes,
    }  # fmt: skip


def test_a_closure_says_what_is_booked_then_and_cancels_nothing(
    site: Client, chair: Resource
) -> None:
    inside = booked(
        chair, datetime(2026, 12, 24, 10, tzinfo=UTC), datetime(2026, 12, 24, 11, tzinfo=UTC)
    )
    booked(chair, datetime(2026, 12, 27, 10, tzinfo=UTC), datetime(2026, 12, 27, 11, tzinfo=UTC))
    booked(
        chair, datetime(2026, 12, 25, 10, tzinfo=UTC), datetime(2026, 12, 25, 11, tzinfo=UTC),
        status="CANCELLED", customer_name="Gone",
    )  # fmt: skip
    page = site.post(f"{CLOSURES}add/", closure(), follow=True).content.decode()
    assert "1 is booked then. It was not cancelled:" in page
    assert "Thu 24 December 2026, 10:00 Ann, Cut" in page
    assert "Gone" not in page
    inside.refresh_from_db()
    assert inside.status == "CONFIRMED"
    assert HoursException.objects.get().is_closed


def test_leave_concerns_the_one_who_takes_it(site: Client, chair: Resource) -> None:
    noor = Resource.objects.create(name="Noor", kind="staff")
    at = datetime(2026, 12, 24, 10, tzinfo=UTC), datetime(2026, 12, 24, 11, tzinfo=UTC)
    booked(chair, *at, customer_name="Elsewhere")
    mine = booked(noor, *at, customer_name="With Noor")
    yoga = Service.objects.create(name="Yoga", kind="class", duration_minutes=60, price=0)
    ClassSession.objects.create(
        service=yoga, instructor=noor, capacity=5, starts_at=at[1],
        ends_at=datetime(2026, 12, 24, 12, tzinfo=UTC),
    )  # fmt: skip
    Booking.objects.filter(pk=mine.pk).update(resource=chair)
    page = site.post(f"{CLOSURES}add/", closure(resource=noor.pk), follow=True).content.decode()
    assert "2 are booked then. They were not cancelled:" in page
    assert "With Noor, Cut" in page
    assert "Thu 24 December 2026, 11:00 Yoga, 0 booked" in page
    assert "Elsewhere" not in page


def test_other_hours_warn_of_what_they_leave_out_only(site: Client, chair: Resource) -> None:
    OpeningHours.objects.all().delete()
    OpeningHours.objects.create(weekday=2, opens_at=time(18), closes_at=time(2))
    for hour, name in ((0, "After midnight"), (9, "Early"), (10, "Fits"), (13, "Too late")):
        booked(
            chair, datetime(2026, 12, 24, hour, 30, tzinfo=UTC),
            datetime(2026, 12, 24, hour + 1, 30, tzinfo=UTC), customer_name=name,
        )  # fmt: skip
    hours = closure(last_day="", opens_at="10:00", closes_at="14:00")
    page = site.post(f"{CLOSURES}add/", hours, follow=True).content.decode()
    assert "2 are booked then" in page
    assert "Early" in page
    assert "Too late" in page
    assert "After midnight" not in page
    assert "Fits" not in page


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"last_day": "2026-12-23"}, "must not be before the first"),
        ({"opens_at": "10:00"}, "Give both times, or neither"),
        ({"closes_at": "10:00"}, "Give both times, or neither"),
        ({"first_day": ""}, "required"),
        ({"opens_at": "10:00", "closes_at": "12:00", "first_day": "2026-12-31",
          "last_day": "2027-01-02"}, "contradicts what is there already"),
        ({"opens_at": "13:00", "closes_at": "18:00", "last_day": "2026-12-30",
          "first_day": "2026-12-29"}, "overlaps with what is there already"),
    ],
)  # fmt: skip
def test_a_closure_that_makes_no_sense_is_refused(
    site: Client, changes: dict[str, str], complaint: str
) -> None:
    HoursException.objects.create(first_day="2027-01-01", last_day="2027-01-01")
    HoursException.objects.create(
        first_day="2026-12-30", last_day="2026-12-30", opens_at="10:00", closes_at="14:00"
    )
    response = site.post(f"{CLOSURES}add/", closure(**changes))
    assert response.status_code == 200
    assert complaint in response.content.decode()
    assert HoursException.objects.count() == 2


def test_two_intervals_make_a_day_with_a_break(site: Client) -> None:
    morning = closure(last_day="", opens_at="10:00", closes_at="12:00")
    evening = closure(last_day="", opens_at="12:00", closes_at="18:00")
    for sent in (morning, evening):
        assert site.post(f"{CLOSURES}add/", sent).status_code == 302
    assert HoursException.objects.count() == 2


def block(chair: Resource, **changes: Any) -> dict[str, Any]:
    return {
        "resource": chair.pk, "starts_at": "2027-07-01T12:00", "ends_at": "2027-07-01T13:00",
        "reason": "Lunch", **changes,
    }  # fmt: skip


def test_a_time_is_blocked_and_freed_again(site: Client, chair: Resource) -> None:
    assert site.get(f"{BLOCKS}add/").status_code == 200
    assert site.post(f"{BLOCKS}add/", block(chair)).status_code == 302
    row = BlockedTime.objects.get()
    assert row.starts_at == datetime(2027, 7, 1, 11, tzinfo=UTC)
    assert "Lunch" in site.get(BLOCKS).content.decode()
    assert site.post(f"{BLOCKS}{row.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Allocation.objects.exists()


def test_a_booked_time_is_not_blocked(site: Client, chair: Resource) -> None:
    booked(
        chair, datetime(2027, 7, 1, 11, 30, tzinfo=UTC), datetime(2027, 7, 1, 12, 30, tzinfo=UTC)
    )
    response = site.post(f"{BLOCKS}add/", block(chair))
    assert response.status_code == 400
    assert (
        "Alpha Salon is already booked on Thu 1 July 2027, 12:30 to 13:30: Ann, Cut."
        in response.content.decode()
    )
    assert Allocation.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"ends_at": "2027-07-01T12:00"}, "must be after the beginning"),
        ({"reason": ""}, "required"),
        ({"starts_at": "2027-03-28T01:30"}, "may not exist"),
    ],
)
def test_a_bad_block_is_refused(
    site: Client, chair: Resource, changes: dict[str, str], complaint: str
) -> None:
    response = site.post(f"{BLOCKS}add/", block(chair, **changes))
    assert response.status_code == 400
    assert complaint in response.content.decode()
    assert not Allocation.objects.exists()


def test_a_bookings_own_time_cannot_be_removed_as_a_block(site: Client, chair: Resource) -> None:
    booked(chair, datetime(2027, 7, 1, 11, tzinfo=UTC), datetime(2027, 7, 1, 12, tzinfo=UTC))
    row = Allocation.objects.get()
    site.post(f"{BLOCKS}{row.pk}/delete/", {"post": "yes"})
    site.post(BLOCKS, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
    assert Allocation.objects.count() == 1


def test_booking_rules_are_one_row(site: Client) -> None:
    form = {
        "step_minutes": "60", "offset_minutes": "30", "minimum_notice_minutes": "120",
        "days_ahead": "90", "hold_minutes": "20", "covers_per_quarter": "",
        "waitlist_offer_minutes": "45", "waitlist_cutoff_minutes": "0",
        "complete_after_minutes": "",
    }  # fmt: skip
    assert site.get(RULES).status_code == 200
    for sent in (form, {**form, "covers_per_quarter": "12"}):
        assert site.post(RULES, sent).status_code == 302
    rules = BookingSettings.objects.get()
    assert (rules.step_minutes, rules.offset_minutes, rules.covers_per_quarter) == (60, 30, 12)
    assert (rules.waitlist_offer_minutes, rules.waitlist_cutoff_minutes) == (45, 0)
    assert rules.complete_after_minutes is None
    refused = site.post(RULES, {**form, "offset_minutes": "60"})
    assert refused.status_code == 400
    assert "less than the minutes between two starts" in refused.content.decode()
    assert site.post(RULES, {**form, "waitlist_offer_minutes": "4"}).status_code == 400
