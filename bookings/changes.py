"""What happens to a booking after it was made: the customer cancels it, or it moves."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from access.actors import CUSTOMER, Actor
from bookings import policy, services, taking, waitlist_offers
from bookings.availability import Wanted, is_offered
from bookings.errors import BookingClosed, InvalidBooking, RefundChanged, SlotTaken, TooLate
from bookings.models import AddOn, Booking, Service
from bookings.money import DEPOSIT, lock_payments
from bookings.policy import Quote
from events.services import record
from payments import services as payments
from payments.models import PaymentSession
from tenants.current import current_tenant
from tenants.templatetags.business import local_time

FURTHEST_AHEAD = services.FURTHEST_AHEAD
Status = Booking.Status
CancelReason = Booking.CancelReason


# --- Cancelling ---


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
    booking = services.get_booking(booking_id)
    with transaction.atomic():
        quote = _cancel_as_agreed(booking, expected_refund, actor, now)
    services.end_checkouts_now(booking)
    return quote


def _cancel_as_agreed(
    booking: Booking, expected_refund: int | None, actor: Actor, now: datetime
) -> Quote:
    # Payments before bookings: the order of locking.
    paid = lock_payments(booking)
    locked = services.locked(booking.pk)
    refused = why_not_cancel(locked, now)
    if refused:
        raise BookingClosed(refused)
    quote = policy.quote(locked, now)
    if expected_refund not in (None, quote.refund):
        raise RefundChanged(
            "What goes back has changed meanwhile. Please look at it again.",
            refund_pence=quote.refund,
            kept_pence=quote.kept,
        )
    _give_back(locked, paid, quote.refund, actor)
    payments.earn_deposits(DEPOSIT, locked.pk)
    services.mark_cancelled(locked, CancelReason.CUSTOMER, actor, now)
    return quote


def _give_back(booking: Booking, paid: Sequence[PaymentSession], amount: int, actor: Actor) -> None:
    """Reserve refunds of `amount` in all, out of the oldest payment first."""
    for session in paid:
        part = min(session.amount_refundable, amount)
        if part:
            payments.request_refund(
                payment_session_id=str(session.pk),
                amount=part,
                reason="Booking cancelled",
                actor=actor,
                idempotency_key=f"booking:{booking.pk}:cancelled:{session.pk}",
            )
            amount -= part


# --- Moving ---


def why_not_move(booking: Booking, now: datetime) -> str:
    """Return why the customer can't move the booking themselves, as a sentence; else nothing."""
    if not booking.is_confirmed:
        return "Only a confirmed booking can be moved."
    if booking.starts_at <= now:
        return "This booking has begun already."
    until = policy.free_until(booking)
    return "" if now <= until else f"This booking could be changed here until {local_time(until)}."


