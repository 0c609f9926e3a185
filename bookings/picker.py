"""What a page that lets customers choose a time shows: days, and the free times of one of them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from bookings import availability
from bookings.availability import Wanted
from bookings.models import ClassSession, Service
from bookings.services import FURTHEST_AHEAD
from bookings.waitlist import coming_classes
from tenants.current import current_tenant

DAYS_SHOWN = 14


def start_in(request: HttpRequest) -> datetime | None:
    """Return the time in ``?start=``, in UTC, if it can be booked some day, else None."""
    try:
        starts_at = datetime.fromisoformat(request.GET.get("start", ""))
    except ValueError:
        return None
    now = timezone.now()
    if starts_at.tzinfo is None or not now < starts_at < now + FURTHEST_AHEAD:
        return None
    return starts_at.astimezone(UTC)


def times_context(
    request: HttpRequest, wanted: Wanted, *, ignoring: int | None = None, near: date | None = None
) -> dict[str, Any]:
    """Return what `_times.html` shows for the day in ``?date=``.

    Without one it is the first free day of a fortnight: of the one that holds the day in
    ``?from=``, to which *Earlier* and *Later* lead, else `near`, else today. `ignoring` is the
    booking that would move.
    """
    zone, now = current_tenant().zone, timezone.now()
    today = now.astimezone(zone).date()
    furthest = availability.last_day_for(wanted.service, today)
    chosen = _day_in(request, "date", today, furthest)
    first = _first_day_shown(chosen or _day_in(request, "from", today, furthest) or near, today)
    last = first + timedelta(days=DAYS_SHOWN - 1)
    by_day: dict[date, list[availability.Slot]] = {
        first + timedelta(days=offset): [] for offset in range(DAYS_SHOWN)
    }
    for slot in availability.free_times(wanted, first, last, zone, now, ignoring=ignoring):
        by_day[slot.starts_at.astimezone(zone).date()].append(slot)
    if chosen is None:
        chosen = next((day for day, slots in by_day.items() if slots), first)
    later = first + timedelta(days=DAYS_SHOWN)
    return {
        "service": wanted.service,
        "days": [(day, len(slots)) for day, slots in by_day.items()],
        "chosen": chosen,
        "slots": by_day[chosen],
        "places": _places(wanted, by_day[chosen]),
        "may_wait": _may_wait(wanted, chosen, by_day[chosen]),
        "earlier": max(first - timedelta(days=DAYS_SHOWN), today) if first > today else None,
        "later": later if later <= furthest else None,
    }


def _places(wanted: Wanted, slots: list[availability.Slot]) -> dict[datetime, int]:
    """Return how many places are free in each class of the day."""
    if wanted.service.kind != Service.Kind.CLASS:
        return {}
    sessions = ClassSession.objects.filter(
        service=wanted.service, starts_at__in=[slot.starts_at for slot in slots], cancelled_at=None
    ).with_free_seats(timezone.now())
    return {session.starts_at: session.free_seats for session in sessions}


def _may_wait(wanted: Wanted, day: date, slots: list[availability.Slot]) -> bool:
    """Is there anything on this day that customers could wait for?"""
    service = wanted.service
    if not service.is_online:
        return False
    if service.kind != Service.Kind.CLASS:
        return not slots
    return any(session.free_seats < wanted.party_size for session in coming_classes(service, day))


def _day_in(request: HttpRequest, name: str, today: date, furthest: date) -> date | None:
    """Return the day in the query's `name` if it is a day we may offer, else None."""
    try:
        day = date.fromisoformat(request.GET.get(name, ""))
    except ValueError:
        return None
    return day if today <= day <= furthest else None


def _first_day_shown(chosen: date | None, today: date) -> date:
    """Return the start of the fortnight, counted from today, that holds the chosen day."""
    if chosen is None or chosen < today:
        return today
    return today + timedelta(days=(chosen - today).days // DAYS_SHOWN * DAYS_SHOWN)
