"""Which reminders and review requests are due: asked every few minutes, never kept as jobs.

So moving or cancelling a booking has nothing to clean up, and a worker that was away finds at its
return what is still worth sending.
"""

from datetime import datetime, timedelta
from itertools import pairwise

from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from bookings.messages.kinds import KINDS
from bookings.messages.planning import plan_for
from bookings.models import Booking, MessageSettings, SentMessage

#: Nobody is asked for a review of something older than this.
REVIEW_WINDOW = timedelta(days=3)


def plan_due() -> None:
    """Plan every reminder and review request that is due now, and not planned yet."""
    settings, now = MessageSettings.objects.current(), timezone.now()
    for before, next_before in _windows(settings.reminder_minutes):
        for booking in _to_remind(now, before, next_before):
            # Of this start: a booking that is moved is reminded of its new time.
            key = f"{before // timedelta(minutes=1)} {booking.starts_at.isoformat()}"
            plan_for(booking, KINDS["reminder"], key=key)
    if settings.review_delay_minutes is not None and settings.review_link:
        for booking in _to_review(now, timedelta(minutes=settings.review_delay_minutes)):
            plan_for(booking, KINDS["review"], key="")


def _windows(minutes: list[int]) -> list[tuple[timedelta, timedelta]]:
    """Return each reminder time with the next one after it, as times before the start.

    A booking is in one window at most: a worker that comes back late sends the newest reminder
    that is due, not all of them at once.
    """
    times = [*sorted(minutes, reverse=True), 0]
    return [(timedelta(minutes=one), timedelta(minutes=after)) for one, after in pairwise(times)]


def _to_remind(now: datetime, before: timedelta, next_before: timedelta) -> QuerySet[Booking]:
    """Bookings whose reminder `before` the start is due.

    Not those that were made or moved when it was due already: their customers have just been
    told.
    """
    told_since = SentMessage.objects.annotate(due=F("starts_at") - before).filter(
        booking=OuterRef("pk"),
        starts_at=OuterRef("starts_at"),
        kind__in=("reminder", "rescheduled"),
        created_at__gte=F("due"),
    )
    return (
        Booking.objects.filter(
            status=Booking.Status.CONFIRMED,
            starts_at__gt=now + next_before,
            starts_at__lte=now + before,
        )
        .annotate(since=Coalesce("confirmed_at", "created_at"))
        .filter(since__lte=F("starts_at") - before)
        .exclude(Exists(told_since))
        .order_by("starts_at")
    )


def _to_review(now: datetime, delay: timedelta) -> QuerySet[Booking]:
    """Bookings that ended `delay` ago or a little longer, and were not asked about."""
    asked = SentMessage.objects.filter(booking=OuterRef("pk"), kind="review")
    return (
        Booking.objects.filter(
            status=Booking.Status.COMPLETED,
            ends_at__lte=now - delay,
            ends_at__gt=now - delay - REVIEW_WINDOW,
        )
        .exclude(Exists(asked))
        .order_by("ends_at")
    )
