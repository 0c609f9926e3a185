"""What the sandbox's tests share."""

import json
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from tests.stripe_control import Control

KEY = "sk_test_one"


def balance(api: Any) -> dict[str, int]:
    return {one.currency: one.amount for one in api.balance.retrieve().available}


def types(control: Control, prefix: str = "") -> list[str]:
    """Return what was told, the oldest first."""
    return [one["type"] for one in control("events") if one["type"].startswith(prefix)]


def saved_card(api: Any, control: Control) -> Any:
    """A card that a customer saved on the page of a setup session."""
    customer = api.customers.create({"email": "eve@example.com"})
    session = api.checkout.sessions.create(setup_params(customer.id))
    control("pay", session=session.id)
    return api.customers.payment_methods.list(customer.id).data[0]


def setup_params(customer: str, **changes: Any) -> dict[str, Any]:
    return {
        "mode": "setup",
        "currency": "gbp",
        "customer": customer,
        "success_url": "http://shop.localhost/ok",
        "cancel_url": "http://shop.localhost/back",
        **changes,
    }


def charge_params(card: Any, **changes: Any) -> dict[str, Any]:
    return {
        "amount": 2500,
        "currency": "gbp",
        "customer": card.customer,
        "payment_method": card.id,
        "off_session": "true",
        "confirm": "true",
        **changes,
    }


def post(control: Control, path: str, params: dict[str, Any], key: str = KEY) -> tuple[int, Any]:
    """Call the API without the SDK: what it would not send, and no idempotency key."""
    return _answer(
        f"{control.base}/v1/{path}",
        urllib.parse.urlencode(params),
        {"Authorization": f"Bearer {key}"},
    )


def act(control: Control, action: str, **body: Any) -> tuple[int, Any]:
    """Ask for an action that may be refused."""
    return _answer(f"{control.base}/_control/{action}/", json.dumps(body), {})


def _answer(url: str, body: str, headers: dict[str, str]) -> tuple[int, Any]:
    request = urllib.request.Request(url, body.encode(), headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.load(refusal)
