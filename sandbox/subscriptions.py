"""Subscriptions and the invoices that they pay by themselves.

Sources: docs.stripe.com/api/subscriptions, docs.stripe.com/api/invoices and
docs.stripe.com/api/invoice-payment.
"""

import calendar
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox import cards, charges, checkout, errors
from sandbox.events import emit
from sandbox.store import Store, StripeObject, new_id, now

ENDED = ("canceled", "incomplete_expired")


def begin(store: Store, account: str, session: StripeObject) -> StripeObject:
    """The customer pays on the page of a subscription: it runs, and its first invoice is paid."""
    customer = session["customer"] or _new_customer(store, account, session)
    method = cards.attach(store, account, customer)
    price = session["_lines"][0]
    started = now()
    subscription: StripeObject = {
        "id": new_id("sub"),
        "object": "subscription",
        "cancel_at": None,
        "cancel_at_period_end": False,
        "canceled_at": None,
        "created": started,
        "currency": session["currency"],
        "customer": customer,
        "default_payment_method": method["id"],
        "ended_at": None,
        "items": {
            "object": "list",
            "data": [
                {
                    "id": new_id("si"),
                    "object": "subscription_item",
                    "current_period_start": started,
                    "current_period_end": _later(started, price["recurring"]),
                    "price": {
                        "id": new_id("price"),
                        "object": "price",
                        "currency": session["currency"],
                        "recurring": price["recurring"],
                        "unit_amount": session["amount_total"],
                    },
                    "quantity": 1,
                }
            ],
            "has_more": False,
        },
        "latest_invoice": None,
        "livemode": False,
        "metadata": session["_subscription_metadata"],
        "status": "active",
        "_description": price["description"],
    }
    store.insert(account, "subscription", subscription)
    emit(store, account, "customer.subscription.created", subscription)
    _set_timer(store, account, subscription)
    invoice = _bill(store, account, subscription, "subscription_create")
    _paid(store, account, subscription, invoice, method)
    return checkout.complete(
        store, account, session, payment_status="paid", customer=customer,
        subscription=subscription["id"], invoice=invoice["id"],
    )  # fmt: skip


def _new_customer(store: Store, account: str, session: StripeObject) -> str:
    customer = {
        "id": new_id("cus"), "object": "customer", "created": now(), "livemode": False,
        "email": session["customer_email"], "metadata": {}, "name": None, "phone": None,
    }  # fmt: skip
    return str(store.insert(account, "customer", customer)["id"])


def _later(start: int, recurring: StripeObject) -> int:
    """Return when a period that begins at `start` ends; the 31st may become the 28th."""
    begins, count = datetime.fromtimestamp(start, UTC), int(recurring["interval_count"])
    if recurring["interval"] in ("day", "week"):
        days = count * (7 if recurring["interval"] == "week" else 1)
        return int((begins + timedelta(days=days)).timestamp())
    months = begins.month - 1 + count * (12 if recurring["interval"] == "year" else 1)
    year, month = begins.year + months // 12, months % 12 + 1
    day = min(begins.day, calendar.monthrange(year, month)[1])
    return int(begins.replace(year=year, month=month, day=day).timestamp())


def period_of(subscription: StripeObject) -> StripeObject:
    item: StripeObject = subscription["items"]["data"][0]
    return item


def _set_timer(store: Store, account: str, subscription: StripeObject) -> None:
    ends = period_of(subscription)["current_period_end"]
    store.set_timer(ends - now(), "renew", account, subscription["id"])


def _bill(store: Store, account: str, subscription: StripeObject, reason: str) -> StripeObject:
    """Write the invoice of the period that has just begun."""
    item = period_of(subscription)
    amount = item["price"]["unit_amount"] * item["quantity"]
    id = new_id("in")
    invoice: StripeObject = {
        "id": id,
        "object": "invoice",
        "amount_due": amount,
        "amount_paid": 0,
        "attempt_count": 0,
        "billing_reason": reason,
        "created": now(),
        "currency": subscription["currency"],
        "customer": subscription["customer"],
        "lines": {
            "object": "list",
            "data": [
                {
                    "id": new_id("il"),
                    "object": "line_item",
                    "amount": amount,
                    "currency": subscription["currency"],
                    "description": subscription["_description"],
                    "period": {
                        "start": item["current_period_start"],
                        "end": item["current_period_end"],
                    },
                }
            ],
            "has_more": False,
        },
        "livemode": False,
        "metadata": {},
        "parent": {
            "type": "subscription_details",
            "subscription_details": {
                "metadata": subscription["metadata"],
                "subscription": subscription["id"],
            },
        },
        # Stripe's: the period before the one that is paid for.
        "period_start": item["current_period_start"],
        "period_end": item["current_period_start"],
        "status": "open",
        "_subscription": subscription["id"],
    }
    store.insert(account, "invoice", invoice)
    subscription["latest_invoice"] = id
    store.save(subscription)
    emit(store, account, "invoice.created", invoice)
    emit(store, account, "invoice.finalized", invoice)
    return invoice


