"""Several services in one visit: each is asked for what it wants, a deposit and a card included."""

from typing import Any

import pytest
import time_machine
from django.test import Client

from bookings import money, payables, services
from bookings.agreements import Given
from bookings.changes import change
from bookings.errors import InvalidBooking
from bookings.models import Booking, BookingChange, IntakeQuestion, Service
from bookings.plans import Wish
from payments import services as payments
from payments.models import PaymentSession, SavedCard
from tenants.models import Tenant
from tests.bookings.change_support import HOUR, STAFF, pay
from tests.bookings.changing import book, haircut, noon, open_always
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db

ANN = {"customer_name": "Ann", "customer_email": "ann@example.com"}


@pytest.fixture(autouse=True)
def _open(in_alpha: Tenant) -> None:
    open_always()


def colour(**values: Any) -> Service:
    fields = {
        "name": "Colour", "price": 9000, "deposit_kind": "card", "no_show_fee": 4500,
        "late_cancellation_fee": 2000,
    }  # fmt: skip
    return haircut(**{**fields, **values})


def cut(**values: Any) -> Service:
    return haircut(**{"name": "Cut", "deposit_kind": "amount", "deposit_value": 1500, **values})


def laser() -> Service:
    service = haircut(name="Laser", consent_text="I am not pregnant.", consent_version=3)
    IntakeQuestion.objects.create(service=service, text="Allergies?", is_required=True)
    return service


# --- A deposit and a card ---


def both(first: Service, second: Service) -> Booking:
    return book(first, noon(), more_services=(second,), terms_accepted=True)


@pytest.mark.parametrize("card_first", [True, False])
def test_one_page_takes_the_deposit_and_the_card(
    in_alpha: Tenant, stripe: Control, card_first: bool
) -> None:
    visit = (colour(), cut()) if card_first else (cut(), colour())
    booking = both(*visit)
    assert (booking.is_pending, booking.deposit_amount, booking.requires_card) == (True, 1500, True)
    session = services.start_payment(booking, own_hosts=in_alpha.hosts)
    assert (session.amount, session.saves_card) == (1500, True)
    stripe("pay", session=session.stripe_checkout_session_id)
    booking = services.settle(booking)
    assert (booking.status, booking.no_show_fee) == ("CONFIRMED", 4500)
    assert money.amount_paid(booking) == 1500
    assert str(money.card_of(booking)) == "Visa •••• 4242"
    with time_machine.travel(noon() + 3 * HOUR):
        missed = services.mark_no_show(booking.pk, actor=STAFF)
        charged = money.charge_fee(missed, actor=STAFF)
    assert (charged.status, charged.amount) == ("succeeded", 4500)


@pytest.mark.parametrize("newest_first", [True, False])
def test_webhooks_in_any_order_end_with_both(
    in_alpha: Tenant, stripe: Control, signer: Any, client_of: Any, run_jobs: JobRunner,
    newest_first: bool,
) -> None:  # fmt: skip
    booking = both(colour(), cut())
    session = services.start_payment(booking, own_hosts=in_alpha.hosts)
    stripe("pay", session=session.stripe_checkout_session_id)
    told = [
        one for one in stripe("events")
        if one["type"] in ("checkout.session.completed", "payment_intent.succeeded")
    ]  # fmt: skip
    assert len(told) == 2
    for event in [*(reversed(told) if newest_first else told), *told]:
        assert signer.deliver(client_of(in_alpha), event).status_code == 200
    booking.refresh_from_db()
    assert booking.status == "CONFIRMED"
    run_jobs()
    assert (str(money.card_of(booking)), SavedCard.objects.count()) == ("Visa •••• 4242", 1)


def test_the_card_is_kept_once_stripe_answers_again(
    in_alpha: Tenant, stripe: Control, signer: Any, client_of: Any, run_jobs: JobRunner
) -> None:
    booking = both(colour(), cut())
    session = services.start_payment(booking, own_hosts=in_alpha.hosts)
    stripe("pay", session=session.stripe_checkout_session_id)
    [told] = [one for one in stripe("events") if one["type"] == "payment_intent.succeeded"]
    stripe("fault", kind="500", method="GET", path="/v1/checkout", times=99)
    assert signer.deliver(client_of(in_alpha), told).status_code == 200
    booking.refresh_from_db()
    assert (booking.status, money.card_of(booking)) == ("CONFIRMED", None)
    stripe("clear_faults")
    run_jobs()
    assert money.card_of(booking) is not None


