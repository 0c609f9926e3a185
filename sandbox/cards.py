"""Saved cards: setup sessions, payment methods, and charging one without the customer.

Sources: docs.stripe.com/payments/save-and-reuse and docs.stripe.com/api/payment_intents/create.
"""

from datetime import UTC, datetime

from sandbox import charges, checkout, errors
from sandbox.events import emit
from sandbox.forms import Params
from sandbox.store import Store, StripeObject, new_id, now

OUTCOMES = ("ok", "declined", "authentication_required")
#: What a card ends in that is saved without trouble, and its outcome when it is charged later.
#: Stripe's own test numbers: docs.stripe.com/testing#declined-payments and
#: docs.stripe.com/testing#regulatory-cards.
LAST4 = {"ok": "4242", "declined": "0341", "authentication_required": "3184"}
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
    """Save a card to `customer` and tell of it."""
    method = _save(store, account, customer)
    emit(store, account, "payment_method.attached", method)
    return method


def _save(store: Store, account: str, customer: str, outcome: str = "ok") -> StripeObject:
    method: StripeObject = {
        "id": new_id("pm"),
        "object": "payment_method",
        "card": {
            "brand": "visa",
            "last4": LAST4[outcome],
            "exp_month": 12,
            "exp_year": datetime.now(UTC).year + 3,
            "fingerprint": f"sandbox{LAST4[outcome]}",
        },
        "created": now(),
        "customer": customer,
        "livemode": False,
        "type": "card",
        "_outcome": outcome,
    }
    return store.insert(account, "payment_method", method)


def detach(store: Store, account: str, method: StripeObject) -> StripeObject:
    """Take a card from its customer: it can't be charged any more, nor attached again."""
    if method["customer"] is None:
        raise errors.StripeError(
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible."
        )
    method["customer"] = None
    store.save(method)
    emit(store, account, "payment_method.detached", method)
    return method


def set_up(store: Store, account: str, session: StripeObject, outcome: str = "ok") -> StripeObject:
    """The customer saves a card on the page of a setup session; `outcome` is for later charges."""
    method = _save(store, account, session["customer"], outcome)
    intent = _setup_intent(store, account, session)
    intent.update(status="succeeded", payment_method=method["id"], last_setup_error=None)
    store.save(intent)
    emit(store, account, "setup_intent.succeeded", intent)
    emit(store, account, "payment_method.attached", method)
    return checkout.complete(store, account, session, setup_intent=intent["id"])


def refuse_set_up(store: Store, account: str, session: StripeObject) -> StripeObject:
    """The card can't be saved; the session stays open."""
    code, decline_code, message = CARD_ERRORS["declined"]
    intent = _setup_intent(store, account, session)
    intent["last_setup_error"] = {
        "type": "card_error", "code": code, "decline_code": decline_code, "message": message,
    }  # fmt: skip
    store.save(intent)
    emit(store, account, "setup_intent.setup_failed", intent)
    return session


def _setup_intent(store: Store, account: str, session: StripeObject) -> StripeObject:
    """Return the session's SetupIntent, made at the first try."""
    known = session.get("_intent") and store.get(account, "setup_intent", session["_intent"])
    if known:
        return known
    intent: StripeObject = {
        "id": new_id("seti"),
        "object": "setup_intent",
        "created": now(),
        "customer": session["customer"],
        "last_setup_error": None,
        "livemode": False,
        "metadata": session["_intent_metadata"],
        "payment_method": None,
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
        "usage": "off_session",
    }
    session["_intent"] = intent["id"]
    store.save(session)
    return store.insert(account, "setup_intent", intent)


def charge_off_session(store: Store, account: str, params: Params) -> StripeObject:
    """Create and confirm a PaymentIntent on a saved card; raises Stripe's card_error."""
    intent, method = _off_session_intent(store, account, params)
    store.insert(account, "payment_intent", intent)
    emit(store, account, "payment_intent.created", intent)
    if method["_outcome"] == "ok":
        return charges.succeed(store, account, intent)
    failure = refuse(store, account, intent, method)
    raise errors.CardError({**failure, "payment_intent": intent})


def refuse(store: Store, account: str, intent: StripeObject, method: StripeObject) -> StripeObject:
    """The card's bank won't pay `intent`: tell of it, and return Stripe's error of the card."""
    charge = charges.failed_charge(store, account, intent)
    code, decline_code, message = CARD_ERRORS[method["_outcome"]]
    failure = {
        "type": "card_error", "code": code, "decline_code": decline_code, "message": message,
        "charge": charge["id"], "payment_method": method,
    }  # fmt: skip
    intent.update(
        status="requires_payment_method",
        latest_charge=charge["id"],
        last_payment_error=failure,
        payment_method=None,
    )
    store.save(intent)
    emit(store, account, "charge.failed", charge)
    emit(store, account, "payment_intent.payment_failed", intent)
    return failure


def _off_session_intent(
    store: Store, account: str, params: Params
) -> tuple[StripeObject, StripeObject]:
    """Return the intent asked for, and the saved card; raises for what Stripe would refuse."""
    amount = _amount(params)
    currency = checkout.currency_of(params.get("currency"), "currency")
    for field in ("customer", "payment_method"):
        if not params.get(field):
            raise errors.required(field)
    if store.get(account, "customer", params["customer"]) is None:
        raise errors.missing("customer", params["customer"], "customer", status=400)
    method = store.get(account, "payment_method", params["payment_method"])
    if method is None or method["customer"] != params["customer"]:
        raise errors.missing(
            "PaymentMethod", params["payment_method"], "payment_method", status=400
        )
    # The sandbox has no page on which a customer could confirm an intent later.
    for field in ("off_session", "confirm"):
        if params.get(field) != "true":
            raise errors.required(field)
    intent = charges.new_intent(
        amount,
        currency,
        customer=params["customer"],
        description=params.get("description"),
        metadata=params.get("metadata") or {},
        payment_method=method["id"],
        status="requires_confirmation",
    )
    return intent, method


def _amount(params: Params) -> int:
    amount = params.get("amount")
    if not amount:
        raise errors.required("amount")
    if not amount.isdecimal() or not 0 < int(amount) <= checkout.MAX_AMOUNT:
        raise errors.StripeError(
            "Invalid positive integer", code="parameter_invalid_integer", param="amount"
        )
    return int(amount)


def cancel(store: Store, account: str, intent: StripeObject, reason: str = "") -> StripeObject:
    """End an intent that has not taken money; one that waits on an open page is Checkout's."""
    if intent["status"] in ("succeeded", "processing", "canceled"):
        raise errors.StripeError(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}.",
            code="payment_intent_unexpected_state",
        )
    sessions = store.list(account, "checkout.session")
    if any(one.get("_intent") == intent["id"] and one["status"] == "open" for one in sessions):
        raise errors.not_allowed_state("Expire the Checkout Session of this PaymentIntent instead.")
    intent.update(status="canceled", canceled_at=now(), cancellation_reason=reason or None)
    store.save(intent)
    emit(store, account, "payment_intent.canceled", intent)
    return intent
