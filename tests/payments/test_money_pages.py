"""The staff's pages about money say in words what there is, as far as a role may see."""

import csv
import io
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access.actors import Actor
from access.models import User
from payments import ledger
from payments.models import (
    BalanceTransaction,
    Customer,
    Dispute,
    LedgerEntry,
    PaymentRequest,
    Payout,
    Refund,
    StripeAccount,
    StripeEvent,
    Transaction,
)
from payments.reconciliation import reconcile
from payments.services import refund_payment, request_payment
from tenants.models import Tenant
from tests.payments import builders
from tests.stripe_control import Control

pytestmark = pytest.mark.django_db
ADMIN = "/admin/payments"
STATEMENT = f"{ADMIN}/ledgerentry/statement/"


@pytest.fixture
def site(in_alpha: Tenant, owner: User) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


def read(site: Client, path: str) -> str:
    response = site.get(path)
    assert response.status_code == 200
    return str(response.content.decode())


def test_a_payments_state_is_said_in_full(site: Client, pay: Any, stripe: Control) -> None:
    session = pay(10000)
    assert session.status_text == "Paid"
    refund_payment(
        payment_session_id=str(session.pk),
        amount=300,
        reason="Late",
        actor=Actor("api_key", "till"),
    )
    page = read(site, f"{ADMIN}/paymentsession/{session.pk}/change/")
    for text in ("Partly refunded", "£3.00", "£97.00", "Late", "API key till"):
        assert text in page
    assert "300 GBP" not in page
    builders.payment(status="pending", is_processing=True)
    builders.payment(status="succeeded", amount=0, purpose="card_setup")
    listed = read(site, f"{ADMIN}/paymentsession/")
    for text in ("Processing", "Card saved", "Partly refunded"):
        assert text in listed
    refunds = read(site, f"{ADMIN}/refund/")
    assert "API key till" in refunds


def test_a_dispute_and_a_link_show_words(
    site: Client, pay: Any, stripe: Control, in_alpha: Tenant
) -> None:
    session = pay(10000)
    stripe("dispute", payment_intent=session.stripe_payment_intent_id)
    reconcile()
    dispute = session.disputes.get()
    page = read(site, f"{ADMIN}/dispute/{dispute.pk}/change/")
    assert "Evidence needed" in page
    assert "needs_response" not in page
    assert "Disputed" in read(site, f"{ADMIN}/paymentsession/")
    asked = request_payment(
        payable_type="request", payable_id=1, amount=500, description="Extra",
        customer_email="a@example.com",
    )  # fmt: skip
    assert "(&#x27;open&#x27;" not in read(site, f"{ADMIN}/paymentrequest/{asked.pk}/change/")


def test_the_amount_of_a_link_is_in_the_accounts_currency(
    site: Client, account: StripeAccount
) -> None:
    StripeAccount.objects.update(default_currency="JPY")
    assert "Amount in JPY" in read(site, f"{ADMIN}/paymentrequest/add/")
    fields = {
        "description": "Extra", "amount": "500.5", "tax_rate": "0", "days": "7",
        "customer_email": "a@example.com", "key": "6f0b3f9e-3b5a-4f5e-9a8e-1f2b3c4d5e6f",
    }  # fmt: skip
    refused = site.post(f"{ADMIN}/paymentrequest/add/", fields)
    assert (refused.status_code, b"at most 0 decimals" in refused.content) == (400, True)


def entry(number: int, amount: int, at: datetime) -> LedgerEntry:
    return LedgerEntry(
        kind="payment", source_id=f"pi_{number}", debit="stripe_clearing", credit="revenue",
        amount=amount, currency="GBP", livemode=False, occurred_at=at, description="=1+1",
    )  # fmt: skip


def test_a_statement_covers_whole_days_on_the_businesss_clocks(
    site: Client, account: StripeAccount, in_alpha: Tenant
) -> None:
    """In summer London is an hour ahead of UTC: July begins at 23:00 on 30 June."""
    assert in_alpha.zone.key == "Europe/London"
    LedgerEntry.objects.bulk_create(
        [
            entry(1, 100, datetime(2027, 6, 30, 22, 59, tzinfo=UTC)),
            entry(2, 2000, datetime(2027, 6, 30, 23, 0, tzinfo=UTC)),
            entry(3, 30000, datetime(2027, 7, 31, 22, 59, tzinfo=UTC)),
            entry(4, 400000, datetime(2027, 7, 31, 23, 0, tzinfo=UTC)),
        ]
    )
    july = f"{STATEMENT}?first=2027-07-01&last=2027-07-31"
    page = read(site, july)
    for amount in ("£1.00", "£320.00", "£321.00"):
        assert amount in page
    rows = list(csv.DictReader(io.StringIO(read(site, f"{july}&format=csv"))))
    assert [(row["date"], row["amount"], row["balance_at_stripe"]) for row in rows] == [
        ("2027-07-01T00:00:00+01:00", "20.00", "21.00"),
        ("2027-07-31T23:59:00+01:00", "300.00", "321.00"),
    ]
    assert {row["description"] for row in rows} == {"'=1+1"}


@pytest.mark.parametrize(
    "query", ["first=x&last=y", "first=2027-07-02&last=2027-07-01", "first=2027-07-01", "last=%00"]
)
def test_a_period_that_is_none_is_a_400(site: Client, account: StripeAccount, query: str) -> None:
    for form in ("", "&format=csv"):
        assert site.get(f"{STATEMENT}?{query}{form}").status_code == 400


