"""A customer moves a booking to a service that asks for answers, a consent or a card."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from bookings import agreements, cancelling, changes, held_changes, money, services, sweeps
from bookings.agreements import Given
from bookings.errors import InvalidBooking, SlotTaken
from bookings.models import Booking, BookingChange, IntakeQuestion, Service
from bookings.plans import Wish
from payments import services as payments
from payments.models import PaymentSession, Refund, SavedCard
from tenants.models import Tenant
from tests.bookings.change_support import HOUR, STAFF, pay, state
from tests.bookings.changing import book, book_and_pay, haircut, noon, open_always
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db

NUTS = {"Allergies?": "Nuts"}
AGREED = Given(terms=True)


@pytest.fixture(autouse=True)
def _open(in_alpha: Tenant) -> None:
    open_always()


@pytest.fixture
def laser() -> Service:
    service = haircut(name="Laser", consent_text="I am not pregnant.", consent_version=3)
    IntakeQuestion.objects.create(service=service, text="Allergies?", is_required=True)
    return service


def colour(**values: Any) -> Service:
    """A service that wants a card."""
    return haircut(
        name="Colour", price=9000, deposit_kind="card", no_show_fee=4500,
        late_cancellation_fee=2000, **values,
    )  # fmt: skip


def to(service: Service, given: Given | None = None, **wish: Any) -> Wish:
    return Wish(services=(service,), given=given, **wish)


# --- Answers and consent ---


@pytest.mark.parametrize(
    ("given", "field"),
    [
        (None, "answers"),
        (Given(consent=True), "answers"),
        (Given({"Allergies?": " "}, consent=True), "answers"),
        (Given({**NUTS, "Shoe size?": "44"}, consent=True), "answers"),
        (Given(NUTS), "accept_consent"),
    ],
)
def test_what_is_asked_for_has_to_be_given(laser: Service, given: Given | None, field: str) -> None:
    booking = book(haircut(), noon())
    before = state(booking)
    with pytest.raises(InvalidBooking) as caught:
        changes.change(booking.pk, to(laser, given))
    assert caught.value.field == field
    assert state(booking) == before


def test_answers_and_consent_are_kept_as_when_booking(laser: Service) -> None:
    first = haircut()
    IntakeQuestion.objects.create(service=first, text="Allergies?")
    IntakeQuestion.objects.create(service=first, text="Hair?")
    old = [{"question": "Allergies?", "answer": "No"}, {"question": "Hair?", "answer": "Long"}]
    booking = book(first, noon(), answers=old)
    after = changes.change(booking.pk, to(laser, Given(NUTS, consent=True))).booking
    Service.objects.filter(pk=laser.pk).update(consent_text="Other", consent_version=4)
    after.refresh_from_db()
    assert (after.service, after.consent_text, after.consent_version) == (
        laser, "I am not pregnant.", 3,
    )  # fmt: skip
    assert after.consent_at is not None
    assert after.answers == [
        {"question": "Hair?", "answer": "Long"}, {"question": "Allergies?", "answer": "Nuts"},
    ]  # fmt: skip


def test_nothing_is_asked_again_of_whoever_has_it_already(laser: Service) -> None:
    booking = book(laser, noon(), consent_given=True, answers=[])
    changes.change(booking.pk, Wish(starts_at=noon(8)))
    laser.refresh_from_db()
    longer = haircut(name="Laser, long", consent_text=laser.consent_text)
    assert not agreements.asked_of(booking, (laser,), (longer,)).consent
    assert changes.change(booking.pk, to(longer)).booking.service == longer


def test_a_paid_change_keeps_what_was_given_until_it_happens(
    in_alpha: Tenant, stripe: Control, laser: Service
) -> None:
    Service.objects.filter(pk=laser.pk).update(deposit_kind="full")
    laser.refresh_from_db()
    booking = book(haircut(), noon())
    outcome = changes.change(booking.pk, to(laser, Given(NUTS, consent=True)))
    booking.refresh_from_db()
    assert (booking.consent_version, booking.answers) == (None, [])
    pay(stripe, in_alpha, outcome)
    booking.refresh_from_db()
    assert (booking.consent_version, len(booking.answers)) == (3, 1)
    assert outcome.held is not None and booking.consent_at is not None
    assert booking.consent_at <= outcome.held.created_at


def test_staff_are_asked_for_nothing(laser: Service) -> None:
    booking = book(haircut(), noon())
    after = changes.change(booking.pk, to(laser), actor=STAFF).booking
    assert (after.service, after.consent_version) == (laser, None)


# --- A card ---


def test_a_card_is_left_before_anything_changes(in_alpha: Tenant, stripe: Control) -> None:
    booking = book(haircut(), noon())
    before = state(booking)
    with pytest.raises(InvalidBooking) as caught:
        changes.change(booking.pk, to(colour()))
    assert (caught.value.field, caught.value.details["no_show_fee_pence"]) == ("accept_terms", 4500)
    service = Service.objects.get(name="Colour")
    outcome = changes.change(booking.pk, to(service, AGREED, starts_at=noon(8)))
    assert outcome.held is not None
    assert (outcome.held.wants_card, outcome.held.amount_due) == (True, 0)
    # What is held is the only thing beside it.
    assert state(booking)[:-1] == before[:-1]
    # The new place is held, and the fees are those that were agreed to.
    with pytest.raises(SlotTaken):
        book(haircut(name="Other"), noon(8))
    Service.objects.update(no_show_fee=99999)
    session = pay(stripe, in_alpha, outcome)
    assert (session.purpose, session.amount) == ("card_setup", 0)
    booking.refresh_from_db()
    assert (booking.service, booking.starts_at, booking.requires_card) == (service, noon(8), True)
    assert (booking.no_show_fee, booking.late_cancellation_fee) == (4500, 2000)
    assert str(money.card_of(booking)) == "Visa •••• 4242"
    with time_machine.travel(noon(8) + HOUR):
        missed = services.mark_no_show(booking.pk, actor=STAFF)
        charged = money.charge_fee(missed, actor=STAFF)
    assert (charged.status, charged.amount) == ("succeeded", 4500)


def test_what_was_paid_goes_back_once_the_card_is_there(in_alpha: Tenant, stripe: Control) -> None:
    booking = book_and_pay(stripe, in_alpha, haircut(deposit_kind="full"), noon())
    outcome = changes.change(booking.pk, to(colour(), AGREED), expected=(9000, -4500))
    assert not Refund.objects.exists()
    pay(stripe, in_alpha, outcome)
    for _ in range(2):
        assert outcome.held is not None
        assert not held_changes.apply_paid(outcome.held.pk, actor=STAFF)
    assert [one.amount for one in Refund.objects.all()] == [4500]
    booking.refresh_from_db()
    assert (booking.total_amount, booking.deposit_amount) == (9000, 0)
    # What went back meanwhile does not go back again.
    assert cancelling.cancel_by_customer(booking.pk).refund == 0


def test_money_that_staff_gave_back_meanwhile_is_not_given_back_twice(
    in_alpha: Tenant, stripe: Control
) -> None:
    booking = book_and_pay(stripe, in_alpha, haircut(deposit_kind="full"), noon())
    outcome = changes.change(booking.pk, to(colour(), AGREED))
    paid = next(iter(money.payments_of(booking)))
    payments.request_refund(payment_session_id=str(paid.pk), amount=4000, actor=STAFF)
    pay(stripe, in_alpha, outcome)
    assert sorted(one.amount for one in Refund.objects.all()) == [500, 4000]


def test_a_card_that_is_there_already_is_good_for_the_new_terms(
    in_alpha: Tenant, stripe: Control
) -> None:
    first = colour()
    booking = book_and_pay(stripe, in_alpha, first, noon(), terms_accepted=True)
    other = haircut(name="Perm", deposit_kind="card", no_show_fee=7000)
    with pytest.raises(InvalidBooking, match="accept_terms"):
        changes.change(booking.pk, to(other))
    outcome = changes.change(booking.pk, to(other, AGREED))
    assert outcome.held is None
    assert (outcome.booking.service, outcome.booking.no_show_fee) == (other, 7000)
    assert SavedCard.objects.count() == 1


def test_without_payments_no_card_is_asked_for(in_alpha: Tenant) -> None:
    booking = book(haircut(), noon())
    outcome = changes.change(booking.pk, to(colour()))
    assert (outcome.held, outcome.booking.requires_card) == (None, False)


# --- Not left, or too late ---


def test_no_card_in_time_leaves_it_as_it_was(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    booking = book_and_pay(stripe, in_alpha, haircut(deposit_kind="full"), noon())
    before = state(booking)
    outcome = changes.change(booking.pk, to(colour(), AGREED, starts_at=noon(8)))
    assert outcome.held is not None and outcome.held.hold_expires_at is not None
    session = held_changes.start_payment(outcome.held, own_hosts=in_alpha.hosts)
    with time_machine.travel(outcome.held.hold_expires_at + timedelta(seconds=1)):
        sweeps.release_lost_changes()
        run_jobs()
    session.refresh_from_db()
    assert (session.status, BookingChange.objects.get().status) == ("canceled", "lapsed")
    assert state(booking) == before
    assert not Refund.objects.exists()
    book(Service.objects.get(name="Haircut"), noon(8))


def test_the_card_in_the_last_second_wins_over_the_end_of_the_hold(
    in_alpha: Tenant, stripe: Control
) -> None:
    """It is left at Stripe, and nobody has told us: the end of the hold asks first."""
    booking = book(haircut(), noon())
    outcome = changes.change(booking.pk, to(colour(), AGREED))
    assert outcome.held is not None and outcome.held.hold_expires_at is not None
    session = held_changes.start_payment(outcome.held, own_hosts=in_alpha.hosts)
    stripe("pay", session=session.stripe_checkout_session_id)
    with time_machine.travel(outcome.held.hold_expires_at + timedelta(seconds=1)):
        held_changes.expire(outcome.held.pk)
    booking.refresh_from_db()
    assert (booking.service_name, BookingChange.objects.get().status) == ("Colour", "applied")


def test_the_webhook_after_the_end_of_the_hold_changes_nothing(
    in_alpha: Tenant, stripe: Control, signer: Any, client_of: Callable[[Tenant], Client]
) -> None:
    booking = book(haircut(), noon())
    before = state(booking)
    outcome = changes.change(booking.pk, to(colour(), AGREED, starts_at=noon(8)))
    assert outcome.held is not None
    session = held_changes.start_payment(outcome.held, own_hosts=in_alpha.hosts)
    held_changes.release(outcome.held.pk)
    other = book(haircut(name="Other"), noon(8))
    stripe("pay", session=session.stripe_checkout_session_id)
    completed = [one for one in stripe("events") if one["type"] == "checkout.session.completed"]
    for _ in range(2):
        assert signer.deliver(client_of(in_alpha), completed[-1]).status_code == 200
    assert state(booking) == before
    assert BookingChange.objects.get().status == "lapsed"
    booking.refresh_from_db()
    assert (booking.requires_card, booking.chargeable_fee) == (False, 0)
    assert other.is_confirmed


def test_a_payment_of_nothing_is_no_card(in_alpha: Tenant, stripe: Control) -> None:
    """Whoever may ask for payments in a booking's name leaves no card with one of nothing."""
    booking = book(haircut(), noon())
    held = changes.change(booking.pk, to(colour(), AGREED)).held
    assert held is not None
    session = PaymentSession(
        payable_type=money.CHANGE, payable_id=str(booking.pk), amount=0, currency="GBP",
        metadata={"change": str(held.pk)},
    )  # fmt: skip
    assert held_changes.change_of(session) is None
    session.purpose = PaymentSession.Purpose.CARD_SETUP
    assert held_changes.change_of(session) == held


