"""Stripe's calls about subscriptions, as one business makes them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from payments.gateway.api import Gateway, _call, is_forbidden
from payments.stripe_objects import Charge
from payments.subscription_objects import StripeInvoice, StripeSubscription

LATEST_INVOICE: Any = {"expand": ["latest_invoice"]}


class SubscriptionGateway(Gateway):
    """The same account; errors are Gateway's."""

    def retrieve_subscription(self, subscription_id: str) -> StripeSubscription:
        """Return it as it is now, its latest invoice expanded."""
        return StripeSubscription.read(
            _call(lambda: self._v1.subscriptions.retrieve(subscription_id, LATEST_INVOICE))
        )

    def retrieve_invoice(self, invoice_id: str) -> StripeInvoice:
        return StripeInvoice.read(_call(lambda: self._v1.invoices.retrieve(invoice_id)))

    def invoice_paid_by(self, payment_intent_id: str) -> StripeInvoice | None:
        """Return the invoice that a PaymentIntent has paid; None where it paid for none."""
        paid_by = {"type": "payment_intent", "payment_intent": payment_intent_id}
        params: Any = {"payment": paid_by, "expand": ["data.invoice"]}
        for payment in self._pages(self._v1.invoice_payments.list, params):
            if isinstance(payment.get("invoice"), Mapping):
                return StripeInvoice.read(payment["invoice"])
        return None

    def list_paid_invoices(self, subscription_id: str) -> Iterator[StripeInvoice]:
        """Yield a subscription's paid invoices, newest first."""
        params: Any = {"subscription": subscription_id, "status": "paid"}
        for invoice in self._pages(self._v1.invoices.list, params):
            yield StripeInvoice.read(invoice)

    def missing_for_subscriptions(self) -> list[str]:
        """Return what this key may not do of what subscriptions need; see missing_permissions."""
        nothing: Any = {}
        tries: dict[str, Callable[[], Any]] = {
            "Subscriptions (write)": lambda: self._v1.subscriptions.update("sub_none", nothing),
            "Invoices (write)": lambda: self._v1.invoices.pay("in_none", nothing),
        }
        return [name for name, call in tries.items() if is_forbidden(call)]

    def charge_of_invoice(self, invoice_id: str) -> Charge | None:
        """Return the charge that paid an invoice; None where no money went through Stripe."""
        params: Any = {
            "invoice": invoice_id,
            "status": "paid",
            # Stripe expands four levels and no more.
            "expand": ["data.payment.payment_intent.latest_charge"],
        }
        for payment in self._pages(self._v1.invoice_payments.list, params):
            intent = payment["payment"].get("payment_intent")
            charge = intent.get("latest_charge") if isinstance(intent, Mapping) else None
            if isinstance(charge, Mapping):
                return Charge.read(charge)
        return None

    def set_cancel_at_period_end(self, subscription_id: str, value: bool) -> StripeSubscription:
        params: Any = {"cancel_at_period_end": value, **LATEST_INVOICE}
        return StripeSubscription.read(
            _call(lambda: self._v1.subscriptions.update(subscription_id, params))
        )

    def cancel_subscription(self, subscription_id: str) -> StripeSubscription:
        """End it at once; nothing is given back. GatewayRejected when it has ended already."""
        return StripeSubscription.read(
            _call(lambda: self._v1.subscriptions.cancel(subscription_id, LATEST_INVOICE))
        )

    def set_card(self, subscription_id: str, payment_method_id: str) -> StripeSubscription:
        """Have what comes from now on charged to another card."""
        params: Any = {"default_payment_method": payment_method_id, **LATEST_INVOICE}
        return StripeSubscription.read(
            _call(lambda: self._v1.subscriptions.update(subscription_id, params))
        )

    def pay_invoice(self, invoice_id: str, payment_method_id: str) -> StripeInvoice:
        """Try an open invoice again, now; raises CardDeclined when the bank won't."""
        params: Any = {"payment_method": payment_method_id, "off_session": True}
        return StripeInvoice.read(_call(lambda: self._v1.invoices.pay(invoice_id, params)))
