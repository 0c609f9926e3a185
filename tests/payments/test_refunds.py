"""Money goes back once, and never more than came in."""

from typing import Any

import pytest

from access.actors import SYSTEM
from payments import refunds
from payments.errors import (
    GatewayUnavailable,
    IdempotencyMismatch,
    InvalidPayment,
    PaymentNotFound,
    RefundRefused,
)
from payments.models import LedgerEntry, PaymentSession, Refund
from payments.reconciliation import reconcile
from payments.services import refund_payment, settle, start_checkout
from tenants.models import Tenant
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(in_alpha: Tenant, stripe: Control) -> PaymentSession:
    """£100.00 that have been paid."""
    session = start_checkout(
        payable_type="invoice", payable_id=1, amount=10000, idempotency_key="k",
        success_url=f"{in_alpha.url}/", cancel_url=f"{in_alpha.url}/", own_hosts=in_alpha.hosts,
    )  # fmt: skip
    stripe("pay", session=session.stripe_checkout_session_id)
    return settle(session.pk)


def give_back(session: PaymentSession, **arguments: Any) -> Refund:
    return refund_payment(payment_session_id=str(session.pk), actor=SYSTEM, **arguments)


def test_all_of_it_without_an_amount(paid: PaymentSession) -> None:
    refund = give_back(paid)
    paid.refresh_from_db()
    assert (refund.status, refund.amount, paid.status) == ("succeeded", 10000, "refunded")


def test_parts_net_to_zero_and_no_more_is_asked_of_stripe(
    paid: PaymentSession, stripe: Control
) -> None:
    for amount in (3333, 3333, 3334):
        assert give_back(paid, amount=amount).status == "succeeded"
    calls = stripe.calls("/v1/refunds")
    with pytest.raises(RefundRefused):
        give_back(paid, amount=1)
    assert stripe.calls("/v1/refunds") == calls
    paid.refresh_from_db()
    assert (paid.status, paid.amount_refunded, paid.amount_refundable) == ("refunded", 10000, 0)


@pytest.mark.parametrize("amount", [0, -1, True, "1", 1.5])
def test_an_amount_that_is_none_is_refused(paid: PaymentSession, amount: Any) -> None:
    with pytest.raises(InvalidPayment, match="amount"):
        give_back(paid, amount=amount)
    assert not Refund.objects.exists()


def test_more_than_was_paid_is_refused(paid: PaymentSession) -> None:
    with pytest.raises(RefundRefused, match=r"100\.00 GBP"):
        give_back(paid, amount=10001)
    assert not Refund.objects.exists()


def test_an_unpaid_or_unknown_payment_is_refused(in_alpha: Tenant, stripe: Control) -> None:
    from tests.payments import builders

    with pytest.raises(RefundRefused):
        give_back(builders.payment())
    with pytest.raises(PaymentNotFound):
        refund_payment(payment_session_id="00000000-0000-0000-0000-000000000000", actor=SYSTEM)


def test_the_same_key_is_the_same_refund(paid: PaymentSession) -> None:
    first = give_back(paid, amount=100, idempotency_key="r")
    assert give_back(paid, amount=100, idempotency_key="r") == first
    with pytest.raises(IdempotencyMismatch):
        give_back(paid, amount=101, idempotency_key="r")
    assert Refund.objects.count() == 1


@pytest.mark.parametrize("kind", ["timeout_after", "timeout_before", "500", "429"])
def test_an_answer_that_is_lost_leaves_it_open_and_a_job_finds_out(
    paid: PaymentSession, stripe: Control, run_jobs: JobRunner, kind: str
) -> None:
    stripe("fault", kind=kind, times=1 if kind.startswith("time") else 3, method="POST",
           path="/v1/refunds")  # fmt: skip
    refund = give_back(paid, amount=6000)
    assert refund.status == "requested"
    assert paid.amount_refundable == 4000
    stripe("clear_faults")
    run_jobs()
    refund.refresh_from_db()
    assert refund.status == "succeeded"
    made = [one for one in stripe("events") if one["type"] == "refund.created"]
    assert len(made) == 1


def test_a_refund_that_stripe_refuses_has_failed(paid: PaymentSession, stripe: Control) -> None:
    stripe("dashboard_refund", payment_intent=paid.stripe_payment_intent_id, amount=10000)
    refund = give_back(paid, amount=6000)
    assert (refund.status, refund.failure_reason) == ("failed", "charge_already_refunded")


def test_a_key_that_is_refused_leaves_a_lost_answer_unknown(
    paid: PaymentSession, stripe: Control
) -> None:
    stripe("fault", kind="timeout_after", times=1, method="POST", path="/v1/refunds")
    refund = give_back(paid, amount=6000)
    account = stripe("accounts")[0]["id"]
    stripe("revoke", account=account)
    with pytest.raises(GatewayUnavailable):
        refunds.send(str(refund.pk))
    refund.refresh_from_db()
    assert (refund.status, paid.amount_refundable) == ("requested", 4000)
    stripe("restore", account=account)
    refunds.send(str(refund.pk))
    refund.refresh_from_db()
    assert refund.status == "succeeded"
    assert len([one for one in stripe("events") if one["type"] == "refund.created"]) == 1


def test_a_refund_given_up_here_that_stripe_has_made_counts(
    paid: PaymentSession, stripe: Control
) -> None:
    stripe("fault", kind="timeout_after", times=1, method="POST", path="/v1/refunds")
    refund = give_back(paid, amount=6000)
    Refund.objects.filter(pk=refund.pk).update(status="failed")
    reconcile()
    refund.refresh_from_db()
    paid.refresh_from_db()
    assert (refund.status, paid.amount_refunded) == ("succeeded", 6000)


def test_both_lines_of_a_refund_that_failed_are_booked_at_once(
    paid: PaymentSession, stripe: Control, signer: Any, client_of: Any, in_alpha: Any,
    run_jobs: JobRunner,
) -> None:  # fmt: skip
    made = stripe("refund_pending", payment_intent=paid.stripe_payment_intent_id, amount=500)
    stripe("refund_fails", refund=made["id"])
    for event in reversed([one for one in stripe("events") if one["type"].startswith("refund.")]):
        assert signer.deliver(client_of(in_alpha), event).status_code == 200
    run_jobs()
    kinds = LedgerEntry.objects.filter(source_id=made["id"]).values_list("kind", flat=True)
    assert sorted(kinds) == ["refund", "refund_reversal"]


def test_sending_twice_makes_one_refund(paid: PaymentSession, stripe: Control) -> None:
    refund = refunds.request_refund(payment_session_id=str(paid.pk), actor=SYSTEM)
    refunds.send(str(refund.pk))
    refunds.send(str(refund.pk))
    assert len([one for one in stripe("events") if one["type"] == "refund.created"]) == 1
