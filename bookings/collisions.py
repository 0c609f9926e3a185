"""What is booked when the business, or one of its resources, is not open any more."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from bookings.models import Booking, ClassSession, HoursException, OpeningHours, Resource
from tenants.current import current_tenant
from tenants.templatetags.business import local_time

LIVE = (Booking.Status.PENDING_PAYMENT, Booking.Status.CONFIRMED)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Interval:
    """An open time, as instants in UTC."""

    starts_at: datetime
    ends_at: datetime

    def holds(self, starts_at: datetime, ends_at: datetime) -> bool:
        return self.starts_at <= starts_at and ends_at <= self.ends_at


def booked_outside(exception: HoursException) -> list[Booking | ClassSession]:
    """Return what is booked on the days of `exception` and does not fit in the hours it leaves.

    Live bookings and classes that are not over, by start. What begins after midnight belongs to
    the evening before.
    """
    zone = current_tenant().zone
    first, last = exception.first_day, exception.last_day
    starts_at = _midnight(first, zone)
    ends_at = _midnight(last + DAY, zone)
    found: list[Booking | ClassSession] = [
        *_bookings(exception.resource, starts_at, ends_at),
        *_sessions(exception.resource, starts_at, ends_at),
    ]
    if not found:
        return []
    left = _hours_left(exception, min(one.starts_at for one in found).astimezone(zone).date(), zone)
    outside = [one for one in found if not any(i.holds(one.starts_at, one.ends_at) for i in left)]
    return sorted(outside, key=lambda one: one.starts_at)


def describe(booked: Booking | ClassSession) -> str:
    """Return a line about something booked, for staff."""
    if isinstance(booked, Booking):
        return f"{local_time(booked.starts_at)} {booked.customer_name}, {booked.service_name}"
    return f"{local_time(booked.starts_at)} {booked.service.name}, {booked.seats_taken} booked"


def _bookings(resource: Resource | None, starts_at: datetime, ends_at: datetime) -> list[Booking]:
    taken = Q(allocations__resource=resource, allocations__is_live=True)
    found = Booking.objects.filter(
        Q(resource=resource) | taken if resource else Q(),
        status__in=LIVE, class_session__isnull=True, ends_at__gt=max(starts_at, timezone.now()),
        starts_at__lt=ends_at,
    )  # fmt: skip
    return list(found.distinct())


def _sessions(
    resource: Resource | None, starts_at: datetime, ends_at: datetime
) -> list[ClassSession]:
    found = ClassSession.objects.filter(
        Q(instructor=resource) if resource else Q(),
        cancelled_at__isnull=True, ends_at__gt=max(starts_at, timezone.now()),
        starts_at__lt=ends_at,
    )  # fmt: skip
    return list(found.select_related("service").defer("service__picture"))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _interval(day: date, opens_at: time, closes_at: time, zone: ZoneInfo) -> Interval:
    last = day if closes_at > opens_at else day + DAY
    return Interval(
        datetime.combine(day, opens_at, zone).astimezone(UTC),
        datetime.combine(last, closes_at, zone).astimezone(UTC),
    )


def _intervals(
    day: date, rows: Iterable[HoursException | OpeningHours], zone: ZoneInfo
) -> list[Interval]:
    return [
        _interval(day, row.opens_at, row.closes_at, zone)
        for row in rows
        if row.opens_at is not None and row.closes_at is not None
    ]


def _hours_left(exception: HoursException, earliest: date, zone: ZoneInfo) -> list[Interval]:
    """Return the open times on the days of `exception` and in the evening before it."""
    owner = exception.resource
    left = _hours_before(owner, exception.first_day - DAY, zone)
    rows = HoursException.objects.filter(
        resource=owner,
        opens_at__isnull=False,
        first_day__lte=exception.last_day,
        last_day__gte=exception.first_day,
    )
    for row in rows:
        day = max(row.first_day, exception.first_day, earliest - DAY)
        while day <= min(row.last_day, exception.last_day):
            left += _intervals(day, [row], zone)
            day += DAY
    return left


def _hours_before(owner: Resource | None, day: date, zone: ZoneInfo) -> list[Interval]:
    """Return the open times of the day before: they may go on past midnight."""
    said = HoursException.objects.filter(first_day__lte=day, last_day__gte=day)
    weekly = OpeningHours.objects.filter(weekday=day.weekday())
    rows: list[HoursException] | list[OpeningHours] = list(said.filter(resource=owner))
    if not rows:
        own = OpeningHours.objects.filter(resource=owner).exists() if owner else False
        rows = list(weekly.filter(resource=owner if own else None))
    return _intervals(day, rows, zone)
