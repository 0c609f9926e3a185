"""What an invoice does when its payment changes, and how one is sent."""

from django.utils import timezone

from docs.examples.invoices.models import Invoice
from payments.models import PaymentRequest, PaymentSession, Refund
from payments.payables import PayableHandler, register
from payments.services import request_payment


@register
class InvoicePayable(PayableHandler):
    """Called inside the payment's transaction: the invoice is paid exactly when the payment is."""

    type = "invoices.invoice"

    def on_paid(self, session: PaymentSession) -> None:
        Invoice.objects.filter(pk=session.payable_id, paid_at=None).update(paid_at=timezone.now())

    def on_refunded(self, session: PaymentSession, refund: Refund) -> None:
        if session.amount_refunded == session.amount:
            Invoice.objects.filter(pk=session.payable_id).update(paid_at=None)

    def describe(self, payable_id: str) -> str:
        return f"Invoice {Invoice.objects.get(pk=payable_id).number}"


def send_invoice(invoice: Invoice) -> PaymentRequest:
    """E-mail the customer a link on which the invoice is paid; safe inside a transaction."""
    return request_payment(
        payable_type=InvoicePayable.type,
        payable_id=invoice.pk,
        amount=invoice.amount,
        currency=invoice.currency,
        description=f"Invoice {invoice.number}",
        customer_email=invoice.customer_email,
        tax_rate=invoice.tax_rate,
    )
