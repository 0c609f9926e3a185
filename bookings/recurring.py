"""Bookings that repeat: every second Tuesday at the same time on the business's clocks."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone

from access.actors import Actor
from bookings import availability, services
from bookings.availability import Slot
from bookings.errors import BookingClosed, BookingError, InvalidBooking
from bookings.models import Booking, BookingSeries
from bookings.slots import is_shown
from bookings.wishes import BookingRequest
from tenants.current import current_tenant

ALTERNATIVES_SHOWN = 3
TELL_AFTER = timedelta(minutes=2)
# A date that waits for its deposit is kept this long: there may be many to pay. Stripe's pages end
# after a day.
HOLD = timedelta(hours=23)
# What staff and API keys are not bound by; opening hours they are, unless they say otherwise.
WAIVED = {"notice", "too_far", "grid", "staff_only"}


@dataclass(frozen=True)
class Weekly:
    """Every `interval` weeks, `count` times or up to and with `until`: one of the two."""

    interval: int = 1
    count: int | None = None
    until: date | None = None

    def days(self, first: date) -> list[date]:
        """Return the days from `first`; raises InvalidBooking, naming the field."""
        if not 1 <= self.interval <= BookingSeries.MAX_INTERVAL:
            raise InvalidBooking(
                f"interval_weeks must be 1 to {BookingSeries.MAX_INTERVAL}", field="interval_weeks"
            )
        if (self.count is None) == (self.until is None):
            raise InvalidBooking("Give either count or until", field="count")
        count = self.count if self.count is not None else self._count_until(first)
        if not 1 <= count <= BookingSeries.MAX_COUNT:
            field = "count" if self.until is None else "until"
            raise InvalidBooking(
                f"{field} must give 1 to {BookingSeries.MAX_COUNT} dates", field=field
            )
        return [first + number * timedelta(weeks=self.interval) for number in range(count)]

    def _count_until(self, first: date) -> int:
        assert self.until is not None  # noqa: S101 - for the type checker
        return (self.until - first) // timedelta(weeks=self.interval) + 1


@dataclass(frozen=True)
class Clash:
    """A date that can't be booked: why, and what is free that day near the time asked for."""

    day: date
    code: str
    reason: str
    alternatives: tuple[Slot, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became, or would become, of a series."""

    booked: list[Booking]
    clashes: list[Clash]
    series: BookingSeries | None = None


def preview(request: BookingRequest, rule: Weekly) -> Outcome:
    """Return what `book_series` would do now; every date is tried, and given back."""
    return _go_through(request, rule, actor=Actor("system"), is_trial=True)


def book_series(request: BookingRequest, rule: Weekly, *, actor: Actor) -> Outcome:
    """Book `request`, whose start is the first one, at the same wall time on every date of `rule`.

    Each date is a booking of its own, in its own transaction: what clashes is reported and does
    not undo the rest. Nothing is written where every date clashes. Raises InvalidBooking for a
    rule that is none.
    """
    return _go_through(request, rule, actor=actor, is_trial=False)


def _go_through(request: BookingRequest, rule: Weekly, *, actor: Actor, is_trial: bool) -> Outcome:
    zone = current_tenant().zone
    local = request.starts_at.astimezone(zone)
    days = rule.days(local.date())
    series = None if is_trial else _new_series(request, rule, days, local.time(), actor)
    request = replace(request, series=series)
    outcome = Outcome([], [], series)
    for day in days:
        result = _book_day(request, day, local.time(), zone, actor, is_trial=is_trial)
        if isinstance(result, Clash):
            outcome.clashes.append(result)
        else:
            outcome.booked.append(result)
    if series is not None and not outcome.booked:
        series.delete()
        return replace(outcome, series=None)
    return outcome


@transaction.atomic
def _new_series(
    request: BookingRequest, rule: Weekly, days: list[date], at: time, actor: Actor
) -> BookingSeries:
    from bookings import jobs

    if request.service is None:
        raise InvalidBooking(
            "service_name: this business has no such service", field="service_name"
        )
    series = BookingSeries.objects.create(
        service=request.service,
        customer_name=request.customer_name,
        customer_email=request.customer_email,
        first_day=days[0],
        local_time=at,
        time_zone=str(current_tenant().zone),
        interval_weeks=rule.interval,
        count=len(days),
        created_by=actor.label or actor.kind,
    )
    # Enqueued here, so that they hear of what is booked even if we are killed on the way.
    jobs.tell_of_series.enqueue(series_id=series.pk, at=timezone.now() + TELL_AFTER)
    return series


def _book_day(
    request: BookingRequest, day: date, at: time, zone: ZoneInfo, actor: Actor, *, is_trial: bool
) -> Booking | Clash:
    if not is_shown(day, at, zone):
        return _clash(request, day, at, zone, "no_such_time", "Clocks skip this time on that day.")
    starts_at = availability.instant(day, at, zone)
    reasons = [] if request.anytime else list(_reasons(request, starts_at, zone))
    if reasons:
        return _clash(request, day, at, zone, reasons[0].code, reasons[0].text)
    try:
        with transaction.atomic():
            wanted = replace(request, starts_at=starts_at)
            booking = services.book(wanted, actor=actor, hold_until=_hold_for(wanted))
            transaction.set_rollback(is_trial)
    except BookingError as error:
        return _clash(request, day, at, zone, error.code, error.message)
    return booking


def _hold_for(request: BookingRequest) -> datetime | None:
    """Return until when a date waits for its deposit; None where nothing is due ahead."""
    if not services.is_paid_ahead(request):
        return None
    return min(timezone.now() + HOLD, request.starts_at)


def _reasons(
    request: BookingRequest, starts_at: datetime, zone: ZoneInfo
) -> Iterator[availability.Reason]:
    if request.wanted is not None:
        found = availability.explain(request.wanted, starts_at, zone, timezone.now())
        yield from (reason for reason in found if reason.code not in WAIVED)


def _clash(
    request: BookingRequest, day: date, at: time, zone: ZoneInfo, code: str, reason: str
) -> Clash:
    """Return the clash with the free times of that day that come nearest, in order."""
    if request.wanted is None:
        return Clash(day, code, reason)
    # Where clocks skip the time, what they would have shown.
    meant = datetime.combine(day, at, zone).astimezone(UTC)
    free = availability.free_on(request.wanted, day, zone, timezone.now())
    nearest = sorted(free, key=lambda slot: abs(slot.starts_at - meant))[:ALTERNATIVES_SHOWN]
    return Clash(day, code, reason, tuple(sorted(nearest, key=lambda slot: slot.starts_at)))


def cancel_rest(
    series: BookingSeries, from_day: date, *, actor: Actor, refund: bool = False
) -> list[Booking]:
    """Cancel what is left of a series from `from_day` on (the business's day); return it.

    Its customer is told of all of it in one e-mail.
    """
    from bookings import jobs

    begins = availability.instant(from_day, time(), current_tenant().zone)
    left = series.bookings.filter(
        starts_at__gte=max(begins, timezone.now()),
        status__in=(Booking.Status.PENDING_PAYMENT, Booking.Status.CONFIRMED),
    )
    # Enqueued first, so that they hear of what is cancelled even if we are killed on the way.
    now = timezone.now()
    if left.exists():
        jobs.tell_of_cancelled.enqueue(
            series_id=series.pk, since=now.isoformat(), at=now + TELL_AFTER
        )
    cancelled = []
    for booking_id in left.order_by("starts_at").values_list("pk", flat=True):
        try:
            cancelled.append(services.cancel(booking_id, actor=actor, refund=refund, tells=False))
        except BookingClosed:
            # It ended while we went through them.
            continue
    return cancelled
