"""The few facts that we read from Stripe's objects, wherever they come from.

A webhook's payload and an API answer have the same shape, so both pass through here and the
rest of the app never sees Stripe's JSON. A field of the wrong type raises EventMismatch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from payments.errors import EventMismatch

#: What ties a Stripe object to our row. Set by us on every object, after the caller's metadata.
SCHEMA_KEY = "tillhouse_schema"
SESSION_KEY = "payment_session_id"
REFUND_KEY = "refund_id"

StripeObject = Mapping[str, Any]


def text(data: StripeObject, name: str) -> str:
    value = data.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise EventMismatch(f"{name} is not text")
    return value


def number(data: StripeObject, name: str) -> int:
    value = data.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise EventMismatch(f"{name} is not a whole number")
    return value


def moment(data: StripeObject, name: str) -> datetime:
    """Return the Unix time in the field `name` as an aware datetime in UTC."""
    try:
        return datetime.fromtimestamp(number(data, name), UTC)
    except (ValueError, OverflowError):
        raise EventMismatch(f"{name} is not a time") from None


def id_of(data: StripeObject, name: str) -> str:
    """Return the id in the field `name`, which Stripe gives bare or expanded."""
    value = data.get(name)
    return text(value, "id") if isinstance(value, Mapping) else text(data, name)


def metadata_of(data: StripeObject) -> StripeObject:
    value = data.get("metadata") or {}
    return value if isinstance(value, Mapping) else {}


@dataclass(frozen=True)
class Card:
    """docs.stripe.com/api/payment_methods/object, of the type card."""

    id: str
    customer_id: str
    brand: str
    last4: str
    expires_month: int | None
    expires_year: int | None

    @classmethod
    def read(cls, data: StripeObject) -> "Card":
        card = data.get("card") or {}
        return cls(
            id=text(data, "id"),
            customer_id=id_of(data, "customer"),
            brand=text(card, "brand"),
            last4=text(card, "last4"),
            expires_month=card.get("exp_month"),
            expires_year=card.get("exp_year"),
        )


def card_of(data: StripeObject) -> Card | None:
    """Return the card that a session saved, or that paid on it, where it is expanded."""
    intent = data.get("setup_intent") or data.get("payment_intent")
    method = intent.get("payment_method") if isinstance(intent, Mapping) else None
    return Card.read(method) if isinstance(method, Mapping) else None


@dataclass(frozen=True)
class CheckoutSession:
    """docs.stripe.com/api/checkout/sessions/object"""

    id: str
    url: str
    mode: str
    status: str
    payment_status: str
    amount: int
    currency: str
    livemode: bool
    payment_intent_id: str
    subscription_id: str
    customer_id: str
    expires_at: datetime | None
    card: Card | None
    schema: str
    payment_session_id: str

    @classmethod
    def read(cls, data: StripeObject) -> "CheckoutSession":
        metadata = metadata_of(data)
        expires_at = data.get("expires_at")
        return cls(
            id=text(data, "id"),
            url=text(data, "url"),
            mode=text(data, "mode"),
            status=text(data, "status"),
            payment_status=text(data, "payment_status"),
            amount=0 if data.get("amount_total") is None else number(data, "amount_total"),
            currency=text(data, "currency").upper(),
            livemode=data.get("livemode") is True,
            payment_intent_id=id_of(data, "payment_intent"),
            subscription_id=id_of(data, "subscription"),
            customer_id=id_of(data, "customer"),
            expires_at=datetime.fromtimestamp(expires_at, UTC) if expires_at else None,
            card=card_of(data),
            schema=text(metadata, SCHEMA_KEY),
            payment_session_id=text(metadata, SESSION_KEY),
        )

    @property
    def is_paid(self) -> bool:
        return self.payment_status in ("paid", "no_payment_required")


@dataclass(frozen=True)
class PaymentIntent:
    """docs.stripe.com/api/payment_intents/object"""

    id: str
    status: str
    amount: int
    currency: str
    livemode: bool
    charge_id: str
    failure_code: str
    schema: str
    payment_session_id: str

    @classmethod
    def read(cls, data: StripeObject) -> "PaymentIntent":
        metadata = metadata_of(data)
        error = data.get("last_payment_error") or {}
        succeeded = text(data, "status") == "succeeded"
        return cls(
            id=text(data, "id"),
            status=text(data, "status"),
            amount=number(data, "amount_received" if succeeded else "amount"),
            currency=text(data, "currency").upper(),
            livemode=data.get("livemode") is True,
            charge_id=id_of(data, "latest_charge"),
            failure_code=text(error, "decline_code") or text(error, "code"),
            schema=text(metadata, SCHEMA_KEY),
            payment_session_id=text(metadata, SESSION_KEY),
        )


@dataclass(frozen=True)
class Charge:
    """docs.stripe.com/api/charges/object"""

    id: str
    amount: int
    amount_refunded: int
    currency: str
    livemode: bool
    is_paid: bool
    payment_intent_id: str
    balance_transaction_id: str
    created: datetime
    schema: str
    payment_session_id: str

    @classmethod
    def read(cls, data: StripeObject) -> "Charge":
        metadata = metadata_of(data)
        return cls(
            id=text(data, "id"),
            amount=number(data, "amount"),
            amount_refunded=number(data, "amount_refunded"),
            currency=text(data, "currency").upper(),
            livemode=data.get("livemode") is True,
            is_paid=data.get("paid") is True,
            payment_intent_id=id_of(data, "payment_intent"),
            balance_transaction_id=id_of(data, "balance_transaction"),
            created=moment(data, "created"),
            schema=text(metadata, SCHEMA_KEY),
            payment_session_id=text(metadata, SESSION_KEY),
        )


@dataclass(frozen=True)
class StripeRefund:
    """docs.stripe.com/api/refunds/object"""

    id: str
    amount: int
    currency: str
    status: str
    failure_reason: str
    payment_intent_id: str
    charge_id: str
    balance_transaction_id: str
    failure_balance_transaction_id: str
    created: datetime | None
    schema: str
    payment_session_id: str
    refund_id: str

    @classmethod
    def read(cls, data: StripeObject) -> "StripeRefund":
        metadata = metadata_of(data)
        return cls(
            id=text(data, "id"),
            amount=number(data, "amount"),
            currency=text(data, "currency").upper(),
            status=text(data, "status") or "succeeded",
            failure_reason=text(data, "failure_reason"),
            payment_intent_id=id_of(data, "payment_intent"),
            charge_id=id_of(data, "charge"),
            balance_transaction_id=id_of(data, "balance_transaction"),
            failure_balance_transaction_id=id_of(data, "failure_balance_transaction"),
            created=moment(data, "created") if data.get("created") else None,
            schema=text(metadata, SCHEMA_KEY),
            payment_session_id=text(metadata, SESSION_KEY),
            refund_id=text(metadata, REFUND_KEY),
        )


@dataclass(frozen=True)
class BalanceLine:
    """docs.stripe.com/api/balance_transactions/object; `source` is its object, if expanded."""

    id: str
    category: str
    description: str
    amount: int
    fee: int
    net: int
    currency: str
    created: datetime
    source_id: str
    source: StripeObject | None

    @classmethod
    def read(cls, data: StripeObject) -> "BalanceLine":
        source = data.get("source")
        line = cls(
            id=text(data, "id"),
            category=text(data, "reporting_category"),
            description=text(data, "description"),
            amount=number(data, "amount"),
            fee=number(data, "fee"),
            net=number(data, "net"),
            currency=text(data, "currency").upper(),
            created=moment(data, "created"),
            source_id=id_of(data, "source"),
            source=source if isinstance(source, Mapping) else None,
        )
        if line.net != line.amount - line.fee:
            raise EventMismatch(f"{line.id}: {line.amount} less {line.fee} is not {line.net}")
        return line


@dataclass(frozen=True)
class StripePayout:
    """docs.stripe.com/api/payouts/object"""

    id: str
    amount: int
    currency: str
    status: str
    is_automatic: bool
    arrives_on: date | None
    created: datetime

    @classmethod
    def read(cls, data: StripeObject) -> "StripePayout":
        return cls(
            id=text(data, "id"),
            amount=number(data, "amount"),
            currency=text(data, "currency").upper(),
            status=text(data, "status"),
            is_automatic=data.get("automatic") is not False,
            arrives_on=moment(data, "arrival_date").date() if data.get("arrival_date") else None,
            created=moment(data, "created"),
        )


@dataclass(frozen=True)
class StripeDispute:
    """docs.stripe.com/api/disputes/object; `lines` is what it did to the balance so far."""

    id: str
    amount: int
    currency: str
    status: str
    reason: str
    charge_id: str
    payment_intent_id: str
    created: datetime
    evidence_due_by: datetime | None
    lines: tuple[BalanceLine, ...]

    @classmethod
    def read(cls, data: StripeObject) -> "StripeDispute":
        evidence = data.get("evidence_details") or {}
        lines = data.get("balance_transactions") or []
        return cls(
            id=text(data, "id"),
            amount=number(data, "amount"),
            currency=text(data, "currency").upper(),
            status=text(data, "status"),
            reason=text(data, "reason"),
            charge_id=id_of(data, "charge"),
            payment_intent_id=id_of(data, "payment_intent"),
            created=moment(data, "created"),
            evidence_due_by=moment(evidence, "due_by") if evidence.get("due_by") else None,
            lines=tuple(BalanceLine.read(line) for line in lines),
        )


@dataclass(frozen=True)
class Endpoint:
    """docs.stripe.com/api/webhook_endpoints/object"""

    id: str
    url: str
    is_enabled: bool
    api_version: str
    events: frozenset[str]

    @classmethod
    def read(cls, data: StripeObject) -> "Endpoint":
        return cls(
            id=text(data, "id"),
            url=text(data, "url"),
            is_enabled=text(data, "status") == "enabled",
            api_version=text(data, "api_version"),
            events=frozenset(str(type) for type in data.get("enabled_events") or []),
        )


@dataclass(frozen=True)
class AccountFacts:
    """docs.stripe.com/api/accounts/object"""

    id: str
    name: str
    charges_enabled: bool
    payouts_enabled: bool

    @classmethod
    def read(cls, data: StripeObject) -> "AccountFacts":
        profile = data.get("business_profile") or {}
        return cls(
            id=text(data, "id"),
            name=text(profile, "name"),
            charges_enabled=data.get("charges_enabled") is True,
            payouts_enabled=data.get("payouts_enabled") is True,
        )
