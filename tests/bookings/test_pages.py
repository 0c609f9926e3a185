"""The customer's pages, over HTTP: what they say, and what a wrong input gets."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django_tenants.utils import tenant_context

from access.actors import SYSTEM
from bookings.models import Booking, OpeningHours, Service
from bookings.money import request_balance
from payments.models import PaymentSession, StripeAccount
from payments.requests import open_checkout
from payments.services import refund_payment, settle
from tenants.colours import luminance, readable_on
from tenants.models import Tenant
from tests.stripe_control import Control

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(alpha: Tenant, client_of: Callable[[Tenant], Client]) -> Client:
    return client_of(alpha)


@pytest.fixture
def haircut(in_alpha: Tenant) -> Service:
    return Service.objects.create(
        name="Haircut", duration_minutes=45, price=4550, deposit_kind="percent", deposit_value=25
    )


DETAILS = "/book/haircut/details/?start=2027-03-01T10:00:00Z"
PERSON = {"customer_name": "Ann", "customer_email": "ann@example.com"}


def test_the_deposit_and_the_rest_are_computed_by_the_server(
    browser: Client, haircut: Service, account: StripeAccount
) -> None:
    page = browser.get(DETAILS).content.decode()
    assert "£11.38" in page
    assert "£34.12" in page
    assert "Pay £11.38 deposit" in page


def test_with_payments_off_no_deposit_is_spoken_of(browser: Client, haircut: Service) -> None:
    assert "deposit" not in browser.get("/").content.decode().lower()
    assert "Confirm booking" in browser.get(DETAILS).content.decode()


def test_a_price_sent_along_changes_nothing(
    browser: Client, haircut: Service, stripe: Control
) -> None:
    response = browser.post(DETAILS, {**PERSON, "total_amount": 1, "deposit_amount": 1, "price": 1})
    assert response.status_code == 302
    booking = Booking.objects.get()
    assert (booking.total_amount, booking.deposit_amount) == (4550, 1138)
    assert stripe("sessions")[0]["amount_total"] == 1138


@pytest.mark.parametrize(
    "start",
    ["", "x", "2027-03-01", "2027-03-01T10:00:00", "2027-03-01T10:07:00Z", "2020-03-02T10:00:00Z",
     "2027-02-28T10:00:00Z", "9999-12-31T10:00:00Z", "0001-01-01T00:00:00+23:59"],
)  # fmt: skip
def test_a_time_that_is_not_on_offer_leads_back(
    browser: Client, haircut: Service, start: str
) -> None:
    for method in (browser.get, browser.post):
        response = method(f"/book/haircut/details/?start={start.replace('+', '%2B')}")
        assert (response.status_code, response["Location"]) == (302, "/book/haircut/")
    assert not Booking.objects.exists()


@pytest.mark.parametrize("date", ["", "x", "2027-13-01", "2020-01-01", "9999-12-31", "٢٠٢٧-03-01"])
def test_a_day_that_is_none_shows_the_first_with_room(
    browser: Client, haircut: Service, date: str
) -> None:
    assert browser.get("/book/haircut/", {"date": date}).status_code == 200


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"customer_name": ""}, "This field is required."),
        ({"customer_email": "nobody"}, "Enter a valid email address."),
        ({"customer_name": "x" * 201}, "at most 200 characters"),
        ({"customer_name": "a\tb"}, "special characters"),
        ({"notes": "x" * 2001}, "at most 2000 characters"),
    ],
)
def test_a_bad_detail_is_said_beside_its_field(
    browser: Client, haircut: Service, change: dict[str, str], complaint: str
) -> None:
    response = browser.post(DETAILS, {**PERSON, **change})
    assert response.status_code == 200
    assert complaint in response.content.decode()
    assert 'aria-invalid="true"' in response.content.decode()
    assert not Booking.objects.exists()


def test_when_stripe_is_down_the_customer_is_told_and_nothing_is_booked(
    browser: Client, haircut: Service, stripe: Control
) -> None:
    stripe("fault", kind="500", times=99, path="checkout")
    response = browser.post(DETAILS, PERSON)
    assert response.status_code == 502
    assert "You have not been charged and nothing is booked" in response.content.decode()
    assert Booking.objects.get().status == "CANCELLED"


def test_what_a_customer_types_is_shown_as_text(
    browser: Client, haircut: Service, in_alpha: Tenant
) -> None:
    browser.post(DETAILS, {**PERSON, "customer_name": "<script>alert(1)</script>"})
    page = browser.get(f"/booking/{Booking.objects.get().access_token}/").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_what_was_refunded_and_paid_since_is_shown_and_counts(
    browser: Client, haircut: Service, stripe: Control, in_alpha: Tenant
) -> None:
    browser.post(DETAILS, PERSON)
    booking = Booking.objects.get()
    deposit = PaymentSession.objects.get()
    stripe("pay", session=deposit.stripe_checkout_session_id)
    settle(deposit.pk)
    page = f"/booking/{booking.access_token}/"
    assert "£34.12" in browser.get(page).content.decode()
    refund_payment(payment_session_id=str(deposit.pk), amount=138, actor=SYSTEM)
    asked = request_balance(
        booking, amount=1000, message="", good_for=timedelta(days=1), actor=SYSTEM
    )
    rest = open_checkout(asked, own_hosts=in_alpha.hosts)
    stripe("pay", session=rest.stripe_checkout_session_id)
    settle(rest.pk)
    text = browser.get(page).content.decode()
    for words in ("Refunded", "£1.38", "Paid since", "£10.00", "To pay on the day", "£25.50"):
        assert words in text


def test_a_booking_is_found_by_reference_and_address_only(
    browser: Client, haircut: Service
) -> None:
    browser.post(DETAILS, PERSON)
    booking = Booking.objects.get()
    ours = {"reference": booking.reference.lower(), "email": "ANN@example.com"}
    assert browser.post("/find/", ours)["Location"] == f"/booking/{booking.access_token}/"
    for change in ({"email": "eve@example.com"}, {"reference": "22222222"}):
        response = browser.post("/find/", {**ours, **change})
        assert "no booking with this reference" in response.content.decode()
    assert "eight letters" in browser.post("/find/", {**ours, "reference": "x"}).content.decode()


@pytest.mark.parametrize("path", ["", "pay/", "return/", "status/", "unpaid/", "give-up/"])
def test_an_unknown_token_opens_nothing(browser: Client, path: str) -> None:
    for token in ("x", "é", "x" * 500):
        assert browser.get(f"/booking/{token}/{path}").status_code in (404, 405)
        assert browser.post(f"/booking/{token}/{path}").status_code in (404, 405)


def test_customers_pages_allow_no_inline_script_and_no_framing(browser: Client) -> None:
    response = browser.get("/")
    policy = response["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "form-action 'self' http://localhost:9" in policy
    assert response["X-Frame-Options"] == "DENY"
    assert "unsafe-eval" in browser.get("/admin/login/")["Content-Security-Policy"]


def test_a_business_shows_its_own_name_and_colour(browser: Client, alpha: Tenant) -> None:
    assert "Alpha Salon" in browser.get("/").content.decode()
    assert browser.get("/brand.css").content.decode().startswith(":root{--brand:#0f766e")
    assert browser.get("/logo").status_code == 404


@pytest.mark.parametrize("colour", ["#000000", "#ffffff", "#0f766e", "#facc15", "#808080"])
def test_text_on_the_businesss_colour_can_be_read(colour: str) -> None:
    text = readable_on(colour)
    light, dark = sorted((luminance(colour), luminance(text)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_later_and_earlier_lead_to_a_day_with_free_times(
    browser: Client, haircut: Service, account: StripeAccount
) -> None:
    """Also where today's day of the week is one that the business is closed on."""
    OpeningHours.objects.filter(weekday=0).delete()
    with time_machine.travel(datetime(2027, 2, 1, 10, tzinfo=UTC)):
        page = browser.get("/book/haircut/").content.decode()
        for way, chosen in (("Later →", "2027-02-16"), ("← Earlier", "2027-02-02")):
            (link,) = re.findall(rf'href="(\?[^"]*)"[^>]*>{way}</a>', page)
            page = browser.get(f"/book/haircut/{link}").content.decode()
            assert re.search(rf"start={chosen}T\d", page)


def test_times_are_those_of_the_business(beta: Tenant, client_of: Any) -> None:
    with tenant_context(beta):
        Service.objects.create(name="Haircut", duration_minutes=60, price=0)
    page = client_of(beta).get("/book/haircut/?date=2027-03-01").content.decode()
    assert "start=2027-03-01T08:00:00Z" in page
    assert ">09:00<" in page
    assert datetime(2027, 3, 1, 8, tzinfo=UTC).astimezone(beta.zone).hour == 9
