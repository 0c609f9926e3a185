"""What cancelling gives back, by the terms that the customer accepted.

Up to and including `free_until` all of it, then up to and including `partial_until` a percentage
(rounded half up, once, over all that was paid), then nothing.

Hours are real ones: 24 hours before a Sunday on which clocks change is another time of day. With
`counts_business_days` they pass on days on which the business opens only. Such a day counts from
its midnight to the next on the business's clocks (23 or 25 hours where they change), any other not
at all. The deadline is the latest instant at which so many hours are left: with Sunday closed, ten
hours before Monday 10:00 is Monday 00:00. Opening hours and closures count as they are now. A
business without weekly hours counts every day.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bookings.diary import read_rules
from bookings.models import Booking
from bookings.money import payments_ahead
from bookings.slots import Week, instant, is_shown
from tenants.current import current_tenant
from tenants.templatetags.business import local_time, money

#: How far back hours are counted: sixty days' worth of a business that opens once a week.
DAYS_BACK = 500


@dataclass(frozen=True)
class Quote:
    """What cancelling now would do; amounts are in minor units of `currency`.

    `code` says why: free, late (a part goes back), too_late (nothing does), begun, nothing_paid.
    """

    code: str
    paid: int
    refund: int
    # What the terms then allow to charge to the card on file.
    fee: int
    currency: str
    free_until: datetime
    partial_until: datetime
    percent: int

    @property
    def kept(self) -> int:
        return self.paid - self.refund

    @property
    def text(self) -> str:
        """Why, in a sentence."""
        free, partial = local_time(self.free_until), local_time(self.partial_until)
        if self.code == "nothing_paid":
            return "Nothing has been paid, so nothing has to go back."
        if self.code == "begun":
            return "The booking has begun already, so nothing goes back."
        if self.code == "free":
            return f"Cancelling is free until {free}."
        if self.code == "late":
            return (
                f"Cancelling was free until {free}. Until {partial}, {self.percent}% of what was "
                "paid goes back."
            )
        return f"Nothing goes back after {partial}."

    @property
    def fee_text(self) -> str:
        """What may be charged to the card on file, in a sentence; empty when nothing may."""
        if not self.fee:
            return ""
        return (
            f"By the terms that were accepted, {money(self.fee, self.currency)} may be charged to "
            "the card on file."
        )


def deadline(starts_at: datetime, hours: int, zone: ZoneInfo, week: Week | None) -> datetime:
    """Return the latest instant at which `hours` are left until `starts_at`, in UTC.

    With `week`, only the days on which it opens count.
    """
    if week is None or not week.weekly or not hours:
        return starts_at.astimezone(UTC) - timedelta(hours=hours)
    left, end = 3600.0 * hours, starts_at.timestamp()
    day = starts_at.astimezone(zone).date()
    for _ in range(DAYS_BACK):
        begins = float(instant(day, time(), zone))
        if _counts(day, zone, week):
            if left <= end - begins:
                return datetime.fromtimestamp(end - left, UTC)
            left -= end - begins
        end = begins
        day -= timedelta(days=1)
    return datetime.fromtimestamp(end, UTC)


def _counts(day: date, zone: ZoneInfo, week: Week) -> bool:
    return bool(week.on(day)) and is_shown(day, time(12), zone)


def week_for(booking: Booking, starts_at: datetime) -> Week | None:
    """Return the business's week where its days count for `booking`, else None; one query."""
    if not booking.counts_business_days:
        return None
    last = starts_at.astimezone(current_tenant().zone).date()
    return read_rules([], last - timedelta(days=DAYS_BACK), last).business


def free_until(booking: Booking) -> datetime:
    """Until when, inclusive, the customer may cancel or move the booking at no cost."""
    return booking.free_until or free_until_at(booking, booking.starts_at)


def free_until_at(booking: Booking, starts_at: datetime) -> datetime:
    """Return what `free_until` would be if `booking` began at `starts_at`, by today's hours."""
    week = week_for(booking, starts_at)
    return deadline(starts_at, booking.free_cancellation_hours, current_tenant().zone, week)


def fix_deadlines(booking: Booking) -> None:
    """Set on `booking`, by today's opening hours, until when cancelling gives what back."""
    week = week_for(booking, booking.starts_at)
    booking.free_until, booking.partial_until = _deadlines(booking, current_tenant().zone, week)


def _deadlines(booking: Booking, zone: ZoneInfo, week: Week | None) -> tuple[datetime, datetime]:
    free = deadline(booking.starts_at, booking.free_cancellation_hours, zone, week)
    if not booking.late_refund_percent:
        return free, free
    return free, max(deadline(booking.starts_at, booking.no_refund_hours, zone, week), free)


def quote(booking: Booking, now: datetime) -> Quote:
    """Return what cancelling `booking` at `now` gives back of all that was paid ahead."""
    paid = sum(session.amount_refundable for session in payments_ahead(booking))
    week = week_for(booking, booking.starts_at) if booking.free_until is None else None
    return quote_for(booking, paid, now, current_tenant().zone, week)


def quote_for(
    booking: Booking, paid: int, now: datetime, zone: ZoneInfo, week: Week | None
) -> Quote:
    """Return what goes back of `paid` minor units; reads nothing but its arguments.

    `zone` and `week` count where `booking` does not know its deadlines.
    """
    if booking.free_until is not None and booking.partial_until is not None:
        free, partial = booking.free_until, booking.partial_until
    else:
        free, partial = _deadlines(booking, zone, week)
    percent = booking.late_refund_percent
    code, share = "too_late", 0
    if now <= free:
        code, share = "free", 100
    elif now >= booking.starts_at:
        code = "begun"
    elif now <= partial:
        code, share = "late", percent
    has_card = booking.requires_card and booking.terms_accepted_at is not None
    return Quote(
        code=code if paid or code == "begun" else "nothing_paid",
        paid=paid,
        refund=(paid * share + 50) // 100,
        fee=booking.late_cancellation_fee if has_card and now > free else 0,
        currency=booking.currency,
        free_until=free,
        partial_until=partial,
        percent=percent,
    )
