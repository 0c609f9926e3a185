"""A card instead of a deposit: left when booking, charged only within the accepted terms."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from access.actors import CUSTOMER, SYSTEM
from bookings import money, services
from bookings.errors import BookingClosed
from bookings.models import Booking, OpeningHours, Service
from bookings.wishes import BookingRequest
from events.models import Event
from payments.gateway import Gateway
from payments.models import PaymentRequest, PaymentSession, SavedCard, StripeAccount, StripeEvent
from payments.services import NoCardOnFile, PaymentsDisabled
from tenants.models import Tenant
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db


@pytest.fixture
def service(in_alpha: Tenant, stripe: Control) -> Service:
    OpeningHours.objects.all().delete()
    for weekday in range(7):
        OpeningHours.objects.create(weekday=weekday, opens_at="00:00", closes_at="23:30")
    return Service.objects.create(
        name="Long colour", duration_minutes=60, price=9000, deposit_kind="card", tax_rate=20,
        no_show_fee=4500, late_cancellation_fee=2000, free_cancellation_hours=24,
    )  # fmt: skip


@pytest.fixture
def booked(service: Service, stripe: Control, in_alpha: Tenant) -> Any:
    """Book, leave a card, and return the booking."""

    def make(hours_ahead: int = 2) -> Booking:
        wanted = BookingRequest.for_service(
            service, customer_name="Ann", customer_email="ann@example.com", terms_accepted=True,
            starts_at=timezone.now() + timedelta(hours=hours_ahead),
        )  # fmt: skip
        booking = services.book(wanted)
        assert booking.is_pending
        session = services.start_payment(booking, own_hosts=in_alpha.hosts)
        stripe("pay", session=session.stripe_checkout_session_id)
        return services.settle(booking)

    return make


def missed(booking: Booking) -> Booking:
    Booking.objects.filter(pk=booking.pk).update(
        starts_at=timezone.now() - timedelta(hours=2), ends_at=timezone.now() - timedelta(hours=1)
    )
    return services.mark_no_show(booking.pk, actor=SYSTEM)


def test_leaving_a_card_confirms_and_takes_nothing(booked: Any) -> None:
    booking = booked()
    assert booking.status == "CONFIRMED"
    card = SavedCard.objects.get()
    assert str(card) == "Visa •••• 4242"
    assert booking.terms_accepted_at is not None
    assert (booking.no_show_fee, booking.late_cancellation_fee) == (4500, 2000)
    assert money.amount_paid(booking) == 0


def test_the_webhook_alone_does_the_same_once(
    service: Service, stripe: Control, signer: Any, client_of: Any, in_alpha: Tenant
) -> None:
    wanted = BookingRequest.for_service(
        service, customer_name="Ann", customer_email="ann@example.com", terms_accepted=True,
        starts_at=timezone.now() + timedelta(hours=2),
    )  # fmt: skip
    booking = services.book(wanted)
    session = services.start_payment(booking, own_hosts=in_alpha.hosts)
    stripe("pay", session=session.stripe_checkout_session_id)
    completed = [one for one in stripe("events") if one["type"] == "checkout.session.completed"]
    for _ in range(3):
        assert signer.deliver(client_of(in_alpha), completed[0]).status_code == 200
    assert StripeEvent.objects.get().status == "processed"
    booking.refresh_from_db()
    assert (booking.status, SavedCard.objects.count()) == ("CONFIRMED", 1)


def test_changing_the_service_changes_no_terms(booked: Any, service: Service) -> None:
    booking = booked()
    Service.objects.update(no_show_fee=99999)
    assert missed(booking).chargeable_fee == 4500


def test_a_no_show_is_charged_once(booked: Any, run_jobs: JobRunner) -> None:
    booking = missed(booked())
    first = money.charge_fee(booking, actor=SYSTEM)
    again = money.charge_fee(booking, actor=SYSTEM)
    run_jobs()
    assert first == again
    assert (first.status, first.amount, first.purpose) == ("succeeded", 4500, "saved_card")
    assert PaymentSession.objects.filter(payable_type=money.FEE).count() == 1


def test_staff_see_the_fee_that_was_charged(
    booked: Any, client_of: Any, in_alpha: Tenant, owner: Any
) -> None:
    booking = booked(2)
    cancelled = services.cancel(booking.pk, actor=CUSTOMER, reason="customer")
    money.charge_fee(cancelled, actor=SYSTEM)
    client = client_of(in_alpha)
    client.force_login(owner, backend="access.backends.RoleBackend")
    page = client.get(f"/admin/bookings/booking/{booking.pk}/change/").content.decode()
    assert "£20.00 paid" in page
    assert page.count("£90.00") == 1


def test_someone_who_comes_is_charged_nothing(booked: Any) -> None:
    booking = booked()
    with pytest.raises(BookingClosed, match="allow no fee"):
        money.charge_fee(booking, actor=SYSTEM)


@pytest.mark.parametrize(("hours", "fee"), [(23, 2000), (25, 0)])
def test_a_cancellation_is_charged_only_when_it_is_late(booked: Any, hours: int, fee: int) -> None:
    booking = booked(hours)
    cancelled = services.cancel(booking.pk, actor=CUSTOMER, reason="customer")
    assert cancelled.chargeable_fee == fee


def test_a_business_that_cancels_charges_nothing(booked: Any) -> None:
    booking = booked(2)
    assert services.cancel(booking.pk, actor=SYSTEM, reason="business").chargeable_fee == 0


@pytest.mark.parametrize("outcome", ["declined", "authentication_required"])
def test_a_declined_card_sends_the_customer_a_link(
    booked: Any, stripe: Control, run_jobs: JobRunner, outcome: str
) -> None:
    booking = missed(booked())
    card = SavedCard.objects.get()
    stripe("card_behaviour", payment_method=card.stripe_payment_method_id, outcome=outcome)
    session = money.charge_fee(booking, actor=SYSTEM)
    assert (session.status, money.charge_fee(booking, actor=SYSTEM)) == ("failed", session)
    run_jobs()
    asked = PaymentRequest.objects.get()
    assert (asked.amount, asked.customer_email) == (4500, "ann@example.com")
    [message] = [one for one in mail.outbox if f"/pay/{asked.token}/" in one.body]
    assert "£45.00" in message.subject


@pytest.mark.parametrize("event_first", [True, False])
def test_a_decline_that_is_told_twice_sends_one_link(
    booked: Any, stripe: Control, signer: Any, client_of: Any, in_alpha: Tenant,
    monkeypatch: pytest.MonkeyPatch, event_first: bool,
) -> None:  # fmt: skip
    booking = missed(booked())
    card = SavedCard.objects.get()
    stripe("card_behaviour", payment_method=card.stripe_payment_method_id, outcome="declined")

    def hear_of_it() -> None:
        [told] = [one for one in stripe("events") if one["type"] == "payment_intent.payment_failed"]
        assert signer.deliver(client_of(in_alpha), told).status_code == 200

    charge_card = Gateway.charge_card

    def overtaken(gateway: Gateway, **asked: Any) -> Any:
        """Stripe's event arrives while its answer is still under way."""
        try:
            return charge_card(gateway, **asked)
        finally:
            hear_of_it()

    if event_first:
        monkeypatch.setattr(Gateway, "charge_card", overtaken)
    session = money.charge_fee(booking, actor=SYSTEM)
    if not event_first:
        hear_of_it()
    session.refresh_from_db()
    assert session.status == "failed"
    assert PaymentRequest.objects.get().amount == 4500
    assert Event.objects.filter(type="payment.failed").count() == 1


