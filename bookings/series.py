"""Classes that come back: from a rule to sessions on the timetable, some weeks ahead."""

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule, rrulestr
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from access.actors import SYSTEM, Actor
from bookings.claims import lock_resources
from bookings.errors import SlotTaken
from bookings.models import ClassSeries, ClassSession, HoursException, Resource
from bookings.sessions import call_off, schedule
from tenants.current import current_tenant

AHEAD = timedelta(weeks=12)
# The time of day and the end are fields of their own. What is not in these patterns, such as a
# 32nd of the month, could make rules that never fit: a search would go on to the year 9999.
DAY_OF_WEEK = r"(MO|TU|WE|TH|FR|SA|SU)"
PARTS = {
    "FREQ": r"DAILY|WEEKLY|MONTHLY",
    "INTERVAL": r"[1-9]|[1-4]\d|5[0-2]",
    "BYDAY": rf"([+-]?[1-5])?{DAY_OF_WEEK}(,([+-]?[1-5])?{DAY_OF_WEEK})*",
    "BYMONTHDAY": r"-?([1-9]|[12]\d|3[01])(,-?([1-9]|[12]\d|3[01]))*",
    "BYSETPOS": r"-?([1-9]|[12]\d|3[01])(,-?([1-9]|[12]\d|3[01]))*",
    "WKST": DAY_OF_WEEK,
}
LONGEST_INTERVAL = 52


def parse(rule: str, first_day: date, *, count: int | None = None) -> rrule:
    """Return the days of an RFC 5545 rule (section 3.3.10) from `first_day`, as midnights.

    Raises ValidationError for what is no rule, or one that says more than days.
    """
    text = rule.upper().strip()
    parts = [part.partition("=") for part in text.split(";")]
    values = {name: value for name, _, value in parts}
    if len(values) != len(parts) or not values.keys() <= PARTS.keys():
        raise ValidationError(f"A rule here is made of {', '.join(PARTS)}, each once.")
    for name, value in values.items():
        if not re.fullmatch(PARTS[name], value):
            raise ValidationError(f"{name}={value} can't be understood, or makes no days.")
    if "FREQ" not in values:
        raise ValidationError("A rule says how often: FREQ=DAILY, WEEKLY or MONTHLY.")
    if "BYSETPOS" in values and values["FREQ"] != "MONTHLY":
        raise ValidationError("BYSETPOS goes with FREQ=MONTHLY.")
    found = rrulestr(text, dtstart=datetime.combine(first_day, time()))
    return found.replace(count=count) if count else found


def days_of(series: ClassSeries, first: date, last: date) -> list[date]:
    """Return the days from `first` to `last` on which a series takes place."""
    rule = parse(series.rule, series.first_day, count=series.count)
    end = min(last, series.until or last)
    if end < first:
        return []
    found = rule.between(datetime.combine(first, time()), datetime.combine(end, time()), inc=True)
    return [day.date() for day in found if day.date() not in series.exceptions]


def occurrences(
    series: ClassSeries, first: date, last: date, zone: ZoneInfo
) -> dict[date, datetime]:
    """Return the instants (UTC) of a series by local day: the same time on the clocks all year.

    A time that the clocks skip is taken with the offset before the change, which moves it
    forward; one that they show twice is the first (RFC 5545, section 3.3.5). Two days that come
    to the same instant, as around a date that a zone skips, make one.
    """
    found: dict[date, datetime] = {}
    for day in days_of(series, first, last):
        at = datetime.combine(day, series.starts_at, zone).astimezone(UTC)
        if at not in found.values():
            found[day] = at
    return found


def ahead(series: ClassSeries, now: datetime) -> dict[date, datetime]:
    """Return what should be on the timetable from `now` on, as far as it is filled.

    Days on which the business is closed, or the instructor on leave, are left out.
    """
    zone = current_tenant().zone
    today = now.astimezone(zone).date()
    wanted = occurrences(series, today, today + AHEAD, zone)
    off = _closures(series, today)
    return {
        day: at
        for day, at in wanted.items()
        if at > now and not any(first <= day <= last for first, last in off)
    }


def _closures(series: ClassSeries, first: date) -> list[tuple[date, date]]:
    """Return (first day, last day) of what keeps a series from taking place from `first` on."""
    whose = Q(resource__isnull=True)
    if series.instructor_id:
        whose |= Q(resource=series.instructor_id)
    closed = HoursException.objects.filter(whose, opens_at__isnull=True, last_day__gte=first)
    return list(closed.values_list("first_day", "last_day"))


@transaction.atomic
def apply(series: ClassSeries, *, actor: Actor = SYSTEM) -> list[ClassSession]:
    """Save a series, and make the sessions ahead what it says now.

    Only sessions on which nobody is booked are changed; returns the others that no longer fit.
    Raises SlotTaken when the instructor is not free at one of the times: nothing is changed.
    """
    series.save()
    now = timezone.now()
    wanted = ahead(series, now)
    kept = []
    for session in _future(series, now):
        if _fits(session, series, wanted):
            continue
        if session.seats_taken:
            kept.append(session)
        else:
            _remove(session)
    for session in _missing(series, wanted):
        schedule(session, actor=actor)
    return kept


def _future(series: ClassSeries, now: datetime) -> list[ClassSession]:
    """Lock and return the sessions that may change; the instructors first, as everyone does."""
    ours = series.sessions.filter(starts_at__gt=now, cancelled_at__isnull=True)
    people = {*ours.values_list("instructor_id", flat=True), series.instructor_id}
    for person in Resource.objects.filter(pk__in=[one for one in people if one]).order_by("id"):
        lock_resources([person.pk])
    ours = ours.select_related("service").defer("service__picture")
    return list(ours.select_for_update(of=("self",)).order_by("id"))


def _fits(session: ClassSession, series: ClassSeries, wanted: dict[date, datetime]) -> bool:
    return (
        session.series_day is not None
        and session.starts_at == wanted.get(session.series_day)
        and session.ends_at == session.starts_at + series.service.duration
        and session.service_id == series.service_id
        and session.instructor_id == series.instructor_id
        and session.capacity == series.capacity
    )


def _remove(session: ClassSession) -> None:
    """Take a free session off the timetable; one that had bookings once stays, cancelled."""
    if not session.bookings.exists():
        session.delete()
        return
    call_off(session)
    # Its day may be made anew.
    session.series_day = None
    session.save(update_fields=["series_day"])


def _missing(series: ClassSeries, wanted: dict[date, datetime]) -> list[ClassSession]:
    there = set(series.sessions.filter(series_day__in=wanted).values_list("series_day", flat=True))
    return [
        ClassSession(
            service=series.service,
            instructor=series.instructor,
            capacity=series.capacity,
            starts_at=at,
            series=series,
            series_day=day,
        )
        for day, at in wanted.items()
        if day not in there
    ]


def missing(series: ClassSeries) -> list[ClassSession]:
    """Return the sessions, not saved, that could not be put on the timetable."""
    return _missing(series, ahead(series, timezone.now()))


def extend_all() -> None:
    """Fill the timetable for the weeks that have come into sight. May run twice, or late.

    What an instructor has no time for is left out, and tried again the next time.
    """
    now = timezone.now()
    rows = ClassSeries.objects.select_related("service", "instructor").defer("service__picture")
    for series in rows.order_by("id"):
        for session in _missing(series, ahead(series, now)):
            try:
                schedule(session)
            except SlotTaken:
                continue
