"""Payouts. Source: docs.stripe.com/api/payouts and docs.stripe.com/payouts/reconciliation."""

from sandbox import errors
from sandbox.charges import balance_line
from sandbox.events import emit
from sandbox.store import Store, StripeObject, new_id, now

ARRIVES_AFTER = 2 * 24 * 60 * 60


def create(store: Store, account: str, currency: str) -> StripeObject:
    """Send all that is in the balance and not yet on its way to the bank."""
    contained = [
        line
        for line in store.list(account, "balance_transaction")
        if line["currency"] == currency and not line.get("_payout")
    ]
    amount = sum(line["net"] for line in contained)
    if amount <= 0:
        raise errors.StripeError("You have no money to pay out.", code="balance_insufficient")
    payout: StripeObject = {
        "id": new_id("po"),
        "object": "payout",
        "amount": amount,
        "arrival_date": now() + ARRIVES_AFTER,
        "automatic": True,
        "balance_transaction": None,
        "created": now(),
        "currency": currency,
        "failure_code": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "reconciliation_status": "completed",
        "status": "paid",
        "type": "bank_account",
    }
    own = balance_line(store, account, payout["id"], "payout", -amount, currency)
    for line in [*contained, own]:
        line["_payout"] = payout["id"]
        store.save(line)
    payout["balance_transaction"] = own["id"]
    store.insert(account, "payout", payout)
    emit(store, account, "payout.created", payout)
    emit(store, account, "payout.paid", payout)
    return payout


def fail(store: Store, account: str, payout: StripeObject) -> StripeObject:
    """The bank sends the money back; it waits in the balance for the next payout."""
    if payout["status"] != "paid":
        raise errors.not_allowed_state(f"This payout is {payout['status']}.")
    payout.update(status="failed", failure_code="account_closed")
    balance_line(
        store, account, payout["id"], "payout_failure", payout["amount"], payout["currency"],
        category="payout_reversal",
    )  # fmt: skip
    store.save(payout)
    emit(store, account, "payout.failed", payout)
    return payout
