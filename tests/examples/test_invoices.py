"""The example in docs/payables.md works as it is written."""

from typing import Any

import pytest

from access.actors import SYSTEM
from docs.examples.invoices.models import Invoice
from docs.examples.invoices.payables import InvoicePayable, send_invoice
from payments.models import PaymentSession, StripeEvent
from payments.payables import PayableHandler, handler_of, register
from payments.services import refund_payment
from tenants.models import Tenant
from tests.stripe_control import Control

pytestmark = pytest.mark.django_db


@pytest.fixture
def invoice(in_alpha: Tenant) -> Invoice:
    return Invoice.objects.create(
        number="2027-001", customer_email="eve@example.com", amount=24000, currency="GBP",
        tax_rate=20,
    )  # fmt: skip


@pytest.fixture
def paid(invoice: Invoice, stripe: Control, signer: Any, client_of: Any, in_alpha: Tenant) -> Any:
    """Pay the invoice on its link; deliver what Stripe tells."""
    asked = send_invoice(invoice)
    page = client_of(in_alpha).post(f"/pay/{asked.token}/")
    stripe("pay", session=page["Location"].rsplit("/", 1)[-1])
    for event in stripe("events"):
        signer.deliver(client_of(in_alpha), event)
    return PaymentSession.objects.get()


def test_an_invoice_is_paid_by_its_link(paid: PaymentSession, invoice: Invoice) -> None:
    invoice.refresh_from_db()
    assert invoice.paid_at is not None
    assert paid.tax_amount == 4000
    assert handler_of("invoices.invoice").describe(str(invoice.pk)) == "Invoice 2027-001"


def test_a_full_refund_opens_it_again(paid: PaymentSession, invoice: Invoice) -> None:
    refund_payment(payment_session_id=str(paid.pk), amount=1, actor=SYSTEM)
    invoice.refresh_from_db()
    assert invoice.paid_at is not None
    refund_payment(payment_session_id=str(paid.pk), actor=SYSTEM)
    invoice.refresh_from_db()
    assert invoice.paid_at is None


def test_a_handler_that_fails_leaves_the_payment_to_be_tried_again(
    invoice: Invoice, stripe: Control, signer: Any, client_of: Any, in_alpha: Tenant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def broken(self: InvoicePayable, session: PaymentSession) -> None:
        raise RuntimeError("no paper")

    asked = send_invoice(invoice)
    page = client_of(in_alpha).post(f"/pay/{asked.token}/")
    stripe("pay", session=page["Location"].rsplit("/", 1)[-1])
    [completed] = [one for one in stripe("events") if one["type"] == "checkout.session.completed"]
    with monkeypatch.context() as patch:
        patch.setattr(InvoicePayable, "on_paid", broken)
        assert signer.deliver(client_of(in_alpha), completed).status_code == 200
    assert StripeEvent.objects.get().error == "RuntimeError: no paper"
    assert not PaymentSession.objects.get().is_paid
    signer.deliver(client_of(in_alpha), completed)
    invoice.refresh_from_db()
    assert invoice.paid_at is not None


def test_a_type_has_one_handler(db: None) -> None:
    class Another(PayableHandler):
        type = "invoices.invoice"

    with pytest.raises(ValueError, match="handler for"):
        register(Another)
    with pytest.raises(ValueError, match="names no type"):
        register(PayableHandler)
