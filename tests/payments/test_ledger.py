"""The books are append-only, balanced, and equal to what Stripe says."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from access.actors import SYSTEM
from payments import ledger
from payments.models import Account, LedgerEntry, Transaction
from payments.models.ledger import AppendOnlyError
from payments.services import earn_deposits, earn_part_of_deposits, refund_payment
from tenants.models import Tenant
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db


def balances() -> dict[str, int]:
    return {account: amount for (account, _), amount in ledger.balances().items() if amount}


def test_a_payment_is_revenue_and_waits_at_stripe(pay: Any) -> None:
    pay(10000)
    assert balances() == {"stripe_clearing": 10000, "revenue": -10000}


def test_the_fee_is_booked_once_stripe_knows_it(
    pay: Any, stripe: Control, run_jobs: JobRunner
) -> None:
    from payments import balances as balance_lines

    pay(10000)
    stripe.wait_until_idle()
    [line] = stripe.listed("balance_transactions")
    balance_lines.fetch(line["id"])
    balance_lines.fetch(line["id"])
    paid = Transaction.objects.get()
    assert (paid.amount, paid.fee, paid.net, paid.settled_currency) == (10000, 170, 9830, "GBP")
    assert balances() == {"stripe_clearing": 9830, "revenue": -10000, "fees": 170}


def test_a_deposit_is_owed_until_it_is_earned(pay: Any) -> None:
    session = pay(5000, is_deposit=True)
    assert balances() == {"stripe_clearing": 5000, "customer_deposits": -5000}
    earn_deposits(session.payable_type, session.payable_id)
    earn_deposits(session.payable_type, session.payable_id)
    assert balances() == {"stripe_clearing": 5000, "revenue": -5000}


def test_a_refund_comes_out_of_the_deposit_while_that_is_owed(pay: Any) -> None:
    session = pay(5000, is_deposit=True)
    refund_payment(payment_session_id=str(session.pk), amount=2000, actor=SYSTEM)
    earn_deposits(session.payable_type, session.payable_id)
    assert balances() == {"stripe_clearing": 3000, "revenue": -3000}


def test_a_refund_of_what_was_earned_is_set_against_it(pay: Any) -> None:
    session = pay(5000)
    refund_payment(payment_session_id=str(session.pk), amount=2000, actor=SYSTEM)
    assert balances() == {"stripe_clearing": 3000, "revenue": -5000, "refunds": 2000}


def test_a_refund_that_fails_after_succeeding_is_reversed(
    pay: Any, stripe: Control, signer: Any, client_of: Any, in_alpha: Tenant
) -> None:
    session = pay(5000)
    refund = refund_payment(payment_session_id=str(session.pk), actor=SYSTEM)
    session.refresh_from_db()
    assert session.status == "refunded"
    failed = stripe("refund_fails", refund=refund.stripe_refund_id)
    for _ in range(2):
        signer.deliver(client_of(in_alpha), signer.event("refund.failed", failed))
    session.refresh_from_db()
    refund.refresh_from_db()
    assert (refund.status, session.status, session.amount_refundable) == (
        "failed", "succeeded", 5000
    )  # fmt: skip
    assert balances() == {"stripe_clearing": 5000, "revenue": -5000}
    assert LedgerEntry.objects.filter(kind="refund_reversal").count() == 1


def test_a_deposit_that_comes_back_after_it_was_earned_is_earned(
    pay: Any, stripe: Control, signer: Any, client_of: Any, in_alpha: Tenant
) -> None:
    session = pay(5000, is_deposit=True)
    refund = refund_payment(payment_session_id=str(session.pk), amount=2000, actor=SYSTEM)
    earn_deposits(session.payable_type, session.payable_id)
    failed = stripe("refund_fails", refund=refund.stripe_refund_id)
    signer.deliver(client_of(in_alpha), signer.event("refund.failed", failed))
    assert balances() == {"stripe_clearing": 5000, "revenue": -5000}


def test_a_deposit_is_earned_in_parts_each_once_and_never_beyond_it(pay: Any) -> None:
    session = pay(5000, is_deposit=True)
    named = (session.payable_type, session.payable_id)
    for _ in range(2):
        earn_part_of_deposits(*named, amount=2000, cause="booking:1")
        assert balances() == {"stripe_clearing": 5000, "customer_deposits": -3000, "revenue": -2000}
    refund_payment(payment_session_id=str(session.pk), amount=1000, actor=SYSTEM)
    for _ in range(2):
        earn_part_of_deposits(*named, amount=9000, cause="booking:2")
        assert balances() == {"stripe_clearing": 4000, "revenue": -4000}


def test_a_refund_that_fails_is_owed_again_where_parts_were_earned(
    pay: Any, stripe: Control, signer: Any, client_of: Any, in_alpha: Tenant
) -> None:
    session = pay(5000, is_deposit=True)
    earn_part_of_deposits(session.payable_type, session.payable_id, amount=2000, cause="booking:1")
    refund = refund_payment(payment_session_id=str(session.pk), amount=1000, actor=SYSTEM)
    failed = stripe("refund_fails", refund=refund.stripe_refund_id)
    signer.deliver(client_of(in_alpha), signer.event("refund.failed", failed))
    assert balances() == {"stripe_clearing": 5000, "customer_deposits": -3000, "revenue": -2000}


def test_nothing_is_booked_for_nothing(pay: Any) -> None:
    assert pay(0).status == "succeeded"
    assert balances() == {}


def test_the_same_stripe_object_with_another_amount_is_refused(pay: Any) -> None:
    from payments.errors import EventMismatch

    pay(100)
    entry = LedgerEntry.objects.get()
    line = ledger.Line(
        entry.kind, entry.source_id, entry.debit, entry.credit, 200, "GBP", timezone.now()
    )
    with pytest.raises(EventMismatch, match="100 GBP"):
        ledger.post(line)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE payments_ledgerentry SET amount = 1", "DELETE FROM payments_ledgerentry"],
)
def test_the_database_refuses_to_change_the_books(pay: Any, statement: str) -> None:
    pay(100)
    with (
        pytest.raises(DatabaseError, match="never changed"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert LedgerEntry.objects.get().amount == 100


def test_the_code_refuses_it_too(pay: Any) -> None:
    pay(100)
    entry = LedgerEntry.objects.get()
    for change in (
        entry.save, entry.delete, LedgerEntry.objects.all().delete,
        lambda: LedgerEntry.objects.update(amount=1),
    ):  # fmt: skip
        with pytest.raises(AppendOnlyError):
            change()


def test_balances_before_a_moment(pay: Any) -> None:
    pay(100)
    assert ledger.balances(before=datetime(2020, 1, 1, tzinfo=UTC)) == {}
    assert ledger.balances(before=timezone.now())[(Account.REVENUE, "GBP")] == -100
