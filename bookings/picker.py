"""What a page that lets customers choose a time shows: days, and the free times of one of them."""

from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from bookings import availability
from bookings.availability import Slot, Wanted
from tenants.current import current_tenant

DAYS_SHOWN = 14
LAST_DAY_AHEAD = timedelta(days=365)


def times_context(
    request: HttpRequest, wanted: Wanted, *, ignoring: int | None = None, near: date | None = None
) -> dict[str, Any]:
    """Return what `_times.html` shows for the day in ``?date=``.

    Without one it is the first free day of the fortnight that holds `near` (today, if None).
    `ignoring` is the booking that would move.
    """
    zone, now = current_tenant().zone, timezone.now()
    today = now.astimezone(zone).date()
    chosen = _day_asked_for(request, today)
    first = _first_day_shown(chosen or near, today)
    days = [first + timedelta(days=offset) for offset in range(DAYS_SHOWN)]
    by_day: dict[date, list[Slot]] = {day: [] for day in days}
    for slot in availability.free_times(wanted, first, days[-1], zone, now, ignoring=ignoring):
        by_day[slot.starts_at.astimezone(zone).date()].append(slot)
    if chosen is None:
        chosen = next((day for day in days if by_day[day]), first)
    later = first + timedelta(days=DAYS_SHOWN)
    return {
        "days": days,
        "chosen": chosen,
        "slots": by_day[chosen],
        "earlier": max(first - timedelta(days=DAYS_SHOWN), today) if first > today else None,
        "later": later if later <= today + LAST_DAY_AHEAD else None,
    }


def _day_asked_for(request: HttpRequest, today: date) -> date | None:
    """Return the day in ``?date=`` if it is a day we may offer, else None."""
    try:
        day = date.fromisoformat(request.GET.get("date", ""))
    except ValueError:
        return None
    return day if today <= day <= today + LAST_DAY_AHEAD else None


def _first_day_shown(chosen: date | None, today: date) -> date:
    """Return the start of the fortnight, counted from today, that holds the chosen day."""
    if chosen is None or chosen < today:
        return today
    return today + timedelta(days=(chosen - today).days // DAYS_SHOWN * DAYS_SHOWN)