def test_another_payment_of_the_same_sum_leaves_no_card(in_alpha: Tenant, stripe: Control) -> None:
    """Whoever may ask for payments in a booking's name confirms none that wants a card."""
    booking, card_alone = both(colour(), cut()), book(colour(name="Perm"), noon(8))
    Booking.objects.filter(pk=card_alone.pk).update(requires_card=True)
    for one, amount in ((booking, 1500), (card_alone, 0)):
        session = PaymentSession(
            payable_type=money.DEPOSIT, payable_id=str(one.pk), amount=amount, currency="GBP"
        )
        assert payables.booking_for(session) is None
    session = PaymentSession(
        payable_type=money.DEPOSIT, payable_id=str(booking.pk), amount=0, currency="GBP",
        purpose=PaymentSession.Purpose.CARD_SETUP,
    )  # fmt: skip
    assert payables.booking_for(session) is None
    session.payable_id = str(card_alone.pk)
    assert payables.booking_for(session) == card_alone


def test_a_card_is_saved_only_for_somebody_who_is_known(in_alpha: Tenant, stripe: Control) -> None:
    with pytest.raises(payments.InvalidPayment) as caught:
        payments.start_checkout(
            payable_type="x", payable_id=1, amount=100, success_url=in_alpha.url,
            cancel_url=in_alpha.url, idempotency_key="k", own_hosts=in_alpha.hosts, saves_card=True,
        )  # fmt: skip
    assert caught.value.field == "customer.email"
    assert not PaymentSession.objects.exists()


def test_unpaid_it_lapses_and_keeps_no_card(in_alpha: Tenant, stripe: Control) -> None:
    booking = both(colour(), cut())
    session = services.start_payment(booking, own_hosts=in_alpha.hosts)
    stripe("expire", session=session.stripe_checkout_session_id)
    booking = services.settle(booking)
    assert (booking.status, booking.cancel_reason) == ("CANCELLED", "hold_expired")
    assert not SavedCard.objects.exists()


