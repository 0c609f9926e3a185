"""Whatever customers, banks, networks and Stripe do, in any order: the books are right after.

A random walk over two businesses: payments, declines, expiry, bank debits, subscriptions that
renew, are declined and end, refunds here and in the dashboard, disputes, payouts, other activity;
events delivered late, twice, in any order, or never; processes that die after writing and before
acting; answers that are lost. Then one reconciliation, and everything must agree with Stripe.
"""

import os
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django_tenants.utils import tenant_context
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from access.actors import SYSTEM
from payments import inbox, ledger
from payments.models import (
    Dispute,
    LedgerEntry,
    PaymentSession,
    Refund,
    StripeAccount,
    StripeEvent,
    Subscription,
    SubscriptionInvoice,
    Transaction,
)
from payments.reconciliation import reconcile
from payments.refunds import request_refund
from payments.services import (
    CustomerDetails,
    PaymentError,
    cancel_at_period_end,
    end_subscription,
    refund_payment,
    settle,
    start_checkout,
    start_subscription,
)
from tenants.connection import connection
from tenants.models import Tenant
from tests.stripe_control import Control
from tests.support import JobRunner, StripeSigner

pytestmark = pytest.mark.django_db

# One business is busier, so that things meet; the other must not notice.
NAMES = st.sampled_from(["alpha", "alpha", "alpha", "beta"])
AMOUNTS = st.sampled_from([1, 99, 1000, 10000])
PICK = st.integers(min_value=0, max_value=10_000)