@pytest.mark.parametrize("kind", ["timeout_after", "500"])
def test_a_charge_whose_answer_is_lost_is_found_and_not_repeated(
    booked: Any, stripe: Control, run_jobs: JobRunner, kind: str
) -> None:
    booking = missed(booked())
    stripe("fault", kind=kind, method="POST", path="/v1/payment_intents", times=3)
    session = money.charge_fee(booking, actor=SYSTEM)
    assert session.status == "created"
    stripe("clear_faults")
    run_jobs()
    session.refresh_from_db()
    assert session.status == "succeeded"
    charges = [one for one in stripe("events") if one["type"] == "charge.succeeded"]
    assert len(charges) == 1


def test_nothing_new_is_charged_while_payments_are_off(booked: Any) -> None:
    booking = missed(booked())
    StripeAccount.objects.update(payments_enabled=False)
    with pytest.raises(PaymentsDisabled, match="switched off"):
        money.charge_fee(booking, actor=SYSTEM)
    assert not PaymentSession.objects.filter(purpose="saved_card").exists()


def test_a_charge_in_flight_is_settled_though_payments_are_off_by_now(
    booked: Any, stripe: Control, run_jobs: JobRunner
) -> None:
    booking = missed(booked())
    card = SavedCard.objects.get()
    stripe("card_behaviour", payment_method=card.stripe_payment_method_id, outcome="declined")
    stripe("fault", kind="500", method="POST", path="/v1/payment_intents", times=3)
    session = money.charge_fee(booking, actor=SYSTEM)
    assert session.status == "created"
    stripe("clear_faults")
    StripeAccount.objects.update(payments_enabled=False)
    run_jobs()
    session.refresh_from_db()
    assert session.status == "failed"
    # Asked again it is the same charge; there is no link on which nobody could pay.
    assert money.charge_fee(booking, actor=SYSTEM) == session
    assert not PaymentRequest.objects.exists()


