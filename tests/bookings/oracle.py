"""When something is free, worked out the slow way: minute by minute, straight from the rules.

Nothing here comes from `bookings.slots`. Local times are found by looking at what clocks show in
every minute of the window, never by turning a wall time into an instant.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

DAY = 24 * 60
#: Whose rule it is: a resource's number, None for the business's.
Owner = int | None
#: Opening and closing time in minutes after midnight.
Interval = tuple[int, int]


@dataclass(frozen=True)
class Work:
    """One service of a visit; times in minutes. `pools` list the sets of resources that do."""

    duration: int
    before: int
    after: int
    pools: tuple[tuple[tuple[int, ...], ...], ...]


@dataclass(frozen=True)
class World:
    """A business, what is booked there (in minutes since 1970), and what somebody wants."""

    zone: str
    first: date
    days: int
    hours: tuple[tuple[Owner, int, Interval], ...]
    exceptions: tuple[tuple[Owner, date, date, Interval | None], ...]
    taken: tuple[tuple[int, int, int], ...]
    works: tuple[Work, ...]
    step: int
    offset: int

    @property
    def last(self) -> date:
        return self.first + timedelta(days=self.days - 1)

    def midnight(self) -> int:
        """Return about when the first day begins, in minutes since 1970."""
        return int(datetime.combine(self.first, time(), UTC).timestamp()) // 60


def free_starts(world: World) -> list[int]:
    """Return every minute since 1970 at which what is wanted can begin."""
    numbers = {one for work in world.works for pool in work.pools for way in pool for one in way}
    there = {number: _open_minutes(world, number) for number in numbers}
    taken: dict[int, set[int]] = {number: set() for number in numbers}
    for number, start, end in world.taken:
        taken.get(number, set()).update(range(start, end))
    return [start for start in candidates(world) if _is_free(world, start, there, taken)]


def candidates(world: World) -> Iterator[int]:
    """Yield the minutes at which the grid's times are shown for the first time."""
    seen = set()
    for minute, shown in clock(world.zone, world.first, world.days):
        if shown in seen:
            continue
        seen.add(shown)
        since_midnight = shown.hour * 60 + shown.minute
        on_grid = (since_midnight - world.offset) % world.step == 0
        if on_grid and world.first <= shown.date() <= world.last:
            yield minute


@lru_cache(maxsize=200)
def clock(zone: str, first: date, days: int) -> tuple[tuple[int, datetime], ...]:
    """Return what clocks in `zone` show in every minute from days before to days after."""
    middle = int(datetime.combine(first, time(), UTC).timestamp()) // 60
    minutes = range(middle - 4 * DAY, middle + (days + 5) * DAY)
    place = ZoneInfo(zone)
    return tuple(
        (minute, datetime.fromtimestamp(60 * minute, place).replace(tzinfo=None, fold=0))
        for minute in minutes
    )


@lru_cache(maxsize=200)
def first_shown(zone: str, first: date, days: int) -> dict[datetime, int]:
    """Return the minute in which each time is shown first."""
    found: dict[datetime, int] = {}
    for minute, shown in clock(zone, first, days):
        found.setdefault(shown, minute)
    return found


def shown_at(zone: str, first: date, days: int, wanted: datetime) -> int:
    """Return when clocks show `wanted` first; a skipped time moves by what was skipped."""
    known = first_shown(zone, first, days)
    if wanted in known:
        return known[wanted]
    for (before, earlier), (_, later) in itertools.pairwise(clock(zone, first, days)):
        if earlier < wanted < later:
            return before + int((wanted - earlier).total_seconds()) // 60
    raise AssertionError(f"{wanted} is outside the window")


def _open_minutes(world: World, number: int) -> set[int]:
    minutes: set[int] = set()
    exists = {shown.date() for shown in first_shown(world.zone, world.first, world.days)}
    for days in range(-2, world.days + 3):
        day = world.first + timedelta(days=days)
        if day not in exists:
            continue
        for opens, closes in intervals(world, number, day):
            ends = day if closes > opens else day + timedelta(days=1)
            minutes.update(range(_instant(world, day, opens), _instant(world, ends, closes)))
    return minutes


def intervals(world: World, number: int, day: date) -> list[Interval]:
    """Return the hours of a day: own leave, closures, own week, the business's week."""
    for owner in (number, None):
        rows = [row for row in world.exceptions if row[0] == owner and row[1] <= day <= row[2]]
        if rows:
            return [interval for *_, interval in rows if interval is not None]
    owner = number if any(row[0] == number for row in world.hours) else None
    return [row[2] for row in world.hours if row[0] == owner and row[1] == day.weekday()]


