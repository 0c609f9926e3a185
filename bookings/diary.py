"""What a range of days looks like: read in two queries, whatever the range.

The first reads the rules (hours, exceptions, resources, who does what), the second what is
taken. Everything else is arithmetic in `bookings.slots`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from bookings.models import AddOn, BookingSettings, Service
from bookings.slots import (
    DAY_SECONDS,
    Calendar,
    Grid,
    Hours,
    Option,
    Part,
    Span,
    Visit,
    Week,
    open_spans,
    starts_on_grid,
)
from tenants.connection import connection

QUARTER = 15 * 60

RULES = """
SELECT
(SELECT json_agg(json_build_array(resource_id, weekday, opens_at, closes_at) ORDER BY opens_at)
 FROM bookings_openinghours),
(SELECT json_agg(json_build_array(resource_id, greatest(first_day, %(first)s::date),
    least(last_day, %(last)s::date), opens_at, closes_at) ORDER BY opens_at)
 FROM bookings_hoursexception WHERE last_day >= %(first)s AND first_day <= %(last)s),
(SELECT json_agg(json_build_array(id, kind, seats_min, seats_max, name) ORDER BY position, id)
 FROM bookings_resource WHERE is_active),
(SELECT json_agg(json_build_array(service_id, resource_id))
 FROM bookings_service_resources WHERE service_id = ANY(%(services)s)),
(SELECT json_agg(json_build_array(needs.service_id, needs.id, one.resource_id) ORDER BY needs.id)
 FROM bookings_requirement needs
 LEFT JOIN bookings_requirement_resources one ON one.requirement_id = needs.id
 WHERE needs.service_id = ANY(%(services)s)),
(SELECT json_agg(json_build_array(sets.id, sets.seats_min, sets.seats_max, one.resource_id))
 FROM bookings_tableset sets JOIN bookings_tableset_tables one ON one.tableset_id = sets.id
 WHERE sets.is_active),
(SELECT json_agg(json_build_array(service_id, party_up_to, minutes) ORDER BY party_up_to)
 FROM bookings_turntime WHERE service_id = ANY(%(services)s)),
(SELECT row_to_json(rules) FROM bookings_bookingsettings rules LIMIT 1)
"""
TAKEN = """
SELECT taken.resource_id, floor(extract(epoch FROM taken.starts_at))::bigint,
    ceil(extract(epoch FROM taken.ends_at))::bigint, 0
FROM bookings_allocation taken LEFT JOIN bookings_booking held ON held.id = taken.booking_id
WHERE taken.is_live AND taken.starts_at < %(ends)s AND taken.ends_at > %(begins)s
    AND taken.resource_id = ANY(%(resources)s)
    AND (%(ignoring)s::bigint IS NULL OR taken.booking_id IS DISTINCT FROM %(ignoring)s)
    AND (held.hold_expires_at IS NULL OR held.hold_expires_at > %(now)s
        OR held.status <> 'PENDING_PAYMENT')
    AND (taken.held_until IS NULL OR taken.held_until > %(now)s)
UNION ALL
SELECT NULL, floor(extract(epoch FROM starts_at))::bigint, 0, party_size
FROM bookings_booking
WHERE %(paced)s AND status <> 'CANCELLED' AND starts_at < %(ends)s AND starts_at >= %(begins)s
    AND id IS DISTINCT FROM %(ignoring)s
    AND service_id IN (SELECT id FROM bookings_service WHERE kind = 'table')
    AND (hold_expires_at IS NULL OR hold_expires_at > %(now)s OR status <> 'PENDING_PAYMENT')
UNION ALL
SELECT NULL, floor(extract(epoch FROM starts_at))::bigint, 0, party_size
FROM bookings_bookingchange
WHERE %(paced)s AND status = 'held' AND starts_at < %(ends)s AND starts_at >= %(begins)s
    AND booking_id IS DISTINCT FROM %(ignoring)s
    AND service_id IN (SELECT id FROM bookings_service WHERE kind = 'table')
    AND (hold_expires_at IS NULL OR hold_expires_at > %(now)s)