def test_paid_too_late_the_money_goes_back_and_nothing_is_charged(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    visit = (colour(), cut())
    booking = both(*visit)
    session = services.start_payment(booking, own_hosts=in_alpha.hosts)
    services.release(booking.pk, Booking.CancelReason.HOLD_EXPIRED)
    other = book(visit[1], noon())
    stripe("pay", session=session.stripe_checkout_session_id)
    payments.settle(session.pk)
    run_jobs()
    booking.refresh_from_db()
    session.refresh_from_db()
    assert (booking.is_cancelled, booking.chargeable_fee, session.status) == (True, 0, "refunded")
    assert other.is_pending


def test_a_code_that_pays_the_deposit_leaves_the_card(in_alpha: Tenant, stripe: Control) -> None:
    booking = both(colour(), cut(deposit_kind="none"))
    session = services.start_payment(booking, own_hosts=in_alpha.hosts)
    assert (session.purpose, session.amount) == ("card_setup", 0)
    stripe("pay", session=session.stripe_checkout_session_id)
    assert services.settle(booking).is_confirmed


def test_the_fees_of_all_services_that_want_a_card_are_agreed_to(in_alpha: Tenant) -> None:
    perm = colour(name="Perm", no_show_fee=1000, late_cancellation_fee=500)
    booking = both(colour(), perm)
    assert (booking.no_show_fee, booking.late_cancellation_fee) == (5500, 2500)


def test_the_page_shows_both_and_goes_to_one_page(
    in_alpha: Tenant, client_of: Any, stripe: Control
) -> None:
    first, second = cut(), colour()
    page = f"/book/{first.slug}/details/?also={second.slug}&start={noon():%Y-%m-%dT%H:%M:%SZ}"
    client: Client = client_of(in_alpha)
    shown = client.get(page).content.decode()
    assert "may charge my card £20.00 if I cancel later and £45.00 if I do not come" in shown
    assert "Pay £15.00 deposit" in shown
    assert "saves your card" in shown and "Nothing is charged now" not in shown
    assert "Please agree to this" in client.post(page, ANN).content.decode()
    assert not Booking.objects.exists()
    answer = client.post(page, {**ANN, "accept_terms": "on"})
    session = PaymentSession.objects.get()
    assert answer["Location"] == session.checkout_url
    assert (session.amount, session.saves_card) == (1500, True)
    own = client.get(f"/booking/{Booking.objects.get().access_token}/").content.decode()
    assert "Pay £15.00 deposit" in own and "Waiting for your deposit and card" in own


def test_a_change_to_both_waits_for_both(in_alpha: Tenant, stripe: Control) -> None:
    booking = book(haircut(), noon())
    wish = Wish(services=(colour(), cut()), given=Given(terms=True))
    outcome = change(booking.pk, wish)
    assert outcome.held is not None
    assert (outcome.held.wants_card, outcome.held.amount_due) == (True, 1500)
    session = pay(stripe, in_alpha, outcome)
    assert (session.amount, session.saves_card) == (1500, True)
    booking.refresh_from_db()
    assert (booking.service_name, booking.requires_card) == ("Colour + Cut", True)
    assert (money.amount_paid(booking), booking.no_show_fee) == (1500, 4500)
    assert money.card_of(booking) is not None
    assert BookingChange.objects.get().status == "applied"


def test_the_pages_of_a_change_say_both(in_alpha: Tenant, client_of: Any, stripe: Control) -> None:
    booking, first, second = book(haircut(), noon()), cut(), colour(consent_text="I am 18.")
    client: Client = client_of(in_alpha)
    own = f"/booking/{booking.access_token}/"
    start = f"{noon():%Y-%m-%dT%H:%M:%SZ}"
    page = f"{own}change/confirm/?service={first.slug}&people=1&also={second.slug}&start={start}"
    shown = client.get(page)
    for words in (
        "Pay £15.00 and change", "takes the payment and saves your card",
        "may charge my card £20.00", "Colour – I agree: I am 18.",
    ):  # fmt: skip
        assert words in shown.content.decode()
    assert "Nothing is charged now" not in shown.content.decode()
    given = {"figures": shown.context["figures"], "accept_terms": "on"}
    assert client.post(page, given).status_code == 200
    answer = client.post(page, {**given, "accept_consent": "on"})
    session = PaymentSession.objects.get()
    assert (answer["Location"], session.saves_card) == (session.checkout_url, True)
    waiting = client.get(own).content.decode()
    assert "A change waits for your payment and card" in waiting
    asks = {"service_name": "Cut", "more_services": ["Colour"], "preview": True}
    address = f"/api/bookings/{booking.pk}/change/?token={booking.access_token}"
    preview = client.post(address, asks, content_type="application/json").json()
    assert (preview["due_now_pence"], preview["asks"]["wants_card"]) == (1500, True)
    assert [one["service_name"] for one in preview["asks"]["consents"]] == ["Colour"]


# --- Questions and consents ---


def visit_body(first: Service, second: Service, **more: Any) -> dict[str, Any]:
    return {
        **ANN, "service_name": first.name, "more_services": [second.name],
        "total_amount_pence": first.price + second.price,
        "booking_date": noon().isoformat(), **more,
    }  # fmt: skip


def test_the_api_asks_what_follows_too_and_says_which(in_alpha: Tenant, client_of: Any) -> None:
    first, second = haircut(), laser()
    client: Client = client_of(in_alpha)

    def post(**more: Any) -> Any:
        body = visit_body(first, second, **more)
        return client.post("/api/bookings/", body, content_type="application/json")

    refused = post()
    assert (refused.status_code, refused.json()["field"]) == (400, "answers")
    assert "Laser" in refused.json()["error"]
    refused = post(answers={"Allergies?": "No"})
    assert (refused.status_code, refused.json()["field"]) == (400, "accept_consent")
    assert "Laser" in refused.json()["error"]
    assert refused.json()["consents"] == [
        {"service_name": "Laser", "consent_text": "I am not pregnant.", "consent_version": 3}
    ]
    assert not Booking.objects.exists()
    assert post(answers={"Allergies?": "No"}, accept_consent=True).status_code == 201
    booking = Booking.objects.get()
    assert (booking.consent_text, booking.consent_version) == ("I am not pregnant.", 3)


def test_the_api_names_the_service_that_wants_a_card(
    in_alpha: Tenant, client_of: Any, stripe: Control
) -> None:
    body = visit_body(haircut(), colour())
    client: Client = client_of(in_alpha)
    refused = client.post("/api/bookings/", body, content_type="application/json")
    assert (refused.status_code, refused.json()["field"]) == (400, "accept_terms")
    assert "Colour" in refused.json()["error"]
    assert refused.json()["no_show_fee_pence"] == 4500


def test_each_consent_is_a_tick_of_its_own_and_kept_in_its_version(
    in_alpha: Tenant, client_of: Any, owner: Any
) -> None:
    first = haircut(name="Peel", consent_text="I use no retinol.", consent_version=2)
    second = laser()
    page = f"/book/{first.slug}/details/?also={second.slug}&start={noon():%Y-%m-%dT%H:%M:%SZ}"
    client: Client = client_of(in_alpha)
    shown = client.get(page).content.decode()
    assert "Peel – I agree: I use no retinol." in shown
    assert "Laser – I agree: I am not pregnant." in shown
    question = f"question_{second.questions.get().pk}"
    given = {**ANN, question: "None", "accept_consent": "on"}
    assert "Please agree to this" in client.post(page, given).content.decode()
    assert not Booking.objects.exists()
    assert client.post(page, {**given, f"accept_consent_{second.pk}": "on"}).status_code == 302
    Service.objects.update(consent_text="Other", consent_version=9)
    booking = Booking.objects.get()
    assert [(one["service"], one["text"], one["version"]) for one in booking.consents] == [
        ("Peel", "I use no retinol.", 2), ("Laser", "I am not pregnant.", 3),
    ]  # fmt: skip
    assert booking.answers == [{"question": "Allergies?", "answer": "None"}]
    client.force_login(owner, backend="access.backends.RoleBackend")
    seen = client.get(f"/admin/bookings/booking/{booking.pk}/change/").content.decode()
    for words in ("I use no retinol.", "I am not pregnant.", "version 3", "Allergies?"):
        assert words in seen


def test_one_required_question_that_two_ask_is_required(in_alpha: Tenant, client_of: Any) -> None:
    first, second = haircut(), laser()
    IntakeQuestion.objects.create(service=first, text="Allergies?")
    client: Client = client_of(in_alpha)
    body = visit_body(first, second, accept_consent=True)
    refused = client.post("/api/bookings/", body, content_type="application/json")
    assert (refused.status_code, refused.json()["field"]) == (400, "answers")


def test_the_desk_asks_for_every_consent(in_alpha: Tenant, client_of: Any, owner: Any) -> None:
    first, second = haircut(name="Peel", consent_text="I use no retinol."), laser()
    client: Client = client_of(in_alpha)
    client.force_login(owner, backend="access.backends.RoleBackend")
    address = (
        f"/admin/bookings/booking/add/?service={first.slug}&also={second.slug}"
        f"&people=1&start={noon():%Y-%m-%dT%H:%M:%SZ}"
    )
    shown = client.get(address)
    agrees = "The customer agrees: Peel: I use no retinol. Laser: I am not pregnant."
    assert agrees in shown.content.decode()
    question = f"question_{second.questions.get().pk}"
    answer = client.post(address, {**ANN, question: "None", "consent_given": "on", "seen": ""})
    assert answer.status_code == 302
    kept = [(one["service"], one["version"]) for one in Booking.objects.get().consents]
    assert kept == [("Peel", 1), ("Laser", 3)]


def test_a_change_asks_what_follows(in_alpha: Tenant) -> None:
    first, second = haircut(), laser()
    booking = book(first, noon())
    for given, field in (
        (Given(consent=True), "answers"), (Given({"Allergies?": "No"}), "accept_consent"),
    ):  # fmt: skip
        with pytest.raises(InvalidBooking) as caught:
            change(booking.pk, Wish(services=(first, second), given=given))
        assert caught.value.field == field
    given = Given({"Allergies?": "No"}, consent=True)
    after = change(booking.pk, Wish(services=(first, second), given=given)).booking
    assert [(one["service"], one["version"]) for one in after.consents] == [("Laser", 3)]
    # What was agreed to is not asked again.
    assert change(after.pk, Wish(services=(second, first), given=Given()))
