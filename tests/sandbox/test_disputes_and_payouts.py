"""The sandbox's disputes, payouts and balance, read with Stripe's own SDK."""

from typing import Any

import pytest
import stripe

from tests.sandbox.test_sandbox import client, paid
from tests.stripe_control import Control

KEY = "sk_test_one"


@pytest.fixture
def api(stripe_control: Control) -> Any:
    return client(stripe_control)


def balance(api: Any) -> int:
    return sum(one.amount for one in api.balance.retrieve().available)


def types(control: Control, prefix: str) -> list[str]:
    return [one["type"] for one in control("events") if one["type"].startswith(prefix)]


def test_a_dispute_takes_the_money_and_a_fee(api: Any, stripe_control: Control) -> None:
    session = paid(api, stripe_control)
    stripe_control("dispute", payment_intent=session.payment_intent)
    dispute = api.disputes.list().data[0]
    assert (dispute.status, dispute.amount, dispute.balance_transactions[0].net) == (
        "needs_response", 1000, -2500,
    )  # fmt: skip
    assert types(stripe_control, "charge.dispute") == [
        "charge.dispute.created", "charge.dispute.funds_withdrawn",
    ]  # fmt: skip
    assert balance(api) == 1000 - 35 - 2500


def test_a_disputed_charge_is_not_refunded(api: Any, stripe_control: Control) -> None:
    session = paid(api, stripe_control)
    stripe_control("dispute", payment_intent=session.payment_intent)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.refunds.create({"payment_intent": session.payment_intent})
    assert refusal.value.code == "charge_disputed"


@pytest.mark.parametrize(("end", "status", "left"), [("won", "won", -535), ("lost", "lost", -1535)])
def test_a_dispute_ends(
    api: Any, stripe_control: Control, end: str, status: str, left: int
) -> None:
    session = paid(api, stripe_control)
    dispute = stripe_control("dispute", payment_intent=session.payment_intent)
    stripe_control("dispute_review", dispute=dispute["id"])
    stripe_control(f"dispute_{end}", dispute=dispute["id"])
    assert api.disputes.retrieve(dispute["id"]).status == status
    assert balance(api) == left
    assert types(stripe_control, "charge.dispute")[-1] == "charge.dispute.closed"


def test_a_payout_contains_what_it_pays_out(api: Any, stripe_control: Control) -> None:
    paid(api, stripe_control)
    stripe_control.wait_until_idle()
    payout = stripe_control("payout", key=KEY)
    inside = api.balance_transactions.list({"payout": payout["id"]}).data
    assert [(line.reporting_category, line.net) for line in inside] == [
        ("payout", -965), ("charge", 965),
    ]  # fmt: skip
    assert "_payout" not in inside[0].to_dict()
    assert balance(api) == 0
    stripe_control("payout_fails", payout=payout["id"])
    assert api.payouts.retrieve(payout["id"]).status == "failed"
    assert balance(api) == 965


def test_other_activity_and_fees_are_in_the_balance(api: Any, stripe_control: Control) -> None:
    stripe_control("external_charge", key=KEY, amount=2000)
    stripe_control("stripe_fee", key=KEY, amount=300)
    assert balance(api) == 2000 - 50 - 300


def test_an_account_may_be_settled_in_another_currency(api: Any, stripe_control: Control) -> None:
    stripe_control("settle_in", key=KEY, currency="eur", rate=1.2)
    paid(api, stripe_control)
    stripe_control.wait_until_idle()
    line = api.balance_transactions.list({"expand": ["data.source"]}).data[0]
    assert (line.amount, line.currency, line.exchange_rate) == (1200, "eur", 1.2)
    assert (line.source.amount, line.source.currency) == (1000, "gbp")


def test_a_rolled_key_opens_the_same_account(api: Any, stripe_control: Control) -> None:
    paid(api, stripe_control)
    stripe_control("roll_key", old_key=KEY, new_key="sk_test_two", revoke_old=True)
    assert client(stripe_control, "sk_test_two").payment_intents.list().data
    with pytest.raises(stripe.AuthenticationError):
        api.payment_intents.list()


def test_a_restricted_key_is_told_so_before_anything_else(stripe_control: Control) -> None:
    stripe_control("restrict", key="rk_test_r", forbidden=["refunds:write"])
    api = client(stripe_control, "rk_test_r")
    api.refunds.list()
    with pytest.raises(stripe.PermissionError):
        api.refunds.create({})


def test_what_the_account_says_can_be_changed(api: Any, stripe_control: Control) -> None:
    assert api.accounts.retrieve_current().charges_enabled
    stripe_control("account_state", key=KEY, charges_enabled=False)
    assert not api.accounts.retrieve_current().charges_enabled