ORDER BY 2
"""


@dataclass(frozen=True)
class Wanted:
    """What somebody would like: services one after the other, each with add-ons, for a party.

    `resource_id` is the person or thing that they want, None for any.
    """

    services: tuple[Service, ...]
    add_ons: tuple[AddOn, ...] = ()
    party_size: int = 1
    resource_id: int | None = None

    @property
    def service(self) -> Service:
        """The first, whose rules (notice, grid) hold for the visit."""
        return self.services[0]

    def extra_minutes(self, service: Service) -> int:
        return sum(extra.minutes for extra in self.add_ons if extra.service_id == service.pk)


@dataclass(frozen=True)
class Rules:
    """What the first query has read."""

    business: Week
    weeks: Mapping[int, Week]
    # {id: (kind, fewest seats, most seats, name)}, in the business's order.
    resources: Mapping[int, tuple[str, int, int, str]]
    # {service: ids}, {service: {requirement: ids}}
    performers: Mapping[int, frozenset[int]]
    requirements: Mapping[int, Mapping[int, frozenset[int]]]
    # {set: (fewest seats, most seats, table ids)}
    table_sets: Mapping[int, tuple[int, int, tuple[int, ...]]]
    turn_times: Mapping[int, Sequence[tuple[int, int]]]
    settings: BookingSettings

    def grid_of(self, service: Service) -> Grid:
        return Grid(
            service.step_minutes or self.settings.step_minutes, self.settings.offset_minutes
        )

    def minutes_of(self, service: Service, party_size: int) -> int:
        """Return how long a party stays, in minutes, without add-ons."""
        turns = self.turn_times.get(service.pk, ())
        return next((stay for people, stay in turns if party_size <= people), None) or (
            service.duration_minutes
        )

    def visit_for(self, wanted: Wanted) -> Visit:
        parts, offset = [], 0
        for service in wanted.services:
            minutes = self.minutes_of(service, wanted.party_size) + wanted.extra_minutes(service)
            parts.append(
                Part(
                    offset=offset,
                    duration=60 * minutes,
                    pools=self._pools(service, wanted),
                    before=60 * service.buffer_before_minutes,
                    after=60 * service.buffer_after_minutes,
                )
            )
            offset += 60 * minutes
        return Visit(tuple(parts))

    def _pools(self, service: Service, wanted: Wanted) -> tuple[tuple[Option, ...], ...]:
        own = self.performers.get(service.pk)
        if service.kind == Service.Kind.TABLE:
            first = self._tables(wanted.party_size, own)
        else:
            known = [one for one in self.resources if own is None or one in own]
            first = tuple(Option((one,)) for one in known)
        if wanted.resource_id is not None and service == wanted.service:
            first = tuple(option for option in first if wanted.resource_id in option.resources)
        others = [
            tuple(Option((one,)) for one in self.resources if one in pool)
            for pool in self.requirements.get(service.pk, {}).values()
        ]
        return (first, *others)

    def _tables(self, party_size: int, own: frozenset[int] | None) -> tuple[Option, ...]:
        """Return the tables and sets of tables that fit a party, the smallest first."""
        single = [
            (most, 1, (one,))
            for one, (kind, fewest, most, _) in self.resources.items()
            if kind == "table" and fewest <= party_size <= most and (own is None or one in own)
        ]
        pushed_together = [
            (most, len(tables), tables)
            for fewest, most, tables in self.table_sets.values()
            if fewest <= party_size <= most
            and all(one in self.resources and (own is None or one in own) for one in tables)
        ]
        fitting = sorted([*single, *pushed_together], key=lambda found: found[:2])
        return tuple(Option(tables, rank) for rank, (_, _, tables) in enumerate(fitting))

    def open_spans(self, resource: int, first: date, last: date, zone: ZoneInfo) -> list[Span]:
        week = self.weeks.get(resource, Week())
        return open_spans(week, self.business, first, last, zone)


def read_rules(services: Sequence[Service], first: date, last: date) -> Rules:
    """Read what holds for `services` on the days from `first` to `last`; one query."""
    values = {
        "services": [service.pk for service in services],
        # A night's hours begin on the day before.
        "first": first - timedelta(days=1),
        "last": last + timedelta(days=1),
    }
    with connection.cursor() as cursor:
        cursor.execute(RULES, values)
        hours, exceptions, resources, performs, needs, sets, turns, settings = (
            found or () for found in cursor.fetchone()
        )
    weekly: dict[int | None, dict[int, list[Hours]]] = defaultdict(lambda: defaultdict(list))
    for resource, weekday, opens_at, closes_at in hours:
        weekly[resource][weekday].append((_time(opens_at), _time(closes_at)))
    days = _exceptions(exceptions)
    weeks = {key: Week(weekly.get(key, {}), days.get(key, {})) for key in {*weekly, *days, None}}
    performers: dict[int, set[int]] = defaultdict(set)
    for service, resource in performs:
        performers[service].add(resource)
    requirements: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for service, requirement, resource in needs:
        requirements[service][requirement].add(resource)
    tables: dict[int, tuple[int, int, list[int]]] = {}
    for number, fewest, most, table in sets:
        tables.setdefault(number, (fewest, most, []))[2].append(table)
    turn_times: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for service, people, minutes in turns:
        turn_times[service].append((people, minutes))
    return Rules(
        business=weeks.pop(None),
        weeks={key: week for key, week in weeks.items() if key is not None},
        resources={one: (kind, low, high, name) for one, kind, low, high, name in resources},
        performers={key: frozenset(found) for key, found in performers.items()},
        requirements={
            key: {need: frozenset(found) for need, found in found_by.items()}
            for key, found_by in requirements.items()
        },
        table_sets={
            number: (fewest, most, tuple(sorted(found)))
            for number, (fewest, most, found) in tables.items()
        },
        turn_times=turn_times,
        settings=BookingSettings(**settings) if settings else BookingSettings(),
    )


def _time(text: str) -> time:
    return time.fromisoformat(text)


def _exceptions(rows: Sequence[Any]) -> dict[int | None, dict[date, list[Hours]]]:
    """Return each day's own hours, by resource; a closure leaves its day empty."""
    days: dict[int | None, dict[date, list[Hours]]] = defaultdict(lambda: defaultdict(list))
    for resource, first_day, last_day, opens_at, closes_at in rows:
        day, last = date.fromisoformat(first_day), date.fromisoformat(last_day)
        while day <= last:
            intervals = days[resource][day]
            if opens_at is not None:
                intervals.append((_time(opens_at), _time(closes_at)))
            day += timedelta(days=1)
    return days


