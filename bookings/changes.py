"""A booking becomes another: another time, party, service, person or extras, in one step.

The new place is taken before the old one is freed, in one transaction: refused, the booking stays
as it was. Where more is due ahead than was paid, or a card has to be left, the new place is held
beside the old one and the change happens when that is done (`bookings.held_changes`).

Rows are locked in the order of everyone: payments, then what it takes up, then the booking, then
its held change, then vouchers and passes.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from access.actors import CUSTOMER, Actor
from bookings import agreements, held_changes, money, plans, policy, services, taking
from bookings.agreements import Given
from bookings.becoming import become, put_in_place
from bookings.errors import BookingClosed, InvalidBooking, PriceChanged, TooLate
from bookings.models import Booking, BookingChange, Service
from bookings.plans import Plan, Wish
from bookings.records import get_booking
from tenants.templatetags.business import local_time


@dataclass(frozen=True)
class Outcome:
    """The booking as it is now; with `held`, what it becomes once that is paid for."""

    booking: Booking
    held: BookingChange | None = None


def why_not_move(booking: Booking, now: datetime) -> str:
    """Return why the customer can't change the booking themselves, as a sentence; else nothing."""
    if not booking.is_confirmed:
        return "Only a confirmed booking can be moved."
    if booking.starts_at <= now:
        return "This booking has begun already."
    until = policy.free_until(booking)
    return "" if now <= until else f"This booking could be changed here until {local_time(until)}."


def reschedule(
    booking_id: int, *, starts_at: datetime, resource_id: int | None = None, actor: Actor = CUSTOMER
) -> Booking:
    """Move a confirmed booking to `starts_at` (aware) and return it; see `change`.

    What was paid stays with it and nothing is charged.
    """
    return change(booking_id, Wish(starts_at, resource_id), actor=actor).booking


def change(
    booking_id: int,
    wish: Wish,
    *,
    actor: Actor = CUSTOMER,
    expected: tuple[int, int] | None = None,
    collects: bool | None = None,
    gives_back: bool = True,
) -> Outcome:
    """Make a confirmed booking what `wish` says, or hold that until its difference is paid.

    A customer may change it while cancelling would be free, to what is offered; everyone else
    until it is over, to any time to come. `expected` is `Plan.figures` as it was shown.
    `collects` and `gives_back` are those of `plans.make`; customers are always asked for what is
    due, others only with `collects`. Money that goes back is reserved in the same transaction.
    Raises SlotTaken, TooLate, BookingClosed, InvalidBooking, PriceChanged; nothing is changed
    then.
    """
    now = timezone.now()
    booking = get_booking(booking_id)
    starts_at = wish.starts_at or booking.starts_at
    if not now < starts_at < now + services.FURTHEST_AHEAD:
        raise InvalidBooking(
            "booking_date must be in the future, at most five years ahead", field="booking_date"
        )
    wanted, _ = plans.wanted_by(booking, wish)
    _check_resource(wanted, starts_at, wish.resource_id)
    with transaction.atomic():
        paid = money.lock_payments(booking)
        taking.lock_for_move(booking, wanted, starts_at)
        locked = Booking.objects.select_for_update().get(pk=booking_id)
        by_customer = actor.kind == CUSTOMER.kind
        asks = by_customer if collects is None else collects
        plan = plans.make(locked, wish, paid, collects=asks, gives_back=gives_back)
        if locked.is_confirmed and not plan.is_other and _is_there(locked, plan, wish):
            return Outcome(locked)
        if locked.updated_at != booking.updated_at:
            # What was locked, and paid, is not what it is about any more.
            raise BookingClosed("Somebody changed this booking just now. Please look at it again.")
        _check_may_change(locked, plan, actor, now)
        if plan.is_other and expected not in (None, plan.figures):
            raise PriceChanged(
                "The price has changed meanwhile. Please look at it again.",
                total_pence=plan.total,
                due_now_pence=plan.amount_due,
                refund_pence=plan.goes_back,
            )
        if by_customer:
            agreements.check(plan.asks, wish.given or Given())
        held_changes.give_up(locked, by_customer=by_customer)
        if plan.amount_due or plan.wants_card:
            return Outcome(locked, held_changes.hold(locked, plan, actor, now))
        money.give_back(
            paid, plan.goes_back, reason="Booking changed", actor=actor,
            key=f"booking:{locked.pk}:changed:{locked.updated_at.isoformat()}",
        )  # fmt: skip
        become(locked, plan, actor, now, take=lambda one: put_in_place(one, plan, now))
    return Outcome(locked)


def _check_resource(wanted: Any, starts_at: datetime, resource_id: int | None) -> None:
    if resource_id is None or (wanted and wanted.service.kind == Service.Kind.CLASS):
        return
    if wanted is None or resource_id not in taking.possible_resources(wanted, starts_at):
        raise InvalidBooking("resource: this service can't be had there", field="resource")


def _check_may_change(booking: Booking, plan: Plan, actor: Actor, now: datetime) -> None:
    if not booking.is_confirmed:
        raise BookingClosed("Only a confirmed booking can be moved.")
    if actor.kind != CUSTOMER.kind:
        return
    refused = why_not_move(booking, now)
    if refused:
        raise TooLate(refused)
    plans.check_for_customer(booking, plan, now)


def _is_there(booking: Booking, plan: Plan, wish: Wish) -> bool:
    """Is the booking where it is wanted already?"""
    same_place = wish.resource_id is None or wish.resource_id == booking.resource_id
    return booking.starts_at == plan.starts_at and same_place