def test_when_stripe_fails_the_change_is_given_up(in_alpha: Tenant, stripe: Control) -> None:
    booking = book(haircut(), noon())
    outcome = changes.change(booking.pk, to(colour(), AGREED, starts_at=noon(8)))
    assert outcome.held is not None
    stripe("fault", kind="500", times=99, path="checkout")
    with pytest.raises(payments.ProcessorFailed):
        held_changes.start_payment(outcome.held, own_hosts=in_alpha.hosts)
    assert BookingChange.objects.get().status == "withdrawn"
    book(Service.objects.get(name="Haircut"), noon(8))


# --- The page ---


def confirm(booking: Booking, service: Service) -> str:
    start = f"{noon():%Y-%m-%dT%H:%M:%SZ}"
    base = f"/booking/{booking.access_token}/change/confirm/"
    return f"{base}?service={service.slug}&people=1&start={start}"


def test_the_page_asks_and_keeps_what_was_typed(
    in_alpha: Tenant, client_of: Callable[[Tenant], Client], laser: Service
) -> None:
    browser = client_of(in_alpha)
    booking = book(haircut(), noon())
    offered = browser.get(f"/booking/{booking.access_token}/change/").content.decode()
    assert "Laser" in offered
    page = confirm(booking, laser)
    shown = browser.get(page)
    for words in ("Allergies?", "I agree: I am not pregnant."):
        assert words in shown.content.decode()
    figures = {"figures": shown.context["figures"]}
    question = f"question_{laser.questions.get().pk}"
    refused = browser.post(page, figures | {question: "Nuts"})
    assert refused.status_code == 200
    assert "Please agree to this" in refused.content.decode()
    assert 'value="Nuts"' in refused.content.decode()
    assert Booking.objects.get().service_name == "Haircut"
    answer = browser.post(page, figures | {question: "Nuts", "accept_consent": "on"})
    assert answer.status_code == 302
    booking.refresh_from_db()
    assert (booking.service, booking.consent_version) == (laser, 3)


