"""A contested payment is written down, booked, told of, and not refunded meanwhile."""

from typing import Any

import pytest
from django.core import mail

from access.actors import SYSTEM
from events.models import Event
from payments import ledger
from payments.errors import RefundRefused
from payments.models import Dispute, PaymentSession
from payments.services import refund_payment
from tenants.models import Tenant
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db


@pytest.fixture
def tell(stripe: Control, signer: Any, client_of: Any, in_alpha: Tenant) -> Any:
    """Deliver every event of Stripe's that has a type starting so, in the order given or theirs."""

    def deliver(*types: str, backwards: bool = False) -> None:
        events = [one for one in stripe("events") if one["type"].startswith(types)]
        for event in reversed(events) if backwards else events:
            assert signer.deliver(client_of(in_alpha), event).status_code == 200

    return deliver


def balances() -> dict[str, int]:
    return {account: amount for (account, _), amount in ledger.balances().items() if amount}


def test_it_is_recorded_booked_and_told(
    pay: Any, stripe: Control, tell: Any, run_jobs: JobRunner, owner: Any
) -> None:
    session = pay(10000)
    stripe("dispute", payment_intent=session.stripe_payment_intent_id)
    tell("charge.dispute")
    tell("charge.dispute")
    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.amount, dispute.payment_session) == (
        "needs_response", 10000, session,
    )  # fmt: skip
    assert dispute.evidence_due_by is not None
    assert balances() == {
        "stripe_clearing": -1500, "revenue": -10000, "disputes": 10000, "fees": 1500,
    }  # fmt: skip
    assert Event.objects.filter(type="dispute.opened").count() == 1
    run_jobs()
    [message] = [one for one in mail.outbox if "disputed" in one.subject]
    assert "£100.00" in message.subject
    assert "Send your evidence before" in message.body


def test_a_disputed_payment_can_not_be_refunded(pay: Any, stripe: Control, tell: Any) -> None:
    session = pay(10000)
    stripe("dispute", payment_intent=session.stripe_payment_intent_id)
    tell("charge.dispute")
    calls = stripe.calls("/v1/refunds")
    with pytest.raises(RefundRefused, match="contests"):
        refund_payment(payment_session_id=str(session.pk), actor=SYSTEM)
    assert stripe.calls("/v1/refunds") == calls


@pytest.mark.parametrize("backwards", [False, True])
def test_won_brings_the_money_back_in_any_order(
    pay: Any, stripe: Control, tell: Any, backwards: bool
) -> None:
    session = pay(10000)
    dispute = stripe("dispute", payment_intent=session.stripe_payment_intent_id)
    stripe("dispute_review", dispute=dispute["id"])
    stripe("dispute_won", dispute=dispute["id"])
    tell("charge.dispute", backwards=backwards)
    assert Dispute.objects.get().status == "won"
    assert balances() == {"stripe_clearing": 8500, "revenue": -10000, "fees": 1500}
    session = PaymentSession.objects.get()
    assert session.amount_refundable == 10000


def test_evidence_that_was_sent_is_not_asked_for_again(
    pay: Any, stripe: Control, tell: Any
) -> None:
    session = pay(10000)
    dispute = stripe("dispute", payment_intent=session.stripe_payment_intent_id)
    stripe("dispute_review", dispute=dispute["id"])
    tell("charge.dispute", backwards=True)
    assert Dispute.objects.get().status == "under_review"


def test_lost_stays_with_the_customer(pay: Any, stripe: Control, tell: Any) -> None:
    session = pay(10000)
    dispute = stripe("dispute", payment_intent=session.stripe_payment_intent_id)
    stripe("dispute_lost", dispute=dispute["id"])
    tell("charge.dispute")
    assert Dispute.objects.get().status == "lost"
    assert PaymentSession.objects.get().amount_refundable == 0
    assert Event.objects.filter(type="dispute.lost").count() == 1


def test_a_dispute_heard_of_before_its_payment_counts_as_paid(
    in_alpha: Tenant, stripe: Control, tell: Any
) -> None:
    from payments.services import start_checkout

    session = start_checkout(
        payable_type="invoice", payable_id=1, amount=10000, idempotency_key="k",
        success_url=f"{in_alpha.url}/", cancel_url=f"{in_alpha.url}/", own_hosts=in_alpha.hosts,
    )  # fmt: skip
    paid = stripe("pay", session=session.stripe_checkout_session_id)
    PaymentSession.objects.update(stripe_payment_intent_id=paid["payment_intent"])
    stripe("dispute", payment_intent=paid["payment_intent"])
    tell("charge.dispute.funds_withdrawn")
    assert PaymentSession.objects.get().status == "succeeded"
    assert Dispute.objects.count() == 1
    tell("checkout.session.completed", "payment_intent.succeeded")
    assert balances()["revenue"] == -10000


def test_a_dispute_of_something_else_is_none_of_ours(
    account: Any, stripe: Control, tell: Any
) -> None:
    charge = stripe("external_charge", key="sk_test_alpha", amount=500)
    stripe("dispute", charge=charge["id"])
    tell("charge.dispute")
    assert not Dispute.objects.exists()
