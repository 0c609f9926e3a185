"""What webhooks did not bring, asking brings; a second look changes nothing."""

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone
from django_tenants.utils import schema_context

from access.actors import SYSTEM
from payments import ledger
from payments.models import (
    BalanceTransaction,
    Dispute,
    LedgerEntry,
    PaymentSession,
    Payout,
    ReconciliationReport,
    Refund,
    StripeAccount,
    StripeEvent,
    Transaction,
)
from payments.reconciliation import health, reconcile
from payments.services import refund_payment, start_checkout
from tenants.models import Notice, Tenant
from tests.stripe_control import Control

pytestmark = pytest.mark.django_db


@pytest.fixture
def begin(in_alpha: Tenant, stripe: Control) -> Any:
    """Open a checkout that the sandbox knows; nobody has told us how it went."""

    def make(amount: int, **values: Any) -> PaymentSession:
        number = PaymentSession.objects.count()
        return start_checkout(
            payable_type="invoice", payable_id=number, amount=amount, idempotency_key=f"k{number}",
            success_url=f"{in_alpha.url}/", cancel_url=f"{in_alpha.url}/",
            own_hosts=in_alpha.hosts, **values,
        )  # fmt: skip

    return make


def balances() -> dict[str, int]:
    return {account: amount for (account, _), amount in ledger.balances().items() if amount}


def run() -> ReconciliationReport:
    report = reconcile()
    assert report is not None
    return report


def theirs(stripe: Control) -> int:
    return sum(line["net"] for line in stripe.listed("balance_transactions"))


def state() -> list[Any]:
    models = (
        PaymentSession, Refund, Transaction, LedgerEntry, BalanceTransaction, Payout, Dispute,
        StripeEvent,
    )  # fmt: skip
    return [list(model.objects.order_by("pk").values()) for model in models]


def test_three_payments_and_a_refund_that_no_webhook_told_of(begin: Any, stripe: Control) -> None:
    sessions = [begin(amount) for amount in (1000, 2000, 3000)]
    for session in sessions:
        stripe("pay", session=session.stripe_checkout_session_id)
    intent = stripe("sessions")[0]["payment_intent"]
    stripe("dashboard_refund", payment_intent=intent, amount=400)
    stripe.wait_until_idle()
    first = run()
    assert PaymentSession.objects.filter(status="succeeded").count() == 3
    assert Refund.objects.get().is_external
    assert first.events_recovered > 0
    assert balances()["stripe_clearing"] == theirs(stripe)
    assert Transaction.objects.filter(fee=None).count() == 0
    before = state()
    second = run()
    assert (second.changes, second.problems) == (0, {})
    assert state() == before


def test_disputes_payouts_and_other_activity_balance_to_the_penny(
    begin: Any, stripe: Control
) -> None:
    for amount in (10000, 5000):
        stripe("pay", session=begin(amount).stripe_checkout_session_id)
    dispute = stripe("dispute", payment_intent=stripe("sessions")[0]["payment_intent"])
    stripe("external_charge", key="sk_test_alpha", amount=777)
    stripe("stripe_fee", key="sk_test_alpha", amount=50)
    stripe.wait_until_idle()
    payout = stripe("payout", key="sk_test_alpha")
    stripe("dispute_won", dispute=dispute["id"])
    report = run()
    assert report.problems == {}
    assert balances()["stripe_clearing"] == theirs(stripe)
    assert balances()["bank"] == payout["amount"]
    matched = Payout.objects.get()
    assert matched.is_matched
    assert matched.balance_transactions.count() == 5
    assert Dispute.objects.get().status == "won"
    assert run().changes == 0


def test_a_payout_that_fails_comes_back(begin: Any, stripe: Control) -> None:
    stripe("pay", session=begin(10000).stripe_checkout_session_id)
    stripe.wait_until_idle()
    payout = stripe("payout", key="sk_test_alpha")
    run()
    stripe("payout_fails", payout=payout["id"])
    assert run().problems == {}
    assert balances() == {"stripe_clearing": 9830, "revenue": -10000, "fees": 170}
    assert Payout.objects.get().status == "failed"


