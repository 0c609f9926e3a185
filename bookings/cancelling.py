"""How a booking ends before its time: cancelled by whom, given up, or not paid in time."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from access.actors import CUSTOMER, SYSTEM, Actor
from bookings import claims, money, policy
from bookings.errors import BookingClosed, RefundChanged
from bookings.models import Booking
from bookings.money import (
    earn_deposits,
    end_open_checkouts,
    lock_payments,
    payments_ahead,
    payments_of,
)
from bookings.offers import services as offers
from bookings.policy import Quote
from bookings.records import event_data, get_booking, locked
from events.services import record
from payments import services as payments

Status = Booking.Status
CancelReason = Booking.CancelReason


# --- By the customer, on the accepted terms ---


def why_not_cancel(booking: Booking, now: datetime) -> str:
    """Return why the customer can't cancel by themselves, as a sentence; empty when they can."""
    if booking.status not in (Status.PENDING_PAYMENT, Status.CONFIRMED):
        return f"This booking is {booking.get_status_display().lower()} already."
    return "This booking has begun already." if booking.starts_at <= now else ""


def cancel_by_customer(
    booking_id: int, *, expected_refund: int | None = None, actor: Actor = CUSTOMER
) -> Quote:
    """Cancel a booking as its terms say; return what goes back and what is kept.

    The refund is reserved in the same transaction and sent by a job; what is kept is earned. Raises
    RefundChanged when the refund is not `expected_refund` (minor units) any more, BookingClosed
    for a booking that is over, cancelled or has begun. Nothing is changed then.
    """
    now = timezone.now()
    booking = get_booking(booking_id)
    with transaction.atomic():
        quote = _cancel_as_agreed(booking, expected_refund, actor, now)
    end_checkouts_now(booking)
    return quote


def _cancel_as_agreed(
    booking: Booking, expected_refund: int | None, actor: Actor, now: datetime
) -> Quote:
    # Payments before bookings: the order of locking.
    paid = lock_payments(booking)
    booking = locked(booking.pk)
    refused = why_not_cancel(booking, now)
    if refused:
        raise BookingClosed(refused)
    quote = policy.quote(booking, now)
    if expected_refund not in (None, quote.refund):
        raise RefundChanged(
            "What goes back has changed meanwhile. Please look at it again.",
            refund_pence=quote.refund,
            kept_pence=quote.kept,
        )
    money.give_back(
        paid, quote.refund, reason="Booking cancelled", actor=actor,
        key=f"booking:{booking.pk}:cancelled",
    )  # fmt: skip
    earn_deposits(booking.pk)
    mark_cancelled(booking, CancelReason.CUSTOMER, actor, now)
    return quote


# --- By the business, or by whoever has not paid ---


def cancel(
    booking_id: int,
    *,
    actor: Actor,
    reason: str = CancelReason.BUSINESS,
    refund: bool = False,
    tells: bool = True,
) -> Booking:
    """Cancel a booking and free its time; with `refund`, give all that was paid ahead back.

    An open checkout is ended as well; if it turns out to be paid, that money is given back.
    Without `tells` the caller tells the customer. Raises BookingClosed for a booking that is over
    or cancelled.
    """
    booking = get_booking(booking_id)
    with transaction.atomic():
        booking = _cancel_locked(booking, actor, reason, refund=refund, tells=tells)
    end_checkouts_now(booking)
    return booking


def _cancel_locked(
    booking: Booking, actor: Actor, reason: str, *, refund: bool, tells: bool
) -> Booking:
    # Payments before bookings: the order of locking.
    if refund:
        for session in payments_ahead(booking):
            if session.amount_refundable:
                payments.request_refund(
                    payment_session_id=str(session.pk), reason="Booking cancelled", actor=actor
                )
    else:
        earn_deposits(booking.pk)
    booking = locked(booking.pk)
    if booking.status not in (Status.PENDING_PAYMENT, Status.CONFIRMED):
        raise BookingClosed(f"This booking is {booking.get_status_display().lower()} already.")
    mark_cancelled(booking, reason, actor, tells=tells)
    return booking


