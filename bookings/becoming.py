"""What a changed booking writes down: its place, its lines, its money, and who is told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from access.actors import Actor
from bookings import policy, services, taking, waitlist_offers
from bookings.errors import SlotTaken
from bookings.models import Booking, Service
from bookings.offers.changing import reuse
from bookings.plans import Plan
from events.services import record
from tenants.current import current_tenant


def become(
    booking: Booking, plan: Plan, actor: Actor, now: datetime, *, take: Callable[[Booking], None]
) -> None:
    """Make a locked `booking` what `plan` says, and tell of it; `take` gives it its place."""
    from bookings import jobs

    before = _facts(booking)
    old_session, had_credit = booking.class_session_id, booking.credit_amount
    zone = current_tenant().zone
    old_days = [at.astimezone(zone).date() for at in (booking.starts_at, booking.ends_at)]
    set_fields(booking, plan)
    booking.changed_by = actor.label or actor.kind
    take(booking)
    if plan.is_other:
        _rewrite(booking, plan, had_credit)
    waitlist_offers.place_freed(old_session, *old_days)
    after = _facts(booking)
    changed = {f"old_{name}": value for name, value in before.items()}
    changed |= {f"new_{name}": value for name, value in after.items()}
    name = "booking.changed" if plan.is_other else "booking.rescheduled"
    record(name, booking, services.event_data(booking) | changed, actor)
    jobs.send_mail.enqueue(
        booking_id=booking.pk,
        message="rescheduled",
        previous_start=before["starts_at"],
        details={
            "previous_start": before["starts_at"],
            "previous_service": before["service_name"],
            "previous_people": str(before["party_size"]),
            "previous_total": str(before["total_amount"]),
            "paid_more": str(plan.amount_due),
            "goes_back": str(plan.goes_back),
        },
    )


def _facts(booking: Booking) -> dict[str, Any]:
    """Return what a change may change, as the event and the message tell of it."""
    return {
        "starts_at": booking.starts_at.isoformat(),
        "service_name": booking.service_name,
        "party_size": booking.party_size,
        "total_amount": booking.total_amount,
    }


def set_fields(booking: Booking, plan: Plan) -> None:
    """Set on `booking` all that `plan` says but its place."""
    booking.starts_at = plan.starts_at
    if plan.is_other:
        booking.party_size, booking.service_name = plan.party_size, plan.name
        booking.total_amount, booking.deposit_amount = plan.total, plan.deposit
        booking.discount_amount = plan.offered.discount
        booking.credit_amount = plan.offered.credit
        booking.service = plan.service
        # A card that was left for the old service stays good for the fees that were agreed.
        for name, value in plan.terms.items():
            setattr(booking, name, value)
    policy.fix_deadlines(booking)


def put_in_place(booking: Booking, plan: Plan, now: datetime) -> None:
    """Take the new place, with the same person if they are free then; raises SlotTaken."""
    wanted = plan.wanted
    had_seats = seats_of(booking)
    wishes = [wanted]
    if wanted and wanted.resource_id is None and wanted.service.kind == Service.Kind.APPOINTMENT:
        wishes.insert(0, replace(wanted, resource_id=booking.resource_id))
    for wish in wishes:
        try:
            taking.take(
                booking, wish, now, end_hold=services.end_stale_hold, moving=True,
                had_seats=had_seats,
            )  # fmt: skip
        except SlotTaken:
            if wish is wishes[-1]:
                raise
        else:
            return


def seats_of(booking: Booking) -> int:
    """Return how many seats of its class a booking has in the database."""
    if booking.class_session_id is None:
        return 0
    return Booking.objects.values_list("party_size", flat=True).get(pk=booking.pk)


def _rewrite(booking: Booking, plan: Plan, had_credit: int) -> None:
    booking.lines.all().delete()
    services.itemise(booking, plan.lines or ())
    came = reuse(booking, plan.offered, had_credit=had_credit)
    if came.credit != booking.credit_amount:
        booking.credit_amount = came.credit
        booking.save(update_fields=["credit_amount"])