def test_a_business_settled_in_another_currency_has_books_in_both(
    begin: Any, stripe: Control
) -> None:
    stripe("settle_in", key="sk_test_alpha", currency="eur", rate=1.25)
    session = begin(10000)
    stripe("pay", session=session.stripe_checkout_session_id)
    stripe.wait_until_idle()
    run()
    refund_payment(payment_session_id=str(session.pk), amount=4000, actor=SYSTEM)
    assert run().problems == {}
    held = {key: amount for key, amount in ledger.balances().items() if amount}
    assert held[("stripe_clearing", "EUR")] == theirs(stripe) == 12500 - 212 - 5000
    assert ("stripe_clearing", "GBP") not in held
    assert run().changes == 0


def test_a_refund_whose_answer_was_lost_is_found(begin: Any, stripe: Control) -> None:
    session = begin(10000)
    stripe("pay", session=session.stripe_checkout_session_id)
    run()
    stripe("fault", kind="timeout_after", method="POST", path="/v1/refunds")
    assert (
        refund_payment(payment_session_id=str(session.pk), amount=6000, actor=SYSTEM).status
        == "requested"
    )
    stripe("clear_faults")
    run()
    assert Refund.objects.get().status == "succeeded"
    assert len([one for one in stripe("events") if one["type"] == "refund.created"]) == 1


def test_a_pending_refund_that_fails_leaves_the_money_where_it_was(
    begin: Any, stripe: Control
) -> None:
    stripe("pay", session=begin(10000).stripe_checkout_session_id)
    refund = stripe("refund_pending", payment_intent=stripe("sessions")[0]["payment_intent"])
    stripe.wait_until_idle()
    assert run().problems == {}
    assert Refund.objects.get().status == "requested"
    stripe("refund_fails", refund=refund["id"])
    assert run().problems == {}
    assert Refund.objects.get().status == "failed"
    assert balances()["stripe_clearing"] == theirs(stripe) == 9830


def test_a_checkout_that_nobody_can_pay_any_more_is_given_up(begin: Any, stripe: Control) -> None:
    opened, unopened = begin(100), begin(200)
    stripe("mute")
    stripe("expire", session=opened.stripe_checkout_session_id)
    PaymentSession.objects.filter(pk=unopened.pk).update(
        stripe_checkout_session_id=None, created_at=timezone.now() - timedelta(hours=25)
    )
    report = run()
    statuses = PaymentSession.objects.values_list("status", flat=True)
    assert set(statuses) == {"canceled"}
    assert report.payments_settled >= 1


def test_missing_webhooks_are_shown_to_the_business_and_to_the_operator(
    begin: Any, stripe: Control, in_alpha: Tenant, owner: Any, client_of: Any
) -> None:
    stripe("pay", session=begin(100).stripe_checkout_session_id)
    run()
    StripeEvent.objects.update(created_at=F("created_at") - timedelta(hours=1))
    report = run()
    assert "had not arrived by webhook" in report.problems["webhooks_missing"]
    assert health() == report.problems
    with schema_context("public"):
        notice = Notice.objects.get(code="webhooks_missing")
    assert notice.tenant_id == in_alpha.pk
    client = client_of(in_alpha)
    client.force_login(owner, backend="access.backends.RoleBackend")
    assert b"had not arrived by webhook" in client.get("/admin/").content
    StripeEvent.objects.update(received_at=timezone.now() - timedelta(days=2))
    run()
    with schema_context("public"):
        assert not Notice.objects.exists()


