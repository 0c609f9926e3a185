"""The front door of bookings: book, pay, confirm, complete; `cancelling` is what else ends one."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.actors import CUSTOMER, Actor
from bookings import agreements, claims, policy, taking
from bookings.cancelling import (
    cancel,
    end_checkouts,
    end_checkouts_now,
    end_stale_hold,
    give_up,
    mark_cancelled,
    release,
    release_after_payment_ended,
    release_hold,
)
from bookings.deposits import is_payable, settle, start_payment
from bookings.errors import BookingClosed, InvalidBooking
from bookings.models import Booking, BookingLine, BookingSettings
from bookings.money import earn_deposits
from bookings.offers import services as offers
from bookings.records import event_data, get_booking, locked
from bookings.wishes import BookingRequest, Line, price_of
from events.services import record
from payments import services as payments
from tenants.current import current_tenant

__all__ = [
    "FURTHEST_AHEAD",
    "book",
    "cancel",
    "complete",
    "confirm",
    "end_checkouts",
    "end_checkouts_now",
    "end_stale_hold",
    "event_data",
    "get_booking",
    "give_up",
    "hold_time",
    "is_paid_ahead",
    "is_payable",
    "itemise",
    "keep_while_processing",
    "locked",
    "mark_cancelled",
    "mark_no_show",
    "release",
    "release_after_payment_ended",
    "release_hold",
    "settle",
    "start_payment",
    "terms_kept",
]

FURTHEST_AHEAD = timedelta(days=5 * 366)

Status = Booking.Status
CancelReason = Booking.CancelReason


def book(
    request: BookingRequest, *, actor: Actor = CUSTOMER, hold_until: datetime | None = None
) -> Booking:
    """Take the time asked for and return the Booking.

    It is CONFIRMED at once when no deposit is due or the business takes no payments, else
    PENDING_PAYMENT and held for `hold_time`; call `start_payment` next. With `hold_until` it is
    held until then in any case, for somebody who has yet to say yes. Raises SlotTaken, or
    InvalidBooking for a time in the past or too far ahead.
    """
    now = timezone.now()
    if not now < request.starts_at < now + FURTHEST_AHEAD:
        raise InvalidBooking(
            "booking_date must be in the future, at most five years ahead", field="booking_date"
        )
    if hold_until is None and is_paid_ahead(request):
        hold_until = now + hold_time()
    with transaction.atomic():
        booking = _take(request, now, hold_until)
        _after_taking(booking, actor)
    return booking


def is_paid_ahead(request: BookingRequest) -> bool:
    """Has a deposit to be paid, or a card to be left, before `request` is confirmed?"""
    is_due = request.amounts["deposit_amount"] > 0 or request.requires_card
    return is_due and payments.payments_enabled()


def _take(request: BookingRequest, now: datetime, hold_until: datetime | None) -> Booking:
    """Write the booking with what it takes up; the database has the last word."""
    booking = Booking(
        series=request.series,
        service=request.service,
        service_name=request.service_name,
        starts_at=request.starts_at,
        party_size=request.party_size,
        customer_name=request.customer_name,
        customer_email=request.customer_email,
        customer_phone=request.customer_phone,
        guest_name=request.guest_name,
        notes=request.notes,
        answers=list(request.answers),
        **request.amounts,
        currency=current_tenant().currency,
        status=Status.PENDING_PAYMENT if hold_until else Status.CONFIRMED,
        hold_expires_at=hold_until,
        confirmed_at=None if hold_until else now,
        success_url=request.success_url,
        cancel_url=request.cancel_url,
        **terms_kept(request, now),
    )
    policy.fix_deadlines(booking)
    taking.take(booking, request.wanted, now, end_hold=end_stale_hold)
    _itemise(booking, request)
    if request.quote is not None:
        offers.redeem(booking, request.quote)
    return booking


def hold_time() -> timedelta:
    """Return how long a time is kept while its deposit is paid."""
    return timedelta(minutes=BookingSettings.objects.current().hold_minutes)


def _itemise(booking: Booking, request: BookingRequest) -> None:
    """Write what was sold; a caller's own price stands on one line."""
    wanted = request.wanted
    lines: tuple[Line, ...] = ()
    if wanted is not None:
        lines = price_of(wanted.services, wanted.add_ons, wanted.party_size).lines
    price = booking.total_amount + booking.discount_amount
    if sum(line.amount for line in lines) != price or not lines:
        minutes = int((booking.ends_at - booking.starts_at).total_seconds() // 60)
        lines = (
            Line(
                booking.service_name, booking.service, False, 1, minutes,
                price, booking.tax_rate,
            ),
        )  # fmt: skip
    itemise(booking, lines)


def itemise(booking: Booking, lines: Iterable[Line]) -> None:
    """Write what a booking consists of, in order."""
    BookingLine.objects.bulk_create(
        BookingLine(booking=booking, position=position, **vars(line))
        for position, line in enumerate(lines)
    )


def terms_kept(request: BookingRequest, now: datetime) -> dict[str, Any]:
    """Return what is kept of a service's terms: changing it never changes a booking."""
    service = request.service
    if service is None:
        return {}
    terms: dict[str, Any] = {
        "tax_rate": service.tax_rate,
        "free_cancellation_hours": service.free_cancellation_hours,
        "late_refund_percent": service.late_refund_percent,
        "no_refund_hours": service.no_refund_hours,
        "counts_business_days": service.counts_business_days,
    }
    if service.consent_text and request.consent_given:
        terms |= agreements.consent_kept(service, now)
    if request.requires_card:
        terms |= agreements.card_terms_kept(service, now)
    return terms


def _after_taking(booking: Booking, actor: Actor) -> None:
    from bookings import jobs

    record("booking.created", booking, event_data(booking), actor)
    if booking.is_confirmed:
        record("booking.confirmed", booking, event_data(booking), actor)
        # A series is told of once, with all its dates.
        if booking.series_id is None:
            jobs.send_mail.enqueue(booking_id=booking.pk, message="confirmed")
    else:
        jobs.release_hold.enqueue(booking_id=booking.pk, at=booking.hold_expires_at)


@transaction.atomic
def confirm(booking_id: int, *, actor: Actor) -> bool:
    """Confirm a paid booking; return whether the customer has the time they paid for.

    A booking that lapsed meanwhile comes back if its time is still free. One that someone
    cancelled stays cancelled.
    """
    from bookings import jobs, waitlist_offers

    booking = locked(booking_id)
    if booking.status in (Status.CONFIRMED, Status.COMPLETED, Status.NO_SHOW):
        return True
    if booking.is_cancelled and (
        booking.cancel_reason not in Booking.LAPSED or not _take_again(booking)
    ):
        return False
    booking.status = Status.CONFIRMED
    booking.confirmed_at = timezone.now()
    booking.hold_expires_at = None
    booking.cancel_reason = ""
    booking.cancelled_at = None
    booking.changed_by = actor.label or actor.kind
    booking.save()
    waitlist_offers.after_confirmed(booking)
    record("booking.confirmed", booking, event_data(booking), actor)
    jobs.send_mail.enqueue(booking_id=booking.pk, message="confirmed")
    return True


def _take_again(booking: Booking) -> bool:
    """Bring back what a lapsed booking had: its time, and what a code was to pay."""
    with transaction.atomic():
        if claims.take_again(booking) and offers.use_again(booking):
            return True
        transaction.set_rollback(True)
    return False


@transaction.atomic
def keep_while_processing(booking_id: int) -> None:
    """Hold the time without an end: a bank is moving the money."""
    booking = locked(booking_id)
    if not booking.is_pending:
        return
    booking.hold_expires_at = None
    booking.save(update_fields=["hold_expires_at", "updated_at"])


@transaction.atomic
def complete(booking_id: int, *, actor: Actor) -> Booking:
    """The customer was there: what they paid ahead is earned. Raises BookingClosed."""
    return _end(booking_id, Status.COMPLETED, actor)


@transaction.atomic
def mark_no_show(booking_id: int, *, actor: Actor) -> Booking:
    """The customer did not come: what they paid ahead is kept. Raises BookingClosed."""
    return _end(booking_id, Status.NO_SHOW, actor)


def _end(booking_id: int, status: str, actor: Actor) -> Booking:
    # Payments before bookings: the order of locking.
    earn_deposits(booking_id)
    booking = locked(booking_id)
    if not booking.is_confirmed or booking.starts_at > timezone.now():
        raise BookingClosed("Only a confirmed booking that has begun can be ended like this.")
    claims.release_changes(booking, timezone.now())
    ended_at = "completed_at" if status == Status.COMPLETED else "no_show_at"
    booking.status = status
    booking.changed_by = actor.label or actor.kind
    setattr(booking, ended_at, timezone.now())
    booking.save(update_fields=["status", "changed_by", ended_at, "updated_at"])
    offers.earn(booking)
    record(f"booking.{status.lower()}", booking, event_data(booking), actor)
    return booking
