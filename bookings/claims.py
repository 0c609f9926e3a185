"""What a booking takes up, as rows: claims on resources, and seats of a class.

The database has the last word: an exclusion constraint on allocations, a CHECK on seats. Rows are
locked in the order that `bookings.taking` names. Every function runs inside the caller's
transaction.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from bookings.models import Allocation, Booking, BookingChange, ClassSession, Resource

EXCLUSION_VIOLATION = "23P01"


@dataclass(frozen=True)
class Claim:
    """A resource for a time, buffers included."""

    resource_id: int
    starts_at: datetime
    ends_at: datetime


def lock_resources(resource_ids: Iterable[int]) -> None:
    """Queue up behind whoever else is changing what these resources are booked for."""
    wanted = Resource.objects.filter(pk__in=list(resource_ids)).order_by("pk")
    list(wanted.select_for_update(no_key=True).values("pk"))


def lock_sessions(session_ids: Iterable[int]) -> None:
    """Queue up behind whoever else is changing the seats of these classes."""
    wanted = ClassSession.objects.filter(pk__in=list(session_ids)).order_by("pk")
    list(wanted.select_for_update(no_key=True).values("pk"))


def lock_capacity(booking_id: int) -> None:
    """Lock what a booking takes up, before the booking itself."""
    allocations = Allocation.objects.filter(booking=booking_id)
    lock_resources(allocations.values_list("resource_id", flat=True))
    lock_sessions(sessions_of(booking_id))


def sessions_of(booking_id: int) -> set[int]:
    """Return the classes in which a booking has seats, or holds some for a change."""
    taken = ClassSession.objects.filter(
        Q(bookings=booking_id) | Q(changes__booking=booking_id, changes__status="held")
    )
    return set(taken.values_list("pk", flat=True))


def allocate(
    booking: Booking, claims: Iterable[Claim], change: BookingChange | None = None
) -> None:
    """Insert what `booking` takes, or what is held for its `change`."""
    Allocation.objects.bulk_create(
        Allocation(
            booking=booking,
            change=change,
            held_until=change.hold_expires_at if change else None,
            resource_id=claim.resource_id,
            starts_at=claim.starts_at,
            ends_at=claim.ends_at,
        )
        for claim in claims
    )


def is_exclusion_violation(error: IntegrityError) -> bool:
    return getattr(error.__cause__, "sqlstate", None) == EXCLUSION_VIOLATION


def move_seats(session_id: int, seats: int) -> bool:
    """Take (or with a negative number free) seats if the class has them."""
    open_session = ClassSession.objects.filter(pk=session_id)
    if seats > 0:
        open_session = open_session.filter(
            cancelled_at=None, seats_taken__lte=F("capacity") - seats
        )
    return open_session.update(seats_taken=F("seats_taken") + seats) == 1


def free_seats(session_id: int, seats: int) -> None:
    """Give `seats` of a locked class back."""
    move_seats(session_id, -seats)


def free(booking: Booking) -> None:
    """Free what a locked booking takes up; call it once, as it stops being live."""
    release_changes(booking, timezone.now())
    booking.allocations.update(is_live=False)
    if booking.class_session_id is not None:
        move_seats(booking.class_session_id, -booking.party_size)


def take_again(booking: Booking) -> bool:
    """Take what `free` has freed, if it is still free; return whether it was."""
    try:
        with transaction.atomic():
            booking.allocations.update(is_live=True)
    except IntegrityError as error:
        if is_exclusion_violation(error):
            return False
        raise
    return booking.class_session_id is None or move_seats(
        booking.class_session_id, booking.party_size
    )


def swap(booking: Booking, change: BookingChange, had_seats: int) -> None:
    """Give a locked `booking` what is held for `change`, and free what it had."""
    left = booking.class_session_id
    Allocation.objects.filter(booking=booking).delete()
    allocate(booking, claims_of(change))
    if left is not None and left == change.class_session_id:
        free_seats(left, had_seats + change.held_seats - change.party_size)
    elif left is not None:
        free_seats(left, had_seats)


def claims_of(change: BookingChange) -> list[Claim]:
    return [
        Claim(resource, datetime.fromisoformat(begins), datetime.fromisoformat(ends))
        for resource, begins, ends in change.claims
    ]


def without(
    begins: datetime, ends: datetime, taken: Iterable[tuple[datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """Return what is left of a span without the spans in `taken`, which overlap nowhere."""
    left = []
    for start, end in sorted(taken):
        if start >= ends or end <= begins:
            continue
        if start > begins:
            left.append((begins, start))
        begins = end
    if begins < ends:
        left.append((begins, ends))
    return left


def release_change(change: BookingChange, status: str, now: datetime) -> None:
    """Free what is held for a locked `change`, once; its booking stays as it is."""
    if not change.is_held:
        return
    Allocation.objects.filter(change=change).delete()
    if change.class_session_id is not None and change.held_seats:
        free_seats(change.class_session_id, change.held_seats)
    change.status, change.ended_at = status, now
    change.save(update_fields=["status", "ended_at"])


def release_changes(booking: Booking, now: datetime) -> None:
    """Give up what is held for a change of a locked booking."""
    for change in BookingChange.objects.held().filter(booking=booking).select_for_update():
        release_change(change, BookingChange.Status.WITHDRAWN, now)
