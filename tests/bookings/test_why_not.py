"""Staff are told why a time is not offered, with the page on which that is set."""

import pytest
from django.test import Client

from access.models import User
from bookings.models import BlockedTime, HoursException, Resource, Service
from tenants.models import Tenant
from tests.bookings.builders import at, booked, class_at, open_daily, rules, service, staff, table

pytestmark = pytest.mark.django_db

WHY = "/admin/bookings/booking/why-not/"


@pytest.fixture
def site(in_alpha: Tenant, owner: User) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


@pytest.fixture
def ann(in_alpha: Tenant) -> Resource:
    open_daily("09:00", "12:00")
    return staff("Ann")[0]


def why(site: Client, what: Service, when: str = "10:00", **choice: object) -> str:
    query = "&".join(f"{key}={value}" for key, value in choice.items())
    answer = site.get(f"{WHY}?service={what.slug}&at=2027-03-01T{when}&{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_asks_first(site: Client, ann: Resource) -> None:
    page = site.get(WHY).content.decode()
    assert "Why is this time not offered?" in page and "offered to customers." not in page


def test_a_time_that_is_offered(site: Client, ann: Resource) -> None:
    page = why(site, service())
    assert "Mon 1 March 2027, 10:00 is offered to customers." in page
    assert "Nothing is against it." in page


def test_each_reason_leads_to_what_causes_it(site: Client, ann: Resource) -> None:
    cut = service(step_minutes=None)
    own = f'href="/admin/bookings/service/{cut.pk}/change/">Cut</a>'
    general = 'href="/admin/bookings/bookingsettings/">Booking rules</a>'
    rules(minimum_notice_minutes=60 * 24 * 90, days_ahead=1, step_minutes=60)
    page = why(site, cut, "10:30")
    for words in ("Bookings open 1 day ahead.", "Bookings start every 60 minutes."):
        assert f'{words} <a class="underline" {general}' in page
    Service.objects.update(minimum_notice_minutes=60 * 24 * 180, days_ahead=2, step_minutes=120)
    page = why(site, cut, "10:30")
    for words in ("Bookings open 2 days ahead.", "Bookings start every 120 minutes."):
        assert f'{words} <a class="underline" {own}' in page


def test_closed_on_a_holiday(site: Client, ann: Resource) -> None:
    row = HoursException.objects.create(
        first_day="2027-03-01", last_day="2027-03-01", reason="Holiday"
    )
    page = why(site, service())
    assert "It is not within the opening hours" in page
    assert 'href="/admin/bookings/openinghours/">Opening hours</a>' in page
    assert f'href="/admin/bookings/hoursexception/{row.pk}/change/"' in page


def test_what_takes_the_time_is_named(site: Client, ann: Resource) -> None:
    cut = service(buffer_after_minutes=30)
    booking = booked(cut, ann, starts="11:15")
    block = BlockedTime.objects.create(
        resource=ann, starts_at=at("09:30"), ends_at=at("10:15"), reason="Dentist"
    )
    page = why(site, cut)
    assert f'booking/{booking.pk}/change/">Ann, 11:15 to 12:15: Ann</a>' in page
    assert f'blockedtime/{block.pk}/change/">Ann, 09:30 to 10:15: Dentist</a>' in page


def test_closed_and_taken_are_both_said(site: Client, ann: Resource) -> None:
    cut = service()
    booked(cut, ann, starts="13:00")
    page = why(site, cut, "13:00")
    assert "not within the opening hours" in page and "is taken then." in page


def test_a_full_class_and_none(site: Client, in_alpha: Tenant) -> None:
    yoga = service(name="Yoga", kind="class", party_max=2)
    session = class_at(yoga, "10:00", 2, 2)
    link = f'href="/admin/bookings/classsession/{session.pk}/change/"'
    assert "0 of 2 places are left." in why(site, yoga) and link in why(site, yoga)
    assert "No class begins at this time." in why(site, yoga, "11:00")
    assert link in why(site, yoga, "11:00")


def test_a_party_that_is_too_large(site: Client, in_alpha: Tenant) -> None:
    open_daily()
    staff()
    table("two", 1, 2)
    meal = service(
        kind="table", party_max=4, deposit_kind="amount", deposit_value=500, deposit_from_people=5
    )
    page = why(site, meal, people=6)
    assert "Cut is for 1 to 4 people." in page
    assert "Nobody and nothing there does this." in page
    assert "£5.00" in page and "a fixed amount" in page
    assert "Cut: only from 5 people." in why(site, meal, people=2)


def test_why_a_fee_applies(site: Client, ann: Resource) -> None:
    cut = service(
        deposit_kind="card", no_show_fee=2000, late_cancellation_fee=1000,
        free_cancellation_hours=24,
    )  # fmt: skip
    page = why(site, cut)
    assert "£20.00, from the card that is left on booking." in page
    assert "Free until 24 hours before the start." in page


def test_a_link_is_shown_to_whoever_may_follow_it(
    site: Client, ann: Resource, in_alpha: Tenant
) -> None:
    rules(days_ahead=1)
    User.objects.create_user("staff@alpha.example", "a-good-password", role="staff")
    person = User.objects.get(email="staff@alpha.example")
    site.force_login(person, backend="access.backends.RoleBackend")
    page = why(site, service())
    assert "Bookings open 1 day ahead." in page
    # Its entry in the menu is not there either.
    assert "bookingsettings" not in page
