"""Bookings and codes for the tests of offers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

from django.db import transaction
from django_tenants.utils import tenant_context

from bookings.errors import BookingError
from bookings.models import Booking, Resource, Service
from bookings.offers import services
from bookings.offers.services import Quote
from tenants.connection import connection
from tenants.models import Tenant

START = datetime(2027, 3, 1, 10, tzinfo=UTC)
EMAIL = "ann@example.com"


def a_service(**values: Any) -> Service:
    return Service.objects.create(
        **{"name": "Yoga", "duration_minutes": 60, "price": 4500, "party_max": 4, **values}
    )


def a_quote(service: Service | None, *codes: str, **values: Any) -> Quote:
    """Return the quote for one person at the catalogue's price."""
    party_size = values.get("party_size", 1)
    total = service.price_for(party_size) if service else values.get("total", 4500)
    deposit = service.deposit_for(total, party_size) if service else values.get("deposit", 0)
    return services.quote(
        service, party_size, values.get("total", total), values.get("deposit", deposit),
        codes=codes, customer_email=values.get("email", EMAIL),
    )  # fmt: skip


def booked(quote: Quote, number: int = 0, *, email: str = EMAIL) -> Booking:
    """Insert a booking with what `quote` promised, as `book` does: both or neither."""
    starts_at = START + timedelta(hours=number)
    with transaction.atomic():
        booking = Booking.objects.create(
            resource=Resource.objects.first(), service_name="Yoga", starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1), customer_name="Ann", customer_email=email,
            currency="GBP", status="CONFIRMED", **quote.amounts,
        )  # fmt: skip
        services.redeem(booking, quote)
    return booking


def race(tenant: Tenant, count: int, work: Callable[[int], object]) -> list[str]:
    """Do `work` on so many threads that start together; return how each ended, sorted."""
    barrier = Barrier(count)

    def start(number: int) -> str:
        try:
            with tenant_context(tenant):
                barrier.wait(timeout=30)
                work(number)
            return "won"
        except BookingError as error:
            return str(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(start, range(count)))
