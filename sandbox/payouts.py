"""Payouts. Source: docs.stripe.com/api/payouts and docs.stripe.com/payouts/reconciliation."""

from sandbox import errors
from sandbox.charges import balance_line
from sandbox.events import emit
from sandbox.store import Store, StripeObject, new_id, now

ARRIVES_AFTER = 2 * 24 * 60 * 60


def waiting(store: Store, account: str) -> list[StripeObject]:
    """Return what is in the balance and in no payout yet."""
    lines = store.list(account, "balance_transaction")
    return [line for line in lines if not line.get("_payout")]


def create(
    store: Store, account: str, currency: str = "", *, automatic: bool = True
) -> StripeObject:
    """Send all of `currency` to the bank; without one, of the only currency there is."""
    lines = waiting(store, account)
    if not currency:
        held = {line["currency"] for line in lines}
        currency = held.pop() if len(held) == 1 else "gbp"
    contained = [line for line in lines if line["currency"] == currency]
    amount = sum(line["net"] for line in contained)
    if amount <= 0:
        raise errors.StripeError("You have no money to pay out.", code="balance_insufficient")
    payout: StripeObject = {
        "id": new_id("po"),
        "object": "payout",
        "amount": amount,
        "arrival_date": now() + ARRIVES_AFTER,
        "automatic": automatic,
        "balance_transaction": None,
        "created": now(),
        "currency": currency,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "reconciliation_status": "completed",
        "status": "paid",
        "type": "bank_account",
    }
    own = _own_line(store, account, payout, "payout", -amount)
    payout["balance_transaction"] = own["id"]
    for line in contained:
        store.save(line | {"_payout": payout["id"]})
    store.insert(account, "payout", payout)
    emit(store, account, "payout.created", payout)
    emit(store, account, "payout.paid", payout)
    return payout


def fail(store: Store, account: str, payout: StripeObject) -> StripeObject:
    """The bank sends the money back; what was paid out waits for the next payout."""
    if payout["status"] != "paid":
        raise errors.not_allowed_state(f"This payout is {payout['status']}.")
    for line in store.list(account, "balance_transaction"):
        if line.get("_payout") == payout["id"] and line["type"] != "payout":
            store.save(line | {"_payout": None})
    back = _own_line(store, account, payout, "payout_failure", payout["amount"], "payout_reversal")
    payout.update(
        status="failed",
        failure_balance_transaction=back["id"],
        failure_code="account_closed",
        failure_message="The bank account has been closed.",
    )
    store.save(payout)
    emit(store, account, "payout.failed", payout)
    return payout


def _own_line(
    store: Store, account: str, payout: StripeObject, type: str, amount: int, category: str = ""
) -> StripeObject:
    """Write a line that is the payout's own: it is never paid out again."""
    line = balance_line(
        store, account, payout["id"], type, amount, payout["currency"],
        category=category, description="STRIPE PAYOUT", from_customer=False,
    )  # fmt: skip
    line["_payout"] = payout["id"]
    return store.save(line)
