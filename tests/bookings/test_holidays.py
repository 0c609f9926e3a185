"""Public holidays become closures, once."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.test import Client

from access.models import User
from bookings.models import HoursException, Resource
from bookings.public_holidays import holidays_in, places
from tenants.models import Tenant
from tests.bookings.test_hours_admin import booked

pytestmark = pytest.mark.django_db

PAGE = "/admin/bookings/hoursexception/public-holidays/"


@pytest.fixture(autouse=True)
def _in_november() -> Any:
    with time_machine.travel(datetime(2026, 11, 25, 12, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def site(in_alpha: Tenant, owner: User) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


def closed() -> list[tuple[date, date, str]]:
    return list(HoursException.objects.values_list("first_day", "last_day", "reason"))


def test_a_regions_holidays_are_its_own() -> None:
    assert list(holidays_in("DE-BE", 2027)) == [
        date(2027, 1, 1), date(2027, 3, 8), date(2027, 3, 26), date(2027, 3, 29),
        date(2027, 5, 1), date(2027, 5, 6), date(2027, 5, 17), date(2027, 10, 3),
        date(2027, 12, 25), date(2027, 12, 26),
    ]  # fmt: skip
    assert date(2027, 3, 8) not in holidays_in("DE", 2027)
    assert holidays_in("US-NY", 2027)[date(2027, 11, 25)] == "Thanksgiving Day"


def test_countries_and_regions_have_names() -> None:
    known = dict(places())
    assert known["GB-SCT"] == "United Kingdom: Scotland"
    assert known["DE"] == "Germany"
    assert known["DE-BE"] == "Germany: Berlin"


def test_every_place_that_can_be_chosen_has_a_calendar() -> None:
    for code, _ in places():
        holidays_in(code, 2027)


def test_holidays_are_added_once(site: Client) -> None:
    page = site.get(PAGE).content.decode()
    assert '<option value="GB-ENG" selected>' in page
    sent = {"place": "DE-BE", "year": "2027"}
    page = site.post(PAGE, sent, follow=True).content.decode()
    assert "10 added, 0 were there already." in page
    first = closed()
    assert first[1] == (date(2027, 3, 8), date(2027, 3, 8), "International Women's Day")
    page = site.post(PAGE, sent, follow=True).content.decode()
    assert "0 added, 10 were there already." in page
    assert closed() == first


def test_a_day_that_has_its_own_hours_keeps_them(site: Client) -> None:
    HoursException.objects.create(
        first_day=date(2027, 12, 24), last_day=date(2027, 12, 25), opens_at="10:00",
        closes_at="12:00",
    )  # fmt: skip
    site.post(PAGE, {"place": "DE-BE", "year": "2027"})
    assert not HoursException.objects.filter(first_day=date(2027, 12, 25)).exists()
    assert HoursException.objects.count() == 10


def test_what_is_booked_on_a_holiday_is_said(site: Client) -> None:
    booked(
        Resource.objects.get(), datetime(2027, 3, 8, 10, tzinfo=UTC),
        datetime(2027, 3, 8, 11, tzinfo=UTC),
    )  # fmt: skip
    page = site.post(PAGE, {"place": "DE-BE", "year": "2027"}, follow=True).content.decode()
    assert "1 is booked then." in page
    assert "Mon 8 March 2027, 10:00 Ann, Cut" in page


@pytest.mark.parametrize("sent", [{"place": "XX", "year": "2027"}, {"place": "DE", "year": "1"}])
def test_another_place_or_year_is_refused(site: Client, sent: dict[str, str]) -> None:
    assert site.post(PAGE, sent).status_code == 400
    assert closed() == []


def test_staff_without_the_right_add_none(in_alpha: Tenant) -> None:
    person = User.objects.create_user("p@alpha.example", "a-good-password", role="staff")
    staff = Client(HTTP_HOST=in_alpha.hosts[0])
    staff.force_login(person, backend="access.backends.RoleBackend")
    assert staff.post(PAGE, {"place": "DE-BE", "year": "2027"}).status_code == 403
    assert closed() == []
