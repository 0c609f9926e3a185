"""Refunds. Source: docs.stripe.com/api/refunds and docs.stripe.com/refunds."""

from sandbox import disputes, errors
from sandbox.charges import balance_line
from sandbox.events import emit
from sandbox.forms import Params
from sandbox.store import Store, StripeObject, new_id, now


def create(
    store: Store, account: str, params: Params, *, status: str = "succeeded"
) -> StripeObject:
    """Refund a charge, or the charge of a PaymentIntent, in whole or in part."""
    charge = _charge(store, account, params)
    if disputes.forbids_refund(store, account, charge):
        raise errors.StripeError(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.",
            code="charge_disputed",
        )
    left = charge["amount"] - charge["amount_refunded"]
    if left <= 0:
        raise errors.StripeError(
            f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded"
        )
    amount = _amount(params, left)
    refund: StripeObject = {
        "id": new_id("re"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": now(),
        "currency": charge["currency"],
        "failure_reason": None,
        "metadata": params.get("metadata") or {},
        "payment_intent": charge["payment_intent"],
        "reason": params.get("reason"),
        "status": status,
    }
    line = balance_line(
        store, account, refund["id"], "refund", -amount, charge["currency"],
        description="REFUND FOR CHARGE",
    )  # fmt: skip
    refund["balance_transaction"] = line["id"]
    store.insert(account, "refund", refund)
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    store.save(charge)
    emit(store, account, "refund.created", refund)
    emit(store, account, "charge.refunded", charge)
    return refund


def _charge(store: Store, account: str, params: Params) -> StripeObject:
    if params.get("charge"):
        charge = store.get(account, "charge", params["charge"])
        if charge is None:
            raise errors.missing("charge", params["charge"], "charge")
    elif params.get("payment_intent"):
        intent = store.get(account, "payment_intent", params["payment_intent"])
        if intent is None:
            raise errors.missing("payment_intent", params["payment_intent"], "payment_intent")
        charge = store.get(account, "charge", intent["latest_charge"] or "")
    else:
        raise errors.required("payment_intent")
    if charge is None or not charge["paid"]:
        raise errors.StripeError(
            "This PaymentIntent does not have a successful charge to refund.",
            code="charge_not_refundable",
        )
    return charge


def _amount(params: Params, left: int) -> int:
    wanted = params.get("amount")
    if wanted is None:
        return left
    if not wanted.isdecimal() or int(wanted) == 0:
        raise errors.StripeError(
            "Invalid positive integer", code="parameter_invalid_integer", param="amount"
        )
    if int(wanted) > left:
        raise errors.StripeError(
            f"Refund amount ({wanted}) is greater than unrefunded amount on charge ({left})",
            param="amount",
        )
    return int(wanted)


def succeed(store: Store, account: str, refund: StripeObject) -> StripeObject:
    """A pending refund reaches the customer."""
    if refund["status"] not in ("pending", "requires_action"):
        raise errors.not_allowed_state(f"This refund is {refund['status']}.")
    refund["status"] = "succeeded"
    store.save(refund)
    emit(store, account, "refund.updated", refund)
    return refund


def fail(store: Store, account: str, refund: StripeObject) -> StripeObject:
    """The bank sends a refund back: the money returns to the balance."""
    if refund["status"] in ("failed", "canceled"):
        raise errors.not_allowed_state(f"This refund is {refund['status']}.")
    refund.update(status="failed", failure_reason="lost_or_stolen_card")
    line = balance_line(
        store, account, refund["id"], "refund_failure", refund["amount"], refund["currency"],
        description="REFUND FAILURE",
    )  # fmt: skip
    refund["failure_balance_transaction"] = line["id"]
    store.save(refund)
    charge = store.get(account, "charge", refund["charge"])
    if charge is not None:
        charge["amount_refunded"] -= refund["amount"]
        charge["refunded"] = False
        store.save(charge)
    emit(store, account, "refund.failed", refund)
    emit(store, account, "refund.updated", refund)
    return refund