def _instant(world: World, day: date, minute: int) -> int:
    wanted = datetime.combine(day, time(minute // 60, minute % 60))
    return shown_at(world.zone, world.first, world.days, wanted)


def _is_free(
    world: World, start: int, there: dict[int, set[int]], taken: dict[int, set[int]]
) -> bool:
    begins = start
    for work in world.works:
        ends = begins + work.duration
        kept = range(begins - work.before, ends + work.after)
        pools = [
            [
                way
                for way in pool
                if all(there[one].issuperset(range(begins, ends)) for one in way)
                and all(taken[one].isdisjoint(kept) for one in way)
            ]
            for pool in work.pools
        ]
        if not any(_all_different(ways) for ways in itertools.product(*pools)):
            return False
        begins = ends
    return True


def _all_different(ways: tuple[tuple[int, ...], ...]) -> bool:
    chosen = [one for way in ways for one in way]
    return len(chosen) == len(set(chosen))


# --- Random worlds ---

#: Around the days on which clocks do something.
PLACES = [
    ("Europe/London", date(2027, 3, 28)),
    ("Europe/London", date(2027, 10, 31)),
    ("America/New_York", date(2027, 3, 14)),
    ("America/New_York", date(2027, 11, 7)),
    ("Australia/Sydney", date(2027, 4, 4)),
    ("Australia/Sydney", date(2027, 10, 3)),
    # By half an hour.
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Australia/Lord_Howe", date(2027, 10, 3)),
    # At midnight, so that a day begins at one, or an hour of it comes twice.
    ("America/Havana", date(2027, 3, 14)),
    ("America/Havana", date(2027, 11, 7)),
    ("Africa/Cairo", date(2027, 4, 30)),
    ("Africa/Cairo", date(2027, 10, 28)),
    ("Asia/Beirut", date(2027, 3, 28)),
    ("Asia/Beirut", date(2027, 10, 30)),
    ("America/Santiago", date(2027, 4, 3)),
    ("America/Santiago", date(2027, 9, 5)),
    # A date that never was.
    ("Pacific/Apia", date(2011, 12, 30)),
    ("Pacific/Kwajalein", date(1993, 8, 21)),
    ("Asia/Kathmandu", date(2027, 6, 1)),
    ("UTC", date(2027, 6, 1)),
]

minutes_of_day = st.one_of(
    st.integers(0, 95).map(lambda quarter: 15 * quarter), st.integers(0, DAY - 1)
)
intervals_of_day = st.one_of(
    st.just((9 * 60, 17 * 60)), st.just((0, 0)), st.tuples(minutes_of_day, minutes_of_day)
)


@st.composite
def worlds(draw: st.DrawFn, resources: int = 4, table_sets: bool = True) -> World:
    """Draw a small business around a day on which clocks may change."""
    zone, middle = draw(st.sampled_from(PLACES))
    first = middle - timedelta(days=draw(st.integers(0, 2)))
    days = draw(st.integers(1, 3))
    numbers = list(range(1, resources + 1))
    owners = st.sampled_from([None, None, *numbers])
    window = [first + timedelta(days=offset) for offset in range(-1, days + 1)]
    weekdays = st.sampled_from(sorted({day.weekday() for day in window}))
    hours = draw(st.lists(st.tuples(owners, weekdays, intervals_of_day), max_size=6))
    if draw(st.sampled_from([True, True, False])):
        always = draw(intervals_of_day)
        hours += [(None, weekday, always) for weekday in range(7)]
    exceptions = draw(st.lists(_exceptions(owners, window), max_size=3))
    return World(
        zone=zone,
        first=first,
        days=days,
        hours=tuple(hours),
        exceptions=tuple(exceptions),
        taken=draw(_taken(first, days, numbers)),
        works=tuple(draw(st.lists(_works(numbers, table_sets), min_size=1, max_size=2))),
        step=draw(st.sampled_from([5, 10, 15, 20, 30, 45, 60, 90])),
        offset=draw(st.sampled_from([0, 0, 5, 10, 30, 100])),
    )


@st.composite
def _exceptions(
    draw: st.DrawFn, owners: st.SearchStrategy[Owner], window: list[date]
) -> tuple[Owner, date, date, Interval | None]:
    begins = draw(st.sampled_from(window))
    ends = begins + timedelta(days=draw(st.integers(0, 2)))
    return draw(owners), begins, ends, draw(st.one_of(st.none(), intervals_of_day))


@st.composite
def _taken(
    draw: st.DrawFn, first: date, days: int, numbers: list[int]
) -> tuple[tuple[int, int, int], ...]:
    """Draw what is booked; one resource never has two things at once."""
    middle = int(datetime.combine(first, time(), UTC).timestamp()) // 60
    rows = draw(
        st.lists(
            st.tuples(
                st.sampled_from(numbers),
                st.integers(-100, (days + 1) * 96).map(lambda quarter: middle + 15 * quarter),
                st.sampled_from([15, 30, 47, 60, 120, 600]),
            ),
            max_size=12,
        )
    )
    kept: list[tuple[int, int, int]] = []
    for number, start, length in sorted(rows):
        if all(one != number or end <= start for one, _, end in kept):
            kept.append((number, start, start + length))
    return tuple(kept)


@st.composite
def _works(draw: st.DrawFn, numbers: list[int], table_sets: bool) -> Work:
    ways = st.lists(
        st.sampled_from(numbers), min_size=1, max_size=3 if table_sets else 1, unique=True
    ).map(lambda chosen: tuple(sorted(chosen)))
    pool = st.lists(ways, min_size=1, max_size=3, unique=True).map(tuple)
    pools = draw(st.lists(pool, min_size=1, max_size=3 if not table_sets else 2))
    return Work(
        duration=draw(st.sampled_from([5, 15, 30, 45, 60, 90, 200])),
        before=draw(st.sampled_from([0, 0, 10, 30])),
        after=draw(st.sampled_from([0, 0, 5, 60])),
        pools=tuple(pools),
    )
