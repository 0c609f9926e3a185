"""The sandbox's saved cards, used with Stripe's own SDK."""

from datetime import UTC, datetime
from typing import Any

import pytest
import requests
import stripe

from tests.sandbox.support import act, charge_params, setup_params, types
from tests.sandbox.test_sandbox import paid, session_params
from tests.stripe_control import Control


def test_paying_may_save_the_card(api: Any, stripe_control: Control) -> None:
    customer = api.customers.create({"email": "eve@example.com"})
    session = api.checkout.sessions.create(
        session_params(
            customer=customer.id, payment_intent_data={"setup_future_usage": "off_session"}
        )
    )
    stripe_control("pay", session=session.id)
    assert len(api.customers.payment_methods.list(customer.id).data) == 1


def test_a_page_that_takes_cards_alone_takes_no_debit(api: Any, stripe_control: Control) -> None:
    session = api.checkout.sessions.create(session_params(payment_method_types=["card"]))
    assert session.payment_method_types == ["card"]
    assert "bank debit" not in requests.get(session.url, timeout=9).text
    assert act(stripe_control, "bank_debit", session=session.id)[0] == 400
    assert api.checkout.sessions.retrieve(session.id).status == "open"


@pytest.mark.parametrize(
    "changes", [{"customer": "cus_no"}, {"customer": "cus_no", "customer_email": "a@b.example"}]
)
def test_an_unknown_customer_is_refused(api: Any, changes: dict[str, Any]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        api.checkout.sessions.create(session_params(**changes))


# --- Setup sessions ---


@pytest.fixture
def customer(api: Any) -> Any:
    return api.customers.create({"email": "eve@example.com"})


def test_saving_a_card_is_told_in_full(api: Any, stripe_control: Control, customer: Any) -> None:
    params = setup_params(customer.id, client_reference_id="7", metadata={"a": "1"})
    session = api.checkout.sessions.create(params)
    assert (session.payment_status, session.amount_total, session.currency) == (
        "no_payment_required", None, "gbp",
    )  # fmt: skip
    assert (session.client_reference_id, session.metadata.to_dict()) == ("7", {"a": "1"})
    stripe_control("pay", session=session.id)
    assert types(stripe_control) == [
        "setup_intent.succeeded", "payment_method.attached", "checkout.session.completed",
    ]  # fmt: skip
    done = api.checkout.sessions.retrieve(session.id)
    intent = api.setup_intents.retrieve(done.setup_intent, {"expand": ["payment_method"]})
    assert (intent.status, intent.usage, intent.customer) == (
        "succeeded", "off_session", customer.id,
    )  # fmt: skip
    method = intent.payment_method
    assert (method.type, method.customer) == ("card", customer.id)
    card = method.card
    assert (card.brand, card.last4, card.exp_month) == ("visa", "4242", 12)
    assert card.exp_year == datetime.now(UTC).year + 3
    assert card.fingerprint


def test_a_card_that_is_refused_can_be_tried_again(
    api: Any, stripe_control: Control, customer: Any
) -> None:
    session = api.checkout.sessions.create(setup_params(customer.id))
    for action in ("decline", "decline", "pay"):
        stripe_control(action, session=session.id)
    events = [one for one in stripe_control("events") if one["type"].startswith("setup_intent")]
    assert [one["type"].partition(".")[2] for one in events] == [
        "setup_failed", "setup_failed", "succeeded",
    ]  # fmt: skip
    assert len({one["data"]["object"]["id"] for one in events}) == 1
    assert events[0]["data"]["object"]["last_setup_error"]["code"] == "card_declined"


def test_the_page_of_a_setup_session_saves_a_card(
    api: Any, stripe_control: Control, customer: Any
) -> None:
    session = api.checkout.sessions.create(setup_params(customer.id))
    url = f"{stripe_control.base}/c/pay/{session.id}"
    page = requests.get(url, timeout=9).text
    assert "Save card" in page
    assert "bank debit" not in page
    assert "£" not in page
    assert "declined" in requests.post(url, {"method": "decline"}, timeout=9).text
    assert api.checkout.sessions.retrieve(session.id).status == "open"
    answer = requests.post(url, {"method": "card"}, timeout=9, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (303, "http://shop.localhost/ok")
    assert len(api.customers.payment_methods.list(customer.id).data) == 1


@pytest.mark.parametrize(
    ("method", "last4", "code"),
    [
        ("declined", "0341", "card_declined"),
        ("authentication_required", "3184", "authentication_required"),
    ],
)
def test_the_page_saves_a_card_that_is_refused_later(
    api: Any, stripe_control: Control, customer: Any, method: str, last4: str, code: str
) -> None:
    session = api.checkout.sessions.create(setup_params(customer.id))
    url = f"{stripe_control.base}/c/pay/{session.id}"
    answer = requests.post(url, {"method": method}, timeout=9, allow_redirects=False)
    assert answer.status_code == 303
    [card] = api.customers.payment_methods.list(customer.id).data
    assert card.card.last4 == last4
    with pytest.raises(stripe.CardError) as refusal:
        api.payment_intents.create(charge_params(card))
    assert refusal.value.code == code


@pytest.mark.parametrize("method", ["declined", "authentication_required"])
def test_a_card_for_later_is_only_for_a_setup_session(
    api: Any, stripe_control: Control, method: str
) -> None:
    session = api.checkout.sessions.create(session_params())
    url = f"{stripe_control.base}/c/pay/{session.id}"
    assert f'value="{method}"' not in requests.get(url, timeout=9).text


def test_nothing_can_be_debited_on_a_setup_session(
    api: Any, stripe_control: Control, customer: Any
) -> None:
    session = api.checkout.sessions.create(setup_params(customer.id))
    assert act(stripe_control, "bank_debit", session=session.id)[0] == 400
    assert api.checkout.sessions.retrieve(session.id).status == "open"


def test_a_setup_session_can_expire(api: Any, stripe_control: Control, customer: Any) -> None:
    session = api.checkout.sessions.create(setup_params(customer.id))
    stripe_control("expire", session=session.id)
    assert act(stripe_control, "pay", session=session.id)[0] == 400


def test_a_setup_session_is_for_a_customer_that_exists(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.checkout.sessions.create(setup_params("cus_no"))
    assert (refusal.value.http_status, refusal.value.code, refusal.value.param) == (
        400, "resource_missing", "customer",
    )  # fmt: skip


# --- Customers ---


def test_a_payment_is_its_customers(api: Any, stripe_control: Control, customer: Any) -> None:
    session = api.checkout.sessions.create(
        session_params(
            customer=customer.id, payment_intent_data={"setup_future_usage": "off_session"}
        )
    )
    stripe_control("pay", session=session.id)
    session = api.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge"]}
    )
    intent = session.payment_intent
    [method] = api.customers.payment_methods.list(customer.id).data
    assert (intent.customer, intent.latest_charge.customer) == (customer.id, customer.id)
    assert (intent.payment_method, intent.latest_charge.payment_method) == (method.id, method.id)
    assert intent.setup_future_usage == "off_session"


def test_a_card_is_saved_only_where_that_was_asked(
    api: Any, stripe_control: Control, customer: Any
) -> None:
    session = api.checkout.sessions.create(session_params(customer=customer.id))
    stripe_control("pay", session=session.id)
    assert api.customers.payment_methods.list(customer.id).data == []
    paid(api, stripe_control)
    assert "payment_method.attached" not in types(stripe_control)


def test_a_customer_and_an_email_are_too_much(api: Any, customer: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="only specify one"):
        api.checkout.sessions.create(
            session_params(customer=customer.id, customer_email="eve@example.com")
        )


def test_a_card_is_detached_once(api: Any, stripe_control: Control, card: Any) -> None:
    assert api.payment_methods.detach(card.id).customer is None
    assert api.payment_methods.retrieve(card.id).customer is None
    assert api.customers.payment_methods.list(card.customer).data == []
    assert types(stripe_control)[-1] == "payment_method.detached"
    with pytest.raises(stripe.InvalidRequestError, match="not attached"):
        api.payment_methods.detach(card.id)


def test_an_unknown_customer_has_no_list_of_cards(api: Any) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.customers.payment_methods.list("cus_no")
    assert refusal.value.http_status == 404