def give_up(booking_id: int, *, actor: Actor) -> Booking:
    """Cancel a booking that waits for its payment, for the customer.

    One that is paid meanwhile stays: raises BookingClosed. Money that comes in later is given
    back.
    """
    if not release(booking_id, CancelReason.CUSTOMER, actor=actor):
        raise BookingClosed("Only a booking that waits for its payment can be given up here.")
    booking = get_booking(booking_id)
    end_checkouts_now(booking)
    return booking


def mark_cancelled(
    booking: Booking,
    reason: str,
    actor: Actor,
    now: datetime | None = None,
    *,
    tells: bool = True,
) -> None:
    """Free a locked booking's time, tell of it, and end the checkouts that are still open."""
    from bookings import jobs, waitlist_offers

    booking.status = Status.CANCELLED
    booking.cancel_reason = reason
    booking.cancelled_at = now or timezone.now()
    booking.hold_expires_at = None
    booking.changed_by = actor.label or actor.kind
    booking.save(
        update_fields=[
            "status", "cancel_reason", "cancelled_at", "hold_expires_at", "changed_by",
            "updated_at",
        ]
    )  # fmt: skip
    claims.free(booking)
    _end_offers(booking)
    record("booking.cancelled", booking, event_data(booking) | {"reason": reason}, actor)
    was_only_offered = waitlist_offers.after_cancelled(booking)
    if tells and reason != CancelReason.PAYMENT_UNAVAILABLE and not was_only_offered:
        jobs.send_mail.enqueue(booking_id=booking.pk, message="cancelled")
    jobs.end_checkouts.enqueue(booking_id=booking.pk)


def _end_offers(booking: Booking) -> None:
    """Give back what a code has paid, unless the customer cancels later than the terms allow."""
    by_customer = booking.cancel_reason == CancelReason.CUSTOMER
    late = booking.cancelled_at is not None and booking.cancelled_at > policy.free_until(booking)
    if by_customer and late and booking.confirmed_at is not None:
        offers.earn(booking)
    else:
        offers.give_back(booking)


@transaction.atomic
def release(booking_id: int, reason: str, *, actor: Actor = SYSTEM) -> bool:
    """Give up a booking that still waits; return False for one that is not waiting any more."""
    booking = locked(booking_id)
    if booking.is_pending:
        mark_cancelled(booking, reason, actor)
        return True
    return False


def release_hold(booking_id: int) -> None:
    """End a booking that was not paid in time; does nothing when that is no longer so.

    The checkout is ended first, so that a payment in the last second wins. May run late, twice
    or at the same time. Raises ProcessorFailed when Stripe can't be asked, so that the job tries
    again.
    """
    stale = Booking.objects.filter(pk=booking_id).stale_holds(timezone.now())
    booking = stale.first()
    if booking is None:
        return
    end_open_checkouts(booking)
    with transaction.atomic():
        booking = locked(booking_id)
        if stale.exists():
            mark_cancelled(booking, CancelReason.HOLD_EXPIRED, SYSTEM)


def release_after_payment_ended(booking_id: int, reason: str) -> None:
    """The checkout is over without a payment: free the time unless another one is open."""
    booking = Booking.objects.filter(pk=booking_id).first()
    if booking is None or not booking.is_pending:
        return
    if not any(session.is_open or session.is_paid for session in payments_of(booking)):
        release(booking_id, reason)


def end_stale_hold(booking: Booking) -> None:
    """End a locked booking whose hold has run out, because somebody else wants its time."""
    mark_cancelled(booking, CancelReason.HOLD_EXPIRED, SYSTEM)


def end_checkouts(booking_id: int) -> None:
    """End what is still open at Stripe for a booking that is over; the job behind cancelling."""
    booking = get_booking(booking_id)
    if booking.is_cancelled:
        end_open_checkouts(booking)


def end_checkouts_now(booking: Booking) -> None:
    """End what is open for a cancelled booking, if Stripe can be asked: else its job does."""
    try:
        end_open_checkouts(booking)
    except payments.ProcessorFailed:
        # The job that `mark_cancelled` enqueued keeps trying.
        pass
