"""Changing what was booked: on the customer's page, over the API, and by staff."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from access.actors import STRIPE
from access.models import User
from bookings import held_changes
from bookings.models import AddOn, Booking, BookingChange, Resource
from payments.models import PaymentSession, Refund
from tenants.models import Tenant
from tests.bookings.changing import all_of, book, book_and_pay, haircut, noon, open_always
from tests.contract.api import BOOKINGS, Api
from tests.stripe_control import Control

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(in_alpha: Tenant, stripe: Control) -> Booking:
    open_always()
    service = haircut(
        name="Tasting", price=2000, price_is_per_person=True, deposit_kind="full", party_max=4
    )
    AddOn.objects.create(service=service, name="Wine", minutes=0, price=500)
    return book_and_pay(stripe, in_alpha, service, noon(), party_size=2)


@pytest.fixture
def browser(in_alpha: Tenant) -> Client:
    return Client(HTTP_HOST=in_alpha.hosts[0])


def address(booking: Booking, path: str = "") -> str:
    return f"/booking/{booking.access_token}/{path}"


def start(moment: object) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def confirm(booking: Booking, **asked: Any) -> str:
    pairs = {"service": booking.service.slug, "people": 2, **asked, "start": start(noon())}  # type: ignore[union-attr]
    query = "&".join(f"{name}={value}" for name, value in pairs.items())
    return address(booking, f"change/confirm/?{query}")


# --- The customer's page ---


def test_the_difference_is_shown_then_paid(paid: Booking, browser: Client, stripe: Control) -> None:
    asked = address(paid, f"change/?service={paid.service.slug}&people=3")  # type: ignore[union-attr]
    assert "you pay £20.00 more now" in browser.get(asked).content.decode()
    path = confirm(paid, people=3)
    shown = browser.get(path).content.decode()
    assert 'name="figures" value="6000:2000"' in shown
    assert "Pay £20.00 and change" in shown
    gone = browser.post(path, {"figures": "6000:2000"})
    session = PaymentSession.objects.get(payable_type="booking_change")
    assert gone["Location"] == session.checkout_url
    waiting = browser.get(address(paid)).content.decode()
    assert "A change waits for your payment" in waiting
    # The same page again, not another one.
    again = browser.post(address(paid, "change/pay/"))
    assert again["Location"] == session.checkout_url
    stripe("pay", session=session.stripe_checkout_session_id)
    back = browser.get(address(paid, "change/return/"), follow=True).content.decode()
    assert "Your payment is in, and your booking has changed." in back
    assert "waits for your payment" not in back
    paid.refresh_from_db()
    assert paid.party_size == 3


def test_less_is_shown_then_goes_back(paid: Booking, browser: Client) -> None:
    path = confirm(paid, people=1)
    assert "Change and get £20.00 back" in browser.get(path).content.decode()
    done = browser.post(path, {"figures": "2000:-2000"}, follow=True).content.decode()
    assert "Your booking has changed. £20.00 goes back to you." in done
    assert Refund.objects.get().amount == 2000


@pytest.mark.parametrize("figures", ["", "6000", "6000:0", "4000:-2000", "x:y"])
def test_what_was_not_shown_is_not_done(paid: Booking, browser: Client, figures: str) -> None:
    before = all_of(paid)
    again = browser.post(confirm(paid, people=3), {"figures": figures}, follow=True)
    assert "has changed since we showed it to you" in again.content.decode()
    assert all_of(paid) == before
    assert not BookingChange.objects.exists()


def test_extras_are_ticked_as_they_were_booked(paid: Booking, browser: Client) -> None:
    wine = AddOn.objects.get()
    path = confirm(paid, extra=wine.pk)
    browser.post(path, {"figures": "5000:1000"})
    change = BookingChange.objects.get()
    assert [line["name"] for line in change.lines] == ["Tasting", "Wine"]
    held_changes.apply_paid(change.pk, actor=STRIPE)
    shown = browser.get(address(paid, "change/")).content.decode()
    assert f'name="extra" value="{wine.pk}" checked' in shown


@pytest.mark.parametrize(
    "query", ["service=nope", "service=tasting&people=x", "service=tasting&people=9"]
)
def test_what_can_not_be_had_is_said(paid: Booking, browser: Client, query: str) -> None:
    answer = browser.get(
        address(paid, f"change/confirm/?{query}&start={start(noon())}"), follow=True
    )
    assert answer.status_code == 200
    assert 'role="alert"' in answer.content.decode() or "messages" in answer.content.decode()


def test_what_does_not_go_with_another_service_is_left_behind(
    paid: Booking, browser: Client
) -> None:
    bea = Resource.objects.create(name="Bea", kind="staff", position=1)
    haircut(name="Tea", price=1000, party_max=4)
    query = f"service=tea&people=2&with={bea.pk}&extra={AddOn.objects.get().pk}&also=tea"
    shown = browser.get(address(paid, f"change/?{query}"))
    assert "<strong>£10.00</strong> instead of £40.00" in shown.content.decode()
    assert shown.context["choice"].query == "service=tea&people=2"


def test_it_is_given_up_and_stays_as_it_was(paid: Booking, browser: Client) -> None:
    before = all_of(paid)
    browser.post(confirm(paid, people=3), {"figures": "6000:2000"})
    done = browser.post(address(paid, "change/give-up/"), follow=True).content.decode()
    assert "Nothing was changed." in done
    assert all_of(paid) == before
    assert PaymentSession.objects.get(payable_type="booking_change").status == "canceled"


def test_when_stripe_is_away_nothing_is_changed_and_it_says_so(
    paid: Booking, browser: Client, stripe: Control
) -> None:
    before = all_of(paid)
    stripe("fault", kind="500", times=9, method="POST", path="/v1/checkout/sessions")
    shown = browser.post(confirm(paid, people=3), {"figures": "6000:2000"}, follow=True)
    stripe("clear_faults")
    assert "nothing was changed and nothing was charged" in shown.content.decode()
    assert all_of(paid) == before


# --- The API ---


def test_the_holder_of_the_token_changes_it_over_the_api(
    paid: Booking, in_alpha: Tenant, stripe: Control
) -> None:
    api = Api(in_alpha, paid.access_token)
    path = f"{BOOKINGS}{paid.pk}/change/"
    shown = api.post(path, {"party_size": 3, "add_ons": ["Wine"], "preview": True})
    assert (shown.status_code, shown.json()) == (
        200,
        {
            "booking_id": paid.pk, "service_name": "Tasting", "party_size": 3,
            "booking_date": noon().isoformat(), "old_total_amount_pence": 4000,
            "total_amount_pence": 7500, "due_now_pence": 3500, "refund_pence": 0,
            "currency": "GBP", "note": "",
        },
    )  # fmt: skip
    wrong = api.post(path, {"party_size": 3, "expected_total_pence": 5000})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "price_changed")
    assert wrong.json()["due_now_pence"] == 2000
    held = api.post(path, {"party_size": 3, "expected_total_pence": 6000})
    assert (held.status_code, held.json()["party_size"]) == (200, 2)
    said = held.json()["change"]
    assert (said["status"], said["due_now_pence"], said["party_size"]) == ("held", 2000, 3)
    session = PaymentSession.objects.get(pk=said["payment_session_id"])
    assert said["checkout_url"] == session.checkout_url
    stripe("pay", session=session.stripe_checkout_session_id)
    done = api.get(path).json()
    assert (done["party_size"], done["change"]["status"]) == (3, "applied")
    less = api.post(path, {"party_size": 1})
    assert (less.json()["refund_pence"], less.json()["change"]) == (4000, None)


def test_an_api_key_changes_it_at_any_time_without_asking_for_money(
    paid: Booking, in_alpha: Tenant, write_key: str
) -> None:
    path = f"{BOOKINGS}{paid.pk}/change/"
    api = Api(in_alpha, write_key)
    with time_machine.travel(noon() - timedelta(hours=1)):
        more = api.post(path, {"party_size": 3}).json()
        assert (more["party_size"], more["change"]) == (3, None)
        kept = api.post(path, {"party_size": 2, "refund": False})
        assert (kept.json()["refund_pence"], Refund.objects.count()) == (0, 0)
    asked = api.post(path, {"party_size": 4, "ask_for_payment": True})
    assert asked.json()["change"]["due_now_pence"] == 4000
    ended = api.post(f"{path}give-up/", {})
    assert (ended.status_code, ended.json()["party_size"]) == (200, 2)
    assert api.post(f"{path}give-up/", {}).status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"party_size": 0}, "party_size"),
        ({"party_size": 9}, "party_size"),
        ({"service_name": "Nothing"}, "service_name"),
        ({"add_ons": ["Beer"]}, "add_ons"),
        ({"resource": "Nobody"}, "resource"),
        ({"more_services": ["Tasting", "Nothing"]}, "more_services"),
        ({"booking_date": "tomorrow"}, "booking_date"),
        ({"party_size": 3, "success_url": "https://evil.example/"}, "success_url"),
    ],
)
def test_bad_input_names_its_field_and_changes_nothing(
    paid: Booking, in_alpha: Tenant, body: dict[str, Any], field: str
) -> None:
    before = all_of(paid)
    answer = Api(in_alpha, paid.access_token).post(f"{BOOKINGS}{paid.pk}/change/", body)
    assert answer.status_code == 400
    assert field in answer.content.decode()
    assert all_of(paid) == before


def test_a_stranger_learns_and_changes_nothing(paid: Booking, in_alpha: Tenant) -> None:
    other = book(haircut(), noon(9))
    api = Api(in_alpha, other.access_token)
    for path in ("change/", "change/give-up/"):
        assert api.post(f"{BOOKINGS}{paid.pk}/{path}", {"party_size": 1}).status_code == 401
    assert api.get(f"{BOOKINGS}{paid.pk}/change/").status_code == 401


# --- Staff ---


@pytest.fixture
def desk(in_alpha: Tenant, owner: User) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


def test_staff_see_what_it_costs_before_they_change_it(paid: Booking, desk: Client) -> None:
    path = f"/admin/bookings/booking/{paid.pk}/alter/"
    page = desk.get(path).content.decode()
    assert "Show what it costs" in page
    local = noon().strftime("%Y-%m-%dT%H:%M")
    typed = {
        "service": paid.service_id, "party_size": 1, "starts_at": local, "gives_back": "on",
        "seen": "",
    }  # fmt: skip
    asked = desk.post(path, typed)
    shown = asked.content.decode()
    assert "£20.00 instead of £40.00" in shown
    assert "Goes back to the customer" in shown
    paid.refresh_from_db()
    assert paid.party_size == 2
    seen = asked.context["form"]["seen"].value()
    # Something else typed meanwhile is shown first.
    desk.post(path, typed | {"seen": seen, "party_size": 3})
    paid.refresh_from_db()
    assert paid.party_size == 2
    desk.post(path, typed | {"seen": seen})
    paid.refresh_from_db()
    assert (paid.party_size, paid.changed_by) == (1, "owner@alpha.example")
    assert Refund.objects.get().amount == 2000


def test_staff_see_what_waits_for_its_payment(paid: Booking, desk: Client, browser: Client) -> None:
    browser.post(confirm(paid, people=3), {"figures": "6000:2000"})
    page = desk.get(f"/admin/bookings/booking/{paid.pk}/change/").content.decode()
    assert "3 people: £20.00, until " in page


def test_another_person_can_be_asked_for_with_the_change(paid: Booking, desk: Client) -> None:
    bea = Resource.objects.create(name="Bea", kind="staff", position=1)
    path = f"/admin/bookings/booking/{paid.pk}/alter/"
    typed = {
        "service": paid.service_id, "party_size": 3, "resource": bea.pk,
        "starts_at": noon().strftime("%Y-%m-%dT%H:%M"), "seen": "",
    }  # fmt: skip
    seen = desk.post(path, typed).context["form"]["seen"].value()
    desk.post(path, typed | {"seen": seen})
    paid.refresh_from_db()
    assert (paid.party_size, paid.resource) == (3, bea)
