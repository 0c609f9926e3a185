"""A time is held while it is paid for, and freed when it is not."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from access.actors import SYSTEM
from bookings import money, services
from bookings.errors import BookingClosed, SlotTaken
from bookings.models import Booking
from bookings.wishes import BookingRequest
from events.models import Event
from payments.models import PaymentSession
from payments.services import ProcessorFailed
from tenants.models import Tenant
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db

START = datetime(2027, 3, 1, 10, tzinfo=UTC)


def wanted(email: str = "ann@example.com") -> BookingRequest:
    return BookingRequest(
        customer_name="Ann",
        customer_email=email,
        starts_at=START,
        service=None,
        service_name="Haircut",
        total_amount=4500,
        deposit_amount=1000,
    )


def booked(tenant: Tenant, email: str = "ann@example.com") -> tuple[Booking, str]:
    """Return a booking that waits for its deposit, and its Checkout Session's id."""
    booking = services.book(wanted(email))
    session = services.start_payment(booking, own_hosts=tenant.hosts)
    return booking, session.stripe_checkout_session_id or ""


def let_the_hold_end(booking: Booking) -> None:
    past = datetime.now(UTC) - timedelta(seconds=1)
    Booking.objects.filter(pk=booking.pk).update(hold_expires_at=past)


def status(booking: Booking) -> tuple[str, str]:
    booking.refresh_from_db()
    return booking.status, booking.cancel_reason


