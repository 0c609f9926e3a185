"""What time itself does to bookings: the end of a visit completes it, a lost hold is released.

Each booking is looked at again under its lock, in a transaction of its own: a sweep may run late,
twice, at the same time as another, or be killed half way.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import DatabaseError
from django.utils import timezone

from access.actors import SYSTEM
from bookings import held_changes, services
from bookings.errors import BookingClosed
from bookings.models import Booking, BookingChange, BookingSettings
from tenants.errors import TillhouseError

#: The job that ends a hold has this long before the sweep steps in for it.
HOLD_GRACE = timedelta(minutes=10)
#: What one sweep takes on at most; the next one goes on.
BATCH = 1000


def complete_ended(now: datetime | None = None) -> int:
    """Complete the confirmed bookings that ended long enough ago; return how many it were."""
    minutes = BookingSettings.objects.current().complete_after_minutes
    if minutes is None:
        return 0
    ended = (now or timezone.now()) - timedelta(minutes=minutes)
    found = Booking.objects.filter(status=Booking.Status.CONFIRMED, ends_at__lte=ended)
    return _each(
        found.order_by("ends_at").values_list("pk", flat=True)[:BATCH],
        lambda pk: services.complete(pk, actor=SYSTEM),
    )


def release_lost_holds(now: datetime | None = None) -> int:
    """Release the holds that ran out and whose own job was lost; return how many were tried."""
    stale = Booking.objects.all().stale_holds((now or timezone.now()) - HOLD_GRACE)
    return _each(
        stale.order_by("hold_expires_at").values_list("pk", flat=True)[:BATCH],
        services.release_hold,
    )


def release_lost_changes(now: datetime | None = None) -> int:
    """Release the held changes that ran out and whose own job was lost; return how many."""
    stale = BookingChange.objects.all().stale((now or timezone.now()) - HOLD_GRACE)
    return _each(
        stale.order_by("hold_expires_at").values_list("pk", flat=True)[:BATCH],
        held_changes.expire,
    )


def _each(booking_ids: Iterable[int], act: Callable[[int], object]) -> int:
    """Do `act` for each booking; one that fails keeps no other back, and is raised at the end."""
    done = 0
    failure: Exception | None = None
    for booking_id in list(booking_ids):
        try:
            act(booking_id)
            done += 1
        except BookingClosed:
            # Somebody was faster: cancelled, completed, marked as a no-show.
            continue
        except (DatabaseError, TillhouseError) as error:
            failure = error
    if failure is not None:
        raise failure
    return done