def test_a_payout_shows_what_it_contains(site: Client, pay: Any, stripe: Control) -> None:
    pay(10000)
    stripe.wait_until_idle()
    stripe("payout", key="sk_test_alpha")
    reconcile()
    page = read(site, f"{ADMIN}/payout/{Payout.objects.get().pk}/change/")
    assert "1 line that adds up to it" in page
    assert "Charge: £98.30" in page


def test_a_comparison_is_shown_with_what_it_found(site: Client, pay: Any, stripe: Control) -> None:
    pay(10000)
    stripe.wait_until_idle()
    LedgerEntry.objects.bulk_create([entry(1, 5, datetime(2027, 7, 1, tzinfo=UTC))])
    report = reconcile()
    assert report is not None
    assert "problem" in read(site, f"{ADMIN}/reconciliationreport/")
    page = read(site, f"{ADMIN}/reconciliationreport/{report.pk}/change/")
    assert "Our books hold 98.35 GBP where Stripe&#x27;s lines add up to 98.30." in page
    assert ledger.balances()[("stripe_clearing", "GBP")] == 9835


@pytest.mark.parametrize(
    ("role", "books", "account_page"),
    [("staff", 403, 403), ("manager", 200, 403), ("owner", 200, 200)],
)
def test_who_sees_the_books_and_the_keys(
    account: StripeAccount, client_of: Any, in_alpha: Tenant, role: str, books: int,
    account_page: int,
) -> None:  # fmt: skip
    person = User.objects.create_user("p@alpha.example", "a-good-password", role=role)
    client = client_of(in_alpha)
    client.force_login(person, backend="access.backends.RoleBackend")
    for name in (
        "ledgerentry", "ledgerentry/statement", "payout", "balancetransaction", "stripeevent",
        "reconciliationreport", "transaction",
    ):  # fmt: skip
        assert client.get(f"{ADMIN}/{name}/").status_code == books
    assert client.get(f"{ADMIN}/stripeaccount/").status_code == account_page
    assert client.post(f"{ADMIN}/stripeaccount/", {"action": "x"}).status_code == (
        302 if role == "owner" else 403
    )


@pytest.mark.parametrize(
    "name",
    "paymentsession refund dispute transaction payout paymentrequest stripeevent "
    "balancetransaction".split(),
)
def test_a_list_asks_the_database_as_often_for_ten_rows_as_for_one(
    site: Client, account: StripeAccount, name: str
) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            read(site, f"{ADMIN}/{name}/")
        return len(captured)

    make_one_of_everything()
    count()  # What a process reads once.
    once = count()
    for _ in range(9):
        make_one_of_everything()
    assert count() == once


def make_one_of_everything() -> None:
    customer = Customer.objects.create(email=f"{uuid.uuid4().hex}@example.com")
    paid = builders.payment(status="succeeded", customer=customer)
    id = paid.pk.hex
    Transaction.objects.create(
        payment_session=paid, amount=1000, currency="GBP", stripe_object_id=f"pi_{id}"
    )
    Refund.objects.create(
        payment_session=paid, amount=10, currency="GBP", status="succeeded", actor_kind="system"
    )
    Dispute.objects.create(
        payment_session=paid, amount=10, currency="GBP", status="won", stripe_dispute_id=f"dp_{id}"
    )
    payout = Payout.objects.create(
        stripe_payout_id=f"po_{id}", amount=990, currency="GBP", livemode=False, status="paid",
        created_at=datetime.now(UTC), contained_amount=990,
    )  # fmt: skip
    BalanceTransaction.objects.create(
        stripe_balance_transaction_id=f"txn_{id}", category="charge", amount=1000, fee=10, net=990,
        currency="GBP", livemode=False, created_at=datetime.now(UTC), payout=payout,
        payment_session=paid,
    )  # fmt: skip
    asked = request_payment(
        payable_type="invoice", payable_id="7", amount=500, description="Rest",
        customer_email="ann@example.com",
    )  # fmt: skip
    PaymentRequest.objects.filter(pk=asked.pk).update(payment_session=paid)
    StripeEvent.objects.create(
        event_id=f"evt_{id}", type="charge.updated", payload={}, livemode=False,
        created_at=datetime.now(UTC),
    )  # fmt: skip


def test_one_line_is_one_and_two_are_lines(site: Client, account: StripeAccount) -> None:
    make_one_of_everything()
    assert "1 line that adds up to it" in read(site, f"{ADMIN}/payout/")
    again = BalanceTransaction.objects.get()
    again.pk, again.stripe_balance_transaction_id = None, "txn_again"
    again.save()
    assert "2 lines that add up to it" in read(site, f"{ADMIN}/payout/")


@pytest.mark.parametrize(
    ("path", "entry"),
    [
        (STATEMENT, "Statement"),
        (f"{ADMIN}/ledgerentry/", "Ledger"),
        ("/admin/bookings/booking/why-not/", "Why not?"),
        ("/admin/bookings/booking/", "Bookings"),
        ("/admin/bookings/booking/add/", "Bookings"),
    ],
)
def test_the_menu_shows_where_one_is_once(site: Client, path: str, entry: str) -> None:
    menu = site.get(path).context["sidebar_navigation"]
    active = [item["title"] for group in menu for item in group["items"] if item["active"]]
    assert active == [entry]