def test_without_a_card_there_is_nothing_to_charge(service: Service, in_alpha: Tenant) -> None:
    wanted = BookingRequest.for_service(
        service, customer_name="Ann", customer_email="ann@example.com",
        starts_at=timezone.now() + timedelta(hours=2),
    )  # fmt: skip
    booking = missed(services.book(wanted))
    with pytest.raises(BookingClosed):
        money.charge_fee(booking, actor=SYSTEM)
    Booking.objects.update(requires_card=True, terms_accepted_at=timezone.now(), no_show_fee=1)
    booking.refresh_from_db()
    with pytest.raises(NoCardOnFile):
        money.charge_fee(booking, actor=SYSTEM)


def test_the_page_asks_to_agree_and_the_api_too(
    service: Service, client_of: Any, in_alpha: Tenant
) -> None:
    client: Client = client_of(in_alpha)
    tomorrow = timezone.now().date() + timedelta(days=1)
    page = f"/book/{service.slug}/details/?start={tomorrow}T10:00:00Z"
    shown = client.get(page).content.decode()
    assert "may charge my card £20.00 if I cancel later and £45.00 if I do not come" in shown
    form = {"customer_name": "Ann", "customer_email": "ann@example.com"}
    refused = client.post(page, form)
    assert "Please agree to this" in refused.content.decode()
    assert not Booking.objects.exists()
    assert client.post(page, {**form, "accept_terms": "on"}).status_code == 302
    assert Booking.objects.get().requires_card
    body = {
        **form, "service_name": "Long colour", "total_amount_pence": 9000,
        "booking_date": f"{tomorrow}T12:00:00+00:00",
    }  # fmt: skip
    answer = client.post("/api/bookings/", body, content_type="application/json")
    assert (answer.status_code, answer.json()["no_show_fee_pence"]) == (400, 4500)
    agreed = {**body, "accept_terms": True}
    answer = client.post("/api/bookings/", agreed, content_type="application/json")
    assert (answer.status_code, answer.json()["status"]) == (201, "PENDING_PAYMENT")
    assert "checkout_url" in answer.json()
