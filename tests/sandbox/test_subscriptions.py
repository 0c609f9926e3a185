"""Stripe's own SDK begins, renews and ends subscriptions at the sandbox."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support import balance, post, types
from tests.stripe_control import Control


def params(**changes: Any) -> dict[str, Any]:
    price = {
        "currency": "gbp", "unit_amount": 2500, "product_data": {"name": "Eight classes"},
        "recurring": {"interval": "month"},
    }  # fmt: skip
    return {
        "mode": "subscription",
        "line_items": [{"quantity": 1, "price_data": price}],
        "subscription_data": {"metadata": {"a": "1"}},
        "success_url": "http://shop.localhost/ok",
        **changes,
    }


@pytest.fixture
def begun(api: Any, stripe_control: Control) -> Any:
    """A subscription that a customer has begun on its page."""
    session = api.checkout.sessions.create(params())
    stripe_control("decline", session=session.id)
    assert api.checkout.sessions.retrieve(session.id).status == "open"
    stripe_control("pay", session=session.id)
    done = api.checkout.sessions.retrieve(session.id, {"expand": ["subscription"]})
    assert (done.status, done.payment_status, done.payment_intent) == ("complete", "paid", None)
    return done.subscription


def charge_of(api: Any, invoice: str) -> Any:
    [payment] = api.invoice_payments.list(
        {"invoice": invoice, "expand": ["data.payment.payment_intent.latest_charge"]}
    ).data
    return payment.payment.payment_intent.latest_charge


def test_a_checkout_begins_one_and_pays_its_first_invoice(
    api: Any, begun: Any, stripe_control: Control
) -> None:
    assert (begun.status, begun.metadata.to_dict()) == ("active", {"a": "1"})
    invoice = api.invoices.retrieve(begun.latest_invoice)
    assert (invoice.status, invoice.billing_reason) == ("paid", "subscription_create")
    details = invoice.parent.subscription_details
    assert (details.subscription, details.metadata.to_dict()) == (begun.id, {"a": "1"})
    charge = charge_of(api, invoice.id)
    assert (charge.amount, charge.paid, charge.metadata.to_dict()) == (2500, True, {})
    stripe_control("settle_now")
    assert balance(api) == {"gbp": 2500 - 58}
    told = types(stripe_control)
    for type in ("customer.subscription.created", "invoice.paid", "checkout.session.completed"):
        assert told.count(type) == 1


def test_it_renews_from_where_it_ended(api: Any, begun: Any, stripe_control: Control) -> None:
    ended = begun["items"].data[0].current_period_end
    stripe_control("renew", subscription=begun.id)
    renewed = api.subscriptions.retrieve(begun.id, {"expand": ["latest_invoice"]})
    assert renewed["items"].data[0].current_period_start == ended
    assert renewed.latest_invoice.billing_reason == "subscription_cycle"
    assert renewed.latest_invoice.lines.data[0].period.start == ended
    assert types(stripe_control, "invoice.paid") == ["invoice.paid"] * 2


def test_a_declined_renewal_is_past_due_until_it_is_paid(
    api: Any, begun: Any, stripe_control: Control
) -> None:
    card = begun.default_payment_method
    stripe_control("card_behaviour", payment_method=card, outcome="declined")
    stripe_control("renew", subscription=begun.id)
    due = api.subscriptions.retrieve(begun.id)
    assert due.status == "past_due"
    with pytest.raises(stripe.CardError):
        api.invoices.pay(due.latest_invoice)
    assert types(stripe_control, "invoice.payment_failed") == ["invoice.payment_failed"] * 2
    stripe_control("card_behaviour", payment_method=card, outcome="ok")
    assert api.invoices.pay(due.latest_invoice).status == "paid"
    assert api.subscriptions.retrieve(begun.id).status == "active"
    with pytest.raises(stripe.InvalidRequestError, match="already paid"):
        api.invoices.pay(due.latest_invoice)


def test_it_ends_with_its_period_or_at_once(api: Any, begun: Any, stripe_control: Control) -> None:
    api.subscriptions.update(begun.id, {"cancel_at_period_end": True})
    assert api.subscriptions.retrieve(begun.id).status == "active"
    stripe_control("renew", subscription=begun.id)
    assert api.subscriptions.retrieve(begun.id).status == "canceled"
    assert types(stripe_control, "invoice.paid") == ["invoice.paid"]
    with pytest.raises(stripe.InvalidRequestError):
        api.subscriptions.cancel(begun.id)


def test_what_does_not_come_again_is_no_subscription(api: Any, stripe_control: Control) -> None:
    once = params()
    del once["line_items"][0]["price_data"]["recurring"]
    with pytest.raises(stripe.InvalidRequestError, match="recurring price"):
        api.checkout.sessions.create(once)
    with pytest.raises(stripe.InvalidRequestError, match="recurring price"):
        api.checkout.sessions.create(params(mode="payment"))
    assert post(stripe_control, "subscriptions/sub_none", {})[0] == 404
