"""A zone's clock changes as a VTIMEZONE (RFC 5545, section 3.6.5).

icalendar's own generator starts a forward change at the clock's time after it. The RFC wants the
time before it, "in the offset from which it changes". Readers that compare clock times see no
difference; one that turns the start into an instant would change an hour late.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

_DAY = timedelta(days=1)


def vtimezone(zone: ZoneInfo, name: str, first: datetime, last: datetime) -> Timezone:
    """Return the rules of `zone`, called `name`, that hold from `first` to `last` (aware)."""
    first = first.astimezone(UTC)
    timezone = Timezone()
    timezone.add("tzid", name)
    timezone.add_component(_observance(zone, first, first))
    for change in changes(zone, first, last.astimezone(UTC)):
        timezone.add_component(_observance(zone, change - timedelta(seconds=1), change))
    return timezone


def changes(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[datetime]:
    """Yield the instants in (first, last] at which the clocks of `zone` change."""
    before = first
    while before < last:
        after = min(before + _DAY, last)
        if _rule(zone, before) != _rule(zone, after):
            yield _exactly(zone, before, after)
        before = after


def _exactly(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the first second in (before, after] that follows the new rule."""
    old = _rule(zone, before)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        if _rule(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after


def _rule(zone: ZoneInfo, instant: datetime) -> tuple[timedelta | None, timedelta | None]:
    local = instant.astimezone(zone)
    return local.utcoffset(), local.dst()


def _observance(
    zone: ZoneInfo, before: datetime, starts: datetime
) -> TimezoneStandard | TimezoneDaylight:
    """Return the rule in force from `starts` on; `before` is an instant of the one it follows."""
    local = starts.astimezone(zone)
    offset_from = before.astimezone(zone).utcoffset() or timedelta()
    found = TimezoneDaylight() if local.dst() else TimezoneStandard()
    found.add("dtstart", (starts + offset_from).replace(tzinfo=None))
    found.add("tzoffsetfrom", offset_from)
    found.add("tzoffsetto", local.utcoffset() or timedelta())
    found.add("tzname", local.tzname() or "")
    return found
