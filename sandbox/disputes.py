"""Disputes. Source: docs.stripe.com/api/disputes and docs.stripe.com/disputes/how-disputes-work."""

from sandbox import errors
from sandbox.charges import balance_line, settle
from sandbox.events import emit
from sandbox.store import Store, StripeObject, new_id, now

FEE = 1500
ANSWER_WITHIN = 7 * 24 * 60 * 60
OPEN = ("needs_response", "under_review")


def create(
    store: Store, account: str, charge: StripeObject, *, amount: int | None = None, reason: str = ""
) -> StripeObject:
    """The customer's bank contests `charge`, and takes the money back for now."""
    if not charge["paid"] or charge["disputed"]:
        raise errors.not_allowed_state("Only a paid charge can be disputed, once.")
    amount = charge["amount"] if amount is None else amount
    if not 0 < amount <= charge["amount"]:
        raise errors.invalid("amount", f"amount must be between 1 and {charge['amount']}.")
    settle(store, account, charge)
    dispute: StripeObject = {
        "id": new_id("du"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": charge["id"],
        "created": now(),
        "currency": charge["currency"],
        "evidence_details": {
            "due_by": now() + ANSWER_WITHIN,
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "reason": reason or "fraudulent",
        "status": "needs_response",
    }
    charge["disputed"] = True
    store.save(charge)
    store.insert(account, "dispute", dispute)
    emit(store, account, "charge.dispute.created", dispute)
    _move(store, account, dispute, -dispute["amount"], "dispute", FEE)
    emit(store, account, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def _move(
    store: Store, account: str, dispute: StripeObject, amount: int, category: str, fee: int
) -> None:
    line = balance_line(
        store, account, dispute["id"], "adjustment", amount, dispute["currency"],
        fee=fee, category=category, description=f"Chargeback for {dispute['charge']}",
    )  # fmt: skip
    dispute["balance_transactions"].append(line)
    store.save(dispute)


def review(store: Store, account: str, dispute: StripeObject) -> StripeObject:
    """Evidence was sent in: the bank looks at it."""
    _require(dispute)
    dispute["status"] = "under_review"
    store.save(dispute)
    emit(store, account, "charge.dispute.updated", dispute)
    return dispute


def win(store: Store, account: str, dispute: StripeObject) -> StripeObject:
    """The bank decides for the business: the money comes back, the fee does not."""
    _require(dispute)
    dispute["status"] = "won"
    _move(store, account, dispute, dispute["amount"], "dispute_reversal", 0)
    emit(store, account, "charge.dispute.funds_reinstated", dispute)
    emit(store, account, "charge.dispute.closed", dispute)
    return dispute


def lose(store: Store, account: str, dispute: StripeObject) -> StripeObject:
    """The bank decides for the customer."""
    _require(dispute)
    dispute["status"] = "lost"
    store.save(dispute)
    emit(store, account, "charge.dispute.closed", dispute)
    return dispute


def _require(dispute: StripeObject) -> None:
    if dispute["status"] not in OPEN:
        raise errors.not_allowed_state(f"This dispute is {dispute['status']}.")


def forbids_refund(store: Store, account: str, charge: StripeObject) -> bool:
    """Is the money of `charge` in the bank's hands, or lost?"""
    ours = (one for one in store.list(account, "dispute") if one["charge"] == charge["id"])
    return any(dispute["status"] != "won" for dispute in ours)
