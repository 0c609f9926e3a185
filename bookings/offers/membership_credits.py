"""What a member can use: the credits of the periods that are paid for, and for which times."""

from datetime import datetime

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from bookings.errors import BeyondMembership, InvalidBooking
from bookings.models import Booking, Membership, Pass, Prepaid
from tenants.templatetags.business import local_time


def _good(now: datetime, at: str = "") -> Q:
    """Periods that can be used `now`; `at` leads to them from what is asked."""
    active = {f"{at}status": Prepaid.Status.ACTIVE, f"{at}frozen_at": None}
    return Q(**active, **{f"{at}expires_at__gt": now})


def with_left(found: QuerySet[Membership]) -> QuerySet[Membership]:
    """Have `credits_left` known of many at once."""
    good = _good(timezone.now(), "periods__")
    return found.annotate(all_left=Sum("periods__left", filter=good))


def credits_left(membership: Membership) -> int | None:
    """Return how many times it is good for now; None: without a limit."""
    if hasattr(membership, "all_left"):
        left = membership.all_left or 0
    else:
        left = _left_of(membership.periods.filter(_good(timezone.now())))
    return None if membership.credits is None and left else left


def _left_of(periods: QuerySet[Pass]) -> int:
    return periods.aggregate(sum=Sum("left"))["sum"] or 0


def period_for(membership: Membership, party_size: int, starts_at: datetime | None = None) -> Pass:
    """Return the credits that a booking for so many would use: the oldest that are enough.

    `starts_at` (aware) is when it starts: not later than the credits pay for. Raises
    InvalidBooking or BeyondMembership (`field` is "code") with the reason when there are none.
    """
    good = membership.periods.filter(_good(timezone.now())).order_by("expires_at", "pk")
    enough: list[Pass] = [period for period in good if period.left >= party_size]
    if not enough:
        raise InvalidBooking(_why_not(membership, _left_of(good), party_size), field="code")
    for period in enough:
        if starts_at is None or _reaches(membership, period, starts_at):
            return period
    raise BeyondMembership(_too_far(membership, enough[-1]), field="code")


def _reaches(membership: Membership, period: Pass, starts_at: datetime) -> bool:
    until = membership.pays_until(period)
    return until is None or starts_at < until


def _too_far(membership: Membership, period: Pass) -> str:
    until = membership.pays_until(period)
    when = local_time(until) if until else "its end"
    renews = membership.renews_at
    after = ""
    if renews and membership.is_running and not membership.is_ending:
        after = f" It renews on {local_time(renews)}, and pays for later times then."
    return f"This membership pays for what starts before {when}.{after}"


def check_move(booking: Booking, starts_at: datetime) -> None:
    """Raise BeyondMembership where one pays for `booking`, but not as late as `starts_at`."""
    used = Pass.objects.filter(membership__isnull=False, movements__booking=booking).distinct()
    for period in used.select_related("membership__subscription"):
        membership = period.membership
        if membership is None or not period.used_by(booking) or starts_at <= booking.starts_at:
            continue
        if not _reaches(membership, period, starts_at):
            raise BeyondMembership(_too_far(membership, period), field="booking_date")


def bookable_until(membership: Membership) -> datetime | None:
    """Return before when (UTC) what it pays for now must start; None where it pays for nothing."""
    good = membership.periods.filter(_good(timezone.now()), left__gt=0).order_by("expires_at")
    newest = good.last()
    return membership.pays_until(newest) if newest else None


def _why_not(membership: Membership, left: int, party_size: int) -> str:
    if left:
        return f"This membership is good for {left} more, and you are {party_size}."
    if membership.has_ended:
        return "This membership has ended."
    if membership.is_past_due:
        return (
            "The last payment for this membership did not go through. Please update your card on "
            "the membership's page."
        )
    renews = membership.renews_at
    when = (
        f" They come back on {local_time(renews)}." if renews and not membership.is_ending else ""
    )
    return f"This membership's credits are used up.{when}"
