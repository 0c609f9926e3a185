"""The waitlist, as customers use it: join, leave, accept or decline what is offered."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from access.actors import CUSTOMER
from bookings import availability, services, waitlist_offers
from bookings.availability import Wanted
from bookings.errors import (
    BookingClosed,
    InvalidBooking,
    WaitlistEntryNotFound,
    WaitlistRefused,
)
from bookings.models import Booking, ClassSession, Service, WaitlistEntry
from payments import services as payments
from tenants.current import current_tenant

LONGEST_WAIT_DAYS = 31
MOST_WAITS_EACH = 10

Status = WaitlistEntry.Status


@dataclass(frozen=True)
class Wish:
    """What somebody would wait for: a class by its start, anything else by days and hours.

    Days and times are the business's own; `starts_at` is aware.
    """

    service: Service
    customer_name: str
    customer_email: str
    customer_phone: str = ""
    party_size: int = 1
    resource_id: int | None = None
    starts_at: datetime | None = None
    first_day: date | None = None
    last_day: date | None = None
    from_time: time | None = None
    until_time: time | None = None

    @property
    def wanted(self) -> Wanted:
        return Wanted((self.service,), (), self.party_size, self.resource_id)


def entry_by(token: str) -> WaitlistEntry:
    """Return the entry whose unguessable token this is; raises WaitlistEntryNotFound."""
    found = WaitlistEntry.objects.select_related("service", "class_session", "offered_booking")
    entry = found.filter(token=token).first()
    if entry is None:
        raise WaitlistEntryNotFound("Waitlist entry not found")
    return entry


# --- Joining and leaving ---


def join(wish: Wish) -> WaitlistEntry:
    """Begin to wait.

    Raises InvalidBooking, naming the field, and WaitlistRefused where a place is free already
    or this address waits for the same thing.
    """
    now = timezone.now()
    _check_party(wish)
    is_class = wish.service.kind == Service.Kind.CLASS
    when = _class_of(wish, now) if is_class else _days_of(wish, now)
    entry = WaitlistEntry(
        service=wish.service,
        party_size=wish.party_size,
        resource_id=wish.resource_id,
        customer_name=wish.customer_name,
        customer_email=wish.customer_email.lower(),
        customer_phone=wish.customer_phone,
        **when,
    )
    if next(waitlist_offers.fitting(entry, entry.first_day, entry.last_day, now), None) is not None:
        raise WaitlistRefused("A place is free already: please book it.")
    return _add(entry)


def _check_party(wish: Wish) -> None:
    service = wish.service
    if not service.party_min <= wish.party_size <= service.party_max:
        raise InvalidBooking(
            f"party_size must be {service.party_min} to {service.party_max} for {service.name}",
            field="party_size",
        )


def _class_of(wish: Wish, now: datetime) -> dict[str, Any]:
    """Return what an entry for a class holds; without `resource_id` it is for any instructor's."""
    if wish.starts_at is None:
        raise InvalidBooking("booking_date: say which class, by its start", field="booking_date")
    session = availability.session_at(wish.wanted, wish.starts_at, now)
    if session is None or session.starts_at <= now + waitlist_offers.cutoff():
        raise InvalidBooking(
            "booking_date: no class with a waitlist begins then", field="booking_date"
        )
    if wish.party_size > session.capacity:
        raise InvalidBooking(
            f"party_size must be at most {session.capacity}: it has no more places",
            field="party_size",
        )
    day = session.starts_at.astimezone(current_tenant().zone).date()
    return {"class_session": session, "first_day": day, "last_day": day}


def _days_of(wish: Wish, now: datetime) -> dict[str, Any]:
    if wish.first_day is None:
        raise InvalidBooking("first_day: say on which day, or from which one", field="first_day")
    first, last = wish.first_day, wish.last_day or wish.first_day
    today = now.astimezone(current_tenant().zone).date()
    if not today <= first <= availability.last_day_for(wish.service, today):
        raise InvalidBooking("first_day is not a day that can be booked", field="first_day")
    if not first <= last <= first + timedelta(days=LONGEST_WAIT_DAYS - 1):
        raise InvalidBooking(
            f"last_day must be at most {LONGEST_WAIT_DAYS} days, starting with first_day",
            field="last_day",
        )
    if (wish.from_time is None) != (wish.until_time is None):
        raise InvalidBooking("until_time and from_time go together", field="until_time")
    if wish.from_time and wish.until_time and wish.from_time >= wish.until_time:
        raise InvalidBooking("until_time must be after from_time", field="until_time")
    return {
        "first_day": first,
        "last_day": last,
        "from_time": wish.from_time,
        "until_time": wish.until_time,
    }


