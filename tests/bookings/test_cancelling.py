"""The customer cancels: exactly what the terms say goes back, once, and the rest is earned."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from access.actors import SYSTEM, Actor
from bookings import cancelling, money, services
from bookings.errors import BookingClosed, RefundChanged
from bookings.models import Allocation, Booking, ClassSession
from events.models import Event
from payments.models import LedgerEntry, PaymentSession, Refund
from tenants.models import Tenant
from tests.bookings.changing import all_of, book, book_and_pay, haircut, noon, open_always
from tests.contract.api import BOOKINGS, Api
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(in_alpha: Tenant, stripe: Control) -> Booking:
    """A booking a week ahead with its deposit of 10.01 paid."""
    open_always()
    service = haircut(deposit_kind="amount", deposit_value=1001)
    return book_and_pay(stripe, in_alpha, service, noon())


def balance_of(account: str) -> int:
    return sum(entry.effect_on(account) for entry in LedgerEntry.objects.all())


@pytest.mark.parametrize(
    ("hours_before", "refund", "kept", "status"),
    [(72, 1001, 0, "refunded"), (30, 501, 500, "succeeded"), (3, 0, 1001, "succeeded")],
)
def test_what_the_terms_say_goes_back_and_the_rest_is_earned(
    paid: Booking, run_jobs: JobRunner, stripe: Control, hours_before: int, refund: int,
    kept: int, status: str,
) -> None:  # fmt: skip
    with time_machine.travel(paid.starts_at - timedelta(hours=hours_before)):
        quote = cancelling.cancel_by_customer(paid.pk, expected_refund=refund)
    assert (quote.refund, quote.kept) == (refund, kept)
    assert -balance_of("revenue") == kept
    run_jobs()
    paid.refresh_from_db()
    assert (paid.status, paid.cancel_reason, paid.changed_by) == (
        "CANCELLED", "customer", "customer",
    )  # fmt: skip
    assert [one["amount"] for one in stripe.listed("refunds")] == ([refund] if refund else [])
    session = PaymentSession.objects.get()
    assert (session.status, session.amount_refunded) == (status, refund)
    assert (-balance_of("revenue"), balance_of("customer_deposits")) == (kept, 0)
    assert not Allocation.objects.filter(is_live=True).exists()
    assert Event.objects.filter(type="booking.cancelled").count() == 1
    assert [letter.subject[:9] for letter in mail.outbox if "Cancelled" in letter.subject] == [
        "Cancelled"
    ]


def test_cancelling_twice_gives_back_once(paid: Booking, run_jobs: JobRunner) -> None:
    cancelling.cancel_by_customer(paid.pk)
    with pytest.raises(BookingClosed, match="cancelled already"):
        cancelling.cancel_by_customer(paid.pk)
    run_jobs()
    assert list(Refund.objects.values_list("amount", "status")) == [(1001, "succeeded")]


def test_another_figure_than_the_one_shown_cancels_nothing(paid: Booking) -> None:
    before = all_of(paid)
    with (
        time_machine.travel(paid.starts_at - timedelta(hours=47)),
        pytest.raises(RefundChanged) as refused,
    ):
        cancelling.cancel_by_customer(paid.pk, expected_refund=1001)
    assert refused.value.details == {"refund_pence": 501, "kept_pence": 500}
    assert all_of(paid) == before
    assert not Refund.objects.exists()


def test_a_booking_that_has_begun_is_not_cancelled_by_the_customer(paid: Booking) -> None:
    with (
        time_machine.travel(paid.starts_at),
        pytest.raises(BookingClosed, match="begun already"),
    ):
        cancelling.cancel_by_customer(paid.pk)
    paid.refresh_from_db()
    assert paid.status == "CONFIRMED"


def test_the_balance_that_was_paid_ahead_goes_back_with_the_deposit(
    paid: Booking, in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    PaymentSession.objects.create(
        payable_type=money.BALANCE, payable_id=str(paid.pk), amount=3000, currency="GBP",
        status="succeeded", success_url="/", cancel_url="/", idempotency_key="balance",
        request_fingerprint="", stripe_payment_intent_id="pi_none",
    )  # fmt: skip
    with time_machine.travel(paid.starts_at - timedelta(hours=30)):
        assert cancelling.cancel_by_customer(paid.pk).refund == 2001
    amounts = dict(Refund.objects.values_list("payment_session__payable_type", "amount"))
    assert amounts == {"booking": 1001, "booking_balance": 1000}


def test_what_staff_gave_back_before_is_not_given_back_again(paid: Booking) -> None:
    from payments.services import request_refund

    request_refund(
        payment_session_id=str(PaymentSession.objects.get().pk), amount=401, actor=SYSTEM
    )
    assert cancelling.cancel_by_customer(paid.pk).refund == 600


def test_staff_may_still_give_everything_back(paid: Booking) -> None:
    with time_machine.travel(paid.starts_at - timedelta(hours=1)):
        services.cancel(paid.pk, actor=Actor("staff", "o@x"), refund=True)
    assert Refund.objects.get().amount == 1001


def test_a_hold_is_given_up_without_any_money(in_alpha: Tenant, stripe: Control) -> None:
    open_always()
    service = haircut(deposit_kind="amount", deposit_value=1001)
    booking = book(service, noon())
    session = services.start_payment(booking, own_hosts=in_alpha.hosts)
    quote = cancelling.cancel_by_customer(booking.pk)
    assert (quote.code, quote.refund) == ("nothing_paid", 0)
    assert stripe.status_of(session.stripe_checkout_session_id or "") == "expired"


def test_the_seats_of_a_class_are_free_again(in_alpha: Tenant) -> None:
    service = haircut(name="Yoga", kind="class", party_max=4)
    session = ClassSession.objects.create(
        service=service, starts_at=noon(), ends_at=noon() + timedelta(hours=1), capacity=5
    )
    booking = book(service, noon(), party_size=3)
    session.refresh_from_db()
    assert session.seats_taken == 3
    cancelling.cancel_by_customer(booking.pk)
    session.refresh_from_db()
    assert session.seats_taken == 0


# --- The API ---


def test_the_api_explains_before_and_gives_back_what_it_said(
    paid: Booking, in_alpha: Tenant
) -> None:
    api = Api(in_alpha, paid.access_token)
    path = f"{BOOKINGS}{paid.pk}/"
    with time_machine.travel(paid.starts_at - timedelta(hours=30)):
        told = api.get(f"{path}cancellation/").json()
        free_until = paid.starts_at - timedelta(hours=48)
        assert told == {
            "booking_id": paid.pk,
            "status": "CONFIRMED",
            "may_cancel": True,
            "may_reschedule": False,
            "refund_pence": 501,
            "kept_pence": 500,
            "fee_pence": 0,
            "currency": "GBP",
            "code": "late",
            "reason": told["reason"],
            "free_until": free_until.isoformat(),
            "partial_refund_until": (paid.starts_at - timedelta(hours=24)).isoformat(),
            "late_refund_percent": 50,
        }
        assert "50% of what was paid goes back" in told["reason"]
        changed = api.post(f"{path}cancel/", {"expected_refund_pence": 1001})
        assert (changed.status_code, changed.json()["code"], changed.json()["refund_pence"]) == (
            409, "refund_changed", 501,
        )  # fmt: skip
        done = api.post(f"{path}cancel/", {"expected_refund_pence": 501})
    assert (done.status_code, done.json()) == (
        200,
        {"booking_id": paid.pk, "status": "CANCELLED", "refund_pence": 501, "kept_pence": 500,
         "currency": "GBP"},
    )  # fmt: skip
    again = api.post(f"{path}cancel/", {})
    assert (again.status_code, again.json()["code"]) == (409, "booking_closed")


@pytest.mark.parametrize("value", [-1, "x", 1.5, True, [], {}, 10**40])
def test_a_bad_expected_refund_is_a_400_that_names_it(
    paid: Booking, in_alpha: Tenant, value: Any
) -> None:
    api = Api(in_alpha, paid.access_token)
    response = api.post(f"{BOOKINGS}{paid.pk}/cancel/", {"expected_refund_pence": value})
    assert response.status_code == 400
    assert "expected_refund_pence" in response.json()["error"]
    paid.refresh_from_db()
    assert paid.status == "CONFIRMED"


@pytest.mark.parametrize("call", ["cancel", "reschedule", "cancellation"])
def test_a_stranger_and_a_key_that_only_reads_change_nothing(
    paid: Booking, in_alpha: Tenant, read_key: str, call: str
) -> None:
    path = f"{BOOKINGS}{paid.pk}/{call}/"
    for token in ("", "x", f"{paid.access_token}x"):
        assert Api(in_alpha, token).post(path, {}).status_code in (401, 405)
        assert call != "cancellation" or Api(in_alpha, token).get(path).status_code == 401
    assert Api(in_alpha, read_key).post(path, {}).status_code in (403, 405)
    paid.refresh_from_db()
    assert paid.status == "CONFIRMED"
