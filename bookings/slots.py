"""Which times are free: arithmetic over a calendar held in memory, no database.

Instants are whole seconds since 1970 in UTC here; a span is (start, end), its end excluded.
Local times become instants one by one, so both days on which clocks change are right: a time
that clocks skip is not offered, one that they show twice is offered once (the first), and a
duration is real minutes.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

Span = tuple[int, int]
#: Opening and closing time; closing at or before opening is on the next day.
Hours = tuple[time, time]
DAY_SECONDS = 24 * 3600
Moment = TypeVar("Moment", int, datetime)


def instant(day: date, at: time, zone: ZoneInfo) -> int:
    """Return when clocks in `zone` show `day` and `at`.

    A time that clocks skip moves forward by what they skip (RFC 5545, 3.3.5); of two equal ones
    it is the first.
    """
    return int(datetime.combine(day, at, zone).timestamp())


def is_shown(day: date, at: time, zone: ZoneInfo) -> bool:
    """Do clocks in `zone` ever show `day` and `at`?"""
    naive = datetime.combine(day, at)
    back = datetime.combine(day, at, zone).astimezone(UTC).astimezone(zone)
    return back.replace(tzinfo=None) == naive


@dataclass(frozen=True)
class Week:
    """The hours of a business or of one resource: every week, and on days of their own."""

    weekly: Mapping[int, Sequence[Hours]] = field(default_factory=dict)
    days: Mapping[date, Sequence[Hours]] = field(default_factory=dict)

    def on(self, day: date, default: "Week | None" = None) -> Sequence[Hours]:
        """Return the intervals of `day`; what this week leaves open is as `default` says."""
        if day in self.days:
            return self.days[day]
        if default is not None and day in default.days:
            return default.days[day]
        weekly = self.weekly or (default.weekly if default else {})
        return weekly.get(day.weekday(), ())


def open_spans(week: Week, business: Week, first: date, last: date, zone: ZoneInfo) -> list[Span]:
    """Return when `week` is open on the days from `first` to `last`, joined and in order."""
    spans = []
    # The night before may reach into the first day.
    day = first - timedelta(days=1)
    while day <= last:
        hours = week.on(day, business)
        # Some zones have left out a whole date once: no such day, no hours.
        if hours and is_shown(day, time(12), zone):
            for opens_at, closes_at in hours:
                ends_on = day if closes_at > opens_at else day + timedelta(days=1)
                spans.append((instant(day, opens_at, zone), instant(ends_on, closes_at, zone)))
        day += timedelta(days=1)
    return joined(spans)


def joined(spans: Iterable[tuple[Moment, Moment]]) -> list[tuple[Moment, Moment]]:
    """Return `spans` in order, those that touch made one; empty ones fall away."""
    result: list[tuple[Moment, Moment]] = []
    for start, end in sorted(span for span in spans if span[0] < span[1]):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def shared(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """Return what two lists of joined spans have in common."""
    result, i, j = [], 0, 0
    while i < len(one) and j < len(other):
        start, end = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if start < end:
            result.append((start, end))
        if one[i][1] < other[j][1]:
            i += 1
        else:
            j += 1
    return result


@dataclass(frozen=True)
class Grid:
    """At which wall-clock minutes things start: every `step`, moved by `offset`."""

    step: int = 30
    offset: int = 0

    def minutes(self) -> range:
        return range(self.offset % self.step, 24 * 60, self.step)

    def holds(self, at: time) -> bool:
        return at.second == 0 and (at.hour * 60 + at.minute - self.offset) % self.step == 0


def starts_on_grid(grid: Grid, first: date, last: date, zone: ZoneInfo) -> list[int]:
    """Return every instant of the days from `first` to `last` at which something may start."""
    starts: list[int] = []
    day, midnight = first, time()
    while day <= last:
        tomorrow = day + timedelta(days=1)
        begins = instant(day, midnight, zone)
        if instant(tomorrow, midnight, zone) - begins == DAY_SECONDS and is_plain(day, zone):
            starts.extend(begins + 60 * minute for minute in grid.minutes())
        else:
            for minute in grid.minutes():
                at = time(minute // 60, minute % 60)
                if is_shown(day, at, zone):
                    starts.append(instant(day, at, zone))
        day = tomorrow
    # Where clocks go back over midnight a day's last times come after the next one's first.
    return sorted(set(starts))


def is_plain(day: date, zone: ZoneInfo) -> bool:
    """Do the clocks in `zone` run through `day` without a change?"""
    offsets = {datetime.combine(day, time(hour), zone).utcoffset() for hour in (0, 6, 12, 18)}
    ends = datetime.combine(day, time(23, 59), zone).utcoffset()
    return offsets == {ends} and is_shown(day, time(), zone)


@dataclass(frozen=True)
class Option:
    """Resources that do together: one person, one table, or tables pushed together.

    Among the free ones, a lower `rank` comes first: the smallest table that fits.
    """

    resources: tuple[int, ...]
    rank: int = 0


@dataclass(frozen=True)
class Part:
    """A stretch of a visit: `pools` are needed at once, from each one option.

    `offset` is where it begins within the visit; all times are in seconds.
    """

    offset: int
    duration: int
    pools: tuple[tuple[Option, ...], ...]
    before: int = 0
    after: int = 0


@dataclass(frozen=True)
class Visit:
    """What is asked for: parts one after the other."""

    parts: tuple[Part, ...]

    @property
    def duration(self) -> int:
        return max(part.offset + part.duration for part in self.parts)


@dataclass(frozen=True)
class Slot:
    """A time that can be booked, as an instant in UTC, with what is free then.

    `free` has, for every pool of every part, the options that are free.
    """

    starts_at: datetime
    ends_at: datetime
    free: tuple[tuple[Option, ...], ...] = field(default=(), compare=False, repr=False)

    @property
    def key(self) -> str:
        """The start as it stands in an address: without the "+" that queries read as a space."""
        return self.starts_at.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True)
class Calendar:
    """When everybody is there, and what is taken: `busy` by resource, in order."""

    open: Mapping[int, Sequence[Span]]
    busy: Mapping[int, Sequence[Span]] = field(default_factory=dict)


def free_slots(visit: Visit, calendar: Calendar, starts: Sequence[int]) -> Iterator[Slot]:
    """Yield those of `starts` (in order) at which `visit` can take place."""
    pools = [(part, pool) for part in visit.parts for pool in part.pools]
    free = [_free_options(part, pool, calendar, starts) for part, pool in pools]
    sizes = [len(part.pools) for part in visit.parts]
    needs_matching = max(sizes, default=0) > 1
    for index, start in enumerate(starts):
        options = tuple(tuple(found[index]) for found in free)
        if not all(options) or (needs_matching and not _fits(options, sizes)):
            continue
        yield Slot(
            datetime.fromtimestamp(start, UTC),
            datetime.fromtimestamp(start + visit.duration, UTC),
            options,
        )


def _free_options(
    part: Part, pool: Sequence[Option], calendar: Calendar, starts: Sequence[int]
) -> list[list[Option]]:
    """Return, for each start, the options of `pool` that are free for `part`."""
    found: list[list[Option]] = [[] for _ in starts]
    for option in pool:
        for low, high in free_starts(part, option, calendar):
            for index in range(bisect_left(starts, low), bisect_right(starts, high)):
                found[index].append(option)
    return found


def free_starts(part: Part, option: Option, calendar: Calendar) -> Iterator[Span]:
    """Yield (first, last) of the visit's possible starts, both included, as `option` allows."""
    spans: Sequence[Span] = calendar.open.get(option.resources[0], ())
    busy: Sequence[Span] = calendar.busy.get(option.resources[0], ())
    for resource in option.resources[1:]:
        spans = shared(spans, calendar.open.get(resource, ()))
        busy = sorted([*busy, *calendar.busy.get(resource, ())])
    # A start is impossible from just after `begins - tail` until just before `ends + head`.
    head, tail = part.before - part.offset, part.offset + part.duration + part.after
    position = 0
    for opens, closes in spans:
        low, last = opens - part.offset, closes - part.offset - part.duration
        while position < len(busy) and busy[position][1] + head <= low:
            position += 1
        ahead = position
        while ahead < len(busy) and low <= last and busy[ahead][0] - tail < last:
            begins, ends = busy[ahead]
            if begins - tail >= low:
                yield low, begins - tail
            low = max(low, ends + head)
            ahead += 1
        if low <= last:
            yield low, last


def _fits(options: Sequence[Sequence[Option]], sizes: Sequence[int]) -> bool:
    """Can every part have one option of each of its pools without a resource twice?"""
    return next(arrangements(options, sizes), None) is not None


def arrangements(
    options: Sequence[Sequence[Option]], sizes: Sequence[int]
) -> Iterator[tuple[Option, ...]]:
    """Yield ways to take one of each pool's `options`, in their order of preference.

    `sizes` are the numbers of pools of the parts: within one a resource is taken once.
    """
    if not options:
        yield ()
        return
    part_of = [number for number, size in enumerate(sizes) for _ in range(size)]

    def extend(chosen: tuple[Option, ...]) -> Iterator[tuple[Option, ...]]:
        position = len(chosen)
        if position == len(options):
            yield chosen
            return
        taken = {
            resource
            for index, option in enumerate(chosen)
            if part_of[index] == part_of[position]
            for resource in option.resources
        }
        for option in options[position]:
            if taken.isdisjoint(option.resources):
                yield from extend((*chosen, option))

    yield from extend(())
