"""PaymentIntents, charges and what they leave in the balance."""

from typing import Any

from sandbox import cards, checkout, subscriptions
from sandbox.errors import not_allowed_state
from sandbox.events import emit
from sandbox.store import Store, StripeObject, new_id, now

#: Seconds after which a charge's balance transaction is known, as `automatic_async` capture has it.
SETTLES_AFTER = 1.0


def _require_open(session: StripeObject) -> None:
    if session["status"] != "open":
        raise not_allowed_state(f"This Checkout Session is {session['status']}.")


def _intent(store: Store, account: str, session: StripeObject, method: str) -> StripeObject:
    """Return the session's PaymentIntent, made at the first try."""
    known = session.get("_intent") and store.get(account, "payment_intent", session["_intent"])
    if known:
        known["payment_method_types"] = [method]
        return known
    intent = new_intent(
        session["amount_total"],
        session["currency"],
        customer=session["customer"],
        metadata=session["_intent_metadata"],
        payment_method_types=[method],
        setup_future_usage="off_session" if session.get("_saves_card") else None,
    )
    store.insert(account, "payment_intent", intent)
    session["_intent"] = intent["id"]
    store.save(session)
    emit(store, account, "payment_intent.created", intent)
    return intent


def new_intent(amount: int, currency: str, **fields: Any) -> StripeObject:
    """Return a PaymentIntent that nobody has paid. Source: docs.stripe.com/api/payment_intents."""
    return {
        "id": new_id("pi"),
        "object": "payment_intent",
        "amount": amount,
        "amount_received": 0,
        "canceled_at": None,
        "cancellation_reason": None,
        "created": now(),
        "currency": currency,
        "customer": None,
        "description": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": {},
        "payment_method": None,
        "payment_method_types": ["card"],
        "setup_future_usage": None,
        "status": "requires_payment_method",
        **fields,
    }


def pay(store: Store, account: str, session: StripeObject, later: str = "ok") -> StripeObject:
    """The customer pays by card, and it works; `later` is for the charges of a card left alone."""
    _require_open(session)
    if session["mode"] == "setup":
        return cards.set_up(store, account, session, later)
    if session["mode"] == "subscription":
        return subscriptions.begin(store, account, session)
    if session["amount_total"] == 0:
        return checkout.complete(store, account, session, payment_status="no_payment_required")
    intent = _intent(store, account, session, "card")
    if session.get("_saves_card") and session["customer"]:
        intent["payment_method"] = cards.attach(store, account, session["customer"])["id"]
    succeed(store, account, intent)
    return checkout.complete(
        store, account, session, payment_status="paid", payment_intent=intent["id"]
    )


def succeed(store: Store, account: str, intent: StripeObject) -> StripeObject:
    """Take the money of `intent`."""
    charge = _charge(store, account, intent, paid=True)
    intent.update(
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        last_payment_error=None,
    )
    store.save(intent)
    emit(store, account, "charge.succeeded", charge)
    emit(store, account, "payment_intent.succeeded", intent)
    store.set_timer(SETTLES_AFTER, "settle", account, charge["id"])
    return intent


def failed_charge(store: Store, account: str, intent: StripeObject) -> StripeObject:
    return _charge(store, account, intent, paid=False)


