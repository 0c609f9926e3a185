"""A booking in the customer's own calendar, right on both days on which the clocks change."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from dateutil import tz
from django.test import Client
from django_tenants.utils import tenant_context
from icalendar import Calendar

from bookings.messages.calendar import calendar_file
from bookings.models import Booking
from tenants.models import Tenant
from tests.bookings.message_support import MADE, START, a_booking, cancelled

pytestmark = pytest.mark.django_db

#: A zone, and the instants at which its clocks change in 2027 (IANA's tzdata).
CHANGES = [
    ("Europe/London", datetime(2027, 3, 28, 1, tzinfo=UTC)),
    ("Europe/London", datetime(2027, 10, 31, 1, tzinfo=UTC)),
    ("America/New_York", datetime(2027, 3, 14, 7, tzinfo=UTC)),
    ("America/New_York", datetime(2027, 11, 7, 6, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2027, 4, 3, 15, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2027, 10, 2, 15, 30, tzinfo=UTC)),
]


@pytest.fixture
def here(alpha: Tenant) -> Iterator[Tenant]:
    with tenant_context(alpha):
        yield alpha


def event_of(content: bytes) -> Any:
    [event] = Calendar.from_ical(content).walk("VEVENT")
    return event


def read_by_the_file_alone(content: bytes, name: str) -> datetime:
    """Return the instant of a property by the file's own VTIMEZONE, read by another library."""
    value = event_of(content)[name]
    if value.dt.tzinfo is UTC or value.params.get("TZID") is None:
        return value.dt.astimezone(UTC)  # type: ignore[no-any-return]
    zones = tz.tzical(io.StringIO(content.decode()))
    local = value.dt.replace(tzinfo=zones.get(value.params["TZID"]))
    return local.astimezone(UTC)  # type: ignore[no-any-return]


@pytest.mark.parametrize(("zone", "change"), CHANGES)
@pytest.mark.parametrize("minutes", range(-180, 181, 15))
def test_the_instants_survive_the_file_whatever_the_clocks_do(
    here: Tenant, zone: str, change: datetime, minutes: int
) -> None:
    here.time_zone = zone
    starts_at = change + timedelta(minutes=minutes)
    booking = a_booking(starts_at=starts_at)
    content = calendar_file(booking)
    event = event_of(content)
    assert event["dtstart"].dt.astimezone(UTC) == booking.starts_at
    assert event["dtend"].dt.astimezone(UTC) == booking.ends_at
    assert read_by_the_file_alone(content, "dtstart") == booking.starts_at
    assert read_by_the_file_alone(content, "dtend") == booking.ends_at


def test_times_stand_on_the_businesss_own_clocks(here: Tenant) -> None:
    lines = calendar_file(a_booking()).decode().split("\r\n")
    assert "DTSTART;TZID=Europe/London:20270701T110000" in lines
    assert "DTEND;TZID=Europe/London:20270701T114500" in lines


def test_a_change_of_the_clocks_starts_at_the_time_before_it(here: Tenant) -> None:
    lines = calendar_file(a_booking()).decode()
    assert (
        "BEGIN:DAYLIGHT\r\nDTSTART:20270328T010000\r\n"
        "TZNAME:BST\r\nTZOFFSETFROM:+0000\r\nTZOFFSETTO:+0100\r\nEND:DAYLIGHT"
    ) in lines


def test_a_time_that_comes_twice_is_written_in_utc_the_second_time(here: Tenant) -> None:
    second = a_booking(starts_at=datetime(2027, 10, 31, 1, 30, tzinfo=UTC))
    assert "DTSTART:20271031T013000Z" in calendar_file(second).decode()
    first = a_booking(starts_at=datetime(2027, 10, 31, 0, 30, tzinfo=UTC))
    assert "DTSTART;TZID=Europe/London:20271031T013000" in calendar_file(first).decode()


def test_a_business_in_utc_needs_no_zone(here: Tenant) -> None:
    here.time_zone = "UTC"
    content = calendar_file(a_booking()).decode()
    assert "DTSTART:20270701T100000Z" in content
    assert "VTIMEZONE" not in content


def test_the_file_says_what_and_where(here: Tenant) -> None:
    here.address = "1 High Street, Leeds"
    here.contact_email = "desk@alpha.example"
    booking = a_booking()
    calendar = Calendar.from_ical(calendar_file(booking))
    event = event_of(calendar_file(booking))
    assert (calendar["version"], calendar["method"]) == ("2.0", "PUBLISH")
    assert event["summary"] == "Haircut, Alpha Salon"
    assert event["location"] == "1 High Street, Leeds"
    assert event["url"] == f"{here.url}/booking/{booking.access_token}/"
    assert event["organizer"] == "mailto:desk@alpha.example"
    assert event["status"] == "CONFIRMED"


def test_a_change_keeps_the_name_and_raises_the_sequence(here: Tenant) -> None:
    with time_machine.travel(MADE, tick=False):
        booking = a_booking()
    before = event_of(calendar_file(booking))
    with time_machine.travel(MADE + timedelta(seconds=1), tick=False):
        booking.starts_at, booking.ends_at = START + timedelta(days=1), START + timedelta(days=2)
        booking.save()
    moved = event_of(calendar_file(booking))
    with time_machine.travel(MADE + timedelta(seconds=2), tick=False):
        cancelled(booking)
    gone = event_of(calendar_file(booking))
    assert before["uid"] == moved["uid"] == gone["uid"]
    assert before["uid"] == f"{booking.reference}@alpha.localhost"
    assert [before["sequence"], moved["sequence"], gone["sequence"]] == [0, 1, 3]
    assert gone["status"] == "CANCELLED"


def test_the_name_stays_when_the_business_gets_another_host(here: Tenant) -> None:
    booking = a_booking()
    before = event_of(calendar_file(booking))["uid"]
    here.hosts = ("bookings.alpha.example",)
    assert event_of(calendar_file(booking))["uid"] == before


def test_a_customer_downloads_it_from_their_booking(here: Tenant) -> None:
    booking = a_booking()
    client = Client(HTTP_HOST=here.hosts[0])
    page = f"/booking/{booking.access_token}/"
    assert f'href="{page}calendar.ics"' in client.get(page).content.decode()
    response = client.get(f"{page}calendar.ics")
    assert response["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    assert response["Content-Disposition"] == 'attachment; filename="booking.ics"'
    assert event_of(response.content)["dtstart"].dt == START.astimezone(ZoneInfo("Europe/London"))


def test_without_the_link_there_is_no_file(here: Tenant, beta: Tenant) -> None:
    booking = a_booking()
    path = f"/booking/{booking.access_token}/calendar.ics"
    assert Client(HTTP_HOST=here.hosts[0]).get("/booking/x/calendar.ics").status_code == 404
    assert Client(HTTP_HOST=beta.hosts[0]).get(path).status_code == 404


def test_a_cancelled_bookings_page_offers_no_calendar(here: Tenant) -> None:
    booking = cancelled(a_booking())
    client = Client(HTTP_HOST=here.hosts[0])
    page = f"/booking/{booking.access_token}/"
    assert "calendar.ics" not in client.get(page).content.decode()
    event = event_of(client.get(f"{page}calendar.ics").content)
    assert event["status"] == "CANCELLED"
    assert Booking.objects.get().is_cancelled
