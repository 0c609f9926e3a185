"""Take and free capacity: the resources of a visit, the seats of a class, the pace of arrivals.

The database has the last word: an exclusion constraint on allocations, a CHECK on seats. Rows
are locked in this order: the booking rules (only where arrivals are paced), the resources by id
or the class, then bookings. Every function runs inside the caller's transaction.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from bookings.availability import Wanted, session_at, ways_to_take
from bookings.claims import (
    Claim,
    allocate,
    claims_of,
    free_seats,
    is_exclusion_violation,
    lock_resources,
    lock_sessions,
    move_seats,
    release_change,
    sessions_of,
    without,
)
from bookings.diary import Diary, read_diary, read_rules
from bookings.errors import SlotTaken
from bookings.models import (
    Allocation,
    Booking,
    BookingChange,
    BookingSettings,
    ClassSession,
    Resource,
    Service,
)
from bookings.slots import Option, joined
from tenants.current import current_tenant

# A service that only an API caller knows: nothing says how long it takes.
UNLISTED_DURATION = timedelta(minutes=60)
TAKEN = "This time is taken. Please choose another one."

#: Ends a locked booking whose hold has run out.
EndHold = Callable[[Booking], None]


def take(
    booking: Booking,
    wanted: Wanted | None,
    now: datetime,
    *,
    end_hold: EndHold,
    moving: bool = False,
    had_seats: int = 0,
) -> None:
    """Give `booking` (its start is set) its end and what it needs, and save it.

    With `moving` it is a booking that has another time already, whose claims are replaced, and
    which has `had_seats` of the class that it still names. Raises SlotTaken when nothing that
    would do is free; nothing is changed in the database then.
    """
    left = booking.class_session_id
    if wanted is None:
        _take_unlisted(booking, now, end_hold)
    elif wanted.service.kind == Service.Kind.CLASS:
        _take_seats(booking, wanted, now, end_hold, had_seats)
    else:
        _take_resources(booking, wanted, now, end_hold, moving=moving)
    if had_seats and left is not None and left != booking.class_session_id:
        free_seats(left, had_seats)


def _take_unlisted(booking: Booking, now: datetime, end_hold: EndHold) -> None:
    """Something the catalogue does not know takes the business's first resource."""
    first = Resource.objects.filter(is_active=True).order_by("position", "id").first()
    if first is None:
        raise SlotTaken(TAKEN)
    booking.ends_at = booking.starts_at + UNLISTED_DURATION
    booking.resource = first
    claim = Claim(first.pk, booking.starts_at, booking.ends_at)
    if not _try(booking, [claim], now, end_hold):
        raise SlotTaken(TAKEN)


def _take_resources(
    booking: Booking, wanted: Wanted, now: datetime, end_hold: EndHold, *, moving: bool
) -> None:
    """Try one way after the other until the database takes one: a race costs the best, not all."""
    keep_pace(wanted)
    zone = current_tenant().zone
    day = booking.starts_at.astimezone(zone).date()
    diary = read_diary(
        wanted, day, day, zone, now, around_the_clock=True, ignoring=booking.pk if moving else None
    )
    if diary.is_paced(int(booking.starts_at.timestamp())):
        raise SlotTaken("No more guests can arrive at this time. Please choose another one.")
    booking.ends_at = booking.starts_at + timedelta(seconds=diary.visit.duration)
    for way in ways_to_take(diary, booking.starts_at):
        booking.resource_id = way[0].resources[0]
        if _try(booking, _claims(diary, booking.starts_at, way), now, end_hold):
            return
    raise SlotTaken(TAKEN)


def keep_pace(wanted: Wanted) -> None:
    """Let tables be booked one after the other where arrivals are limited."""
    if wanted.service.kind == Service.Kind.TABLE:
        list(
            BookingSettings.objects.select_for_update(no_key=True)
            .exclude(covers_per_quarter=None)
            .values("pk")
        )


def _claims(diary: Diary, starts_at: datetime, way: tuple[Option, ...]) -> list[Claim]:
    """Return what to take; of one resource what overlaps or touches is joined."""
    spans: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    chosen = iter(way)
    for part in diary.visit.parts:
        begins = starts_at + timedelta(seconds=part.offset)
        span = (
            begins - timedelta(seconds=part.before),
            begins + timedelta(seconds=part.duration + part.after),
        )
        for _ in part.pools:
            for resource in next(chosen).resources:
                spans[resource].append(span)
    return [
        Claim(resource, begins, ends)
        for resource, taken in sorted(spans.items())
        for begins, ends in joined(taken)
    ]


def _try(booking: Booking, claims: list[Claim], now: datetime, end_hold: EndHold) -> bool:
    """Save `booking` with `claims` unless one of them is taken; return whether it was done.

    The resources are locked first: the exclusion constraint alone has exactly one winner, but
    overlapping racers would deadlock on each other. A try that fails gives its locks back with
    its savepoint. Stale holds are ended here, because a constraint can't look at the clock.
    """
    session = booking.class_session_id
    try:
        with transaction.atomic():
            lock_resources(claim.resource_id for claim in claims)
            _end_stale_holds(claims, now, end_hold)
            booking.class_session = None
            booking.save()
            Allocation.objects.filter(booking=booking).delete()
            allocate(booking, claims)
    except IntegrityError as error:
        if is_exclusion_violation(error):
            booking.class_session_id = session
            booking._state.adding = not Booking.objects.filter(pk=booking.pk).exists()
            booking.pk = None if booking._state.adding else booking.pk
            return False
        raise
    return True