def wanted_for(booking: Booking, resource_id: int | None = None) -> Wanted | None:
    """Return what `booking` needs at another time: as long as when it was booked.

    A customer who could choose a person keeps theirs, unless `resource_id` names another. None for
    what the catalogue does not know.
    """
    if booking.service is None:
        return None
    lines = [line for line in booking.lines.select_related("service") if line.service]
    visited = dict.fromkeys(line.service for line in lines if not line.is_add_on)
    visit = tuple(service for service in visited if service) or (booking.service,)
    minutes = {
        service.pk: sum(line.minutes for line in lines if line.service == service)
        for service in visit
    }
    if not lines:
        whole = booking.ends_at - booking.starts_at
        minutes[booking.service.pk] = int(whole.total_seconds() // 60)
    theirs = booking.resource
    if resource_id is None and booking.service.customer_chooses_resource and theirs:
        resource_id = theirs.pk if theirs.is_active else None
    return Wanted(
        visit,
        # The catalogue may have changed since; what was booked has not.
        tuple(
            AddOn(service=one, minutes=minutes[one.pk] - one.minutes_for(booking.party_size))
            for one in visit
        ),
        booking.party_size,
        resource_id,
    )


def reschedule(
    booking_id: int, *, starts_at: datetime, resource_id: int | None = None, actor: Actor = CUSTOMER
) -> Booking:
    """Move a confirmed booking to `starts_at` (aware) and return it.

    Its new time is taken before the old one is freed, in one transaction: refused, it keeps the
    old one. What was paid stays with it and nothing is charged. A customer may move it while
    cancelling would be free, to a time that is offered; everyone else until it is over, to any
    time to come. `resource_id` asks for a person or thing. Raises SlotTaken, TooLate,
    BookingClosed, InvalidBooking.
    """
    now = timezone.now()
    if not now < starts_at < now + FURTHEST_AHEAD:
        raise InvalidBooking(
            "booking_date must be in the future, at most five years ahead", field="booking_date"
        )
    booking = services.get_booking(booking_id)
    wanted = wanted_for(booking, resource_id)
    _check_resource(wanted, starts_at, resource_id)
    with transaction.atomic():
        taking.lock_for_move(booking, wanted, starts_at)
        locked = Booking.objects.select_for_update().get(pk=booking_id)
        if locked.is_confirmed and _is_there(locked, starts_at, resource_id):
            return locked
        if (locked.starts_at, locked.party_size) != (booking.starts_at, booking.party_size):
            raise BookingClosed("Somebody changed this booking just now. Please look at it again.")
        _check_may_move(locked, wanted, starts_at, actor, now)
        _move(locked, wanted, starts_at, actor, now)
    return locked


def _check_resource(wanted: Wanted | None, starts_at: datetime, resource_id: int | None) -> None:
    if resource_id is None or (wanted and wanted.service.kind == Service.Kind.CLASS):
        return
    if wanted is None or resource_id not in taking.possible_resources(wanted, starts_at):
        raise InvalidBooking("resource: this service can't be had there", field="resource")


def _check_may_move(
    booking: Booking, wanted: Wanted | None, starts_at: datetime, actor: Actor, now: datetime
) -> None:
    if not booking.is_confirmed:
        raise BookingClosed("Only a confirmed booking can be moved.")
    if actor.kind != CUSTOMER.kind:
        return
    refused = why_not_move(booking, now)
    if refused:
        raise TooLate(refused)
    if wanted is None:
        # Nothing says when it is on offer.
        raise BookingClosed("This booking can only be moved by the business. Please call.")
    if not is_offered(wanted, starts_at, current_tenant().zone, now):
        raise InvalidBooking(
            "booking_date is not one of the times at which this service starts",
            field="booking_date",
        )


def _is_there(booking: Booking, starts_at: datetime, resource_id: int | None) -> bool:
    """Is the booking where it is wanted already?"""
    same_place = resource_id is None or resource_id == booking.resource_id
    return booking.starts_at == starts_at and same_place


def _move(
    booking: Booking, wanted: Wanted | None, starts_at: datetime, actor: Actor, now: datetime
) -> None:
    from bookings import jobs

    before, old_session = booking.starts_at, booking.class_session_id
    zone = current_tenant().zone
    old_days = [moment.astimezone(zone).date() for moment in (before, booking.ends_at)]
    booking.starts_at = starts_at
    booking.changed_by = actor.label or actor.kind
    _take(booking, wanted, now)
    if old_session is not None:
        taking.free_seats(old_session, booking.party_size)
    waitlist_offers.place_freed(old_session, *old_days)
    times = {
        "old_starts_at": before.isoformat(),
        "new_starts_at": starts_at.isoformat(),
    }
    record("booking.rescheduled", booking, services.event_data(booking) | times, actor)
    jobs.send_mail.enqueue(
        booking_id=booking.pk, message="rescheduled", previous_start=before.isoformat()
    )


def _take(booking: Booking, wanted: Wanted | None, now: datetime) -> None:
    """Take the new time, with the same person if they are free then."""
    wishes = [wanted]
    if wanted and wanted.resource_id is None and wanted.service.kind == Service.Kind.APPOINTMENT:
        wishes.insert(0, replace(wanted, resource_id=booking.resource_id))
    for wish in wishes:
        try:
            taking.take(booking, wish, now, end_hold=services.end_stale_hold, moving=True)
        except SlotTaken:
            if wish is wishes[-1]:
                raise
        else:
            return