def test_the_page_goes_on_to_the_card(
    in_alpha: Tenant, client_of: Callable[[Tenant], Client], stripe: Control
) -> None:
    browser = client_of(in_alpha)
    booking = book(haircut(), noon())
    page = confirm(booking, colour())
    shown = browser.get(page)
    assert "may charge my card £20.00 if I cancel later" in shown.content.decode()
    assert "Go on to your card" in shown.content.decode()
    figures = {"figures": shown.context["figures"]}
    assert browser.post(page, figures).status_code == 200
    answer = browser.post(page, figures | {"accept_terms": "on"})
    session = PaymentSession.objects.get()
    assert answer["Location"] == session.checkout_url
    waits = browser.get(f"/booking/{booking.access_token}/").content.decode()
    assert "A change waits for your card" in waits
    stripe("pay", session=session.stripe_checkout_session_id)
    back = browser.get(f"/booking/{booking.access_token}/change/return/", follow=True)
    assert "Your card is saved, and your booking has changed." in back.content.decode()
    assert Booking.objects.get().service_name == "Colour"


# --- The API ---


def test_the_api_says_what_is_asked_and_takes_it(
    in_alpha: Tenant, client_of: Callable[[Tenant], Client], stripe: Control
) -> None:
    browser = client_of(in_alpha)
    booking = book(haircut(), noon())
    service = colour(consent_text="I am not pregnant.", consent_version=3)
    IntakeQuestion.objects.create(service=service, text="Allergies?", is_required=True)
    path = f"/api/bookings/{booking.pk}/change/?token={booking.access_token}"

    def post(**asked: Any) -> Any:
        return browser.post(
            path, {"service_name": "Colour", **asked}, content_type="application/json"
        )

    seen = post(preview=True).json()["asks"]
    assert (seen["wants_card"], seen["consent_text"]) == (True, "I am not pregnant.")
    assert seen["questions"] == [{"question": "Allergies?", "kind": "text", "required": True}]
    assert "£45.00 if I do not come" in seen["card_terms"]
    given: dict[str, Any] = {}
    for name, value, field in (
        ("answers", NUTS, "answers"),
        ("accept_consent", True, "accept_consent"),
        ("accept_terms", True, "accept_terms"),
    ):
        refused = post(**given)
        assert (refused.status_code, refused.json()["field"]) == (400, field)
        given[name] = value
    assert not BookingChange.objects.exists()
    held = post(**given).json()
    assert (held["service_name"], held["change"]["wants_card"]) == ("Haircut", True)
    session = PaymentSession.objects.get()
    assert held["change"]["checkout_url"] == session.checkout_url
    stripe("pay", session=session.stripe_checkout_session_id)
    done = browser.get(path).json()
    assert (done["service_name"], done["change"]["status"]) == ("Colour", "applied")
    booking.refresh_from_db()
    assert (booking.consent_version, booking.requires_card) == (3, True)
    assert booking.answers == [{"question": "Allergies?", "answer": "Nuts"}]