def _add(entry: WaitlistEntry) -> WaitlistEntry:
    from bookings import jobs

    theirs = WaitlistEntry.objects.open().filter(customer_email=entry.customer_email)
    if theirs.count() >= MOST_WAITS_EACH:
        raise WaitlistRefused(f"You wait for {MOST_WAITS_EACH} things already.")
    try:
        with transaction.atomic():
            entry.save()
            jobs.tell_waiting.enqueue(entry_id=entry.pk)
            # A place that came free since we looked would have found nobody waiting.
            waitlist_offers.enqueue(entry.class_session_id, entry.first_day, entry.last_day)
    except IntegrityError:
        raise WaitlistRefused("You are on this waitlist already: see your e-mail.") from None
    return entry


def leave(token: str) -> WaitlistEntry:
    """Stop waiting; whoever holds an offer declines it. Raises BookingClosed once it is taken."""
    entry = entry_by(token)
    left = WaitlistEntry.objects.waiting().filter(pk=entry.pk).update(status=Status.LEFT)
    if not left:
        entry.refresh_from_db()
        if entry.status == Status.OFFERED:
            return decline(token)
        if entry.status == Status.TAKEN:
            raise BookingClosed("You have the place: cancel the booking instead.")
    return entry_by(token)


def decline(token: str) -> WaitlistEntry:
    """Pass the offered place on. Raises BookingClosed when there is no offer any more."""
    entry = entry_by(token)
    if entry.status != Status.OFFERED or entry.offered_booking_id is None:
        raise BookingClosed("There is no offer to decline.")
    # Not `cancel`: what they have paid for meanwhile would be cancelled late, without a refund.
    reason = Booking.CancelReason.CUSTOMER
    if not services.release(entry.offered_booking_id, reason, actor=CUSTOMER):
        raise BookingClosed("There is no offer any more.")
    return entry_by(token)


# --- Accepting ---


def asks_for_card(entry: WaitlistEntry) -> bool:
    """Must they leave a card, and agree to its terms, to take the place?"""
    return entry.service.requires_card and payments.payments_enabled()


def accept(token: str, *, terms_accepted: bool = False) -> Booking:
    """Take the offered place and return its booking.

    CONFIRMED when nothing is due; else PENDING_PAYMENT, kept for at least the usual hold: call
    `services.start_payment`. Twice is as good as once. Raises BookingClosed when the offer has
    ended, InvalidBooking when the terms of a card on file are not accepted.
    """
    entry = entry_by(token)
    wants_card = asks_for_card(entry)
    if wants_card and not terms_accepted:
        raise InvalidBooking("accept_terms must be true", field="accept_terms")
    if entry.offered_booking_id is None:
        raise BookingClosed("There is no offer any more.")
    with transaction.atomic():
        booking = services.locked(entry.offered_booking_id)
        entry, now = entry_by(token), timezone.now()
        if entry.status == Status.TAKEN and booking.is_confirmed:
            return booking
        if not booking.is_pending or (booking.hold_expires_at or now) <= now:
            raise BookingClosed("This offer has ended; the place went on to the next.")
        if entry.accepted_at is not None:
            return booking
        WaitlistEntry.objects.filter(pk=entry.pk).update(accepted_at=now)
        if (booking.deposit_amount or wants_card) and payments.payments_enabled():
            return _keep_for_payment(entry, booking, now)
        services.confirm(booking.pk, actor=CUSTOMER)
    booking.refresh_from_db()
    return booking


def _keep_for_payment(entry: WaitlistEntry, booking: Booking, now: datetime) -> Booking:
    from bookings import jobs

    usual = now + services.hold_time()
    booking.hold_expires_at = max(booking.hold_expires_at or usual, usual)
    if asks_for_card(entry):
        agreed = waitlist_offers.request_for(entry, booking.starts_at, terms_accepted=True)
        for name, value in services.terms_kept(agreed, now).items():
            setattr(booking, name, value)
    booking.save()
    # The job for the offer's own end finds that the hold goes on.
    jobs.release_hold.enqueue(booking_id=booking.pk, at=booking.hold_expires_at)
    return booking


def coming_classes(service: Service, day: date) -> list[Any]:
    """Return the classes of a day that one can still wait for, each with its `free_seats`."""
    zone, now = current_tenant().zone, timezone.now()
    try:
        begins = availability.instant(day, time(), zone)
        ends = availability.instant(day + timedelta(days=1), time(), zone)
    except OverflowError:
        return []
    sessions = ClassSession.objects.filter(
        service=service,
        cancelled_at=None,
        starts_at__gte=max(begins, now + waitlist_offers.cutoff()),
        starts_at__lt=ends,
    )
    return list(sessions.select_related("instructor").with_free_seats(now))
