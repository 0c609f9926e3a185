"""Bookings to change: paid through the sandbox, or free, in alpha's own hours."""

from datetime import datetime, timedelta
from typing import Any

from bookings import services
from bookings.models import Booking, OpeningHours, Service
from bookings.wishes import BookingRequest
from tenants.models import Tenant
from tests.clock import NOON
from tests.stripe_control import Control


def open_always() -> None:
    """Open on every day from midnight to 23:30: tests run at any time."""
    OpeningHours.objects.all().delete()
    for weekday in range(7):
        OpeningHours.objects.create(weekday=weekday, opens_at="00:00", closes_at="23:30")


def noon(days: int = 7) -> datetime:
    """Return 12:00 UTC `days` from today."""
    return NOON + timedelta(days=days)


def haircut(**values: Any) -> Service:
    fields: dict[str, Any] = {
        "name": "Haircut", "duration_minutes": 60, "price": 4500, "free_cancellation_hours": 48,
        "late_refund_percent": 50, "no_refund_hours": 24, "step_minutes": 15,
    }  # fmt: skip
    return Service.objects.create(**{**fields, **values})


def book(service: Service, starts_at: datetime, **values: Any) -> Booking:
    wanted = BookingRequest.for_service(
        service,
        **{
            "customer_name": "Ann Lee",
            "customer_email": "ann@example.com",
            "starts_at": starts_at,
            **values,
        },
    )
    return services.book(wanted)


def book_and_pay(
    stripe: Control, tenant: Tenant, service: Service, starts_at: datetime, **values: Any
) -> Booking:
    booking = book(service, starts_at, **values)
    session = services.start_payment(booking, own_hosts=tenant.hosts)
    stripe("pay", session=session.stripe_checkout_session_id)
    return services.settle(booking)


def all_of(booking: Booking) -> list[Any]:
    """Return all that a refused change must leave alone."""
    found = Booking.objects.get(pk=booking.pk)
    claims = booking.allocations.order_by("pk").values_list(
        "resource", "starts_at", "ends_at", "is_live"
    )
    values = (found.status, found.starts_at, found.ends_at, found.resource_id, found.changed_by)
    return [values, list(claims)]
