"""Taking a resource's time for what is no booking: a class, or the staff's own reasons."""

from datetime import datetime

from django.db import IntegrityError, transaction

from bookings.claims import is_exclusion_violation, lock_resources
from bookings.errors import SlotTaken
from bookings.models import Allocation, ClassSession, Resource
from tenants.templatetags.business import clock, local_time


@transaction.atomic
def take(
    resource: Resource,
    starts_at: datetime,
    ends_at: datetime,
    *,
    reason: str = "",
    class_session: ClassSession | None = None,
) -> Allocation:
    """Keep `resource` from `starts_at` to `ends_at`; raises SlotTaken, which names what is there.

    The row is locked first: overlapping racers would deadlock on the constraint alone.
    """
    lock_resources([resource.pk])
    try:
        with transaction.atomic():
            return Allocation.objects.create(
                resource=resource,
                starts_at=starts_at,
                ends_at=ends_at,
                reason=reason,
                class_session=class_session,
            )
    except IntegrityError as error:
        if not is_exclusion_violation(error):
            raise
    raise SlotTaken(_clash(resource, starts_at, ends_at))


def _clash(resource: Resource, starts_at: datetime, ends_at: datetime) -> str:
    """Return a sentence about the first thing that is in the way."""
    there = (
        Allocation.objects.filter(
            resource=resource, is_live=True, starts_at__lt=ends_at, ends_at__gt=starts_at
        )
        .select_related("booking", "class_session__service")
        .defer("class_session__service__picture")
        .first()
    )
    if there is None:
        return f"{resource} is already booked at that time."
    return f"{resource} is already booked on {span(there.starts_at, there.ends_at)}: {why(there)}."


def why(allocation: Allocation) -> str:
    """Return what a resource is taken for, in a few words."""
    if allocation.booking is not None:
        return f"{allocation.booking.customer_name}, {allocation.booking.service_name}"
    if allocation.class_session is not None:
        return allocation.class_session.service.name
    return allocation.reason or "blocked"


def span(starts_at: datetime, ends_at: datetime) -> str:
    """Return "Tue 1 December 2026, 10:00 to 11:00"; the second day too, where it is another."""
    end = local_time(ends_at)
    is_same_day = end.rpartition(", ")[0] == local_time(starts_at).rpartition(", ")[0]
    return f"{local_time(starts_at)} to {clock(ends_at) if is_same_day else end}"
