"""Bookings that repeat at the same wall time; what clashes is reported, the rest is booked."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from access.actors import Actor
from access.models import User
from bookings.errors import InvalidBooking
from bookings.models import Booking, BookingSeries, HoursException, OpeningHours, Service
from bookings.recurring import Outcome, Weekly, book_series, cancel_rest, preview
from bookings.wishes import BookingRequest
from tenants.models import Tenant
from tests.bookings.waiting import book, haircut
from tests.contract.api import Api
from tests.support import JobRunner

pytestmark = pytest.mark.django_db

TUESDAY = datetime(2027, 3, 2, 10, tzinfo=UTC)
STAFF = Actor("staff", "owner@alpha.example")
PATH = "/api/bookings/series/"


@pytest.fixture(autouse=True)
def _in_february() -> Any:
    """The dates of these tests are within the year that the business is open for."""
    with time_machine.travel(datetime(2027, 2, 1, 12, tzinfo=UTC)):
        yield


def wanted(service: Service, **values: Any) -> BookingRequest:
    return BookingRequest(
        **{
            "service": service,
            "service_name": service.name,
            "customer_name": "Ann",
            "customer_email": "ann@example.com",
            "starts_at": TUESDAY,
            "total_amount": 4500,
            "deposit_amount": 0,
            "anytime": False,
            **values,
        }
    )


def series(service: Service, rule: Weekly, **values: Any) -> Outcome:
    return book_series(wanted(service, **values), rule, actor=STAFF)


def starts(outcome: Outcome) -> list[str]:
    return [f"{booking.starts_at:%m-%d %H:%M}" for booking in outcome.booked]


def test_every_second_tuesday_keeps_its_wall_time_across_the_change(in_alpha: Tenant) -> None:
    outcome = series(haircut(), Weekly(interval=2, count=4))
    assert starts(outcome) == ["03-02 10:00", "03-16 10:00", "03-30 09:00", "04-13 09:00"]
    assert outcome.clashes == []
    assert outcome.series is not None
    assert (outcome.series.local_time, outcome.series.time_zone) == (time(10), "Europe/London")
    assert [booking.series_id for booking in Booking.objects.all()] == [outcome.series.pk] * 4
    assert {booking.status for booking in outcome.booked} == {"CONFIRMED"}


def test_a_series_in_autumn_goes_back_with_the_clocks(in_alpha: Tenant) -> None:
    first = datetime(2027, 10, 26, 9, tzinfo=UTC)
    outcome = series(haircut(), Weekly(count=2), starts_at=first)
    assert starts(outcome) == ["10-26 09:00", "11-02 10:00"]


def test_a_time_that_clocks_skip_is_a_clash(in_alpha: Tenant) -> None:
    OpeningHours.objects.create(weekday=6, opens_at=time(0), closes_at=time(8))
    first = datetime(2027, 3, 21, 1, 30, tzinfo=UTC)
    outcome = series(haircut(), Weekly(count=3), starts_at=first)
    assert starts(outcome) == ["03-21 01:30", "04-04 00:30"]
    (clash,) = outcome.clashes
    assert (clash.day, clash.code) == (date(2027, 3, 28), "no_such_time")
    assert [f"{slot.starts_at:%H:%M}" for slot in clash.alternatives] == ["01:00", "01:30", "02:00"]


def test_a_taken_date_is_reported_with_the_nearest_free_times(in_alpha: Tenant) -> None:
    service = haircut()
    book(service, "Bob", TUESDAY + timedelta(weeks=1))
    outcome = series(service, Weekly(count=3))
    assert starts(outcome) == ["03-02 10:00", "03-16 10:00"]
    (clash,) = outcome.clashes
    assert (clash.day, clash.code) == (date(2027, 3, 9), "taken")
    assert [f"{slot.starts_at:%H:%M}" for slot in clash.alternatives] == ["09:00", "11:00", "11:30"]


def test_a_closed_day_is_a_clash_unless_staff_say_otherwise(in_alpha: Tenant) -> None:
    HoursException.objects.create(first_day=date(2027, 3, 9), last_day=date(2027, 3, 9))
    service = haircut()
    outcome = preview(wanted(service), Weekly(count=2))
    assert [(clash.day, clash.code, clash.alternatives) for clash in outcome.clashes] == [
        (date(2027, 3, 9), "closed", ())
    ]
    assert starts(series(service, Weekly(count=2), anytime=True)) == ["03-02 10:00", "03-09 10:00"]


def test_a_preview_writes_nothing(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    outcome = preview(wanted(haircut()), Weekly(count=3))
    assert starts(outcome) == ["03-02 10:00", "03-09 10:00", "03-16 10:00"]
    run_jobs()
    assert (Booking.objects.count(), BookingSeries.objects.count(), mail.outbox) == (0, 0, [])


def test_where_every_date_clashes_no_series_is_left(in_alpha: Tenant) -> None:
    service = haircut()
    book(service, "Bob", TUESDAY)
    outcome = series(service, Weekly(count=1))
    assert (outcome.booked, outcome.series, BookingSeries.objects.count()) == ([], None, 0)


@pytest.mark.parametrize(
    ("until", "count"),
    [(date(2027, 3, 2), 1), (date(2027, 3, 15), 1), (date(2027, 3, 16), 2), (date(2027, 4, 1), 3)],
)
def test_until_is_the_last_day_that_counts(in_alpha: Tenant, until: date, count: int) -> None:
    outcome = preview(wanted(haircut()), Weekly(interval=2, until=until))
    assert len(outcome.booked) == count


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (Weekly(interval=0, count=1), "interval_weeks"),
        (Weekly(interval=9, count=1), "interval_weeks"),
        (Weekly(count=0), "count"),
        (Weekly(count=53), "count"),
        (Weekly(), "count"),
        (Weekly(count=2, until=date(2027, 4, 1)), "count"),
        (Weekly(until=date(2027, 3, 1)), "until"),
        (Weekly(until=date(2028, 3, 7)), "until"),
    ],
)
def test_a_rhythm_beyond_the_limits_names_its_field(
    in_alpha: Tenant, rule: Weekly, field: str
) -> None:
    with pytest.raises(InvalidBooking) as refused:
        series(haircut(), rule)
    assert (refused.value.field, Booking.objects.count()) == (field, 0)


def test_a_year_of_weeks_is_one_mail_with_52_dates(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    outcome = series(haircut(), Weekly(count=52))
    assert len(outcome.booked) == 52
    with time_machine.travel(datetime(2027, 2, 1, 12, 5, tzinfo=UTC)):
        run_jobs()
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["ann@example.com"], "Booked: Haircut, every week")
    assert letter.body.count("reference ") == 52
    assert "Tue 2 March 2027, 10:00" in letter.body


def test_the_rest_of_a_series_is_cancelled_from_a_day_on(in_alpha: Tenant) -> None:
    outcome = series(haircut(), Weekly(count=4))
    assert outcome.series is not None
    ended = cancel_rest(outcome.series, date(2027, 3, 16), actor=STAFF)
    assert [f"{booking.starts_at:%m-%d}" for booking in ended] == ["03-16", "03-23"]
    kept = Booking.objects.order_by("starts_at").values_list("status", flat=True)
    assert list(kept) == ["CONFIRMED", "CONFIRMED", "CANCELLED", "CANCELLED"]
    assert cancel_rest(outcome.series, date(2027, 3, 16), actor=STAFF) == []


def test_what_is_cancelled_of_a_series_is_told_in_one_mail(
    in_alpha: Tenant, run_jobs: JobRunner
) -> None:
    outcome = series(haircut(), Weekly(count=4))
    assert outcome.series is not None
    with time_machine.travel(datetime(2027, 2, 1, 12, 5, tzinfo=UTC)):
        run_jobs()
        mail.outbox.clear()
        cancel_rest(outcome.series, date(2027, 3, 9), actor=STAFF)
    with time_machine.travel(datetime(2027, 2, 1, 12, 10, tzinfo=UTC)):
        run_jobs()
    (letter,) = mail.outbox
    assert (letter.to, letter.subject) == (["ann@example.com"], "Cancelled: Haircut, every week")
    assert letter.body.count("reference ") == 3
    assert "Tue 9 March 2027, 10:00" in letter.body
    assert "2 March 2027" not in letter.body.replace("23 March 2027", "")


# --- The API ---


def body(**changes: Any) -> dict[str, Any]:
    return {
        "customer_name": "Ann", "customer_email": "ann@example.com", "service_name": "Haircut",
        "booking_date": TUESDAY.isoformat(), "interval_weeks": 2, "count": 2, **changes,
    }  # fmt: skip


def test_a_key_books_a_series(in_alpha: Tenant, write_key: str) -> None:
    service = haircut()
    book(service, "Bob", TUESDAY)
    answer = Api(in_alpha, write_key).post(PATH, body())
    assert answer.status_code == 201
    said = answer.json()
    (booked,) = said["booked"]
    assert (booked["booking_date"], booked["status"]) == ("2027-03-16T10:00:00+00:00", "CONFIRMED")
    assert said["clashes"] == [
        {
            "day": "2027-03-02",
            "code": "taken",
            "reason": "Everyone and everything that does this is taken then.",
            "alternatives": [
                "2027-03-02T09:00:00+00:00",
                "2027-03-02T11:00:00+00:00",
                "2027-03-02T11:30:00+00:00",
            ],
        }
    ]
    answer = Api(in_alpha, write_key).post(
        f"{PATH}{said['series_id']}/cancel/", {"from_day": "2027-03-01"}
    )
    assert answer.json() == {"cancelled": [booked["booking_id"]]}


def test_a_series_none_of_whose_dates_is_free_is_a_409(in_alpha: Tenant, write_key: str) -> None:
    service = haircut()
    book(service, "Bob", TUESDAY)
    answer = Api(in_alpha, write_key).post(PATH, body(count=1))
    assert (answer.status_code, answer.json()["error"]) == (
        409, "None of the dates could be booked.",
    )  # fmt: skip


def test_a_series_is_not_for_everyone(in_alpha: Tenant, read_key: str) -> None:
    haircut()
    assert Api(in_alpha).post(PATH, body()).status_code == 401
    assert Api(in_alpha, read_key).post(PATH, body()).status_code == 403
    assert Booking.objects.count() == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"count": 53}, "count"),
        ({"interval_weeks": "2"}, "interval_weeks"),
        ({"until": "soon", "count": 1}, "until"),
        ({"service_name": "Nothing"}, "service_name"),
        ({"resource_id": 99}, "resource_id"),
        ({"deposit_amount_pence": 4501}, "deposit_amount_pence"),
    ],
)
def test_a_bad_series_names_its_field(
    in_alpha: Tenant, write_key: str, changes: dict[str, Any], field: str
) -> None:
    haircut()
    answer = Api(in_alpha, write_key).post(PATH, body(**changes))
    assert answer.status_code == 400
    assert field in answer.json()["error"]
    assert Booking.objects.count() == 0


# --- Staff ---


def test_staff_see_the_dates_before_they_book_them(in_alpha: Tenant, owner: User) -> None:
    service = haircut()
    book(service, "Bob", TUESDAY)
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    form = {
        "service": service.pk, "starts_at": "2027-03-02T10:00", "interval_weeks": "2",
        "count": "3", "until": "", "party_size": "1", "customer_name": "Ann",
        "customer_email": "ann@example.com", "customer_phone": "", "notes": "", "seen": "",
    }  # fmt: skip
    address = "/admin/bookings/bookingseries/add/"
    shown = client.post(address, form)
    text = shown.content.decode()
    assert "2 of 3 dates can be booked" in text
    assert "Taken; free: 09:00, 11:00, 11:30" in text
    assert "Book 2 of 3" in text
    assert Booking.objects.count() == 1
    seen = shown.context["form"]["seen"].value()
    changed = client.post(address, {**form, "seen": seen, "count": "2"})
    assert "Book 1 of 2" in changed.content.decode()
    assert Booking.objects.count() == 1
    booked = client.post(address, {**form, "seen": seen})
    made = BookingSeries.objects.get()
    assert booked["Location"] == f"/admin/bookings/bookingseries/{made.pk}/change/"
    assert (made.bookings.count(), made.created_by) == (2, "owner@alpha.example")
    page = client.get(booked["Location"]).content.decode()
    assert "Cancel the rest" in page
    ended = client.post(
        f"/admin/bookings/bookingseries/{made.pk}/cancel/", {"from_day": "2027-03-20"}
    )
    assert ended.status_code == 302
    assert made.bookings.filter(status="CANCELLED").count() == 1