def _intent(
    store: Store, account: str, invoice: StripeObject, method: StripeObject
) -> StripeObject:
    """Return an invoice's PaymentIntent: the subscription's metadata are not on it."""
    known = invoice.get("_intent") and store.get(account, "payment_intent", invoice["_intent"])
    if known:
        return known | {"payment_method": method["id"]}
    intent = charges.new_intent(
        invoice["amount_due"], invoice["currency"], customer=invoice["customer"],
        description=invoice["lines"]["data"][0]["description"], payment_method=method["id"],
    )  # fmt: skip
    store.insert(account, "payment_intent", intent)
    emit(store, account, "payment_intent.created", intent)
    invoice["_intent"] = intent["id"]
    store.save(invoice)
    return intent


def _paid(
    store: Store, account: str, subscription: StripeObject, invoice: StripeObject,
    method: StripeObject,
) -> StripeObject:  # fmt: skip
    intent = charges.succeed(store, account, _intent(store, account, invoice, method))
    payment: StripeObject = {
        "id": new_id("inpay"),
        "object": "invoice_payment",
        "amount_paid": invoice["amount_due"],
        "amount_requested": invoice["amount_due"],
        "created": now(),
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"type": "payment_intent", "payment_intent": intent["id"]},
        "status": "paid",
    }
    store.insert(account, "invoice_payment", payment)
    invoice.update(
        status="paid",
        amount_paid=invoice["amount_due"],
        attempt_count=invoice["attempt_count"] + 1,
    )
    store.save(invoice)
    emit(store, account, "invoice_payment.paid", payment)
    emit(store, account, "invoice.paid", invoice)
    emit(store, account, "invoice.payment_succeeded", invoice)
    if subscription["status"] == "past_due":
        update(store, account, subscription, status="active")
    return invoice


def _refused(
    store: Store, account: str, subscription: StripeObject, invoice: StripeObject,
    method: StripeObject,
) -> StripeObject:  # fmt: skip
    """The bank won't: the invoice stays open. Returns Stripe's error of the card."""
    intent = _intent(store, account, invoice, method)
    failure = cards.refuse(store, account, intent, method)
    invoice["attempt_count"] += 1
    store.save(invoice)
    emit(store, account, "invoice.payment_failed", invoice)
    if subscription["status"] == "active":
        update(store, account, subscription, status="past_due")
    return failure


def update(store: Store, account: str, subscription: StripeObject, **changes: Any) -> StripeObject:
    """Change a subscription that has not ended, and tell of it."""
    if subscription["status"] in ENDED:
        raise errors.StripeError(
            "A canceled subscription can only update its cancellation_details."
        )
    subscription.update(changes)
    store.save(subscription)
    emit(store, account, "customer.subscription.updated", subscription)
    return subscription


def cancel(store: Store, account: str, subscription: StripeObject) -> StripeObject:
    """End it at once."""
    if subscription["status"] in ENDED:
        raise errors.missing("subscription", subscription["id"])
    subscription.update(status="canceled", canceled_at=now(), ended_at=now())
    store.save(subscription)
    emit(store, account, "customer.subscription.deleted", subscription)
    return subscription


def pay(
    store: Store, account: str, invoice: StripeObject, method_id: str | None = None
) -> StripeObject:
    """Try an open invoice again; raises Stripe's card_error where the bank won't."""
    if invoice["status"] != "open":
        raise errors.StripeError("Invoice is already paid", code="invoice_already_paid")
    details = invoice["parent"]["subscription_details"]
    subscription = store.get(account, "subscription", details["subscription"]) or {}
    method_id = method_id or subscription["default_payment_method"]
    method = store.get(account, "payment_method", method_id or "")
    if method is None or method["customer"] != invoice["customer"]:
        raise errors.missing("PaymentMethod", str(method_id), "payment_method", status=400)
    if method["_outcome"] != "ok":
        raise errors.CardError(_refused(store, account, subscription, invoice, method))
    return _paid(store, account, subscription, invoice, method)


def renew(store: Store, account: str, subscription: StripeObject) -> StripeObject:
    """The period is over: the next one begins and is charged, or the subscription ends."""
    if subscription["status"] in ENDED:
        raise errors.not_allowed_state("This subscription has ended.")
    if subscription["cancel_at_period_end"]:
        return cancel(store, account, subscription)
    item = period_of(subscription)
    start = item["current_period_end"]
    item.update(
        current_period_start=start, current_period_end=_later(start, item["price"]["recurring"])
    )
    update(store, account, subscription)
    _set_timer(store, account, subscription)
    invoice = _bill(store, account, subscription, "subscription_cycle")
    method = store.get(account, "payment_method", subscription["default_payment_method"]) or {}
    if method["_outcome"] == "ok":
        _paid(store, account, subscription, invoice, method)
    else:
        _refused(store, account, subscription, invoice, method)
    return subscription


def renew_in_time(store: Store, account: str, subscription: StripeObject) -> None:
    """A timer has come: do what is due, unless it was renewed by hand before."""
    is_due = period_of(subscription)["current_period_end"] <= now()
    if is_due and subscription["status"] not in ENDED:
        renew(store, account, subscription)
