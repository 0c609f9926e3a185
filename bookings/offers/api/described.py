"""What the API says of passes, vouchers and memberships. Amounts are minor units, times UTC."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bookings.models import Membership, MembershipPlan, Pass, PassType, Prepaid, Service, Voucher
from bookings.models.memberships import UNLIMITED
from bookings.models.offers import Movement
from bookings.offers import membership_credits
from tenants.current import current_tenant


class Services:
    """The names of services by id, asked for once."""

    def __init__(self) -> None:
        self._names = dict(Service.objects.values_list("pk", "name"))

    def names(self, ids: Iterable[int]) -> list[str] | None:
        """Return their names; None for no ids at all, which mean every service."""
        ids = list(ids)
        return [self._names[id] for id in ids if id in self._names] if ids else None


def time(value: datetime | None) -> str | None:
    return value.isoformat() if value else None


def pass_type(sold: PassType, services: Services) -> dict[str, Any]:
    return {
        "pass_type_id": sold.pk,
        "name": sold.name,
        "description": sold.description,
        "price_pence": sold.price,
        "currency": current_tenant().currency,
        "credits": sold.credits,
        "valid_days": sold.valid_days,
        "services": services.names(one.pk for one in sold.services.all()),
    }


def plan(sold: MembershipPlan, services: Services) -> dict[str, Any]:
    return {
        "plan_id": sold.pk,
        "name": sold.name,
        "description": sold.description,
        "price_pence": sold.price,
        "currency": current_tenant().currency,
        "interval": sold.interval,
        "interval_count": sold.interval_count,
        "credits": sold.credits,
        "rolls_over": sold.rolls_over,
        "book_ahead_days": sold.book_ahead_days,
        "services": services.names(one.pk for one in sold.services.all()),
    }


def _sold(item: Prepaid) -> dict[str, Any]:
    """Return what a pass and a voucher have in common."""
    return {
        "status": item.state,
        "customer_name": item.customer_name,
        "customer_email": item.customer_email,
        "price_pence": item.price,
        "currency": item.currency,
        "payment_session_id": str(item.payment_id) if item.payment_id else None,
        "created_at": time(item.created_at),
        "issued_at": time(item.issued_at),
        "expires_at": time(item.expires_at),
    }


def customers_pass(item: Pass, services: Services) -> dict[str, Any]:
    return {
        "pass_id": item.pk,
        "pass_type_id": item.pass_type_id,
        "name": item.name,
        "credits": item.initial,
        "credits_left": item.left,
        "services": services.names(item.service_ids),
        **_sold(item),
    }


def voucher(item: Voucher) -> dict[str, Any]:
    return {
        "voucher_id": item.pk,
        "amount_pence": item.initial,
        "amount_left_pence": item.left,
        "recipient_name": item.recipient_name,
        "recipient_email": item.recipient_email,
        **_sold(item),
    }


def membership(item: Membership, services: Services) -> dict[str, Any]:
    """`credits_left` counts what can be used now, of all its periods; None is without a limit."""
    return {
        "membership_id": item.pk,
        "plan_id": item.plan_id,
        "name": item.name,
        "status": item.status,
        "is_ending": item.is_ending,
        "customer_name": item.customer_name,
        "customer_email": item.customer_email,
        "price_pence": item.price,
        "currency": item.currency,
        "interval": item.interval,
        "interval_count": item.interval_count,
        "credits": item.credits,
        "credits_left": membership_credits.credits_left(item),
        "rolls_over": item.rolls_over,
        "book_ahead_days": item.book_ahead_days,
        "services": services.names(item.service_ids),
        "created_at": time(item.created_at),
        "current_period_end": time(item.renews_at),
    }


def period(item: Pass) -> dict[str, Any]:
    """A period of a membership that was paid for."""
    is_limited = item.initial != UNLIMITED
    return {
        "status": item.state,
        "credits": item.initial if is_limited else None,
        "credits_left": item.left if is_limited else None,
        "price_pence": item.price,
        "payment_session_id": str(item.payment_id) if item.payment_id else None,
        "issued_at": time(item.issued_at),
        "expires_at": time(item.expires_at),
        "movements": movements(item),
    }


def movements(item: Prepaid) -> list[dict[str, Any]]:
    """Return what was added and taken, oldest first; `change` is credits, or minor units."""
    rows: Iterable[Movement] = item.movements.all()  # type: ignore[attr-defined]
    return [
        {
            "kind": row.kind,
            "change": row.change,
            "booking_id": row.booking_id,
            "reason": row.reason,
            "created_at": time(row.created_at),
        }
        for row in rows
    ]
