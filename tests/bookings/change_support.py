"""What the tests of changes share: services to change, paying the difference, all that counts."""

from datetime import timedelta
from typing import Any

from access.actors import Actor
from bookings import held_changes
from bookings.changes import Outcome
from bookings.models import (
    Booking,
    ClassSession,
    Service,
)
from payments.models import PaymentSession
from tenants.models import Tenant
from tests.bookings.changing import all_of, haircut, noon
from tests.stripe_control import Control

STAFF = Actor("staff", "owner@alpha.example")
HOUR = timedelta(hours=1)


def dinner(**values: Any) -> Service:
    """A service for up to six, priced and paid ahead by the person."""
    return haircut(
        name="Tasting", price=2000, price_is_per_person=True, deposit_kind="full", party_max=6,
        **values,
    )  # fmt: skip


def pay(stripe: Control, tenant: Tenant, outcome: Outcome) -> PaymentSession:
    """Pay the difference, and hear of it as the return page does."""
    assert outcome.held is not None
    session = held_changes.start_payment(outcome.held, own_hosts=tenant.hosts)
    stripe("pay", session=session.stripe_checkout_session_id)
    held_changes.settle(outcome.booking)
    session.refresh_from_db()
    return session


def state(booking: Booking) -> tuple[Any, ...]:
    found = Booking.objects.get(pk=booking.pk)
    return (
        found.starts_at, found.party_size, found.service_name, found.total_amount,
        found.deposit_amount, found.credit_amount, found.discount_amount,
        list(found.lines.values_list("name", "quantity", "amount")), all_of(found),
    )  # fmt: skip


def yoga(capacity: int = 4, days: int = 7) -> ClassSession:
    service = Service.objects.filter(name="Yoga").first() or haircut(
        name="Yoga", kind="class", party_max=4, price=1500, price_is_per_person=True,
        deposit_kind="full",
    )  # fmt: skip
    return ClassSession.objects.create(
        service=service, starts_at=noon(days), ends_at=noon(days) + HOUR, capacity=capacity
    )


def seats(*sessions: ClassSession) -> list[int]:
    return [ClassSession.objects.get(pk=one.pk).seats_taken for one in sessions]
