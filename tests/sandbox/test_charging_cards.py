"""The sandbox's saved cards are charged without their customer, by Stripe's own SDK."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support import charge_params, post, saved_card, types
from tests.sandbox.test_sandbox import session_params
from tests.stripe_control import Control


def charge(api: Any, card: Any, key: str = "k", **changes: Any) -> Any:
    options: Any = {"idempotency_key": key}
    return api.payment_intents.create(charge_params(card, **changes), options)


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


def test_charging_a_saved_card_is_told_and_settled(
    api: Any, stripe_control: Control, card: Any
) -> None:
    before = len(types(stripe_control))
    intent = charge(api, card, description="Late cancellation", metadata={"booking": "1"})
    stripe_control.wait_until_idle()
    assert types(stripe_control)[before:] == [
        "payment_intent.created", "charge.succeeded", "payment_intent.succeeded", "charge.updated",
    ]  # fmt: skip
    taken = api.charges.retrieve(intent.latest_charge, {"expand": ["balance_transaction"]})
    assert (taken.customer, taken.payment_method, taken.metadata.to_dict()) == (
        card.customer, card.id, {"booking": "1"},
    )  # fmt: skip
    line = taken.balance_transaction
    assert (line.amount, line.description) == (2500, "Late cancellation")


def test_a_refusal_says_what_it_was_about(api: Any, stripe_control: Control, card: Any) -> None:
    stripe_control("card_behaviour", payment_method=card.id, outcome="declined")
    with pytest.raises(stripe.CardError) as refusal:
        charge(api, card)
    failure: Any = refusal.value.error
    assert (refusal.value.http_status, failure.type, failure.decline_code) == (
        402, "card_error", "insufficient_funds",
    )  # fmt: skip
    assert failure.payment_intent.status == "requires_payment_method"
    assert api.charges.retrieve(failure.charge).status == "failed"
    assert types(stripe_control)[-1] == "payment_intent.payment_failed"
    assert '"_' not in str(failure)


def test_a_refusal_is_kept_without_an_idempotency_key_too(
    api: Any, stripe_control: Control, card: Any
) -> None:
    stripe_control("card_behaviour", payment_method=card.id, outcome="declined")
    status, answer = post(stripe_control, "payment_intents", charge_params(card))
    assert status == 402
    kept = api.payment_intents.retrieve(answer["error"]["payment_intent"]["id"])
    assert kept.last_payment_error.decline_code == "insufficient_funds"


def test_a_card_that_is_good_again_is_charged_under_a_new_key_only(
    api: Any, stripe_control: Control, card: Any
) -> None:
    stripe_control("card_behaviour", payment_method=card.id, outcome="declined")
    with pytest.raises(stripe.CardError):
        charge(api, card)
    stripe_control("card_behaviour", payment_method=card.id, outcome="ok")
    with pytest.raises(stripe.CardError):
        charge(api, card)
    assert charge(api, card, key="another").status == "succeeded"


def test_a_key_whose_request_was_invalid_may_be_used_again(api: Any, card: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        charge(api, card, amount=-1)
    assert charge(api, card).status == "succeeded"


@pytest.mark.parametrize(
    ("changes", "param", "code"),
    [
        ({"amount": ""}, "amount", "parameter_missing"),
        ({"amount": "-5"}, "amount", "parameter_invalid_integer"),
        ({"amount": "1.5"}, "amount", "parameter_invalid_integer"),
        ({"currency": ""}, "currency", "parameter_missing"),
        ({"currency": "pounds"}, "currency", "parameter_invalid"),
        ({"customer": ""}, "customer", "parameter_missing"),
        ({"customer": "cus_no"}, "customer", "resource_missing"),
        ({"payment_method": "pm_no"}, "payment_method", "resource_missing"),
        ({"off_session": "false"}, "off_session", "parameter_missing"),
        ({"confirm": ""}, "confirm", "parameter_missing"),
    ],
)
def test_a_bad_charge_names_its_parameter(
    stripe_control: Control, card: Any, changes: dict[str, str], param: str, code: str
) -> None:
    status, answer = post(stripe_control, "payment_intents", charge_params(card, **changes))
    assert (status, answer["error"]["param"], answer["error"]["code"]) == (400, param, code)


def test_anothers_card_is_not_charged(api: Any, stripe_control: Control, card: Any) -> None:
    other = saved_card(api, stripe_control)
    with pytest.raises(stripe.InvalidRequestError):
        charge(api, card, payment_method=other.id)


# --- Cancelling ---


def test_what_was_refused_can_be_cancelled(api: Any, stripe_control: Control, card: Any) -> None:
    stripe_control("card_behaviour", payment_method=card.id, outcome="declined")
    with pytest.raises(stripe.CardError):
        charge(api, card)
    [intent] = api.payment_intents.list().data
    canceled = api.payment_intents.cancel(intent.id, {"cancellation_reason": "abandoned"})
    assert (canceled.status, canceled.cancellation_reason) == ("canceled", "abandoned")
    assert canceled.canceled_at
    assert types(stripe_control)[-1] == "payment_intent.canceled"
    with pytest.raises(stripe.InvalidRequestError):
        api.payment_intents.cancel(intent.id)


def test_what_is_paid_or_on_its_way_is_not_cancelled(
    api: Any, stripe_control: Control, card: Any
) -> None:
    session = api.checkout.sessions.create(session_params())
    stripe_control("bank_debit", session=session.id)
    processing = api.checkout.sessions.retrieve(session.id).payment_intent
    for intent in (charge(api, card).id, processing):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            api.payment_intents.cancel(intent)
        assert refusal.value.code == "payment_intent_unexpected_state"


def test_what_waits_on_an_open_page_is_not_cancelled(api: Any, stripe_control: Control) -> None:
    session = api.checkout.sessions.create(session_params())
    stripe_control("decline", session=session.id)
    [intent] = api.payment_intents.list().data
    with pytest.raises(stripe.InvalidRequestError, match="Expire"):
        api.payment_intents.cancel(intent.id)
    api.checkout.sessions.expire(session.id)
    assert api.payment_intents.cancel(intent.id).status == "canceled"