class Walk(RuleBasedStateMachine):
    """One random walk. Its rows are rolled back at the end."""

    tenants: dict[str, Tenant]
    stripe: Control
    run_jobs: JobRunner
    signer: StripeSigner

    def __init__(self) -> None:
        super().__init__()
        self.stripe("reset")
        self.block = transaction.atomic()
        self.block.__enter__()
        self.numbers = 0
        for tenant in self.tenants.values():
            with tenant_context(tenant):
                row = StripeAccount.objects.current()
                row.secret_key = f"sk_test_{tenant.schema_name}"
                row.webhook_secret = f"whsec_{tenant.schema_name}"
                row.payments_enabled = True
                row.save()

    def key(self, name: str) -> str:
        return f"sk_test_{name}"

    def pick(self, found: list[Any], number: int) -> Any:
        return found[number % len(found)] if found else None

    def sessions(self, name: str, **wanted: Any) -> list[Any]:
        found = self.stripe.listed("checkout/sessions", self.key(name))
        return [one for one in found if all(one[k] == v for k, v in wanted.items())]

    @initialize(amounts=st.lists(AMOUNTS, min_size=3, max_size=3), known=st.booleans())
    def there_is_money(self, amounts: list[int], known: bool) -> None:
        """A walk that starts from nothing rarely gets as far as a dispute."""
        for name, amount in zip(("alpha", "alpha", "beta"), amounts, strict=True):
            self.begin(name, amount, deposit=amount > 100)
            self.customer(name, 0, "pay")
        if known:
            for name in self.tenants:
                self.deliver(name, list(range(20)), crash=False)

    # --- What people do ---

    @rule(name=NAMES, amount=AMOUNTS, deposit=st.booleans())
    def begin(self, name: str, amount: int, deposit: bool) -> None:
        self.numbers += 1
        tenant = self.tenants[name]
        with tenant_context(tenant):
            start_checkout(
                payable_type="invoice", payable_id=self.numbers, amount=amount,
                idempotency_key=f"walk-{self.numbers}", success_url=f"{tenant.url}/",
                cancel_url=f"{tenant.url}/", own_hosts=tenant.hosts, is_deposit=deposit,
                metadata={},
            )  # fmt: skip

    @rule(name=NAMES, number=PICK, what=st.sampled_from(["pay", "pay", "pay", "decline", "expire"]))
    def customer(self, name: str, number: int, what: str) -> None:
        session = self.pick(self.sessions(name, status="open"), number)
        if session:
            self.stripe(what, session=session["id"])

    @rule(name=NAMES, amount=AMOUNTS, deposit=st.booleans())
    def subscribe(self, name: str, amount: int, deposit: bool) -> None:
        self.numbers += 1
        tenant = self.tenants[name]
        with tenant_context(tenant):
            session = start_subscription(
                payable_type="invoice", payable_id=self.numbers, amount=amount,
                currency=tenant.currency, interval="month", interval_count=1,
                description="Club", customer=CustomerDetails("eve@example.com"),
                idempotency_key=f"walk-{self.numbers}", success_url=f"{tenant.url}/",
                cancel_url=f"{tenant.url}/", own_hosts=tenant.hosts, is_deposit=deposit,
            )  # fmt: skip
        self.stripe("pay", session=session.stripe_checkout_session_id)

    @rule(name=NAMES, number=PICK, outcome=st.sampled_from(["ok", "ok", "declined"]))
    def period_ends(self, name: str, number: int, outcome: str) -> None:
        found = self.stripe.listed("subscriptions", self.key(name))
        subscription = self.pick([one for one in found if one["status"] != "canceled"], number)
        if subscription:
            card = subscription["default_payment_method"]
            self.stripe("card_behaviour", payment_method=card, outcome=outcome)
            self.stripe("renew", subscription=subscription["id"])

    @rule(name=NAMES, number=PICK)
    def declined_renewal_is_tried_again(self, name: str, number: int) -> None:
        found = self.stripe.listed("invoices", self.key(name))
        invoice = self.pick([one for one in found if one["status"] == "open"], number)
        if invoice:
            self.stripe("retry_invoice", invoice=invoice["id"])

    @rule(name=NAMES, number=PICK, now=st.booleans())
    def unsubscribe(self, name: str, number: int, now: bool) -> None:
        with tenant_context(self.tenants[name]):
            subscription = self.pick(list(Subscription.objects.all().running()), number)
            if subscription is not None:
                (end_subscription if now else cancel_at_period_end)(subscription)

    @rule(name=NAMES, number=PICK)
    def debit(self, name: str, number: int) -> None:
        session = self.pick(self.sessions(name, status="open", mode="payment"), number)
        if session:
            self.stripe("bank_debit", session=session["id"])

    @rule(name=NAMES, number=PICK, answer=st.sampled_from(["bank_pays", "bank_refuses"]))
    def bank(self, name: str, number: int, answer: str) -> None:
        waiting = {
            intent["id"]
            for intent in self.stripe.listed("payment_intents", self.key(name))
            if intent["status"] == "processing"
        }
        found = [one for one in self.sessions(name) if one["payment_intent"] in waiting]
        session = self.pick(found, number)
        if session:
            self.stripe(answer, session=session["id"])

    @rule(
        name=NAMES, number=PICK, share=st.sampled_from([1, 2, 3]),
        trouble=st.sampled_from(["", "", "timeout_after", "500", "killed"]),
    )  # fmt: skip
    def refund(self, name: str, number: int, share: int, trouble: str) -> None:
        """Give back all or a part; the answer may be lost, or the process killed before asking."""
        with tenant_context(self.tenants[name]):
            session = self.pick(list(PaymentSession.objects.filter(status="succeeded")), number)
            if session is None:
                return
            asked: dict[str, Any] = {
                "payment_session_id": str(session.pk), "actor": SYSTEM,
                "amount": max(session.amount // share, 1),
            }  # fmt: skip
            try:
                if trouble == "killed":
                    request_refund(**asked)
                    return
                if trouble:
                    self.stripe(
                        "fault", kind=trouble, method="POST", path="/v1/refunds",
                        times=1 if trouble == "timeout_after" else 3,
                    )  # fmt: skip
                refund_payment(**asked)
            except PaymentError:
                pass  # Not so much is left: refused, and nothing written.
            finally:
                self.stripe("clear_faults")

    @rule(name=NAMES, number=PICK, share=st.sampled_from([1, 2]), pending=st.booleans())
    def dashboard_refund(self, name: str, number: int, share: int, pending: bool) -> None:
        charge = self.pick(self.charges(name), number)
        if charge and not self.is_contested(name, charge):
            left = charge["amount"] - charge["amount_refunded"]
            if left:
                what = "refund_pending" if pending else "dashboard_refund"
                self.stripe(what, charge=charge["id"], amount=max(left // share, 1))

    @rule(name=NAMES, number=PICK, how=st.sampled_from(["refund_fails", "refund_succeeds"]))
    def refund_ends(self, name: str, number: int, how: str) -> None:
        ends = {"refund_fails": ("pending", "succeeded"), "refund_succeeds": ("pending",)}
        refunds = self.stripe.listed("refunds", self.key(name))
        refund = self.pick([one for one in refunds if one["status"] in ends[how]], number)
        if refund:
            self.stripe(how, refund=refund["id"])

    @rule(name=NAMES, number=PICK)
    def dispute(self, name: str, number: int) -> None:
        charges = [one for one in self.charges(name) if not one["disputed"]]
        charge = self.pick(charges, number)
        if charge:
            self.stripe("dispute", charge=charge["id"])

    @rule(
        name=NAMES, number=PICK,
        end=st.sampled_from(["dispute_review", "dispute_won", "dispute_lost"]),
    )  # fmt: skip
    def dispute_goes_on(self, name: str, number: int, end: str) -> None:
        found = self.stripe.listed("disputes", self.key(name))
        open_ones = [one for one in found if one["status"] in ("needs_response", "under_review")]
        dispute = self.pick(open_ones, number)
        if dispute:
            self.stripe(end, dispute=dispute["id"])

    def charges(self, name: str) -> list[Any]:
        found = self.stripe.listed("charges", self.key(name))
        return [charge for charge in found if charge["paid"]]

    def is_contested(self, name: str, charge: Any) -> bool:
        found = self.stripe.listed("disputes", self.key(name))
        return any(one["charge"] == charge["id"] and one["status"] != "won" for one in found)

    # --- What happens at Stripe by itself ---

    @rule()
    def fees_become_known(self) -> None:
        self.stripe("settle_now")

    @rule(name=NAMES)
    def payout(self, name: str) -> None:
        lines = self.stripe.listed("balance_transactions", self.key(name))
        if sum(line["net"] for line in lines) > 0:
            self.stripe("payout", key=self.key(name), currency=self.currency(name))

    @rule(name=NAMES)
    def other_activity(self, name: str) -> None:
        key = self.key(name)
        self.stripe("external_charge", key=key, amount=500, currency=self.currency(name))

    def currency(self, name: str) -> str:
        return self.tenants[name].currency.lower()

    # --- How we hear of it ---

    @rule(name=NAMES, numbers=st.lists(PICK, max_size=6), crash=st.booleans())
    def deliver(self, name: str, numbers: list[int], crash: bool) -> None:
        """Deliver some events, in any order, some again; or die right after storing them."""
        events = self.stripe.listed("events", self.key(name))
        tenant = self.tenants[name]
        for number in numbers:
            event = self.pick(events, number)
            if event is None:
                return
            if crash:
                with tenant_context(tenant):
                    inbox.store(event)
                continue
            client = Client(HTTP_HOST=tenant.hosts[0])
            answer = self.signer.deliver(client, event, f"whsec_{name}")
            assert answer.status_code == 200

    @rule(name=NAMES, number=PICK)
    def customer_returns(self, name: str, number: int) -> None:
        with tenant_context(self.tenants[name]):
            session = self.pick(list(PaymentSession.objects.all()), number)
            if session is not None:
                settle(session.pk)

    @rule()
    def the_worker_works(self) -> None:
        self.run_jobs()

    @rule(name=NAMES)
    def reconcile_now(self, name: str) -> None:
        with tenant_context(self.tenants[name]):
            reconcile()

    # --- What must be true afterwards ---

    def teardown(self) -> None:
        try:
            self.stripe("settle_now")
            self.run_jobs()
            for name, tenant in self.tenants.items():
                with tenant_context(tenant):
                    reconcile()
                    second = reconcile()
                    assert second is not None
                    assert (second.changes, second.problems) == (0, {})
                    self.check(name)
        finally:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)
            connection.set_schema_to_public()

    def check(self, name: str) -> None:
        self.check_books(name)
        self.check_payments(name)
        self.check_refunds(name)
        self.check_disputes(name)
        self.check_subscriptions(name)

    def check_books(self, name: str) -> None:
        balances = ledger.balances()
        for currency in {currency for _, currency in balances}:
            assert sum(amount for (_, c), amount in balances.items() if c == currency) == 0
        net = sum(
            line["net"] for line in self.stripe.listed("balance_transactions", self.key(name))
        )
        assert balances.get(("stripe_clearing", self.tenants[name].currency), 0) == net

    def check_payments(self, name: str) -> None:
        """Every payment that Stripe took for us is here once, and no other."""
        theirs = {
            intent["id"]: intent["amount"]
            for intent in self.stripe.listed("payment_intents", self.key(name))
            if intent["status"] == "succeeded" and self.is_ours(name, intent["id"], intent)
        }
        ours = dict(Transaction.objects.values_list("stripe_object_id", "amount"))
        assert ours == theirs
        paid = PaymentSession.objects.filter(status__in=("succeeded", "refunded"))
        assert paid.count() == len(theirs)
        booked = LedgerEntry.objects.filter(kind="payment").values_list("source_id", "amount")
        assert dict(booked) == theirs

    def is_ours(self, name: str, intent: str, paid: Any) -> bool:
        """A renewal names nothing of ours; what another program takes is of no invoice."""
        payments = self.stripe.listed("invoice_payments", self.key(name))
        return paid["metadata"] or intent in [one["payment"]["payment_intent"] for one in payments]

    def check_refunds(self, name: str) -> None:
        """Every refund is here once, with Stripe's outcome; nothing exceeds what was paid."""
        status = {"pending": "requested", "succeeded": "succeeded", "failed": "failed"}
        charges = {one["id"]: one for one in self.stripe.listed("charges", self.key(name))}
        theirs = {
            one["id"]: (one["amount"], status[one["status"]])
            for one in self.stripe.listed("refunds", self.key(name))
            if self.is_ours(name, charges[one["charge"]]["payment_intent"], charges[one["charge"]])
        }
        made = Refund.objects.exclude(stripe_refund_id=None)
        ours = {one.stripe_refund_id: (one.amount, one.status) for one in made}
        assert ours == theirs
        assert not Refund.objects.filter(stripe_refund_id=None, status="requested").exists()
        for session in PaymentSession.objects.all():
            assert 0 <= session.amount_refunded <= session.amount
            wholly = session.amount_refunded == session.amount
            assert (session.status == "refunded") == (session.is_paid and wholly)

    def check_disputes(self, name: str) -> None:
        charges = {one["id"]: one for one in self.stripe.listed("charges", self.key(name))}
        theirs = {
            one["id"]: one["status"]
            for one in self.stripe.listed("disputes", self.key(name))
            if self.is_ours(name, charges[one["charge"]]["payment_intent"], charges[one["charge"]])
        }
        assert dict(Dispute.objects.values_list("stripe_dispute_id", "status")) == theirs
        assert not StripeEvent.objects.filter(status__in=("flagged", "dead", "failed")).exists()

    def check_subscriptions(self, name: str) -> None:
        """Each is as it is at Stripe, and each of its paid invoices is here once."""
        theirs = {
            one["id"]: one["status"] for one in self.stripe.listed("subscriptions", self.key(name))
        }
        found = Subscription.objects.exclude(stripe_subscription_id=None)
        assert dict(found.values_list("stripe_subscription_id", "status")) == theirs
        invoices = self.stripe.listed("invoices", self.key(name))
        paid = {one["id"]: one["amount_paid"] for one in invoices if one["status"] == "paid"}
        booked = SubscriptionInvoice.objects.values_list(
            "stripe_invoice_id", "payment_session__amount"
        )
        assert dict(booked) == paid


def test_after_any_walk_the_books_agree_with_stripe(
    alpha: Tenant, beta: Tenant, stripe_control: Control, run_jobs: JobRunner,
    signer: StripeSigner, settings: Any,
) -> None:  # fmt: skip
    settings.STRIPE_API_BASE = stripe_control.base
    Walk.tenants = {"alpha": alpha, "beta": beta}
    Walk.stripe, Walk.run_jobs, Walk.signer = stripe_control, run_jobs, signer
    run_state_machine_as_test(Walk, settings=walks())


def walks() -> settings:
    """WALKS asks for more of them: it is the knob for a longer search."""
    return settings(
        max_examples=int(os.environ.get("WALKS", "20")),
        stateful_step_count=30,
        deadline=None,
        derandomize="WALKS" not in os.environ,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
