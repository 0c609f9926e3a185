"""The arithmetic of slots agrees with a brute-force search, whatever the rules and the clocks."""

from collections import defaultdict
from datetime import date, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from bookings.slots import (
    Calendar,
    Grid,
    Hours,
    Option,
    Part,
    Span,
    Visit,
    Week,
    free_slots,
    joined,
    open_spans,
    starts_on_grid,
)
from bookings.slots import free_starts as free_starts_of
from tests.bookings.oracle import Interval, Owner, World, free_starts, worlds


def week_of(world: World, owner: Owner) -> Week:
    weekly: dict[int, list[Hours]] = defaultdict(list)
    for whose, weekday, interval in world.hours:
        if whose == owner:
            weekly[weekday].append(hours_of(interval))
    days: dict[date, list[Hours]] = defaultdict(list)
    for whose, begins, ends, own in world.exceptions:
        if whose == owner:
            for offset in range((ends - begins).days + 1):
                found = days[begins + timedelta(days=offset)]
                found += [] if own is None else [hours_of(own)]
    return Week(weekly, days)


def hours_of(interval: Interval) -> Hours:
    opens, closes = (time(minute // 60, minute % 60) for minute in interval)
    return opens, closes


def visit_of(world: World) -> Visit:
    parts, offset = [], 0
    for work in world.works:
        pools = tuple(tuple(Option(way) for way in pool) for pool in work.pools)
        parts.append(Part(offset, 60 * work.duration, pools, 60 * work.before, 60 * work.after))
        offset += 60 * work.duration
    return Visit(tuple(parts))


def calendar_of(world: World, zone: ZoneInfo) -> Calendar:
    busy: dict[int, list[Span]] = defaultdict(list)
    for number, start, end in world.taken:
        busy[number].append((60 * start, 60 * end))
    business = week_of(world, None)
    # A visit may end on the next day, which may be the one after that.
    last = world.last + timedelta(days=2)
    return Calendar(
        {
            number: open_spans(week_of(world, number), business, world.first, last, zone)
            for number in range(1, 5)
        },
        {number: sorted(spans) for number, spans in busy.items()},
    )


@settings(max_examples=100, deadline=None)
@given(worlds())
def test_slots_are_those_of_a_search_minute_by_minute(world: World) -> None:
    zone = ZoneInfo(world.zone)
    starts = starts_on_grid(Grid(world.step, world.offset), world.first, world.last, zone)
    visit = visit_of(world)
    slots = list(free_slots(visit, calendar_of(world, zone), starts))
    assert [int(slot.starts_at.timestamp()) // 60 for slot in slots] == free_starts(world)
    assert {(slot.ends_at - slot.starts_at).total_seconds() for slot in slots} <= {visit.duration}


#: A short day, so that things meet: opening spans, and two resources' bookings.
small = st.integers(0, 40)
spans = st.lists(st.tuples(small, small).filter(lambda span: span[0] < span[1]), max_size=5)
lengths = st.sampled_from([0, 0, 1, 3])


@settings(max_examples=300, deadline=None)
@given(spans, spans, spans, st.integers(1, 6), lengths, lengths, lengths)
def test_where_things_nearly_touch_every_second_is_right(
    opened: list[Span], one: list[Span], other: list[Span],
    duration: int, before: int, after: int, offset: int,
) -> None:  # fmt: skip
    part = Part(offset, duration, (), before, after)
    calendar = Calendar(
        {1: joined(opened), 2: [(0, 40)]}, {1: joined(one), 2: sorted(joined(other))}
    )
    found = [
        start
        for low, high in free_starts_of(part, Option((1, 2)), calendar)
        for start in range(low, high + 1)
    ]
    open_seconds = {second for span in opened for second in range(*span)}
    taken = {second for span in [*one, *other] for second in range(*span)}
    assert found == [
        start
        for start in range(-50, 50)
        if open_seconds.issuperset(range(start + offset, start + offset + duration))
        and taken.isdisjoint(range(start + offset - before, start + offset + duration + after))
    ]
