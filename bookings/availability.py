"""Which times of a day a service can be had."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bookings.models import Booking, OpeningHours, Resource, Service

STEP = timedelta(minutes=30)


@dataclass(frozen=True)
class Slot:
    """A time that can be booked, as an instant in UTC."""

    starts_at: datetime
    ends_at: datetime

    @property
    def key(self) -> str:
        """The start as it stands in an address: without the "+" that queries read as a space."""
        return self.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the instant in UTC at which clocks in `zone` show `day` and `at`."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def resources_for(service: Service | None) -> list[Resource]:
    """Return the active resources on which `service` can be had, by id: the order of locking."""
    active = Resource.objects.filter(is_active=True)
    if service is not None:
        own = list(active.filter(service=service).order_by("id"))
        if own or service.resources.exists():
            return own
        return list(active.order_by("id"))
    # Something the catalogue does not know takes the business's first resource.
    return list(active.order_by("position", "id")[:1])


def opening_times(service: Service, day: date, zone: ZoneInfo) -> list[Slot]:
    """Return every slot that the opening hours of `day` have room for, taken or not."""
    slots: list[Slot] = []
    for hours in OpeningHours.objects.filter(weekday=day.weekday()):
        starts_at = instant(day, hours.opens_at, zone)
        closes_at = instant(day, hours.closes_at, zone)
        while starts_at + service.duration <= closes_at:
            slots.append(Slot(starts_at, starts_at + service.duration))
            starts_at += STEP
    return sorted(set(slots), key=lambda slot: slot.starts_at)


def free_slots(service: Service, day: date, zone: ZoneInfo, now: datetime) -> list[Slot]:
    """Return the slots of `day` (in `zone`) after `now` for which some resource is free."""
    slots = [slot for slot in opening_times(service, day, zone) if slot.starts_at > now]
    if not slots:
        return []
    resources = {resource.pk for resource in resources_for(service)}
    taken = _taken(resources, slots[0].starts_at, slots[-1].ends_at, now)
    return [slot for slot in slots if len(_busy(taken, slot)) < len(resources)]


def _taken(
    resources: Iterable[int], starts_at: datetime, ends_at: datetime, now: datetime
) -> list[tuple[int, datetime, datetime]]:
    bookings = (
        Booking.objects.occupying()
        .overlapping(starts_at, ends_at)
        .filter(resource__in=resources)
        .exclude(status=Booking.Status.PENDING_PAYMENT, hold_expires_at__lte=now)
    )
    return list(bookings.values_list("resource_id", "starts_at", "ends_at"))


def _busy(taken: list[tuple[int, datetime, datetime]], slot: Slot) -> set[int]:
    return {
        resource
        for resource, starts_at, ends_at in taken
        if starts_at < slot.ends_at and ends_at > slot.starts_at
    }


def is_offered(service: Service, starts_at: datetime, zone: ZoneInfo) -> bool:
    """Is `starts_at` one of the times at which customers may begin `service`?"""
    day = starts_at.astimezone(zone).date()
    return any(slot.starts_at == starts_at for slot in opening_times(service, day, zone))


def open_days(service: Service, first: date, count: int, zone: ZoneInfo) -> list[date]:
    """Return the days among `count` from `first` on which the business opens at all."""
    weekdays = set(OpeningHours.objects.values_list("weekday", flat=True))
    days = (first + timedelta(days=offset) for offset in range(count))
    return [day for day in days if day.weekday() in weekdays]
