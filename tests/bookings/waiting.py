"""Classes and days that are full, and people who wait."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from access.actors import CUSTOMER
from bookings import services, waitlist
from bookings.models import Booking, ClassSession, Resource, Service, WaitlistEntry
from bookings.waitlist import Wish
from bookings.wishes import BookingRequest
from tests.support import JobRunner

START = datetime(2027, 3, 1, 10, tzinfo=UTC)
DAY = date(2027, 3, 1)


def yoga(capacity: int = 1, **values: Any) -> ClassSession:
    """Return a class with no places taken yet."""
    service = Service.objects.create(
        **{
            "name": "Yoga",
            "kind": "class",
            "duration_minutes": 60,
            "price": 1500,
            "party_max": 4,
            "price_is_per_person": True,
            **values,
        }
    )
    return ClassSession.objects.create(
        service=service,
        starts_at=START,
        ends_at=START + timedelta(hours=1),
        capacity=capacity,
    )


def haircut(**values: Any) -> Service:
    return Service.objects.create(
        **{"name": "Haircut", "duration_minutes": 60, "price": 4500, **values}
    )


def book(service: Service, name: str, starts_at: datetime = START, party_size: int = 1) -> Booking:
    return services.book(
        BookingRequest.for_service(
            service,
            customer_name=name,
            customer_email=f"{name.lower()}@example.com",
            starts_at=starts_at,
            party_size=party_size,
        )
    )


def wait(service: Service, name: str, **values: Any) -> WaitlistEntry:
    if service.kind == "class":
        values = {"starts_at": START, **values}
    else:
        values = {"first_day": DAY, **values}
    return waitlist.join(
        Wish(
            service=service,
            customer_name=name,
            customer_email=f"{name.lower()}@example.com",
            **values,
        )
    )


def fill_the_day(service: Service) -> list[Booking]:
    """Book every hour from nine to five of the only resource."""
    assert Resource.objects.count() == 1
    first = START - timedelta(hours=1)
    return [book(service, f"Guest{hour}", first + timedelta(hours=hour)) for hour in range(8)]


def cancel(booking: Booking, run_jobs: JobRunner) -> None:
    services.cancel(booking.pk, actor=CUSTOMER, reason="customer")
    run_jobs()


def let_the_offer_end(entry: WaitlistEntry, run_jobs: JobRunner) -> None:
    """Move an offer's hold into the past, and do what its job would do then."""
    entry.refresh_from_db()
    assert entry.offered_booking is not None
    past = datetime.now(UTC) - timedelta(seconds=1)
    Booking.objects.filter(pk=entry.offered_booking.pk).update(hold_expires_at=past)
    services.release_hold(entry.offered_booking.pk)
    run_jobs()


def statuses() -> list[tuple[str, str]]:
    """Return (name, status) of everyone on the lists, in order."""
    return list(WaitlistEntry.objects.values_list("customer_name", "status"))
