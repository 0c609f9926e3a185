"""The sandbox's payouts and balance, read with Stripe's own SDK."""

from typing import Any

import pytest

from tests.sandbox.support import KEY, act, balance, types
from tests.sandbox.test_sandbox import paid
from tests.stripe_control import Control


@pytest.fixture
def settled(api: Any, stripe_control: Control) -> Any:
    """One payment of ten pounds, in the balance."""
    session = paid(api, stripe_control)
    stripe_control.wait_until_idle()
    return session


def inside(api: Any, payout: dict[str, Any]) -> list[tuple[str, int]]:
    lines = api.balance_transactions.list({"payout": payout["id"]}).data
    return [(line.reporting_category, line.net) for line in lines]


def test_a_payout_contains_what_it_pays_out(
    api: Any, stripe_control: Control, settled: Any
) -> None:
    payout = stripe_control("payout", key=KEY)
    assert inside(api, payout) == [("payout", -965), ("charge", 965)]
    assert balance(api) == {"gbp": 0}


def test_a_payout_is_what_stripe_says_it_is(
    api: Any, stripe_control: Control, settled: Any
) -> None:
    made = stripe_control("payout", key=KEY, currency="gbp")
    payout = api.payouts.retrieve(made["id"], {"expand": ["balance_transaction"]})
    assert payout.id.startswith("po_")
    assert (payout.amount, payout.currency, payout.status) == (965, "gbp", "paid")
    assert (payout.type, payout.method, payout.automatic) == ("bank_account", "standard", True)
    assert payout.reconciliation_status == "completed"
    assert payout.arrival_date > payout.created
    line = payout.balance_transaction
    assert (line.type, line.amount, line.source) == ("payout", -965, payout.id)
    assert [one.id for one in api.payouts.list().data] == [payout.id]
    assert types(stripe_control, "payout") == ["payout.created", "payout.paid"]


def test_only_what_is_new_is_paid_out(api: Any, stripe_control: Control, settled: Any) -> None:
    stripe_control("payout", key=KEY)
    status, answer = act(stripe_control, "payout", key=KEY)
    assert (status, answer["error"]["code"]) == (400, "balance_insufficient")
    stripe_control("external_charge", key=KEY, amount=2000)
    assert stripe_control("payout", key=KEY)["amount"] == 1950


def test_a_failed_payout_comes_back_and_is_paid_out_again(
    api: Any, stripe_control: Control, settled: Any
) -> None:
    failed = stripe_control("payout", key=KEY)
    stripe_control("payout_fails", payout=failed["id"])
    payout = api.payouts.retrieve(failed["id"], {"expand": ["failure_balance_transaction"]})
    assert (payout.status, payout.failure_code) == ("failed", "account_closed")
    back = payout.failure_balance_transaction
    assert (back.type, back.amount, back.source) == ("payout_failure", 965, payout.id)
    assert balance(api) == {"gbp": 965}
    again = stripe_control("payout", key=KEY)
    assert inside(api, again) == [("payout", -965), ("charge", 965)]
    assert inside(api, failed) == [("payout_reversal", 965), ("payout", -965)]
    assert balance(api) == {"gbp": 0}
    assert act(stripe_control, "payout_fails", payout=failed["id"])[0] == 400
    assert types(stripe_control, "payout") == [
        "payout.created", "payout.paid", "payout.failed", "payout.created", "payout.paid",
    ]  # fmt: skip


def test_each_currency_is_paid_out_by_itself(
    api: Any, stripe_control: Control, settled: Any
) -> None:
    stripe_control("external_charge", key=KEY, amount=2000, currency="eur")
    assert stripe_control("payout", key=KEY, currency="eur")["amount"] == 1950
    assert balance(api) == {"gbp": 965, "eur": 0}
    assert stripe_control("payout", key=KEY)["currency"] == "gbp"


def test_a_payout_stays_in_its_currency_when_the_account_changes(
    api: Any, stripe_control: Control, settled: Any
) -> None:
    stripe_control("settle_in", key=KEY, currency="eur", rate=2)
    payout = stripe_control("payout", key=KEY)
    assert balance(api) == {"gbp": 0}
    stripe_control("payout_fails", payout=payout["id"])
    assert balance(api) == {"gbp": 965}


def test_the_only_account_need_not_be_named(
    api: Any, stripe_control: Control, settled: Any
) -> None:
    [account] = stripe_control("accounts")
    assert stripe_control("payout")["amount"] == 965
    stripe_control("external_charge", account=account["id"], amount=2000)
    stripe_control("external_charge", key="sk_test_other", amount=2000)
    assert act(stripe_control, "payout")[0] == 404
    assert act(stripe_control, "payout", account="acct_nobody")[0] == 404
    assert stripe_control("payout", account=account["id"])["amount"] == 1950


def test_bookkeeping_is_never_shown(api: Any, stripe_control: Control, settled: Any) -> None:
    stripe_control("payout", key=KEY)
    shown = [
        *api.balance_transactions.list({"expand": ["data.source"]}).data,
        *api.charges.list({"expand": ["data.balance_transaction"]}).data,
        *api.checkout.sessions.list().data,
        *api.events.list({"limit": 100}).data,
    ]
    assert not [one.id for one in shown if '"_' in str(one)]


def test_an_external_charge_is_settled_at_once(api: Any, stripe_control: Control) -> None:
    made = stripe_control("external_charge", key=KEY, amount=2000)
    charge = api.charges.retrieve(made["id"], {"expand": ["payment_intent"]})
    assert (charge.balance_transaction or "").startswith("txn_")
    assert (charge.metadata.to_dict(), charge.payment_intent.metadata.to_dict()) == ({}, {})
    assert types(stripe_control) == [
        "charge.succeeded", "payment_intent.succeeded", "charge.updated",
    ]  # fmt: skip


def test_other_activity_and_fees_are_in_the_balance(api: Any, stripe_control: Control) -> None:
    stripe_control("external_charge", key=KEY, amount=2000)
    stripe_control("stripe_fee", key=KEY, amount=300)
    assert balance(api) == {"gbp": 2000 - 50 - 300}
    [fee] = api.balance_transactions.list({"type": "stripe_fee"}).data
    assert (fee.amount, fee.source, fee.reporting_category) == (-300, None, "fee")


def test_an_account_may_be_settled_in_another_currency(api: Any, stripe_control: Control) -> None:
    stripe_control("settle_in", key=KEY, currency="eur", rate=1.2)
    paid(api, stripe_control)
    stripe_control.wait_until_idle()
    line = api.balance_transactions.list({"expand": ["data.source"]}).data[0]
    assert (line.amount, line.currency, line.exchange_rate) == (1200, "eur", 1.2)
    assert (line.source.amount, line.source.currency) == (1000, "gbp")
    payout = stripe_control("payout", key=KEY)
    assert (payout["currency"], balance(api)) == ("eur", {"eur": 0})


def test_a_line_says_when_it_is_available_and_at_which_rate(api: Any, settled: Any) -> None:
    [line] = api.balance_transactions.list().data
    assert line.available_on >= line.created
    assert line.exchange_rate is None
    assert "description" in line.to_dict()
