"""What bookings does when payments tells it something; all inside the payment's transaction."""

from typing import Any

from django.dispatch import receiver

from access.actors import STRIPE, SYSTEM
from bookings import jobs, services
from bookings.models import Booking, OpeningHours, Resource
from events.services import record
from payments import signals
from payments.models import PaymentSession
from payments.services import request_refund
from tenants.models import Tenant
from tenants.signals import tenant_provisioned


def booking_for(session: PaymentSession) -> Booking | None:
    """Return the booking whose deposit a payment is, or None when it is for something else.

    An API caller may ask for other sums in a booking's name; they settle no deposit.
    """
    if session.payable_type != services.PAYABLE_TYPE or not session.payable_id.isdecimal():
        return None
    return Booking.objects.filter(
        pk=int(session.payable_id[:18]),
        deposit_amount=session.amount,
        currency=session.currency,
    ).first()


@receiver(signals.payment_succeeded)
def confirm_booking(sender: object, *, payment_session: PaymentSession, **kwargs: Any) -> None:
    """Confirm the booking, or give the money back when its time is gone."""
    booking = booking_for(payment_session)
    if booking is None or services.confirm(booking.pk, actor=STRIPE):
        return
    if payment_session.amount_refundable:
        request_refund(
            payment_session_id=str(payment_session.pk),
            reason="The time was no longer available",
            actor=SYSTEM,
            idempotency_key=f"unavailable:{payment_session.pk}",
        )
    record("booking.paid_too_late", booking, services.event_data(booking), SYSTEM)
    jobs.send_mail.enqueue(booking_id=booking.pk, message="paid_too_late")


@receiver(signals.payment_processing)
def keep_booking(sender: object, *, payment_session: PaymentSession, **kwargs: Any) -> None:
    booking = booking_for(payment_session)
    if booking is not None:
        services.keep_while_processing(booking.pk)


@receiver(signals.payment_failed)
def release_failed(
    sender: object, *, payment_session: PaymentSession, is_final: bool, **kwargs: Any
) -> None:
    """A declined card may be followed by a better one; a failed bank debit is the end."""
    booking = booking_for(payment_session)
    if booking is not None and is_final:
        services.release_after_payment_ended(booking.pk, Booking.CancelReason.PAYMENT_FAILED)


@receiver(signals.payment_canceled)
def release_canceled(sender: object, *, payment_session: PaymentSession, **kwargs: Any) -> None:
    booking = booking_for(payment_session)
    if booking is not None:
        services.release_after_payment_ended(booking.pk, Booking.CancelReason.HOLD_EXPIRED)


@receiver(tenant_provisioned)
def open_for_business(sender: object, *, tenant: Tenant, **kwargs: Any) -> None:
    """Start a business with one resource and office hours, for the owner to change."""
    Resource.objects.create(name=tenant.name[:100])
    OpeningHours.objects.bulk_create(
        OpeningHours(weekday=weekday, opens_at="09:00", closes_at="17:00") for weekday in range(5)
    )
