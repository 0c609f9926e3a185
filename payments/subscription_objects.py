"""The few facts that we read from Stripe's subscriptions and invoices."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from payments.errors import EventMismatch
from payments.stripe_objects import (
    SCHEMA_KEY,
    SESSION_KEY,
    StripeObject,
    id_of,
    metadata_of,
    moment,
    text,
)


@dataclass(frozen=True)
class StripeInvoice:
    """docs.stripe.com/api/invoices/object; `subscription_id` is "" for any other invoice.

    The period is what it is for: the lines say that, the invoice's own is the one before.
    """

    id: str
    is_paid: bool
    is_open: bool
    billing_reason: str
    subscription_id: str
    period_start: datetime
    period_end: datetime
    schema: str
    payment_session_id: str

    @classmethod
    def read(cls, data: StripeObject) -> "StripeInvoice":
        details = (data.get("parent") or {}).get("subscription_details") or {}
        metadata = metadata_of(details)
        lines = (data.get("lines") or {}).get("data") or []
        periods = [line["period"] for line in lines if isinstance(line.get("period"), Mapping)]
        ends = [moment(period, "end") for period in periods] or [moment(data, "period_end")]
        starts = [moment(period, "start") for period in periods] or [moment(data, "period_start")]
        return cls(
            id=text(data, "id"),
            is_paid=text(data, "status") == "paid",
            is_open=text(data, "status") == "open",
            billing_reason=text(data, "billing_reason"),
            subscription_id=id_of(details, "subscription"),
            period_start=max(starts),
            period_end=max(ends),
            schema=text(metadata, SCHEMA_KEY),
            payment_session_id=text(metadata, SESSION_KEY),
        )


@dataclass(frozen=True)
class StripeSubscription:
    """docs.stripe.com/api/subscriptions/object; `latest_invoice` where it is expanded."""

    id: str
    status: str
    cancel_at_period_end: bool
    period_start: datetime
    period_end: datetime
    ended_at: datetime | None
    latest_invoice: StripeInvoice | None
    schema: str
    payment_session_id: str

    @classmethod
    def read(cls, data: StripeObject) -> "StripeSubscription":
        metadata = metadata_of(data)
        items = (data.get("items") or {}).get("data") or []
        if not items:
            raise EventMismatch("a subscription without items")
        latest = data.get("latest_invoice")
        return cls(
            id=text(data, "id"),
            status=text(data, "status"),
            cancel_at_period_end=data.get("cancel_at_period_end") is True
            or data.get("cancel_at") is not None,
            period_start=moment(items[0], "current_period_start"),
            period_end=moment(items[0], "current_period_end"),
            ended_at=moment(data, "ended_at") if data.get("ended_at") else None,
            latest_invoice=StripeInvoice.read(latest) if isinstance(latest, Mapping) else None,
            schema=text(metadata, SCHEMA_KEY),
            payment_session_id=text(metadata, SESSION_KEY),
        )
