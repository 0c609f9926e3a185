"""Small businesses for tests of availability."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bookings.availability import Wanted, free_times
from bookings.models import (
    Allocation,
    Booking,
    BookingSettings,
    ClassSession,
    OpeningHours,
    Resource,
    Service,
)

LONDON = ZoneInfo("Europe/London")
#: A Monday in winter: local times are UTC.
MONDAY = date(2027, 3, 1)
NOW = datetime(2027, 2, 1, tzinfo=UTC)


def at(text: str, day: date = MONDAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(text), UTC)


def open_daily(
    opens: str = "09:00", closes: str = "12:00", resource: Resource | None = None
) -> None:
    """Open every day of the week, instead of what was there."""
    OpeningHours.objects.filter(resource=resource).delete()
    OpeningHours.objects.bulk_create(
        OpeningHours(resource=resource, weekday=day, opens_at=opens, closes_at=closes)
        for day in range(7)
    )


def staff(*names: str) -> list[Resource]:
    """Have these people, and nothing else."""
    OpeningHours.objects.exclude(resource=None).delete()
    Resource.objects.update(is_active=False)
    return [
        Resource.objects.create(name=name, kind="staff", position=number)
        for number, name in enumerate(names)
    ]


def table(name: str, fewest: int, most: int) -> Resource:
    return Resource.objects.create(name=name, kind="table", seats_min=fewest, seats_max=most)


def service(**values: Any) -> Service:
    return Service.objects.create(
        **{"name": "Cut", "duration_minutes": 60, "price": 3000, "step_minutes": 60, **values}
    )


def rules(**values: Any) -> None:
    BookingSettings.objects.update_or_create(is_only_row=True, defaults=values)


def booked(
    what: Service | None, *resources: Resource, starts: str, minutes: int = 60, **values: Any
) -> Booking:
    """Insert a booking and what it takes, at local time `starts` on MONDAY."""
    starts_at = at(starts)
    row = Booking.objects.create(
        **{
            "service": what, "service_name": "Cut", "resource": next(iter(resources), None),
            "starts_at": starts_at, "ends_at": starts_at + timedelta(minutes=minutes),
            "customer_name": "Ann", "customer_email": "ann@example.com", "total_amount": 0,
            "currency": "GBP", "status": "CONFIRMED", **values,
        }
    )  # fmt: skip
    for resource in resources:
        Allocation.objects.create(
            booking=row, resource=resource, starts_at=row.starts_at, ends_at=row.ends_at
        )
    return row


def class_at(
    what: Service, starts: str, capacity: int, taken: int = 0, instructor: Resource | None = None
) -> ClassSession:
    return ClassSession.objects.create(
        instructor=instructor,
        service=what,
        starts_at=at(starts),
        ends_at=at(starts) + timedelta(hours=1),
        capacity=capacity,
        seats_taken=taken,
    )


def times(
    what: Service, *, day: date = MONDAY, now: datetime = NOW, ignoring: int | None = None,
    **wanted: Any,
) -> list[str]:  # fmt: skip
    """Return the free times of a day as its clocks show them."""
    slots = free_times(Wanted((what,), **wanted), day, day, LONDON, now, ignoring=ignoring)
    return [f"{slot.starts_at.astimezone(LONDON):%H:%M}" for slot in slots]
