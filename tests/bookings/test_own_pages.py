"""The customer's own page: another time, or cancelling with the figures said before."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django_tenants.utils import schema_context

from bookings.models import Booking, Service
from payments.models import Refund
from tenants.models import Tenant
from tests.bookings.changing import all_of, book, book_and_pay, haircut, noon, open_always
from tests.stripe_control import Control

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(in_alpha: Tenant, stripe: Control) -> Booking:
    open_always()
    with schema_context("public"):
        Tenant.objects.filter(pk=in_alpha.pk).update(contact_phone="020 7946 0000")
    service = haircut(deposit_kind="amount", deposit_value=1001)
    return book_and_pay(stripe, in_alpha, service, noon())


@pytest.fixture
def browser(in_alpha: Tenant) -> Client:
    return Client(HTTP_HOST=in_alpha.hosts[0])


def page(browser: Client, booking: Booking, path: str = "") -> str:
    return browser.get(f"/booking/{booking.access_token}/{path}").content.decode()


def start(moment: object) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def test_both_are_offered_while_they_are_free(paid: Booking, browser: Client) -> None:
    shown = page(browser, paid)
    assert ">Change</a>" in shown
    assert ">Cancel</a>" in shown
    assert "for free until" in shown


def test_later_it_says_why_not_and_whom_to_call(paid: Booking, browser: Client) -> None:
    with time_machine.travel(paid.starts_at - timedelta(hours=30)):
        shown = page(browser, paid)
        assert ">Change</a>" not in shown
        assert ">Cancel</a>" in shown
        assert "could be changed here until" in shown
        assert 'href="tel:020 7946 0000"' in shown
        assert browser.get(f"/booking/{paid.access_token}/change/").status_code == 302
    with time_machine.travel(paid.starts_at):
        shown = page(browser, paid)
        assert ">Cancel</a>" not in shown
        assert "begun already" in shown


def test_another_time_is_chosen_confirmed_and_taken(paid: Booking, browser: Client) -> None:
    day = f"{paid.starts_at:%Y-%m-%d}"
    shown = page(browser, paid, f"change/?date={day}")
    near, own = start(paid.starts_at + timedelta(minutes=15)), start(paid.starts_at)
    confirm = f"/booking/{paid.access_token}/change/confirm/?start="
    assert f'href="{confirm}{near}"' in shown
    assert f'href="{confirm}{own}"' not in shown
    before = all_of(paid)
    asked = browser.get(confirm + near).content.decode()
    assert "Nothing is charged again" in asked
    assert all_of(paid) == before
    moved = browser.post(confirm + near, follow=True)
    assert moved.redirect_chain == [(f"/booking/{paid.access_token}/", 302)]
    assert "Your booking has moved." in moved.content.decode()
    paid.refresh_from_db()
    assert paid.starts_at == noon() + timedelta(minutes=15)


def test_a_time_that_somebody_took_meanwhile_leaves_the_old_one(
    paid: Booking, browser: Client
) -> None:
    book(Service.objects.create(name="Other", duration_minutes=60, price=0), noon(8))
    before = all_of(paid)
    path = f"/booking/{paid.access_token}/change/confirm/?start={start(noon(8))}"
    response = browser.post(path, follow=True)
    assert "Yours is kept" in response.content.decode()
    assert all_of(paid) == before


@pytest.mark.parametrize(
    "asked", ["", "x", "2027-03-01T10:00:00", "1999-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59"]
)
def test_a_start_that_is_none_goes_back_to_the_times(
    paid: Booking, browser: Client, asked: str
) -> None:
    before = all_of(paid)
    for send in (browser.get, browser.post):
        path = f"/booking/{paid.access_token}/change/confirm/?start={asked}"
        assert send(path)["Location"] == f"/booking/{paid.access_token}/change/"
    assert all_of(paid) == before


def test_the_figures_are_shown_before_and_are_what_happens(paid: Booking, browser: Client) -> None:
    path = f"/booking/{paid.access_token}/cancel/"
    with time_machine.travel(paid.starts_at - timedelta(hours=30)):
        shown = browser.get(path).content.decode()
        assert "£5.01" in shown
        assert "£5.00" in shown
        assert "50% of what was paid goes back" in shown
        assert not Refund.objects.exists()
        done = browser.post(path, {"refund": "501"}, follow=True).content.decode()
    assert "£5.01 of what you paid goes back to you" in done
    assert Refund.objects.get().amount == 501


@pytest.mark.parametrize("sent", ["1001", "", "x", "-1", "²", "9" * 30])
def test_another_figure_than_the_one_shown_is_shown_again(
    paid: Booking, browser: Client, sent: str
) -> None:
    path = f"/booking/{paid.access_token}/cancel/"
    before = all_of(paid)
    with time_machine.travel(paid.starts_at - timedelta(hours=30)):
        again = browser.post(path, {"refund": sent}).content.decode()
    assert "has changed since we showed it to you" in again
    assert 'name="refund" value="501"' in again
    assert all_of(paid) == before
    assert not Refund.objects.exists()


def test_a_booking_that_is_over_goes_back_to_its_page(paid: Booking, browser: Client) -> None:
    path = f"/booking/{paid.access_token}/cancel/"
    browser.post(path, {"refund": "1001"})
    assert browser.get(path).status_code == browser.post(path).status_code == 302
    assert Refund.objects.count() == 1


def test_the_fee_for_the_card_is_said(in_alpha: Tenant, stripe: Control, browser: Client) -> None:
    open_always()
    service = haircut(deposit_kind="card", late_cancellation_fee=2000)
    booking = book_and_pay(stripe, in_alpha, service, noon(), terms_accepted=True)
    with time_machine.travel(noon() - timedelta(hours=1)):
        assert "£20.00 may be charged to the card on file" in page(browser, booking, "cancel/")
    assert "may be charged" not in page(browser, booking, "cancel/")
