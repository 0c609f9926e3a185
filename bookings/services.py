"""What can be done with a booking: book, pay, confirm, cancel, release."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.actors import CUSTOMER, SYSTEM, Actor
from bookings import policy, taking
from bookings.errors import BookingClosed, BookingNotFound, InvalidBooking
from bookings.models import Booking, BookingLine, BookingSettings
from bookings.money import DEPOSIT, end_open_checkouts, payments_ahead, payments_of
from bookings.offers import services as offers
from bookings.wishes import BookingRequest, Line, price_of
from events.services import record
from payments import services as payments
from payments.models import PaymentSession
from tenants.current import current_tenant

FURTHEST_AHEAD = timedelta(days=5 * 366)

Status = Booking.Status
CancelReason = Booking.CancelReason


def event_data(booking: Booking) -> dict[str, object]:
    """Return what an event says of a booking: no personal data beyond the reference."""
    return {
        "booking_id": booking.pk,
        "reference": booking.reference,
        "status": booking.status,
        "service_name": booking.service_name,
        "starts_at": booking.starts_at.isoformat(),
    }


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
    is_due = request.amounts["deposit_amount"] > 0 or request.requires_card
    must_pay = is_due and payments.payments_enabled()
    if must_pay and hold_until is None:
        hold_until = now + hold_time()
    with transaction.atomic():
        booking = _take(request, now, hold_until)
        _after_taking(booking, actor)
    return booking


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
    taking.take(booking, request.wanted, now, end_hold=end_stale_hold)
    _itemise(booking, request)
    if request.quote is not None:
        offers.redeem(booking, request.quote)
    return booking


def hold_time() -> timedelta:
    """Return how long a time is kept while its deposit is paid."""
    return timedelta(minutes=BookingSettings.objects.current().hold_minutes)


def end_stale_hold(booking: Booking) -> None:
    """End a locked booking whose hold has run out, because somebody else wants its time."""
    mark_cancelled(booking, CancelReason.HOLD_EXPIRED, SYSTEM)


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
        terms |= {
            "consent_text": service.consent_text,
            "consent_version": service.consent_version,
            "consent_at": now,
        }
    if request.requires_card:
        terms |= {
            "requires_card": True,
            "no_show_fee": service.no_show_fee,
            "late_cancellation_fee": service.late_cancellation_fee,
            "terms_accepted_at": now,
        }
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


def start_payment(booking: Booking, *, own_hosts: Iterable[str]) -> PaymentSession:
    """Open the page on which the deposit of a pending booking is paid, and return the payment.

    Asked again, it returns the same page while that is open, and a new one after. When Stripe
    fails, the booking is released and ProcessorFailed is raised: nothing half-done stays.
    """
    if not booking.is_pending:
        raise BookingClosed("This booking is not waiting for a payment.")
    now = timezone.now()
    if booking.hold_expires_at and booking.hold_expires_at <= now:
        raise BookingClosed("The time to pay has run out. Please book again.")
    earlier = list(payments_of(booking))
    reusable = next((session for session in earlier if _is_payable(session, now)), None)
    key = reusable.idempotency_key if reusable else f"booking:{booking.pk}:{len(earlier) + 1}"
    try:
        return _open_payment(booking, key, own_hosts)
    except Exception:
        if not earlier:
            release(booking.pk, CancelReason.PAYMENT_UNAVAILABLE)
        raise


def _open_payment(booking: Booking, key: str, own_hosts: Iterable[str]) -> PaymentSession:
    page = f"{current_tenant().url}/booking/{booking.access_token}"
    asked: dict[str, Any] = {
        "payable_type": DEPOSIT,
        "payable_id": booking.pk,
        "customer": payments.CustomerDetails(
            booking.customer_email, booking.customer_name, booking.customer_phone
        ),
        "success_url": booking.success_url or f"{page}/return/",
        "cancel_url": booking.cancel_url or f"{page}/unpaid/",
        "idempotency_key": key,
        "own_hosts": own_hosts,
        "access_token": booking.access_token,
        "expires_at": booking.hold_expires_at,
    }
    if booking.requires_card:
        return payments.start_card_setup(**asked, description=f"{booking.service_name}: card")
    return payments.start_checkout(
        **asked,
        amount=booking.deposit_amount,
        currency=booking.currency,
        description=f"{booking.service_name}: deposit",
        is_deposit=True,
        tax_rate=booking.tax_rate,
    )


def _is_payable(session: PaymentSession, now: datetime) -> bool:
    ended = session.checkout_expires_at is not None and session.checkout_expires_at <= now
    return session.is_open and not ended


def settle(booking: Booking) -> Booking:
    """Ask Stripe about an unsettled deposit and return the booking as it is then."""
    if booking.is_pending:
        for session in payments_of(booking):
            if not session.is_paid:
                payments.settle(session.pk)
        booking.refresh_from_db()
    return booking


def get_booking(booking_id: int) -> Booking:
    """Return the booking; raises BookingNotFound."""
    # Ids beyond bigint would be an error of the database.
    if 0 < booking_id < 2**63:
        booking = Booking.objects.filter(pk=booking_id).first()
        if booking is not None:
            return booking
    raise BookingNotFound("Booking not found")


def locked(booking_id: int) -> Booking:
    """Lock a booking, what it takes up first: the order in which everyone locks."""
    taking.lock_capacity(booking_id)
    return Booking.objects.select_for_update().get(pk=booking_id)


def end_checkouts(booking_id: int) -> None:
    """End what is still open at Stripe for a booking that is over; the job behind cancelling."""
    booking = get_booking(booking_id)
    if booking.is_cancelled:
        end_open_checkouts(booking)


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
        if taking.take_again(booking) and offers.use_again(booking):
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
    payments.earn_deposits(DEPOSIT, booking_id)
    booking = locked(booking_id)
    if not booking.is_confirmed or booking.starts_at > timezone.now():
        raise BookingClosed("Only a confirmed booking that has begun can be ended like this.")
    ended_at = "completed_at" if status == Status.COMPLETED else "no_show_at"
    booking.status = status
    booking.changed_by = actor.label or actor.kind
    setattr(booking, ended_at, timezone.now())
    booking.save(update_fields=["status", "changed_by", ended_at, "updated_at"])
    offers.earn(booking)
    record(f"booking.{status.lower()}", booking, event_data(booking), actor)
    return booking


def cancel(
    booking_id: int, *, actor: Actor, reason: str = CancelReason.BUSINESS, refund: bool = False
) -> Booking:
    """Cancel a booking and free its time; with `refund`, give all that was paid ahead back.

    An open checkout is ended as well; if it turns out to be paid, that money is given back.
    Raises BookingClosed for a booking that is over or cancelled.
    """
    booking = get_booking(booking_id)
    with transaction.atomic():
        booking = _cancel_locked(booking, actor, reason, refund=refund)
    end_checkouts_now(booking)
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


def end_checkouts_now(booking: Booking) -> None:
    """End what is open for a cancelled booking, if Stripe can be asked: else its job does."""
    try:
        end_open_checkouts(booking)
    except payments.ProcessorFailed:
        # The job that `mark_cancelled` enqueued keeps trying.
        pass


def _cancel_locked(booking: Booking, actor: Actor, reason: str, *, refund: bool) -> Booking:
    # Payments before bookings: the order of locking.
    if refund:
        for session in payments_ahead(booking):
            if session.amount_refundable:
                payments.request_refund(
                    payment_session_id=str(session.pk), reason="Booking cancelled", actor=actor
                )
    else:
        payments.earn_deposits(DEPOSIT, booking.pk)
    booking = locked(booking.pk)
    if booking.status not in (Status.PENDING_PAYMENT, Status.CONFIRMED):
        raise BookingClosed(f"This booking is {booking.get_status_display().lower()} already.")
    mark_cancelled(booking, reason, actor)
    return booking


def mark_cancelled(
    booking: Booking, reason: str, actor: Actor, now: datetime | None = None
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
    taking.free(booking)
    _end_offers(booking)
    record("booking.cancelled", booking, event_data(booking) | {"reason": reason}, actor)
    was_only_offered = waitlist_offers.after_cancelled(booking)
    if reason != CancelReason.PAYMENT_UNAVAILABLE and not was_only_offered:
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


@transaction.atomic
def release(booking_id: int, reason: str, *, actor: Actor = SYSTEM) -> bool:
    """Give up a booking that still waits; return False for one that is not waiting any more."""
    booking = locked(booking_id)
    if booking.is_pending:
        mark_cancelled(booking, reason, actor)
        return True
    return False


def release_after_payment_ended(booking_id: int, reason: str) -> None:
    """The checkout is over without a payment: free the time unless another one is open."""
    booking = Booking.objects.filter(pk=booking_id).first()
    if booking is None or not booking.is_pending:
        return
    if not any(session.is_open or session.is_paid for session in payments_of(booking)):
        release(booking_id, reason)
