"""A link takes one payment, while it is good; its receipt says what the law wants to know."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from django_tenants.utils import schema_context

from access.actors import SYSTEM, Actor
from payments import requests
from payments.errors import InvalidPayment, PaymentsDisabled, RequestClosed
from payments.models import PaymentRequest, PaymentSession, StripeAccount
from payments.models.payment import included_tax
from payments.services import refund_payment, request_payment, settle
from tenants.connection import connection
from tenants.models import Tenant
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db


def ask(**changes: Any) -> PaymentRequest:
    asked: dict[str, Any] = {
        "payable_type": "request", "payable_id": "1", "amount": 12000,
        "description": "Wedding hair", "customer_email": "eve@example.com",
        "tax_rate": Decimal(20), **changes,
    }  # fmt: skip
    return request_payment(**asked)


@pytest.fixture
def client(client_of: Any, in_alpha: Tenant) -> Client:
    browser: Client = client_of(in_alpha)
    return browser


def checkout_of(client: Client, asked: PaymentRequest) -> str:
    response = client.post(f"/pay/{asked.token}/")
    assert response.status_code == 302
    return str(response["Location"].rsplit("/", 1)[-1])


def test_the_customer_gets_a_link_pays_and_gets_a_receipt(
    in_alpha: Tenant, stripe: Control, client: Client, run_jobs: JobRunner
) -> None:
    with schema_context("public"):
        Tenant.objects.filter(pk=in_alpha.pk).update(tax_number="GB123", address="1 High Street")
    asked = ask(message="As agreed.")
    run_jobs()
    [sent] = mail.outbox
    assert f"http://alpha.localhost:8000/pay/{asked.token}/" in sent.body
    assert "As agreed." in sent.body
    page = client.get(f"/pay/{asked.token}/").content.decode()
    assert "£120.00 to pay" in page
    stripe("pay", session=checkout_of(client, asked))
    assert "Paid" in client.get(f"/pay/{asked.token}/?back=paid").content.decode()
    run_jobs()
    receipt = mail.outbox[-1]
    assert receipt.to == ["eve@example.com"]
    for text in ("£120.00", "VAT 20%: £20.00", "£100.00", "VAT number GB123", "1 High Street"):
        assert text in receipt.body, text
    session = PaymentSession.objects.get()
    shown = client.get(f"/receipt/{session.pk}/{session.access_token}/").content.decode()
    assert "VAT 20%" in shown
    assert client.get(f"/receipt/{session.pk}/x/").status_code == 404


def test_two_tabs_get_the_same_page_and_nobody_pays_twice(
    in_alpha: Tenant, stripe: Control, client: Client
) -> None:
    asked = ask()
    first, second = checkout_of(client, asked), checkout_of(client, asked)
    assert first == second
    stripe("pay", session=first)
    assert client.post(f"/pay/{asked.token}/").status_code == 200
    assert PaymentSession.objects.filter(status="succeeded").count() == 1


def test_after_an_expired_page_there_is_a_new_one(
    in_alpha: Tenant, stripe: Control, client: Client
) -> None:
    asked = ask()
    first = checkout_of(client, asked)
    stripe("expire", session=first)
    second = checkout_of(client, asked)
    assert second != first
    stripe("pay", session=second)
    assert requests.settle(asked).status == "paid"


def test_a_link_expires_is_sent_again_and_withdrawn(
    in_alpha: Tenant, stripe: Control, client: Client, run_jobs: JobRunner
) -> None:
    asked = ask(good_for=timedelta(days=1))
    run_jobs()
    PaymentRequest.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert "has expired" in client.get(f"/pay/{asked.token}/").content.decode()
    assert client.post(f"/pay/{asked.token}/").status_code == 200
    assert not PaymentSession.objects.exists()
    requests.resend(asked, actor=SYSTEM)
    run_jobs()
    assert len(mail.outbox) == 2
    opened = checkout_of(client, asked)
    asked.refresh_from_db()
    requests.cancel(asked, actor=SYSTEM)
    assert "There is nothing to pay" in client.get(f"/pay/{asked.token}/").content.decode()
    assert stripe.status_of(opened) == "expired"
    with pytest.raises(RequestClosed):
        requests.resend(asked, actor=SYSTEM)


def test_a_bank_debit_on_a_link_is_shown_as_under_way(
    in_alpha: Tenant, stripe: Control, client: Client
) -> None:
    asked = ask()
    opened = checkout_of(client, asked)
    stripe("bank_debit", session=opened)
    assert "bank is moving" in client.get(f"/pay/{asked.token}/").content.decode()
    with pytest.raises(RequestClosed):
        requests.cancel(requests.settle(asked), actor=SYSTEM)
    stripe("bank_pays", session=opened)
    assert requests.settle(asked).status == "paid"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": 0}, "amount"), ({"amount": -1}, "amount_pence"),
        ({"customer_email": "eve"}, "customer_email"), ({"currency": "XXX"}, "currency"),
    ],
)  # fmt: skip
def test_what_can_not_be_asked_for(
    account: StripeAccount, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidPayment) as refusal:
        ask(**changes)
    assert refusal.value.field == field
    assert not PaymentRequest.objects.exists()


def test_nothing_is_asked_for_with_payments_off(in_alpha: Tenant) -> None:
    with pytest.raises(PaymentsDisabled):
        ask()


def test_a_refund_is_told_with_its_tax(
    in_alpha: Tenant, stripe: Control, client: Client, run_jobs: JobRunner
) -> None:
    asked = ask()
    stripe("pay", session=checkout_of(client, asked))
    session = settle(requests.settle(asked).payment_session_id)
    refund_payment(payment_session_id=str(session.pk), amount=6000, actor=SYSTEM)
    run_jobs()
    note = mail.outbox[-1]
    assert note.subject == "Refund: £60.00 from Alpha Salon"
    assert "VAT 20%: £10.00" in note.body


@pytest.mark.parametrize(
    ("amount", "rate", "tax"),
    [(12000, "20", 2000), (100, "20", 17), (999, "7.7", 71), (1, "19", 0), (500, "0", 0)],
)
def test_the_tax_in_a_price(amount: int, rate: str, tax: int) -> None:
    assert included_tax(amount, Decimal(rate)) == tax


def test_staff_ask_send_again_and_withdraw_on_the_page(
    in_alpha: Tenant, stripe: Control, client: Client, owner: Any, run_jobs: JobRunner
) -> None:
    client.force_login(owner, backend="access.backends.RoleBackend")
    page = "/admin/payments/paymentrequest/"
    form = {
        "description": "Deposit for a party", "amount": "50.00", "tax_rate": "20", "days": "3",
        "customer_email": "eve@example.com", "key": "11111111-1111-4111-8111-111111111111",
    }  # fmt: skip
    refused = client.post(f"{page}add/", {**form, "amount": "0"})
    assert refused.status_code == 400
    client.post(f"{page}add/", form)
    client.post(f"{page}add/", form)
    asked = PaymentRequest.objects.get()
    assert (asked.amount, asked.created_by) == (5000, owner.email)
    shown = client.get(f"{page}{asked.pk}/change/").content.decode()
    assert f"/pay/{asked.token}/" in shown
    client.post(f"{page}{asked.pk}/act/", {"action": "resend"})
    client.post(f"{page}{asked.pk}/act/", {"action": "cancel"})
    asked.refresh_from_db()
    assert asked.status == "cancelled"
    assert b"Send the link again" not in client.get(f"{page}{asked.pk}/change/").content


def test_another_businesss_link_opens_nothing_here(
    in_alpha: Tenant, beta: Tenant, stripe: Control, client_of: Any
) -> None:
    asked = requests.request_payment(
        payable_type="request", payable_id="1", amount=100, description="x",
        customer_email="eve@example.com", actor=Actor("staff", "o@alpha.example"),
    )  # fmt: skip
    connection.set_schema_to_public()
    assert client_of(beta).get(f"/pay/{asked.token}/").status_code == 404
