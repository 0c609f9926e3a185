"""The API's calls about saved cards and PaymentIntents."""

from sandbox import cards
from sandbox.api import Call, expanded, find, listing, reads, route
from sandbox.store import StripeObject

reads("setup_intent", "setup_intents", "customer", "payment_method")
reads("payment_method", "payment_methods", "customer", "type")


@route("POST", "payment_methods/:id/detach")
def detach_payment_method(call: Call, id: str) -> StripeObject:
    return cards.detach(call.store, call.account, find(call, "payment_method", id))


@route("GET", "customers/:id/payment_methods")
def customers_payment_methods(call: Call, id: str) -> StripeObject:
    find(call, "customer", id)
    saved = call.store.list(call.account, "payment_method")
    ours = [method for method in saved if method["customer"] == id]
    return listing(ours, call.params, f"/v1/customers/{id}/payment_methods")


@route("POST", "payment_intents")
def create_payment_intent(call: Call) -> StripeObject:
    """Only what charges a saved card: created, confirmed and off-session at once."""
    return expanded(call, cards.charge_off_session(call.store, call.account, call.params))


@route("POST", "payment_intents/:id/cancel")
def cancel_payment_intent(call: Call, id: str) -> StripeObject:
    reason = call.params.get("cancellation_reason", "")
    return cards.cancel(call.store, call.account, find(call, "payment_intent", id), reason)
