"""Bookings for the tests of messages, made without asking for availability."""

from datetime import UTC, datetime, timedelta
from typing import Any

from bookings.models import Booking

#: A Thursday, at eleven on London's clocks.
START = datetime(2027, 7, 1, 10, tzinfo=UTC)
#: When the bookings were made, unless a test says otherwise.
MADE = datetime(2027, 6, 1, 9, tzinfo=UTC)


def a_booking(**changes: Any) -> Booking:
    """Return a confirmed booking of 45 minutes with a deposit."""
    starts_at = changes.pop("starts_at", START)
    values: dict[str, Any] = {
        "service_name": "Haircut",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=45),
        "customer_name": "Ann",
        "customer_email": "ann@example.com",
        "total_amount": 4550,
        "deposit_amount": 1000,
        "currency": "GBP",
        "status": Booking.Status.CONFIRMED,
        "created_at": MADE,
        "confirmed_at": MADE,
        **changes,
    }
    return Booking.objects.create(**values)


def cancelled(booking: Booking, reason: str = "customer") -> Booking:
    """Cancel `booking` as the services do, without their mail."""
    booking.status = Booking.Status.CANCELLED
    booking.cancel_reason = reason
    booking.cancelled_at = datetime(2027, 6, 2, tzinfo=UTC)
    booking.save()
    return booking