def test_a_refused_key_or_a_lost_connection_is_a_problem_and_loses_nothing(
    begin: Any, stripe: Control
) -> None:
    stripe("pay", session=begin(100).stripe_checkout_session_id)
    stripe("fault", kind="500", times=20)
    assert "unreachable" in run().problems
    stripe("clear_faults")
    StripeAccount.objects.update(secret_key="sk_test_revoked")
    row = StripeAccount.objects.current()
    assert "key" in run().problems
    row.secret_key = "sk_test_alpha"
    row.save()
    run()
    assert PaymentSession.objects.get().is_paid


def test_a_payout_by_hand_stops_nothing(begin: Any, stripe: Control) -> None:
    stripe("pay", session=begin(10000).stripe_checkout_session_id)
    stripe.wait_until_idle()
    stripe("payout", key="sk_test_alpha", automatic=False)
    report = run()
    assert (report.problems, report.payouts_matched) == ({}, 0)
    assert not Payout.objects.get().is_automatic
    assert (balances().get("stripe_clearing", 0), theirs(stripe)) == (0, 0)


def test_what_stripe_does_not_know_stops_nothing_and_is_given_up(
    begin: Any, stripe: Control
) -> None:
    """An unpaid page may be another account's, from before the key was changed."""
    lost, paid = begin(100), begin(200)
    stripe("pay", session=paid.stripe_checkout_session_id)
    PaymentSession.objects.filter(pk=lost.pk).update(stripe_checkout_session_id="cs_test_lost")
    PaymentSession.objects.update(created_at=F("created_at") - timedelta(hours=1))
    assert run().problems == {}
    lost.refresh_from_db()
    assert lost.status == "pending"
    PaymentSession.objects.update(created_at=F("created_at") - timedelta(days=1))
    assert run().problems == {}
    lost.refresh_from_db()
    paid.refresh_from_db()
    assert (lost.status, paid.status) == ("canceled", "succeeded")


def test_a_refund_that_stripe_does_not_show_is_reported_and_stops_nothing(
    begin: Any, stripe: Control
) -> None:
    session = begin(1000)
    stripe("pay", session=session.stripe_checkout_session_id)
    run()
    refund = Refund.objects.create(
        payment_session=session, amount=10, currency="GBP", stripe_refund_id="re_lost",
        actor_kind="system",
    )  # fmt: skip
    stripe.wait_until_idle()
    report = run()
    assert report.problems == {
        f"refund:{refund.pk}": "Stripe would not show the refund re_lost (resource_missing)."
    }
    assert report.lines_booked == 1


def test_the_other_modes_money_is_left_alone(begin: Any, stripe: Control) -> None:
    begin(1000)
    PaymentSession.objects.update(
        livemode=True, stripe_checkout_session_id="cs_live_1",
        created_at=F("created_at") - timedelta(days=2),
    )  # fmt: skip
    assert run().problems == {}
    assert PaymentSession.objects.get().status == "pending"


def test_a_line_that_contradicts_its_payment_is_booked_apart_and_reported(
    begin: Any, stripe: Control
) -> None:
    stripe("pay", session=begin(1000).stripe_checkout_session_id)
    stripe.wait_until_idle()
    PaymentSession.objects.update(amount=1500)
    report = run()
    assert "unmatched" in report.problems
    assert not PaymentSession.objects.get().is_paid
    assert balances()["stripe_clearing"] == theirs(stripe)


def test_the_command_prints_what_it_did(begin: Any, stripe: Control, in_alpha: Tenant) -> None:
    stripe("pay", session=begin(100).stripe_checkout_session_id)
    out = io.StringIO()
    call_command("reconcile", "--tenant", "alpha", stdout=out)
    assert "alpha: " in out.getvalue()
    assert "events that no webhook had brought" in out.getvalue()
    out = io.StringIO()
    call_command("reconcile", "--since", "2026-11-20", stdout=out)
    assert out.getvalue().startswith("alpha: ")
    assert "beta: no Stripe key" in out.getvalue()
    with pytest.raises(CommandError, match="no business"):
        call_command("reconcile", "--tenant", "nobody")
    with pytest.raises(CommandError, match="not a day"):
        call_command("reconcile", "--since", "yesterday")