def _end_stale_holds(claims: Iterable[Claim], now: datetime, end_hold: EndHold) -> None:
    for claim in claims:
        overlapping = Allocation.objects.overlapping(claim.starts_at, claim.ends_at)
        stale = Booking.objects.filter(
            pk__in=overlapping.filter(resource=claim.resource_id).values("booking")
        ).stale_holds(now)
        for booking in stale.select_for_update():
            end_hold(booking)
        changes = BookingChange.objects.stale(now).filter(
            pk__in=overlapping.filter(resource=claim.resource_id).values("change")
        )
        for change in changes.select_for_update():
            release_change(change, BookingChange.Status.LAPSED, now)


# --- Classes ---


def _take_seats(
    booking: Booking, wanted: Wanted, now: datetime, end_hold: EndHold, had_seats: int
) -> None:
    session = _own_session(booking, wanted) if had_seats else None
    session = session or session_at(wanted, booking.starts_at, now)
    if session is None:
        raise SlotTaken("No class begins at this time. Please choose another one.")
    seats = booking.party_size
    if session.pk == booking.class_session_id:
        seats -= had_seats
    _take_free_seats(session.pk, seats, now, end_hold)
    booking.class_session = session
    booking.resource = session.instructor
    booking.ends_at = session.ends_at
    booking.save()
    Allocation.objects.filter(booking=booking).delete()


def _take_free_seats(session_id: int, seats: int, now: datetime, end_hold: EndHold) -> None:
    if not move_seats(session_id, seats):
        end_stale_seats(session_id, now, end_hold)
        if not move_seats(session_id, seats):
            raise SlotTaken("This class is full. Please choose another one.")


def _own_session(booking: Booking, wanted: Wanted) -> ClassSession | None:
    """Return the class that `booking` is in already, if that will do."""
    return ClassSession.objects.filter(
        pk=booking.class_session_id or 0,
        service=wanted.service,
        starts_at=booking.starts_at,
        **({"instructor": wanted.resource_id} if wanted.resource_id is not None else {}),
    ).first()


def end_stale_seats(session_id: int, now: datetime, end_hold: EndHold) -> None:
    """Free the seats of holds that have run out."""
    list(ClassSession.objects.select_for_update().filter(pk=session_id).values("pk"))
    stale = Booking.objects.filter(class_session=session_id).stale_holds(now)
    for booking in stale.select_for_update():
        end_hold(booking)
    changes = BookingChange.objects.stale(now).filter(class_session=session_id)
    for change in changes.select_for_update():
        release_change(change, BookingChange.Status.LAPSED, now)


# --- Both ---


def lock_for_move(booking: Booking, wanted: Wanted | None, starts_at: datetime) -> None:
    """Lock all that moving `booking` to `starts_at` may touch, in the order of everyone.

    What it has and what it could get are locked together, so that two bookings that move into
    each other's time wait for one another once and never in a circle.
    """
    is_class = wanted is not None and wanted.service.kind == Service.Kind.CLASS
    possible = set(Allocation.objects.filter(booking=booking).values_list("resource_id", flat=True))
    if wanted is None:
        possible |= set(Resource.objects.filter(is_active=True).values_list("pk", flat=True)[:1])
    elif not is_class:
        keep_pace(wanted)
        possible |= possible_resources(wanted, starts_at)
    if possible:
        lock_resources(possible)
    sessions = sessions_of(booking.pk)
    if wanted is not None and is_class:
        there = ClassSession.objects.filter(service=wanted.service, starts_at=starts_at)
        sessions |= set(there.values_list("pk", flat=True))
    if sessions:
        lock_sessions(sessions)


def possible_resources(wanted: Wanted, starts_at: datetime) -> set[int]:
    """Return every resource that `wanted` might take."""
    day = starts_at.astimezone(current_tenant().zone).date()
    visit = read_rules(wanted.services, day, day).visit_for(wanted)
    return {
        resource
        for part in visit.parts
        for pool in part.pools
        for option in pool
        for resource in option.resources
    }


def hold(change: BookingChange, now: datetime, *, end_hold: EndHold) -> None:
    """Hold what `change` needs beyond what its booking has; all of it is locked and looked at."""
    change.save()
    booking = change.booking
    own: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
    for taken in Allocation.objects.filter(booking=booking, is_live=True):
        own[taken.resource_id].append((taken.starts_at, taken.ends_at))
    beyond = [
        Claim(claim.resource_id, begins, ends)
        for claim in claims_of(change)
        for begins, ends in without(claim.starts_at, claim.ends_at, own[claim.resource_id])
    ]
    _end_stale_holds(beyond, now, end_hold)
    allocate(booking, beyond, change)
    if change.class_session_id is not None and change.held_seats:
        _take_free_seats(change.class_session_id, change.held_seats, now, end_hold)
