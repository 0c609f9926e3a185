"""Stripe's objects as its webhooks carry them, and payments to hang them on."""

import uuid
from typing import Any

from payments.models import PaymentSession

Payload = dict[str, Any]


def payment(**values: Any) -> PaymentSession:
    """Insert a payment that waits for its customer."""
    key = uuid.uuid4().hex
    fields: Payload = {
        "payable_type": "invoice",
        "payable_id": "7",
        "amount": 1000,
        "currency": "GBP",
        "status": "pending",
        "success_url": "http://alpha.localhost:8000/",
        "cancel_url": "http://alpha.localhost:8000/",
        "idempotency_key": key,
        "request_fingerprint": "",
        "stripe_checkout_session_id": f"cs_test_{key}",
        "checkout_url": "https://checkout.stripe.com/c/pay/x",
    }
    return PaymentSession.objects.create(**{**fields, **values})


def metadata(session: PaymentSession, schema: str = "alpha") -> Payload:
    return {"tillhouse_schema": schema, "payment_session_id": str(session.pk)}


def intent_id(session: PaymentSession) -> str:
    return f"pi_{session.pk.hex}"


def charge_id(session: PaymentSession) -> str:
    return f"ch_{session.pk.hex}"


def checkout(session: PaymentSession, **values: Any) -> Payload:
    """A Checkout Session that was completed and paid."""
    return {
        "id": session.stripe_checkout_session_id,
        "object": "checkout.session",
        "amount_total": session.amount,
        "currency": session.currency.lower(),
        "livemode": False,
        "payment_intent": intent_id(session),
        "payment_status": "paid",
        "status": "complete",
        "url": None,
        "customer": None,
        "expires_at": 1900000000,
        "metadata": metadata(session),
        **values,
    }


def intent(session: PaymentSession, **values: Any) -> Payload:
    """A PaymentIntent that succeeded."""
    return {
        "id": intent_id(session),
        "object": "payment_intent",
        "amount": session.amount,
        "amount_received": session.amount,
        "currency": session.currency.lower(),
        "livemode": False,
        "status": "succeeded",
        "latest_charge": charge_id(session),
        "metadata": metadata(session),
        **values,
    }


def declined_intent(session: PaymentSession) -> Payload:
    return intent(
        session,
        status="requires_payment_method",
        amount_received=0,
        last_payment_error={"code": "card_declined", "decline_code": "insufficient_funds"},
    )


def refund(session: PaymentSession, amount: int, number: int = 1, **values: Any) -> Payload:
    return {
        "id": f"re_{session.pk.hex}_{number}",
        "object": "refund",
        "amount": amount,
        "currency": session.currency.lower(),
        "status": "succeeded",
        "metadata": {},
        **values,
    }


def charge(session: PaymentSession, *refunds: Payload, **values: Any) -> Payload:
    """A charge that was paid, carrying `refunds` as an expanded event does."""
    returned = sum(given["amount"] for given in refunds)
    return {
        "id": charge_id(session),
        "object": "charge",
        "amount": session.amount,
        "amount_refunded": returned,
        "created": 1790000000,
        "currency": session.currency.lower(),
        "livemode": False,
        "paid": True,
        "refunded": returned == session.amount,
        "payment_intent": intent_id(session),
        "metadata": metadata(session),
        "refunds": {"object": "list", "data": list(refunds)},
        **values,
    }