@dataclass(frozen=True)
class Diary:
    """The days from `first` to `last`, with what is free for what is `wanted`."""

    wanted: Wanted
    rules: Rules
    zone: ZoneInfo
    first: date
    last: date
    visit: Visit
    calendar: Calendar
    # {quarter of an hour: guests who arrive}
    arrivals: Mapping[int, int] = field(default_factory=dict)

    def starts(self) -> list[int]:
        """Return every instant of the grid, whoever is there."""
        return starts_on_grid(
            self.rules.grid_of(self.wanted.service), self.first, self.last, self.zone
        )

    def is_paced(self, start: int) -> bool:
        """Would the party at `start` be more than may arrive within that quarter of an hour?"""
        limit = self.rules.settings.covers_per_quarter
        if limit is None or self.wanted.service.kind != Service.Kind.TABLE:
            return False
        return self.arrivals.get(start // QUARTER, 0) + self.wanted.party_size > limit

    def busy_seconds(self, resource: int) -> int:
        """Return how long `resource` is taken on these days, to spread work fairly."""
        return sum(end - start for start, end in self.calendar.busy.get(resource, ()))


def read_diary(
    wanted: Wanted,
    first: date,
    last: date,
    zone: ZoneInfo,
    now: datetime,
    *,
    around_the_clock: bool = False,
    ignoring: int | None = None,
) -> Diary:
    """Read the days from `first` to `last`, both included; two queries.

    `around_the_clock` looks at what is taken only, not at anyone's hours. `ignoring` is the
    booking whose own time does not count as taken.
    """
    rules = read_rules(wanted.services, first, last)
    visit = rules.visit_for(wanted)
    resources = {
        one
        for part in visit.parts
        for pool in part.pools
        for option in pool
        for one in option.resources
    }
    begins = datetime.combine(first, time(), zone).astimezone(UTC) - timedelta(days=1)
    # What begins on the last day may end days later (one more where a zone leaves out a date),
    # its buffers a day after that.
    beyond = timedelta(days=visit.duration // DAY_SECONDS + 2)
    ends = datetime.combine(last, time(), zone).astimezone(UTC) + beyond + timedelta(days=2)
    busy: dict[int, list[Span]] = defaultdict(list)
    arrivals: dict[int, int] = defaultdict(int)
    with connection.cursor() as cursor:
        cursor.execute(
            TAKEN,
            {
                "begins": begins, "ends": ends, "now": now, "resources": list(resources),
                "ignoring": ignoring, "paced": rules.settings.covers_per_quarter is not None,
            },
        )  # fmt: skip
        for resource, start, end, guests in cursor.fetchall():
            if resource is None:
                arrivals[start // QUARTER] += guests
            else:
                busy[resource].append((start, end))
    always = [(int(begins.timestamp()), int(ends.timestamp()))]
    open_by_week: dict[int | None, list[Span]] = {}
    opened: dict[int, Sequence[Span]] = {}
    for one in resources:
        # Most keep the business's hours: reckoned once.
        key = one if one in rules.weeks else None
        if key not in open_by_week:
            open_by_week[key] = (
                always if around_the_clock else rules.open_spans(one, first, last + beyond, zone)
            )
        opened[one] = open_by_week[key]
    return Diary(wanted, rules, zone, first, last, visit, Calendar(opened, busy), arrivals)
