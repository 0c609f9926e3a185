"""Checkout Sessions. Source: docs.stripe.com/api/checkout/sessions."""

from typing import Any
from urllib.parse import urlsplit

from sandbox import errors
from sandbox.events import emit
from sandbox.forms import Params
from sandbox.store import Store, StripeObject, new_id, now, public

SHORTEST = 30 * 60
LONGEST = 24 * 60 * 60
MAX_AMOUNT = 99_999_999
#: What a page takes where the call names no methods.
METHODS = {"payment": ("card", "bacs_debit"), "setup": ("card",), "subscription": ("card",)}


def create(store: Store, account: str, params: Params, public_url: str) -> StripeObject:
    """Create an open session with its page at `public_url`."""
    mode = params.get("mode")
    if mode not in ("payment", "setup", "subscription"):
        raise errors.required("mode") if not mode else errors.invalid("mode", "Invalid mode.")
    for field in ("success_url", "cancel_url"):
        _check_url(params, field)
    _check_customer(store, account, params)
    lines = [_line(line, index) for index, line in enumerate(params.get("line_items") or [])]
    if mode != "setup" and not lines:
        raise errors.required("line_items")
    _check_recurring(mode, lines)
    currencies = {line["currency"] for line in lines}
    if len(currencies) > 1:
        raise errors.invalid("line_items", "All line items must have the same currency.")
    intent_data = params.get(f"{mode}_intent_data") or {}
    total = sum(line["amount_total"] for line in lines)
    id = new_id("cs_test")
    session: StripeObject = {
        "id": id,
        "object": "checkout.session",
        "amount_subtotal": total if mode != "setup" else None,
        "amount_total": total if mode != "setup" else None,
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "created": now(),
        "currency": next(iter(currencies), params.get("currency")),
        "customer": params.get("customer"),
        "customer_details": None,
        "customer_email": params.get("customer_email"),
        "expires_at": _expires_at(params),
        "invoice": None,
        "livemode": False,
        "metadata": params.get("metadata") or {},
        "mode": mode,
        "payment_intent": None,
        "payment_method_types": params.get("payment_method_types") or list(METHODS[mode]),
        "payment_status": "no_payment_required" if mode == "setup" else "unpaid",
        "setup_intent": None,
        "status": "open",
        "subscription": None,
        "success_url": params["success_url"],
        "url": f"{public_url}/c/pay/{id}",
        # Not Stripe's: what the page shows and what the PaymentIntent will carry.
        "_lines": lines,
        "_intent_metadata": intent_data.get("metadata") or {},
        "_subscription_metadata": (params.get("subscription_data") or {}).get("metadata") or {},
        "_saves_card": intent_data.get("setup_future_usage") == "off_session",
    }
    store.insert(account, "checkout.session", session)
    store.set_timer(session["expires_at"] - now(), "expire", account, id)
    return session


def _check_url(params: Params, field: str) -> None:
    value = params.get(field)
    if field == "success_url" and not value:
        raise errors.required(field)
    if value and urlsplit(value).scheme not in ("http", "https"):
        raise errors.StripeError("Not a valid URL", code="url_invalid", param=field)


def _check_customer(store: Store, account: str, params: Params) -> None:
    customer = params.get("customer")
    if customer and params.get("customer_email"):
        raise errors.StripeError(
            "You may only specify one of these parameters: customer, customer_email."
        )
    if customer and store.get(account, "customer", customer) is None:
        raise errors.missing("customer", customer, "customer", status=400)
    if params["mode"] == "setup" and not customer:
        raise errors.required("customer")


def _check_recurring(mode: str, lines: list[StripeObject]) -> None:
    if mode == "subscription" and not all(line["recurring"] for line in lines):
        raise errors.StripeError(
            "You must provide at least one recurring price in `subscription` mode."
        )
    if mode == "payment" and any(line["recurring"] for line in lines):
        raise errors.StripeError(
            "You specified `payment` mode but passed a recurring price. Either switch to "
            "`subscription` mode or use only one-time prices."
        )


def _recurring(price: StripeObject, param: str) -> StripeObject | None:
    """Return how often a price comes again; None for one that does not."""
    recurring = price.get("recurring")
    if not recurring:
        return None
    if recurring.get("interval") not in ("day", "week", "month", "year"):
        raise errors.invalid(f"{param}[price_data][recurring][interval]", "Invalid interval")
    count = recurring.get("interval_count", "1")
    if not count.isdecimal() or not 1 <= int(count) <= 156:
        raise errors.invalid(f"{param}[price_data][recurring][interval_count]", "Invalid integer")
    return {"interval": recurring["interval"], "interval_count": int(count)}


def _line(line: Any, index: int) -> StripeObject:
    param = f"line_items[{index}]"
    price = line.get("price_data") if isinstance(line, dict) else None
    if not isinstance(price, dict):
        raise errors.required(f"{param}[price_data]")
    amount, quantity = price.get("unit_amount", ""), str(line.get("quantity", "1"))
    if not amount.isdecimal() or int(amount) > MAX_AMOUNT:
        raise errors.StripeError(
            "Invalid non-negative integer",
            code="parameter_invalid_integer",
            param=f"{param}[price_data][unit_amount]",
        )
    if not quantity.isdecimal():
        raise errors.invalid(f"{param}[quantity]", "Invalid integer")
    currency = currency_of(price.get("currency"), f"{param}[price_data][currency]")
    return {
        "amount_total": int(amount) * int(quantity),
        "currency": currency,
        "description": (price.get("product_data") or {}).get("name", ""),
        "quantity": int(quantity),
        "recurring": _recurring(price, param),
    }


def currency_of(value: Any, param: str) -> str:
    """Return a currency as Stripe writes it: three small letters."""
    if not value:
        raise errors.required(param)
    currency = str(value).lower()
    if len(currency) != 3 or not currency.isalpha():
        raise errors.invalid(param, f"Invalid currency: {currency}")
    return currency


def _expires_at(params: Params) -> int:
    wanted = params.get("expires_at")
    if wanted is None:
        return now() + LONGEST
    if not wanted.isdecimal() or not now() + SHORTEST <= int(wanted) <= now() + LONGEST:
        raise errors.invalid(
            "expires_at", "The `expires_at` timestamp must be 30 minutes to 24 hours from now."
        )
    return int(wanted)


def shown(session: StripeObject) -> StripeObject:
    """Return the session as the API shows it: without our own fields; no URL once it is over."""
    over = {} if session["status"] == "open" else {"url": None}
    return {**public(session), **over}


def expire(store: Store, account: str, session: StripeObject) -> StripeObject:
    """End an open session; raises Stripe's error for any other."""
    if session["status"] != "open":
        raise errors.not_allowed_state(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of {session['status']}."
        )
    session["status"] = "expired"
    store.save(session)
    emit(store, account, "checkout.session.expired", shown(session))
    return session


def complete(store: Store, account: str, session: StripeObject, **changes: Any) -> StripeObject:
    """Close an open session with `changes` and tell of it."""
    session.update(status="complete", **changes)
    store.save(session)
    emit(store, account, "checkout.session.completed", shown(session))
    return session
