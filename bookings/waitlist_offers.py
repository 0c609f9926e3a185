"""Offering what has come free to those who wait, in order.

An offer is a booking that is held for its entry, so nobody else can take the place meanwhile.
Rows are locked in the order of `bookings.taking`, entries last. The jobs may be late, run twice
or at once, or be killed: an entry is offered something in one transaction, while it still waits.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from access.actors import SYSTEM
from bookings import availability
from bookings.availability import Slot, Wanted
from bookings.errors import BookingError, SlotTaken, WaitlistRefused
from bookings.messages.offers import Offer, offer_place
from bookings.models import Booking, BookingSettings, ClassSession, WaitlistEntry
from bookings.wishes import BookingRequest
from tenants.current import current_tenant

# Times that others take while we offer them: enough is enough, the next sweep looks again.
MOST_TRIES = 20

Status = WaitlistEntry.Status


# --- What happens to bookings ---


def after_confirmed(booking: Booking) -> None:
    """An offered place has been taken: call it in the transaction that confirms."""
    WaitlistEntry.objects.filter(offered_booking=booking).update(status=Status.TAKEN)


def after_cancelled(booking: Booking) -> bool:
    """A booking has freed its place: call it in the same transaction.

    Return whether it was an offer that nobody had accepted, which nobody needs to be told of.
    """
    was_only_offered = False
    entry = WaitlistEntry.objects.open().filter(offered_booking=booking).first()
    if entry is not None:
        was_only_offered = entry.accepted_at is None
        _end_offer(entry, booking.cancel_reason)
    zone = current_tenant().zone
    place_freed(
        booking.class_session_id,
        booking.starts_at.astimezone(zone).date(),
        booking.ends_at.astimezone(zone).date(),
    )
    return was_only_offered


def _end_offer(entry: WaitlistEntry, reason: str) -> None:
    reasons = Booking.CancelReason
    if reason == reasons.PAYMENT_UNAVAILABLE:
        # They said yes and Stripe did not answer: they are still the first.
        entry.status = Status.WAITING
        entry.offered_booking = entry.offer_expires_at = entry.accepted_at = None
    else:
        entry.status = Status.PASSED if reason == reasons.CUSTOMER else Status.EXPIRED
    entry.save()


def place_freed(session_id: int | None, first_day: date, last_day: date) -> None:
    """Have what came free in a class, or on these days, offered if anybody waits for it."""
    if _queue(session_id, first_day, last_day).exists():
        enqueue(session_id, first_day, last_day)


def enqueue(session_id: int | None, first_day: date, last_day: date) -> None:
    from bookings import jobs

    if session_id is not None:
        jobs.offer_waitlist.enqueue(session_id=session_id)
    else:
        jobs.offer_waitlist.enqueue(first_day=first_day.isoformat(), last_day=last_day.isoformat())


def _queue(session_id: int | None, first_day: date, last_day: date) -> Any:
    waiting = WaitlistEntry.objects.waiting()
    if session_id is not None:
        return waiting.filter(class_session=session_id)
    return waiting.filter(class_session=None, first_day__lte=last_day, last_day__gte=first_day)


# --- Offering ---


@dataclass
class Round:
    """One walk along the queue; what is free is read anew once something was offered."""

    now: datetime
    _free: dict[Any, list[Slot]] = field(default_factory=dict)

    def fitting(self, entry: WaitlistEntry, first: date, last: date) -> Iterator[Slot]:
        key = (
            entry.service_id, entry.party_size, entry.resource_id, entry.class_session_id,
            entry.from_time, entry.until_time, first, last,
        )  # fmt: skip
        if key not in self._free:
            self._free[key] = list(fitting(entry, first, last, self.now))
        return iter(self._free[key])

    def forget(self) -> None:
        self._free.clear()


def offer_seats(session_id: int) -> int:
    """Offer the free seats of a class to those who wait for it; return how many offers."""
    session = ClassSession.objects.filter(pk=session_id, cancelled_at=None).first()
    if session is None:
        return 0
    day = session.starts_at.astimezone(current_tenant().zone).date()
    return _offer(_queue(session_id, day, day), day, day)


def offer_days(first_day: date, last_day: date) -> int:
    """Offer what is free from `first_day` to `last_day`, in order; return how many offers."""
    return _offer(_queue(None, first_day, last_day), first_day, last_day)


def sweep() -> int:
    """Offer whatever is free to whoever waits, and end the waits whose time has come.

    It finds what came free without a booking that ended: longer hours, another table.
    """
    now = timezone.now()
    today = now.astimezone(current_tenant().zone).date()
    over = Q(class_session__starts_at__lte=now + cutoff()) | Q(
        class_session__cancelled_at__isnull=False
    )
    for is_over in (Q(last_day__lt=today), over):
        found = WaitlistEntry.objects.waiting().filter(is_over).values_list("pk", flat=True)
        WaitlistEntry.objects.waiting().filter(pk__in=list(found)).update(status=Status.EXPIRED)
    return _offer(WaitlistEntry.objects.waiting(), today, date.max)


def _offer(queue: Any, first_day: date, last_day: date) -> int:
    """Go along the queue: everyone for whom something fits is offered it.

    Whoever wants more than is free is passed over and keeps their place.
    """
    walk, offered = Round(timezone.now()), 0
    entries = (
        queue.filter(service__is_active=True)
        .select_related("service", "class_session")
        .defer("service__picture")
    )
    for entry in entries:
        first, last = max(first_day, entry.first_day), min(last_day, entry.last_day)
        if _offer_one_of(entry, walk.fitting(entry, first, last)):
            offered += 1
            walk.forget()
    return offered


def _offer_one_of(entry: WaitlistEntry, slots: Iterable[Slot]) -> bool:
    """Hold the first of `slots` that is still free for `entry`; return whether it got one."""
    for slot in islice(slots, MOST_TRIES):
        try:
            _offer_slot(entry, slot)
        except SlotTaken:
            continue
        except BookingError:
            return False
        return True
    return False


@transaction.atomic
def _offer_slot(entry: WaitlistEntry, slot: Slot) -> None:
    """Hold `slot` for `entry` and tell them.

    Raises SlotTaken when somebody was faster, and WaitlistRefused when the entry does not wait
    any more, as another run of the job has seen to it: then nothing is held.
    """
    from bookings import services

    lasts = timedelta(minutes=BookingSettings.objects.current().waitlist_offer_minutes)
    until = min(timezone.now() + lasts, slot.starts_at)
    booking = services.book(request_for(entry, slot.starts_at), actor=SYSTEM, hold_until=until)
    is_offered = WaitlistEntry.objects.filter(pk=entry.pk, status=Status.WAITING).update(
        status=Status.OFFERED, offered_booking=booking, offer_expires_at=until
    )
    if not is_offered:
        raise WaitlistRefused("They wait no longer.")
    _tell(entry, booking, until)


def _tell(entry: WaitlistEntry, booking: Booking, until: datetime) -> None:
    offer_place(
        Offer(
            name=entry.customer_name,
            email=entry.customer_email,
            phone=entry.customer_phone,
            party_size=entry.party_size,
            service_name=booking.service_name,
            starts_at=booking.starts_at.isoformat(),
            ends_at=booking.ends_at.isoformat(),
            link=f"{current_tenant().url}/waitlist/{entry.token}/",
            until=until.isoformat(),
        )
    )


def request_for(
    entry: WaitlistEntry, starts_at: datetime, *, terms_accepted: bool = False
) -> BookingRequest:
    """Return what would be booked for an entry; a card's terms are only agreed to in accepting."""
    return BookingRequest.for_service(
        entry.service,
        starts_at=starts_at,
        customer_name=entry.customer_name,
        customer_email=entry.customer_email,
        customer_phone=entry.customer_phone,
        party_size=entry.party_size,
        resource_id=_resource_of(entry),
        terms_accepted=terms_accepted,
    )


