"""The API's calls about subscriptions and invoices; a subscription is begun by a checkout."""

from sandbox import errors, subscriptions
from sandbox.api import Call, expanded, find, reads, route
from sandbox.store import StripeObject

reads("subscription", "subscriptions", "customer", "status")
reads("invoice", "invoices", "customer", "status", "subscription")
reads("invoice_payment", "invoice_payments", "invoice", "status", "payment")


@route("POST", "subscriptions/:id")
def update_subscription(call: Call, id: str) -> StripeObject:
    subscription = find(call, "subscription", id)
    changes: StripeObject = {}
    if "cancel_at_period_end" in call.params:
        changes["cancel_at_period_end"] = call.params["cancel_at_period_end"] == "true"
    if method := call.params.get("default_payment_method"):
        known = call.store.get(call.account, "payment_method", method)
        if known is None or known["customer"] != subscription["customer"]:
            raise errors.missing("PaymentMethod", method, "default_payment_method", status=400)
        changes["default_payment_method"] = method
    changed = subscriptions.update(call.store, call.account, subscription, **changes)
    return expanded(call, changed)


@route("DELETE", "subscriptions/:id")
def cancel_subscription(call: Call, id: str) -> StripeObject:
    found = find(call, "subscription", id)
    return expanded(call, subscriptions.cancel(call.store, call.account, found))


@route("POST", "invoices/:id/pay")
def pay_invoice(call: Call, id: str) -> StripeObject:
    invoice = find(call, "invoice", id)
    method = call.params.get("payment_method")
    return expanded(call, subscriptions.pay(call.store, call.account, invoice, method))
