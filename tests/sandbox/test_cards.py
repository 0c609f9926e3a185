"""The sandbox's saved cards, used with Stripe's own SDK."""

from typing import Any

import pytest
import stripe

from tests.sandbox.test_sandbox import client, session_params
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


def charge(api: Any, card: Any, key: str = "k", **changes: Any) -> Any:
    params = {
        "amount": 2500, "currency": "gbp", "customer": card.customer, "payment_method": card.id,
        "off_session": True, "confirm": True, **changes,
    }  # fmt: skip
    return api.payment_intents.create(params, {"idempotency_key": key})


def test_a_saved_card_can_be_charged(api: Any, card: Any) -> None:
    assert card.card.last4 == "4242"
    intent = charge(api, card)
    assert (intent.status, intent.amount_received) == ("succeeded", 2500)
    assert charge(api, card).id == intent.id


@pytest.mark.parametrize(
    ("outcome", "code"),
    [("declined", "card_declined"), ("authentication_required", "authentication_required")],
)
def test_a_refused_card_is_refused_again_under_the_same_key(
    api: Any, card: Any, stripe_control: Control, outcome: str, code: str
) -> None:
    stripe_control("card_behaviour", payment_method=card.id, outcome=outcome)
    seen = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as refusal:
            charge(api, card)
        assert refusal.value.code == code
        failure: Any = refusal.value.error
        seen.append(failure.payment_intent.id)
    assert seen[0] == seen[1]
    assert api.payment_intents.retrieve(seen[0]).status == "requires_payment_method"
    assert api.payment_intents.cancel(seen[0]).status == "canceled"


def test_a_detached_card_is_gone(api: Any, card: Any) -> None:
    api.payment_methods.detach(card.id)
    with pytest.raises(stripe.InvalidRequestError):
        charge(api, card)


@pytest.mark.parametrize("changes", [{"amount": 0}, {"customer": "cus_no"}, {"currency": ""}])
def test_what_stripe_would_refuse(api: Any, card: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        charge(api, card, **changes)


def test_paying_may_save_the_card(api: Any, stripe_control: Control) -> None:
    customer = api.customers.create({"email": "eve@example.com"})
    session = api.checkout.sessions.create(
        session_params(
            customer=customer.id, payment_intent_data={"setup_future_usage": "off_session"}
        )
    )
    stripe_control("pay", session=session.id)
    assert len(api.customers.payment_methods.list(customer.id).data) == 1


@pytest.mark.parametrize(
    "changes", [{"customer": "cus_no"}, {"customer": "cus_no", "customer_email": "a@b.example"}]
)
def test_an_unknown_customer_is_refused(api: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        api.checkout.sessions.create(session_params(**changes))
