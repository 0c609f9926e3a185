"""The waitlist on the customer's pages, in the API, and for staff."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from access.models import User
from bookings.models import Booking, WaitlistEntry
from payments.models import StripeAccount
from tenants.models import Tenant
from tests.bookings.waiting import book, cancel, fill_the_day, haircut, statuses, wait, yoga
from tests.contract.api import Api
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db

PATH = "/api/bookings/waitlist/"


@pytest.fixture
def browser(in_alpha: Tenant, client_of: Callable[[Tenant], Client]) -> Client:
    return client_of(in_alpha)


def details(**values: Any) -> dict[str, Any]:
    return {"customer_name": "Bob", "customer_email": "bob@example.com", **values}


def offered(run_jobs: JobRunner, **service: Any) -> WaitlistEntry:
    """Return an entry that holds an offer."""
    session = yoga(**service)
    ann = book(session.service, "Ann")
    Booking.objects.update(status="CONFIRMED", hold_expires_at=None)
    entry = wait(session.service, "Bob")
    cancel(ann, run_jobs)
    entry.refresh_from_db()
    assert entry.status == "OFFERED"
    return entry


def test_a_full_class_leads_to_its_waitlist(browser: Client) -> None:
    session = yoga()
    book(session.service, "Ann")
    link = f"/book/{session.service.slug}/waitlist/?date=2027-03-01"
    assert link in browser.get("/book/yoga/?date=2027-03-01").content.decode()
    page = browser.get(link).content.decode()
    assert "Tell me when a place is free" in page and "10:00" in page
    joined = browser.post(link, details(starts_at=session.starts_at.isoformat(), party_size="1"))
    entry = WaitlistEntry.objects.get()
    assert joined["Location"] == f"/waitlist/{entry.token}/"
    assert entry.class_session == session
    assert "You are the first." in browser.get(joined["Location"]).content.decode()


def test_a_class_with_room_leads_to_no_waitlist(browser: Client) -> None:
    session = yoga(capacity=3)
    book(session.service, "Ann")
    address = "/book/yoga/?date=2027-03-01"
    assert "/waitlist/" not in browser.get(address).content.decode()
    # It has room, but not for all of a larger party.
    assert "/waitlist/" in browser.get(f"{address}&people=3").content.decode()


def test_a_full_day_leads_to_its_waitlist(browser: Client) -> None:
    service = haircut()
    fill_the_day(service)
    link = "/book/haircut/waitlist/?date=2027-03-01"
    assert link in browser.get("/book/haircut/?date=2027-03-01").content.decode()
    browser.post(link, details(first_day="2027-03-01", from_time="09:00", until_time="12:00"))
    entry = WaitlistEntry.objects.get()
    assert (str(entry.first_day), str(entry.last_day), str(entry.until_time)) == (
        "2027-03-01", "2027-03-01", "12:00:00",
    )  # fmt: skip


def test_what_is_wrong_is_said_beside_its_field(browser: Client) -> None:
    fill_the_day(haircut())
    link = "/book/haircut/waitlist/?date=2027-03-01"
    page = browser.post(link, details(first_day="2027-03-01", last_day="2027-02-01"))
    assert page.context["form"].errors["last_day"] == [
        "last_day must be at most 31 days, starting with first_day"
    ]
    page = browser.post(link, details(first_day="2027-03-02"))
    assert "A place is free already" in page.content.decode()
    assert statuses() == []


def test_an_offer_is_taken_on_its_page(browser: Client, run_jobs: JobRunner) -> None:
    entry = offered(run_jobs)
    page = browser.get(f"/waitlist/{entry.token}/").content.decode()
    assert "A place is free" in page and "Take this place" in page
    assert "We hold it for you until" in page
    taken = browser.post(f"/waitlist/{entry.token}/accept/")
    booking = Booking.objects.get(waitlist_entry=entry)
    assert (taken["Location"], booking.status) == (
        f"/booking/{booking.access_token}/", "CONFIRMED",
    )  # fmt: skip
    assert browser.get(f"/waitlist/{entry.token}/")["Location"] == taken["Location"]


def test_an_offer_with_a_deposit_leads_to_the_payment(
    browser: Client, stripe: Control, run_jobs: JobRunner
) -> None:
    entry = offered(run_jobs, deposit_kind="amount", deposit_value=500)
    assert (
        "Pay £5.00 deposit and take it" in browser.get(f"/waitlist/{entry.token}/").content.decode()
    )
    answer = browser.post(f"/waitlist/{entry.token}/accept/")
    assert "/c/pay/cs_test_" in answer["Location"]
    assert statuses() == [("Bob", "OFFERED")]


def test_a_card_needs_its_terms(
    browser: Client, account: StripeAccount, run_jobs: JobRunner
) -> None:
    entry = offered(run_jobs, deposit_kind="card", no_show_fee=700)
    refused = browser.post(f"/waitlist/{entry.token}/accept/")
    assert refused.status_code == 400
    assert "Please agree to this" in refused.content.decode()
    assert statuses() == [("Bob", "OFFERED")]


def test_an_offer_is_passed_on_and_a_wait_left(browser: Client, run_jobs: JobRunner) -> None:
    entry = offered(run_jobs)
    browser.post(f"/waitlist/{entry.token}/leave/")
    assert "You passed the place on" in browser.get(f"/waitlist/{entry.token}/").content.decode()
    assert statuses() == [("Bob", "PASSED")]
    assert browser.post(f"/waitlist/{entry.token}/accept/").status_code == 302
    assert statuses() == [("Bob", "PASSED")]
    assert browser.get("/waitlist/unknown/").status_code == 404
    assert browser.post("/waitlist/unknown/leave/").status_code == 404


def test_the_api_joins_accepts_and_leaves(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    session = yoga()
    ann = book(session.service, "Ann")
    api = Api(in_alpha)
    asked = details(service_name="Yoga", booking_date=session.starts_at.isoformat())
    joined = api.post(PATH, asked)
    assert joined.status_code == 201
    token = joined.json()["waitlist_token"]
    assert api.post(PATH, asked).json()["code"] == "waitlist_refused"
    assert api.get(f"{PATH}{token}/").json()["offer"] is None
    cancel(ann, run_jobs)
    offer = api.get(f"{PATH}{token}/").json()["offer"]
    assert (offer["booking_date"], offer["total_amount_pence"]) == (
        "2027-03-01T10:00:00+00:00", 1500,
    )  # fmt: skip
    assert api.post(f"{PATH}{token}/accept/", {}).json()["status"] == "CONFIRMED"
    assert api.post(f"{PATH}{token}/leave/", {}).status_code == 409
    assert api.get(f"{PATH}unknown/").status_code == 404


def test_the_api_lets_one_leave_by_delete(in_alpha: Tenant) -> None:
    session = yoga()
    book(session.service, "Ann")
    entry = wait(session.service, "Bob")
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    assert client.delete(f"{PATH}{entry.token}/").json()["status"] == "LEFT"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"service_name": "Nothing"}, "service_name"),
        ({"first_day": "soon"}, "first_day"),
        ({"from_time": "09:00", "until_time": "10:00+01:00"}, "until_time"),
        ({"party_size": "1"}, "party_size"),
        ({"resource_id": 99}, "resource_id"),
        ({"customer_email": "x"}, "customer_email"),
    ],
)
def test_a_bad_wait_names_its_field(in_alpha: Tenant, changes: dict[str, Any], field: str) -> None:
    fill_the_day(haircut())
    asked = details(service_name="Haircut", first_day="2027-03-01") | changes
    answer = Api(in_alpha).post(PATH, asked)
    assert answer.status_code == 400
    assert field in answer.json()["error"]
    assert statuses() == []


def test_staff_see_the_list_and_take_someone_off(
    in_alpha: Tenant, owner: User, run_jobs: JobRunner
) -> None:
    entry = offered(run_jobs)
    site = Client(HTTP_HOST=in_alpha.hosts[0])
    site.force_login(owner, backend="access.backends.RoleBackend")
    listed = site.get("/admin/bookings/waitlistentry/").content.decode()
    assert "Bob" in listed and "Has an offer" in listed
    page = f"/admin/bookings/waitlistentry/{entry.pk}"
    assert "Take off the waitlist" in site.get(f"{page}/change/").content.decode()
    assert site.get(f"{page}/remove/").status_code == 200
    assert site.post(f"{page}/remove/").status_code == 302
    assert statuses() == [("Bob", "PASSED")]
