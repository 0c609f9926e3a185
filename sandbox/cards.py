"""Saved cards: setup sessions, payment methods, and charging one without the customer.

Sources: docs.stripe.com/payments/save-and-reuse and docs.stripe.com/api/payment_intents/create.
"""

from datetime import UTC, datetime

from sandbox import charges, checkout, errors
from sandbox.events import emit
from sandbox.forms import Params
from sandbox.store import Store, StripeObject, new_id, now

OUTCOMES = ("ok", "declined", "authentication_required")
#: Stripe's card_error for an outcome: code, decline code, message.
CARD_ERRORS = {
    "declined": ("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    "authentication_required": (
        "authentication_required",
        "authentication_required",
        "Your card was declined. This transaction requires authentication.",
    ),
}


def attach(store: Store, account: str, customer: str) -> StripeObject:
    """Save a card to `customer`."""
    method: StripeObject = {
        "id": new_id("pm"),
        "object": "payment_method",
        "card": {
            "brand": "visa",
            "last4": "4242",
            "exp_month": 12,
            "exp_year": datetime.now(UTC).year + 3,
            "fingerprint": "sandbox4242",
        },
        "created": now(),
        "customer": customer,
        "livemode": False,
        "type": "card",
        "_outcome": "ok",
    }
    store.insert(account, "payment_method", method)
    emit(store, account, "payment_method.attached", shown(method))
    return method


def shown(method: StripeObject) -> StripeObject:
    return {key: value for key, value in method.items() if not key.startswith("_")}


def detach(store: Store, account: str, method: StripeObject) -> StripeObject:
    method["customer"] = None
    store.save(method)
    emit(store, account, "payment_method.detached", shown(method))
    return shown(method)


def set_up(store: Store, account: str, session: StripeObject) -> StripeObject:
    """The customer saves a card on the page of a setup session."""
    method = attach(store, account, session["customer"])
    intent = _setup_intent(store, account, session, "succeeded", method["id"])
    emit(store, account, "setup_intent.succeeded", intent)
    return checkout.complete(store, account, session, setup_intent=intent["id"])


def refuse_set_up(store: Store, account: str, session: StripeObject) -> StripeObject:
    """The card can't be saved; the session stays open."""
    intent = _setup_intent(store, account, session, "requires_payment_method", None)
    emit(store, account, "setup_intent.setup_failed", intent)
    return session


def _setup_intent(
    store: Store, account: str, session: StripeObject, status: str, method: str | None
) -> StripeObject:
    intent: StripeObject = {
        "id": new_id("seti"),
        "object": "setup_intent",
        "created": now(),
        "customer": session["customer"],
        "livemode": False,
        "metadata": session["_intent_metadata"],
        "payment_method": method,
        "status": status,
        "usage": "off_session",
    }
    return store.insert(account, "setup_intent", intent)


def charge_off_session(store: Store, account: str, params: Params) -> StripeObject:
    """Create and confirm a PaymentIntent on a saved card; raises Stripe's card_error."""
    intent, method = _off_session_intent(store, account, params)
    store.insert(account, "payment_intent", intent)
    emit(store, account, "payment_intent.created", intent)
    if method["_outcome"] == "ok":
        return charges.succeed(store, account, intent)
    charge = charges.failed_charge(store, account, intent)
    code, decline_code, message = CARD_ERRORS[method["_outcome"]]
    failure = {
        "type": "card_error", "code": code, "decline_code": decline_code, "message": message,
        "charge": charge["id"],
    }  # fmt: skip
    intent.update(
        status="requires_payment_method", latest_charge=charge["id"], last_payment_error=failure
    )
    store.save(intent)
    emit(store, account, "charge.failed", charge)
    emit(store, account, "payment_intent.payment_failed", intent)
    raise errors.CardError({**failure, "payment_intent": intent})


def _off_session_intent(
    store: Store, account: str, params: Params
) -> tuple[StripeObject, StripeObject]:
    """Return the intent asked for, and the saved card; raises for what Stripe would refuse."""
    amount = params.get("amount", "")
    if not amount.isdecimal() or int(amount) == 0:
        raise errors.StripeError(
            "Invalid positive integer", code="parameter_invalid_integer", param="amount"
        )
    for field in ("currency", "customer", "payment_method"):
        if not params.get(field):
            raise errors.required(field)
    if store.get(account, "customer", params["customer"]) is None:
        raise errors.missing("customer", params["customer"], "customer")
    method = store.get(account, "payment_method", params["payment_method"])
    if method is None or method["customer"] != params["customer"]:
        raise errors.missing("PaymentMethod", params["payment_method"], "payment_method")
    intent: StripeObject = {
        "id": new_id("pi"),
        "object": "payment_intent",
        "amount": int(amount),
        "amount_received": 0,
        "created": now(),
        "currency": params["currency"],
        "customer": params["customer"],
        "description": params.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "payment_method": method["id"],
        "payment_method_types": ["card"],
        "status": "requires_confirmation",
    }
    return intent, method


def cancel(store: Store, account: str, intent: StripeObject) -> StripeObject:
    """End an intent that has not taken money."""
    if intent["status"] in ("succeeded", "processing", "canceled"):
        raise errors.not_allowed_state(f"This PaymentIntent is {intent['status']}.")
    intent["status"] = "canceled"
    store.save(intent)
    emit(store, account, "payment_intent.canceled", intent)
    return intent
