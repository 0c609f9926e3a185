"""Which tables a party can have when, the slow way: every table and set of tables, every minute.

Nothing here comes from `bookings.diary` or `bookings.slots`; `tests.bookings.oracle` knows when
something is open and taken.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time

from hypothesis import strategies as st

from tests.bookings.oracle import Work, World, free_starts, shown_at, worlds

TABLES = (1, 2, 3, 4)
#: Fewest and most people.
Seats = tuple[int, int]


@dataclass(frozen=True)
class Guests:
    """Who comes: when (minutes since 1970), how many, and how their booking stands."""

    minute: int
    people: int
    #: confirmed, held, lapsed, cancelled, or what is no table: haircut.
    state: str

    @property
    def counts(self) -> bool:
        return self.state in ("confirmed", "held")


@dataclass(frozen=True)
class Restaurant:
    """A place with tables, and a party that would like to come. Times are in minutes."""

    world: World
    seats: dict[int, Seats]
    #: Tables that are pushed together, and for how many.
    sets: tuple[tuple[Seats, tuple[int, ...]], ...]
    #: Tables that were put away; a set with one of them can't be laid.
    put_away: frozenset[int]
    #: The tables that the meal is served at; empty: all.
    served_at: frozenset[int]
    #: How long a party of up to so many stays.
    turns: dict[int, int]
    stay: int
    before: int
    after: int
    party: int
    #: The sizes of party that the meal is offered to.
    offered_to: Seats
    #: So many guests may arrive within a quarter of an hour.
    limit: int | None
    guests: tuple[Guests, ...]


def ways_to_sit(place: Restaurant) -> list[tuple[int, ...]]:
    """Return each table, and each set of tables, that the party can have."""
    there = [one for one in TABLES if one not in place.put_away]
    if place.served_at:
        there = [one for one in there if one in place.served_at]
    alone = [((least, most), (one,)) for one, (least, most) in place.seats.items()]
    return [
        tables
        for (least, most), tables in [*alone, *place.sets]
        if place.party in range(least, most + 1) and all(one in there for one in tables)
    ]


def minutes_of_stay(place: Restaurant) -> int:
    """Return the stay of the smallest size of party that this one is within."""
    sizes = [size for size in sorted(place.turns) if size >= place.party]
    return place.turns[sizes[0]] if sizes else place.stay


def free_tables(place: Restaurant) -> list[int]:
    """Return every minute since 1970 at which the party can come."""
    visit = Work(minutes_of_stay(place), place.before, place.after, (tuple(ways_to_sit(place)),))
    if place.party not in range(place.offered_to[0], place.offered_to[1] + 1):
        return []
    starts = free_starts(replace(place.world, works=(visit,)))
    return [start for start in starts if not _too_many_arrive(place, start)]


def _too_many_arrive(place: Restaurant, start: int) -> bool:
    if place.limit is None:
        return False
    quarters = (range(first, first + 15) for first in range(start - 14, start + 1))
    quarter = next(minutes for minutes in quarters if minutes[0] % 15 == 0)
    coming = [one.people for one in place.guests if one.counts and one.minute in quarter]
    return sum(coming) + place.party > place.limit


# --- Random restaurants ---

WEEK = tuple((None, weekday, (9 * 60, 17 * 60)) for weekday in range(7))
STATES = "confirmed confirmed confirmed held lapsed cancelled haircut".split()
#: Quarters of an hour of a day's business, from when it opens.
quarters = st.integers(0, 31)


def _seats(least: int, most: int, more: int) -> st.SearchStrategy[Seats]:
    return st.tuples(st.integers(least, most), st.integers(0, more)).map(
        lambda two: (two[0], sum(two))
    )


@st.composite
def restaurants(draw: st.DrawFn) -> Restaurant:
    """Draw a small, busy restaurant around a day on which clocks may change.

    Hours like everybody's and a full first day, so that tables and guests are what decides.
    """
    world = draw(worlds(table_sets=False))
    opens = shown_at(
        world.zone, world.first, world.days, datetime.combine(world.first, time(hour=9))
    )
    usual = draw(st.sampled_from([True, True, True, False]))
    world = replace(
        world, works=(), taken=draw(_taken(opens)), step=draw(st.sampled_from([5, 15, 15, 30])),
        hours=WEEK if usual else world.hours, exceptions=() if usual else world.exceptions,
    )  # fmt: skip
    together = st.lists(st.sampled_from(TABLES), min_size=2, max_size=3, unique=True).map(tuple)
    sets = draw(st.lists(st.tuples(_seats(2, 5, 4), together), min_size=1, max_size=3))
    sizes = [size for (least, most), _ in sets for size in (least, most)]
    party = draw(st.sampled_from([*sizes, 1, 4, 9]))
    few = st.frozensets(st.sampled_from(TABLES), max_size=2)
    return Restaurant(
        world=world,
        seats={one: draw(_seats(1, 3, 2)) for one in TABLES},
        sets=tuple(sets),
        put_away=draw(few),
        served_at=draw(st.one_of(st.just(frozenset()), few)),
        turns=draw(
            st.dictionaries(st.integers(1, 8), st.sampled_from([15, 45, 90, 150]), max_size=3)
        ),
        stay=draw(st.sampled_from([30, 60, 120])),
        before=draw(st.sampled_from([0, 0, 10])),
        after=draw(st.sampled_from([0, 0, 15])),
        party=party,
        offered_to=draw(st.sampled_from([(1, 20), (1, 20), (1, 20), (2, 4)])),
        limit=draw(st.one_of(st.none(), *2 * [st.integers(party, party + 6)])),
        guests=draw(_guests(opens)),
    )


@st.composite
def _taken(draw: st.DrawFn, opens: int) -> tuple[tuple[int, int, int], ...]:
    """Draw when each table is taken; never twice at once."""
    rows = st.tuples(st.sampled_from(TABLES), quarters, st.sampled_from([30, 47, 60, 120]))
    kept: list[tuple[int, int, int]] = []
    for number, quarter, length in sorted(draw(st.lists(rows, max_size=12))):
        start = opens + 15 * quarter
        if all(one != number or end <= start for one, _, end in kept):
            kept.append((number, start, start + length))
    return tuple(kept)


@st.composite
def _guests(draw: st.DrawFn, opens: int) -> tuple[Guests, ...]:
    """Draw who comes on the first day; several of them within one quarter of an hour."""
    rows = st.tuples(
        quarters, st.sampled_from([0, 0, 5, 14]), st.integers(1, 6), st.sampled_from(STATES)
    )
    return tuple(
        Guests(opens + 15 * quarter + minute, people, state)
        for quarter, minute, people, state in draw(st.lists(rows, min_size=8, max_size=40))
    )
