"""The sandbox's disputes, read with Stripe's own SDK."""

from typing import Any

import pytest
import stripe

from sandbox.store import now
from tests.sandbox.support import KEY, act, balance, types
from tests.sandbox.test_sandbox import paid
from tests.stripe_control import Control


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
    assert balance(api) == {"gbp": 1000 - 35 - 2500}


def test_a_dispute_is_what_stripe_says_it_is(api: Any, stripe_control: Control) -> None:
    session = paid(api, stripe_control)
    made = stripe_control(
        "dispute", payment_intent=session.payment_intent, amount=400, reason="product_not_received"
    )
    dispute = api.disputes.retrieve(made["id"], {"expand": ["charge", "payment_intent"]})
    assert dispute.id.startswith("du_")
    assert (dispute.amount, dispute.currency, dispute.reason) == (
        400, "gbp", "product_not_received",
    )  # fmt: skip
    assert dispute.charge.disputed
    assert dispute.payment_intent.id == session.payment_intent
    evidence = dispute.evidence_details
    assert 6.9 < (evidence.due_by - now()) / 86400 <= 7
    assert (evidence.has_evidence, evidence.past_due, evidence.submission_count) == (
        False, False, 0,
    )  # fmt: skip
    assert (dispute.is_charge_refundable, dispute.livemode) == (False, False)
    [line] = dispute.balance_transactions
    assert (line.type, line.reporting_category, line.amount, line.fee, line.source) == (
        "adjustment", "dispute", -400, 1500, dispute.id,
    )  # fmt: skip
    assert line.description


def test_disputing_settles_the_charge_first_and_once(api: Any, stripe_control: Control) -> None:
    session = paid(api, stripe_control)
    intent = api.payment_intents.retrieve(session.payment_intent)
    stripe_control("dispute", charge=intent.latest_charge)
    stripe_control.wait_until_idle()
    lines = api.balance_transactions.list().data
    assert [line.reporting_category for line in lines] == ["dispute", "charge"]


def test_disputes_are_found_by_charge_intent_and_time(api: Any, stripe_control: Control) -> None:
    made = [
        stripe_control("dispute", payment_intent=paid(api, stripe_control).payment_intent)
        for _ in range(2)
    ]
    for field in ("charge", "payment_intent"):
        assert [one.id for one in api.disputes.list({field: made[0][field]}).data] == [
            made[0]["id"]
        ]
    assert len(api.disputes.list({"created": {"gte": now() - 60}}).data) == 2
    assert api.disputes.list({"created": {"gt": now() + 60}}).data == []


@pytest.mark.parametrize("end", ["", "dispute_review", "dispute_lost"])
def test_a_disputed_charge_is_not_refunded(api: Any, stripe_control: Control, end: str) -> None:
    session = paid(api, stripe_control)
    dispute = stripe_control("dispute", payment_intent=session.payment_intent)
    if end:
        stripe_control(end, dispute=dispute["id"])
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        api.refunds.create({"payment_intent": session.payment_intent})
    assert (refusal.value.http_status, refusal.value.code) == (400, "charge_disputed")


def test_after_a_dispute_is_won_the_charge_may_be_refunded(
    api: Any, stripe_control: Control
) -> None:
    session = paid(api, stripe_control)
    dispute = stripe_control("dispute", payment_intent=session.payment_intent)
    stripe_control("dispute_won", dispute=dispute["id"])
    assert api.refunds.create({"payment_intent": session.payment_intent}).status == "succeeded"


@pytest.mark.parametrize(
    ("end", "left", "told"),
    [
        ("won", -535, ["charge.dispute.funds_reinstated", "charge.dispute.closed"]),
        ("lost", -1535, ["charge.dispute.closed"]),
    ],
)
def test_a_dispute_ends(
    api: Any, stripe_control: Control, end: str, left: int, told: list[str]
) -> None:
    session = paid(api, stripe_control)
    dispute = stripe_control("dispute", payment_intent=session.payment_intent)
    stripe_control("dispute_review", dispute=dispute["id"])
    assert api.disputes.retrieve(dispute["id"]).status == "under_review"
    stripe_control(f"dispute_{end}", dispute=dispute["id"])
    assert api.disputes.retrieve(dispute["id"]).status == end
    assert balance(api) == {"gbp": left}
    assert types(stripe_control, "charge.dispute")[2:] == ["charge.dispute.updated", *told]


def test_a_won_dispute_has_both_of_its_lines(api: Any, stripe_control: Control) -> None:
    dispute = stripe_control("dispute", payment_intent=paid(api, stripe_control).payment_intent)
    stripe_control("dispute_won", dispute=dispute["id"])
    lines = api.disputes.retrieve(dispute["id"]).balance_transactions
    assert [(one.reporting_category, one.amount, one.fee) for one in lines] == [
        ("dispute", -1000, 1500), ("dispute_reversal", 1000, 0),
    ]  # fmt: skip


@pytest.mark.parametrize("amount", [0, -1, 1001])
def test_only_what_was_paid_can_be_disputed(api: Any, stripe_control: Control, amount: int) -> None:
    session = paid(api, stripe_control)
    status, _ = act(stripe_control, "dispute", payment_intent=session.payment_intent, amount=amount)
    assert status == 400
    assert api.disputes.list().data == []


def test_a_dispute_that_is_over_stays_so(api: Any, stripe_control: Control) -> None:
    session = paid(api, stripe_control)
    dispute = stripe_control("dispute", payment_intent=session.payment_intent)["id"]
    stripe_control("dispute_lost", dispute=dispute)
    for action in ("dispute_won", "dispute_lost", "dispute_review"):
        assert act(stripe_control, action, dispute=dispute)[0] == 400
    assert act(stripe_control, "dispute", payment_intent=session.payment_intent)[0] == 400


def test_disputes_and_refunds_are_settled_as_their_charge(
    api: Any, stripe_control: Control
) -> None:
    stripe_control("settle_in", key=KEY, currency="eur", rate=1.2)
    stripe_control("dispute", payment_intent=paid(api, stripe_control).payment_intent)
    api.refunds.create({"payment_intent": paid(api, stripe_control).payment_intent, "amount": 500})
    stripe_control.wait_until_idle()
    lines = api.balance_transactions.list().data
    assert {line.currency for line in lines} == {"eur"}
    assert {line.reporting_category: line.amount for line in lines} == {
        "charge": 1200, "dispute": -1200, "refund": -600,
    }  # fmt: skip
