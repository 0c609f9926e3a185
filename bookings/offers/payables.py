"""What becomes of a voucher or pass when its payment changes; inside the payment's transaction."""

from typing import Generic

from django.urls import reverse

from access.actors import STRIPE, SYSTEM
from bookings.models import Pass, Voucher
from bookings.offers import jobs, prepaid
from bookings.offers.prepaid import PAYABLE_TYPES, AnyPrepaid
from payments.models import Dispute, PaymentSession, Refund
from payments.payables import PayableHandler, register
from payments.services import request_refund

__all__ = ["PassSale", "VoucherSale", "jobs"]


class Sale(PayableHandler, Generic[AnyPrepaid]):
    """Somebody buys something prepaid."""

    model: type[AnyPrepaid]

    def named(self, payable_id: str) -> AnyPrepaid | None:
        """Return what a payment names; an API caller may name anything."""
        if not payable_id.isdecimal():
            return None
        found: AnyPrepaid | None = self.model.objects.filter(pk=int(payable_id[:18])).first()
        return found

    def on_paid(self, session: PaymentSession) -> None:
        """Issue it, once; a second payment of the same goes back."""
        item = self.named(session.payable_id)
        if item is None or (item.price, item.currency) != (session.amount, session.currency):
            return
        prepaid.issue(item, cause=f"payment:{session.pk}", payment=session, actor=STRIPE)
        item.refresh_from_db()
        if item.payment_id != session.pk and session.amount_refundable:
            request_refund(
                payment_session_id=str(session.pk),
                reason="Paid twice",
                actor=SYSTEM,
                idempotency_key=f"paid-twice:{session.pk}",
            )

    def on_refunded(self, session: PaymentSession, refund: Refund) -> None:
        item = self.named(session.payable_id)
        if item is not None:
            prepaid.take_refund(item, session, refund)

    def on_disputed(self, session: PaymentSession, dispute: Dispute) -> None:
        item = self.named(session.payable_id)
        if item is not None:
            prepaid.contest(item, session, dispute)

    def describe(self, payable_id: str) -> str:
        item = self.named(payable_id)
        return f"{item._meta.verbose_name} for {item.customer_name}" if item else payable_id

    def staff_address(self, payable_id: str) -> str:
        item = self.named(payable_id)
        name = self.model._meta.model_name
        return reverse(f"staff:bookings_{name}_change", args=[item.pk]) if item else ""


@register
class VoucherSale(Sale[Voucher]):
    type = PAYABLE_TYPES[Voucher]
    model = Voucher


@register
class PassSale(Sale[Pass]):
    type = PAYABLE_TYPES[Pass]
    model = Pass