def test_a_hold_that_ends_frees_the_time_and_the_page(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    booking, _ = booked(in_alpha)
    let_the_hold_end(booking)
    services.release_hold(booking.pk)
    assert status(booking) == ("CANCELLED", "hold_expired")
    assert stripe("sessions")[0]["status"] == "expired"
    assert PaymentSession.objects.get().status == "canceled"
    run_jobs()
    assert ["deposit was not paid in time" in letter.body for letter in mail.outbox] == [True]


def test_the_job_for_it_was_enqueued_with_the_booking(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    booking, _ = booked(in_alpha)
    run_jobs()
    assert status(booking)[0] == "PENDING_PAYMENT"
    with time_machine.travel(datetime.now(UTC) + services.hold_time() + timedelta(minutes=1)):
        run_jobs()
    assert status(booking) == ("CANCELLED", "hold_expired")


def test_ending_a_hold_twice_or_too_early_does_nothing(in_alpha: Tenant, stripe: Control) -> None:
    booking, _ = booked(in_alpha)
    services.release_hold(booking.pk)
    assert status(booking)[0] == "PENDING_PAYMENT"
    let_the_hold_end(booking)
    services.release_hold(booking.pk)
    services.release_hold(booking.pk)
    assert Event.objects.filter(type="booking.cancelled").count() == 1


def test_a_payment_that_came_just_in_time_wins(in_alpha: Tenant, stripe: Control) -> None:
    booking, session = booked(in_alpha)
    stripe("pay", session=session)
    let_the_hold_end(booking)
    services.release_hold(booking.pk)
    assert status(booking) == ("CONFIRMED", "")


def test_while_stripe_cannot_be_asked_the_hold_stays(in_alpha: Tenant, stripe: Control) -> None:
    booking, session = booked(in_alpha)
    let_the_hold_end(booking)
    stripe("fault", kind="500", times=99, path="expire")
    with pytest.raises(ProcessorFailed):
        services.release_hold(booking.pk)
    assert status(booking)[0] == "PENDING_PAYMENT"
    stripe("clear_faults")
    stripe("pay", session=session)
    services.release_hold(booking.pk)
    assert status(booking)[0] == "CONFIRMED"


def test_a_stale_hold_gives_way_to_the_next_customer(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    first, _ = booked(in_alpha)
    with pytest.raises(SlotTaken):
        services.book(wanted("b@example.com"))
    let_the_hold_end(first)
    second = services.book(wanted("b@example.com"))
    assert status(first) == ("CANCELLED", "hold_expired")
    assert status(second)[0] == "PENDING_PAYMENT"
    run_jobs()
    assert stripe("sessions")[0]["status"] == "expired"


def test_paid_after_the_time_went_to_someone_else_is_refunded_once(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    first, session = booked(in_alpha)
    let_the_hold_end(first)
    second = services.book(wanted("b@example.com"))
    stripe("pay", session=session)
    for _ in range(2):
        services.settle(first)
        from payments.services import settle

        settle(PaymentSession.objects.get(payable_id=str(first.pk)).pk)
    run_jobs()
    assert status(first)[0] == "CANCELLED"
    assert status(second)[0] == "PENDING_PAYMENT"
    payment = PaymentSession.objects.get(payable_id=str(first.pk))
    assert (payment.status, payment.amount_refunded) == ("refunded", 1000)
    assert payment.refunds.count() == 1
    told = [letter for letter in mail.outbox if letter.subject.startswith("Refunded")]
    assert [letter.to for letter in told] == [["ann@example.com"]]


def test_paid_late_while_the_time_is_still_free_is_confirmed(
    in_alpha: Tenant, stripe: Control
) -> None:
    booking, session = booked(in_alpha)
    stripe("pay", session=session)
    # The hold was ended by the next customer's attempt, who then gave up.
    let_the_hold_end(booking)
    other = services.book(wanted("b@example.com"))
    services.cancel(other.pk, actor=SYSTEM)
    from payments.services import settle

    settle(PaymentSession.objects.get(payable_id=str(booking.pk)).pk)
    assert status(booking) == ("CONFIRMED", "")


def test_a_bank_debit_holds_the_time_without_an_end(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    booking, session = booked(in_alpha)
    stripe("bank_debit", session=session)
    services.settle(booking)
    assert (booking.status, booking.hold_expires_at) == ("PENDING_PAYMENT", None)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2)):
        run_jobs()
    assert status(booking)[0] == "PENDING_PAYMENT"
    with pytest.raises(SlotTaken):
        services.book(wanted("b@example.com"))
    stripe("bank_pays", session=session)
    services.settle(booking)
    assert status(booking)[0] == "CONFIRMED"


def test_paying_again_after_the_hold_has_ended_is_refused(
    in_alpha: Tenant, stripe: Control
) -> None:
    booking, _ = booked(in_alpha)
    let_the_hold_end(booking)
    booking.refresh_from_db()
    with pytest.raises(BookingClosed):
        services.start_payment(booking, own_hosts=in_alpha.hosts)


def test_asked_twice_the_same_page_is_given(in_alpha: Tenant, stripe: Control) -> None:
    booking, _ = booked(in_alpha)
    first = money.latest_payment(booking)
    again = services.start_payment(booking, own_hosts=in_alpha.hosts)
    assert first == again
    assert len(stripe("sessions")) == 1


@pytest.mark.parametrize(("refund", "refunded"), [(True, 1000), (False, 0)])
def test_the_business_cancels_with_or_without_refund(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner, refund: bool, refunded: int
) -> None:
    booking, session = booked(in_alpha)
    stripe("pay", session=session)
    services.settle(booking)
    services.cancel(booking.pk, actor=SYSTEM, refund=refund)
    run_jobs()
    assert status(booking) == ("CANCELLED", "business")
    assert PaymentSession.objects.get().amount_refunded == refunded
    with pytest.raises(BookingClosed):
        services.cancel(booking.pk, actor=SYSTEM)


def test_what_happened_can_be_read_later(
    in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    booking, session = booked(in_alpha)
    stripe("pay", session=session)
    services.settle(booking)
    events: Any = Event.objects
    assert [event.type for event in events.about(booking)] == [
        "booking.created",
        "booking.confirmed",
    ]
    payment = PaymentSession.objects.get()
    assert [event.type for event in events.about(payment)] == [
        "payment.created",
        "payment.succeeded",
    ]
