"""Stripe's own SDK, speaking to the sandbox."""

from typing import Any

import pytest

from tests.sandbox.test_sandbox import client
from tests.stripe_control import Control


@pytest.fixture
def api(stripe_control: Control) -> Any:
    return client(stripe_control)


@pytest.fixture
def card(api: Any, stripe_control: Control) -> Any:
    """A card saved on the page of a setup session."""
    customer = api.customers.create({"email": "eve@example.com"})
    session = api.checkout.sessions.create(
        {
            "mode": "setup", "currency": "gbp", "customer": customer.id,
            "success_url": "http://shop.localhost/", "metadata": {"a": "1"},
            "setup_intent_data": {"metadata": {"b": "2"}},
        }
    )  # fmt: skip
    stripe_control("decline", session=session.id)
    assert api.checkout.sessions.retrieve(session.id).status == "open"
    stripe_control("pay", session=session.id)
    done = api.checkout.sessions.retrieve(session.id, {"expand": ["setup_intent"]})
    assert (done.status, done.payment_status, done.payment_intent) == (
        "complete", "no_payment_required", None,
    )  # fmt: skip
    intent = api.setup_intents.retrieve(done.setup_intent.id, {"expand": ["payment_method"]})
    assert intent.metadata.to_dict() == {"b": "2"}
    return intent.payment_method