def _charge(store: Store, account: str, intent: StripeObject, *, paid: bool) -> StripeObject:
    charge: StripeObject = {
        "id": new_id("ch"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "balance_transaction": None,
        "captured": paid,
        "created": now(),
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent.get("description"),
        "disputed": False,
        "livemode": False,
        "metadata": intent["metadata"],
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": intent.get("payment_method"),
        "payment_method_details": {"type": intent["payment_method_types"][0]},
        "refunded": False,
        "status": "succeeded" if paid else "failed",
    }
    return store.insert(account, "charge", charge)


def decline(store: Store, account: str, session: StripeObject) -> StripeObject:
    """The customer's card is declined; the session stays open for another try."""
    _require_open(session)
    if session["mode"] == "setup":
        return cards.refuse_set_up(store, account, session)
    intent = _intent(store, account, session, "card")
    charge = failed_charge(store, account, intent)
    intent.update(
        latest_charge=charge["id"],
        last_payment_error={
            "type": "card_error",
            "code": "card_declined",
            "decline_code": "insufficient_funds",
            "message": "Your card has insufficient funds.",
        },
    )
    store.save(intent)
    emit(store, account, "charge.failed", charge)
    emit(store, account, "payment_intent.payment_failed", intent)
    return session


def debit(store: Store, account: str, session: StripeObject) -> StripeObject:
    """The customer chooses a bank debit: complete, and unpaid for some days."""
    _require_open(session)
    if session["mode"] == "setup":
        raise not_allowed_state("This Checkout Session saves a card: there is nothing to debit.")
    if session["mode"] == "subscription":
        raise not_allowed_state("The sandbox takes cards alone for subscriptions.")
    if "bacs_debit" not in session["payment_method_types"]:
        raise not_allowed_state("This Checkout Session takes cards alone.")
    intent = _intent(store, account, session, "bacs_debit")
    intent["status"] = "processing"
    store.save(intent)
    emit(store, account, "payment_intent.processing", intent)
    return checkout.complete(
        store, account, session, payment_status="unpaid", payment_intent=intent["id"]
    )


def debit_result(store: Store, account: str, session: StripeObject, *, paid: bool) -> StripeObject:
    """The bank answers."""
    intent = store.get(account, "payment_intent", session["payment_intent"] or "")
    if intent is None or intent["status"] != "processing":
        raise not_allowed_state("This session does not wait for a bank.")
    if paid:
        succeed(store, account, intent)
        session["payment_status"] = "paid"
        store.save(session)
        _tell(store, account, "checkout.session.async_payment_succeeded", session)
        return session
    intent.update(
        status="requires_payment_method",
        last_payment_error={"type": "card_error", "code": "payment_intent_payment_attempt_failed"},
    )
    store.save(intent)
    emit(store, account, "payment_intent.payment_failed", intent)
    _tell(store, account, "checkout.session.async_payment_failed", session)
    return session


def _tell(store: Store, account: str, type: str, session: StripeObject) -> None:
    emit(store, account, type, checkout.shown(session))


def settle(store: Store, account: str, charge: StripeObject) -> None:
    """Book the charge into the balance, with its fee, and tell of it."""
    if charge["balance_transaction"] or not charge["paid"]:
        return
    line = balance_line(
        store, account, charge["id"], "charge", charge["amount"], charge["currency"],
        fee=fee_for(charge["amount"], charge["currency"]),
        description=charge.get("description") or "",
    )  # fmt: skip
    charge["balance_transaction"] = line["id"]
    store.save(charge)
    emit(store, account, "charge.updated", charge)


def fee_for(amount: int, currency: str) -> int:
    """Return the fee: 2.9 % + 30 for dollars, 1.5 % + 20 otherwise, rounded half up."""
    permille, fixed = (29, 30) if currency == "usd" else (15, 20)
    return (amount * permille + 500) // 1000 + fixed


def balance_line(
    store: Store,
    account: str,
    source: str,
    type: str,
    amount: int,
    currency: str,
    *,
    fee: int = 0,
    category: str = "",
    description: str = "",
    from_customer: bool = True,
) -> StripeObject:
    """Write a balance transaction. Source: docs.stripe.com/api/balance_transactions.

    An account may be settled in another currency than its customers pay in; what is not
    `from_customer` moves within the balance, in `currency` as it is.
    """
    rate = None
    settled = store.settlement_of(account) if from_customer else None
    if settled and settled[0] != currency:
        currency, rate = settled
        amount, fee = round(amount * rate), round(fee * rate)
    line: dict[str, Any] = {
        "id": new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now(),
        "created": now(),
        "currency": currency,
        "description": description or None,
        "exchange_rate": rate,
        "fee": fee,
        "net": amount - fee,
        "reporting_category": category or type,
        "source": source or None,
        "status": "available",
        "type": type,
    }
    return store.insert(account, "balance_transaction", line)


def made_elsewhere(store: Store, account: str, amount: int, currency: str) -> StripeObject:
    """A payment that was taken in the dashboard or by another program."""
    intent = store.insert(account, "payment_intent", new_intent(amount, currency))
    succeed(store, account, intent)
    charge = store.get(account, "charge", intent["latest_charge"]) or {}
    settle(store, account, charge)
    return charge
