"""A change as it is kept while it waits: from a plan to its row, and back."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from bookings.becoming import put_in_place, seats_of, set_fields
from bookings.models import Allocation, Booking, BookingChange, Service
from bookings.offers.changing import Offered
from bookings.plans import Plan
from bookings.wishes import Line

MOMENTS = ("consent_at", "terms_accepted_at")


def place_of(booking: Booking, plan: Plan, now: datetime) -> BookingChange:
    """Return an unsaved change that says what `plan` takes for a locked `booking`.

    The new place is taken, looked at, and put back; its locks stay. Raises SlotTaken.
    """
    moved = Booking.objects.get(pk=booking.pk)
    had_seats = seats_of(booking)
    with transaction.atomic():
        set_fields(moved, plan)
        put_in_place(moved, plan, now)
        taken = Allocation.objects.filter(booking=moved).order_by("resource_id", "starts_at")
        claims = [
            [one.resource_id, one.starts_at.isoformat(), one.ends_at.isoformat()] for one in taken
        ]
        transaction.set_rollback(True)
    stays = moved.class_session_id == booking.class_session_id
    more_seats = max(plan.party_size - had_seats, 0) if stays else plan.party_size
    return BookingChange(
        booking=booking,
        starts_at=plan.starts_at,
        ends_at=moved.ends_at,
        party_size=plan.party_size,
        service=plan.service,
        service_name=plan.name,
        resource_id=moved.resource_id,
        class_session_id=moved.class_session_id,
        held_seats=more_seats if moved.class_session_id else 0,
        claims=claims,
        lines=_as_json(plan.lines or ()),
        terms={name: _plain(value) for name, value in plan.terms.items()},
        total_amount=plan.total,
        deposit_amount=plan.deposit,
        discount_amount=plan.offered.discount,
        credit_amount=plan.offered.credit,
        amount_due=plan.amount_due,
        wants_card=plan.wants_card,
        amount_back=plan.goes_back,
    )


def plan_of(change: BookingChange) -> Plan:
    """Return what was agreed to, as it was held."""
    ids = {line["service"] for line in change.lines}
    known = Service.objects.in_bulk([one for one in ids if one is not None])
    lines = tuple(
        Line(
            **line | {"service": known.get(line["service"]), "tax_rate": Decimal(line["tax_rate"])}
        )
        for line in change.lines
    )
    return Plan(
        wanted=None, service=change.service, starts_at=change.starts_at,
        party_size=change.party_size, name=change.service_name, lines=lines,
        total=change.total_amount, deposit=change.deposit_amount,
        offered=Offered(change.discount_amount, change.credit_amount),
        amount_due=change.amount_due, goes_back=change.amount_back,
        terms={name: _typed(name, value) for name, value in change.terms.items()},
    )  # fmt: skip


def _as_json(lines: Iterable[Line]) -> list[dict[str, Any]]:
    return [
        {name: _plain(value) for name, value in vars(line).items()}
        | {"service": line.service.pk if line.service else None}
        for line in lines
    ]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _typed(name: str, value: Any) -> Any:
    """Return one of a booking's terms as its field takes it."""
    if name == "tax_rate":
        return Decimal(value)
    return datetime.fromisoformat(value) if name in MOMENTS else value
