"""When something can be had: the front door to diaries and slots, and why a time is not offered."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bookings.diary import Diary, Wanted, read_diary, read_rules
from bookings.models import BookingSettings, ClassSession, Service
from bookings.slots import (
    Calendar,
    Option,
    Slot,
    arrangements,
    free_slots,
    is_shown,
)

ALWAYS = [(0, 2**40)]

__all__ = [
    "Reason",
    "Slot",
    "Wanted",
    "explain",
    "free_on",
    "free_times",
    "instant",
    "is_offered",
    "last_day_for",
    "open_days",
    "ways_to_take",
]


@dataclass(frozen=True)
class Reason:
    """Why something is so: `code` is for programs, `text` for people."""

    code: str
    text: str


def instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    """Return the instant in UTC at which clocks in `zone` show `day` and `at`."""
    return datetime.combine(day, at, zone).astimezone(UTC)


def free_times(
    wanted: Wanted,
    first: date,
    last: date,
    zone: ZoneInfo,
    now: datetime,
    *,
    ignoring: int | None = None,
) -> list[Slot]:
    """Return every time from `first` to `last` (days in `zone`, both included) that is free.

    Notice, how far ahead, hours, buffers, holds, party size and pacing are taken into account.
    Two queries, whatever the range. `ignoring` is a booking that would move.
    """
    if wanted.service.kind == Service.Kind.CLASS:
        if not _fits_party(wanted):
            return []
        return [slot for slot, left in _sessions(wanted, first, last, zone, now) if left >= 0]
    diary = read_diary(wanted, first, last, zone, now, ignoring=ignoring)
    return list(_free(diary, now))


def _free(diary: Diary, now: datetime) -> Iterator[Slot]:
    if not _fits_party(diary.wanted):
        return
    earliest, latest = _bounds(diary.wanted.service, diary.rules.settings, diary.zone, now)
    starts = diary.starts()
    starts = starts[
        bisect_left(starts, earliest.timestamp()) : bisect_left(starts, latest.timestamp())
    ]
    for slot in free_slots(diary.visit, diary.calendar, starts):
        if not diary.is_paced(int(slot.starts_at.timestamp())):
            yield slot


def _bounds(
    service: Service, settings: BookingSettings, zone: ZoneInfo, now: datetime
) -> tuple[datetime, datetime]:
    """Return the first instant that keeps the notice, and the one from which it is too far."""
    notice = settings.notice_of(service)
    # What begins this very moment has begun.
    earliest = now + max(notice, timedelta(microseconds=1))
    today = now.astimezone(zone).date()
    latest = instant(today + timedelta(days=settings.days_ahead_of(service) + 1), time(), zone)
    return earliest, latest


def _fits_party(wanted: Wanted) -> bool:
    return all(
        service.party_min <= wanted.party_size <= service.party_max for service in wanted.services
    )


def free_on(wanted: Wanted, day: date, zone: ZoneInfo, now: datetime) -> list[Slot]:
    """Return the free times of one day."""
    return free_times(wanted, day, day, zone, now)


def is_offered(wanted: Wanted, starts_at: datetime, zone: ZoneInfo, now: datetime) -> bool:
    """Is `starts_at` a time at which customers may begin, were nothing taken?"""
    day = starts_at.astimezone(zone).date()
    if wanted.service.kind == Service.Kind.CLASS:
        classes = _sessions(wanted, day, day, zone, now)
        return _fits_party(wanted) and any(slot.starts_at == starts_at for slot, _ in classes)
    diary = read_diary(wanted, day, day, zone, now)
    untaken = Diary(
        wanted, diary.rules, zone, day, day, diary.visit, Calendar(diary.calendar.open, {})
    )
    return any(slot.starts_at == starts_at for slot in _free(untaken, now))


def last_day_for(service: Service, today: date) -> date:
    """Return the last day that customers may book."""
    rules = read_rules([service], today, today)
    return today + timedelta(days=rules.settings.days_ahead_of(service))


def open_days(
    wanted: Wanted, first: date, count: int, zone: ZoneInfo, now: datetime
) -> dict[date, int]:
    """Return, for each of `count` days from `first`, how many times are free on it."""
    last = first + timedelta(days=count - 1)
    found = {first + timedelta(days=offset): 0 for offset in range(count)}
    for slot in free_times(wanted, first, last, zone, now):
        found[slot.starts_at.astimezone(zone).date()] += 1
    return found


def ways_to_take(diary: Diary, starts_at: datetime) -> list[tuple[Option, ...]]:
    """Return what a visit at `starts_at` could take, the best first, at most 50 ways.

    The smallest table that fits; of people and chairs whoever has least to do that day.
    """
    start = int(starts_at.timestamp())
    slot = next(iter(free_slots(diary.visit, diary.calendar, [start])), None)
    if slot is None:
        return []
    order = {resource: number for number, resource in enumerate(diary.rules.resources)}

    def preference(option: Option) -> tuple[int, int, int]:
        work = sum(diary.busy_seconds(resource) for resource in option.resources)
        return option.rank, work, order.get(option.resources[0], 0)

    ranked = [sorted(options, key=preference) for options in slot.free]
    sizes = [len(part.pools) for part in diary.visit.parts]
    found = arrangements(ranked, sizes)
    return [way for way, _ in zip(found, range(50), strict=False)]


# --- Classes ---


def session_at(wanted: Wanted, starts_at: datetime, now: datetime) -> Any:
    """Return the class that begins at `starts_at`, with its `free_seats`; one with room first."""
    sessions = ClassSession.objects.filter(
        service=wanted.service, starts_at=starts_at, cancelled_at=None
    ).with_free_seats(now)
    if wanted.resource_id is not None:
        sessions = sessions.filter(instructor=wanted.resource_id)
    return max(sessions, key=lambda session: session.free_seats, default=None)


def _sessions(
    wanted: Wanted, first: date, last: date, zone: ZoneInfo, now: datetime
) -> Iterator[tuple[Slot, int]]:
    """Yield the classes of these days, and how many seats the party would leave."""
    earliest, latest = _bounds(wanted.service, BookingSettings.objects.current(), zone, now)
    sessions = ClassSession.objects.filter(
        service=wanted.service,
        cancelled_at=None,
        starts_at__gte=max(earliest, instant(first, time(), zone)),
        starts_at__lt=min(latest, instant(last + timedelta(days=1), time(), zone)),
    ).with_free_seats(now)
    if wanted.resource_id is not None:
        sessions = sessions.filter(instructor=wanted.resource_id)
    for session in sessions:
        yield (
            Slot(session.starts_at, session.ends_at),
            session.free_seats - wanted.party_size,
        )


# --- Why not? ---


def explain(wanted: Wanted, starts_at: datetime, zone: ZoneInfo, now: datetime) -> list[Reason]:
    """Return every reason why `starts_at` is not offered; none when it is."""
    reasons = list(_reasons_of_party(wanted))
    if wanted.service.kind == Service.Kind.CLASS:
        return reasons + list(_reasons_of_class(wanted, starts_at, zone, now))
    day = starts_at.astimezone(zone).date()
    diary = read_diary(wanted, day, day, zone, now)
    return (
        reasons
        + list(_reasons_of_rules(diary, starts_at, now))
        + _reasons_of_time(diary, starts_at)
    )


def _reasons_of_party(wanted: Wanted) -> Iterator[Reason]:
    for service in wanted.services:
        if not service.is_active:
            yield Reason("not_offered", f"{service.name} is not on offer.")
        elif not service.is_online:
            yield Reason("staff_only", f"{service.name} can only be booked by staff.")
        if not service.party_min <= wanted.party_size <= service.party_max:
            yield Reason(
                "party_size",
                f"{service.name} is for {service.party_min} to {service.party_max} people.",
            )


def _reasons_of_rules(diary: Diary, starts_at: datetime, now: datetime) -> Iterator[Reason]:
    service, settings = diary.wanted.service, diary.rules.settings
    yield from _reasons_of_bounds(service, settings, starts_at, diary.zone, now)
    grid, local = diary.rules.grid_of(service), starts_at.astimezone(diary.zone)
    if not grid.holds(local.time()) or local.microsecond:
        yield Reason("grid", f"Bookings start every {grid.step} minutes.")
    elif local.fold and is_shown(local.date(), local.time(), diary.zone):
        yield Reason("grid", "Clocks show this time twice; the first one is offered.")
    if diary.is_paced(int(starts_at.timestamp())):
        limit = diary.rules.settings.covers_per_quarter
        yield Reason("pacing", f"At most {limit} guests arrive within a quarter of an hour.")


def _reasons_of_bounds(
    service: Service, settings: BookingSettings, starts_at: datetime, zone: ZoneInfo, now: datetime
) -> Iterator[Reason]:
    earliest, latest = _bounds(service, settings, zone, now)
    if starts_at <= now:
        yield Reason("past", "It is in the past.")
    elif starts_at < earliest:
        minutes = int(settings.notice_of(service).total_seconds() // 60)
        yield Reason("notice", f"It needs {minutes} minutes' notice.")
    if starts_at >= latest:
        days = settings.days_ahead_of(service)
        yield Reason("too_far", f"Bookings open {days} day{'s' * (days != 1)} ahead.")


def _reasons_of_time(diary: Diary, starts_at: datetime) -> list[Reason]:
    start = [int(starts_at.timestamp())]
    if list(free_slots(diary.visit, diary.calendar, start)):
        return []
    if not all(pool for part in diary.visit.parts for pool in part.pools):
        return [Reason("no_resource", "Nobody and nothing there does this.")]
    taken = Reason("taken", "Everyone and everything that does this is taken then.")
    untaken = Calendar(diary.calendar.open, {})
    if list(free_slots(diary.visit, untaken, start)):
        return [taken]
    closed = [Reason("closed", "It is not within the opening hours of whoever does this.")]
    around_the_clock = dict.fromkeys(diary.calendar.open, ALWAYS)
    if list(free_slots(diary.visit, Calendar(around_the_clock, diary.calendar.busy), start)):
        return closed
    return [*closed, taken]


def _reasons_of_class(
    wanted: Wanted, starts_at: datetime, zone: ZoneInfo, now: datetime
) -> Iterator[Reason]:
    session = session_at(wanted, starts_at, now)
    if session is None:
        yield Reason("no_session", "No class begins at this time.")
        return
    settings = BookingSettings.objects.current()
    yield from _reasons_of_bounds(wanted.service, settings, starts_at, zone, now)
    if session.free_seats < wanted.party_size:
        yield Reason("full", f"{session.free_seats} of {session.capacity} places are left.")