def _resource_of(entry: WaitlistEntry) -> int | None:
    session = entry.class_session
    return session.instructor_id if session else entry.resource_id


# --- What fits ---


def cutoff() -> timedelta:
    """Return how long before the start offers end."""
    return timedelta(minutes=BookingSettings.objects.current().waitlist_cutoff_minutes)


def fitting(entry: WaitlistEntry, first: date, last: date, now: datetime) -> Iterator[Slot]:
    """Yield the free times from `first` to `last` that would do for `entry`, before the cut-off."""
    earliest = now + cutoff()
    if entry.class_session_id is not None:
        yield from _seats(entry.class_session_id, entry.party_size, earliest, now)
        return
    zone = current_tenant().zone
    wanted = Wanted((entry.service,), (), entry.party_size, entry.resource_id)
    for slot in availability.free_times(wanted, first, last, zone, now):
        at = slot.starts_at.astimezone(zone).time()
        in_window = not (entry.from_time and entry.until_time) or (
            entry.from_time <= at <= entry.until_time
        )
        if slot.starts_at > earliest and in_window:
            yield slot


def _seats(session_id: int, party_size: int, earliest: datetime, now: datetime) -> Iterator[Slot]:
    found = ClassSession.objects.filter(pk=session_id, cancelled_at=None, starts_at__gt=earliest)
    for session in found.with_free_seats(now):
        if session.free_seats >= party_size:
            yield Slot(session.starts_at, session.ends_at)


def count_ahead(entry: WaitlistEntry) -> int:
    """Return how many came before, for the same class or for some of the same days."""
    earlier = Q(created_at__lt=entry.created_at) | Q(created_at=entry.created_at, pk__lt=entry.pk)
    queue = _queue(entry.class_session_id, entry.first_day, entry.last_day)
    if entry.class_session_id is None:
        queue = queue.filter(service=entry.service_id)
    return int(queue.filter(earlier).count())
