"""The page on which a booking's deposit is paid, its card is left, or both."""

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone

from bookings.cancelling import release
from bookings.descriptions import described
from bookings.errors import BookingClosed
from bookings.models import Booking
from bookings.money import DEPOSIT, open_page, payments_of
from payments import services as payments
from payments.models import PaymentSession
from tenants.current import current_tenant

CancelReason = Booking.CancelReason


def start_payment(booking: Booking, *, own_hosts: Iterable[str]) -> PaymentSession:
    """Open the page on which the deposit of a pending booking is paid, and return the payment.

    Where a card is to be left as well, the one that pays stays on file; with nothing due, the
    page only saves it.

    Asked again, it returns the same page while that is open, and a new one after. When Stripe
    fails, the booking is released and ProcessorFailed is raised: nothing half-done stays.
    """
    if not booking.is_pending:
        raise BookingClosed("This booking is not waiting for a payment.")
    now = timezone.now()
    if booking.hold_expires_at and booking.hold_expires_at <= now:
        raise BookingClosed("The time to pay has run out. Please book again.")
    earlier = list(payments_of(booking))
    reusable = next((session for session in earlier if is_payable(session, now)), None)
    key = reusable.idempotency_key if reusable else f"booking:{booking.pk}:{len(earlier) + 1}"
    what = described("deposit" if booking.deposit_amount else "card", service=booking.service_name)
    try:
        # The same page again has to be asked for in the same words.
        return _open_payment(booking, key, reusable.description if reusable else what, own_hosts)
    except Exception:
        if not earlier:
            release(booking.pk, CancelReason.PAYMENT_UNAVAILABLE)
        raise


def _open_payment(
    booking: Booking, key: str, description: str, own_hosts: Iterable[str]
) -> PaymentSession:
    page = f"{current_tenant().url}/booking/{booking.access_token}"
    return open_page(
        booking,
        amount=booking.deposit_amount,
        saves_card=booking.requires_card,
        payable_type=DEPOSIT,
        success_url=booking.success_url or f"{page}/return/",
        cancel_url=booking.cancel_url or f"{page}/unpaid/",
        idempotency_key=key,
        own_hosts=own_hosts,
        expires_at=booking.hold_expires_at,
        description=description,
    )


def is_payable(session: PaymentSession, now: datetime) -> bool:
    """Can its page still be paid on?"""
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
