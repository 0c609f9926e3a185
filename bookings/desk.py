"""Booking at the desk: staff may break the rules of the business, and never book twice."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from access.actors import Actor
from bookings import availability, jobs, services
from bookings.availability import Reason, Wanted
from bookings.errors import InvalidBooking
from bookings.models import Booking
from bookings.wishes import BookingRequest
from events.services import record
from tenants.current import current_tenant

#: What nobody can overrule: there is no room, or no such time.
FIRM = frozenset(
    {"past", "taken", "full", "no_session", "no_resource", "pacing", "not_offered"}
)  # fmt: skip
#: What is a rule for customers only.
NO_CONCERN = frozenset({"staff_only"})
#: Stripe ends a payment page after a day: its end would end the booking.
LONGEST_HOLD = timedelta(hours=24)


def everything_against(wanted: Wanted, starts_at: datetime) -> list[Reason]:
    """Return every reason why customers are not offered this."""
    return availability.explain(wanted, starts_at, current_tenant().zone, timezone.now())


def objections(wanted: Wanted, starts_at: datetime) -> list[Reason]:
    """Return those of the reasons that concern staff too."""
    found = everything_against(wanted, starts_at)
    return [reason for reason in found if reason.code not in NO_CONCERN]


def rules_broken(reasons: Iterable[Reason]) -> list[Reason]:
    """Return those of `reasons` that staff may overrule."""
    return [reason for reason in reasons if reason.code not in FIRM]


@transaction.atomic
def book(
    request: BookingRequest, *, overrule: bool, pays_within: timedelta | None, actor: Actor
) -> Booking:
    """Take what `request` asks for through everyone's door, and return the Booking.

    With `pays_within` it is held for so long (a day at most, and never beyond its start) and the
    customer is sent the link on which its deposit is paid; else none is due and it is confirmed.
    Raises InvalidBooking (`field` is "overrule") when a rule of the business is broken without
    `overrule`, and what `services.book` raises.
    """
    wanted = request.wanted
    broken = rules_broken(objections(wanted, request.starts_at)) if wanted else []
    if broken and not overrule:
        said = " ".join(reason.text for reason in broken)
        raise InvalidBooking(f"Your rules are against it: {said}", field="overrule")
    if pays_within is None or not request.amounts["deposit_amount"]:
        quote = replace(request.quote, deposit=0) if request.quote else None
        request = replace(request, deposit_amount=0, quote=quote)
        booking = services.book(request, actor=actor)
    else:
        held_until = timezone.now() + min(pays_within, LONGEST_HOLD)
        booking = services.book(request, actor=actor, hold_until=min(held_until, request.starts_at))
        jobs.send_mail.enqueue(booking_id=booking.pk, message="pay_deposit")
    if broken:
        rules = [reason.code for reason in broken]
        record("booking.rules_overruled", booking, {"rules": rules}, actor)
    return booking
