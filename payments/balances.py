"""Stripe's own books: take over each line of the balance once, and match it to what we booked."""

from django.db import transaction
from django.db.models import QuerySet

from payments import ledger, lookup, transitions
from payments.errors import EventMismatch, GatewayRejected
from payments.gateway import Gateway
from payments.models import (
    BalanceTransaction,
    PaymentSession,
    Payout,
    Refund,
    StripeAccount,
    Transaction,
)
from payments.stripe_objects import (
    BalanceLine,
    Charge,
    StripeDispute,
    StripePayout,
    StripeRefund,
    id_of,
)

REFUND_CATEGORIES = ("refund", "refund_failure", "partial_capture_reversal")


def fetch(line_id: str) -> None:
    """Ask Stripe for one line of the balance and take it over."""
    if not _is_booked(line_id):
        take_over(Gateway(StripeAccount.objects.current()).retrieve_balance_transaction(line_id))


def fetch_fee(session: PaymentSession, charge: Charge) -> None:
    """Have the line of a charge taken over, where Stripe has written it and we have not."""
    from payments.jobs import fetch_balance_transaction

    unsettled = Transaction.objects.filter(
        payment_session=session, stripe_balance_transaction_id=None
    )
    if charge.balance_transaction_id and charge.is_paid and unsettled.exists():
        fetch_balance_transaction.enqueue(line_id=charge.balance_transaction_id)


def _is_booked(line_id: str) -> bool:
    return BalanceTransaction.objects.filter(stripe_balance_transaction_id=line_id).exists()


def take_over(line: BalanceLine) -> bool:
    """Book a line whose source is expanded; return whether it was new.

    A line that contradicts the payment it is for is booked as other activity, so that the books
    still equal the balance at Stripe; reconciliation reports it. Call it outside any transaction:
    Stripe may have to be asked what a charge was for.
    """
    if not _is_booked(line.id):
        _learn_of_payment(line)
    return _take_over(line)


def _learn_of_payment(line: BalanceLine) -> None:
    """The charge of a renewal names nothing of ours: take its invoice in before its line."""
    from payments import invoices

    source = line.source or {}
    try:
        if line.category not in ("charge", *REFUND_CATEGORIES) or lookup.is_known(_ids_of(line)):
            return
        if source.get("object") == "charge":
            invoices.take_in_charge(Charge.read(source))
        elif source.get("object") == "refund" and (charge_id := id_of(source, "charge")):
            invoices.take_in_charge(invoices.gateway().retrieve_charge(charge_id))
    except (lookup.NotOurs, EventMismatch):
        return
    except GatewayRejected as error:
        if error.is_about_key:
            raise


@transaction.atomic
def _take_over(line: BalanceLine) -> bool:
    if _is_booked(line.id):
        return False
    session = _session_of(line)
    try:
        with transaction.atomic():
            return book(line, session)
    except EventMismatch as mismatch:
        _keep(line, session)
        ledger.post_unmatched(line, str(mismatch))
        return True


def book(line: BalanceLine, session: PaymentSession | None) -> bool:
    """Post what `line` means for the locked `session`; return whether it was new.

    Raises EventMismatch where it contradicts the payment.
    """
    if not _keep(line, session):
        return False
    if session is not None and line.category == "charge":
        _settle_payment(line, session)
    elif session is not None and line.category in REFUND_CATEGORIES:
        _settle_refund(line, session)
    else:
        ledger.post_line(line, session)
    return True


def _keep(line: BalanceLine, session: PaymentSession | None) -> bool:
    _, is_new = BalanceTransaction.objects.get_or_create(
        stripe_balance_transaction_id=line.id,
        defaults={
            "payment_session": session,
            "category": line.category,
            "source_id": line.source_id,
            "description": line.description[:200],
            "amount": line.amount,
            "fee": line.fee,
            "net": line.net,
            "currency": line.currency,
            "livemode": StripeAccount.objects.current().livemode,
            "created_at": line.created,
        },
    )
    return is_new


def _session_of(line: BalanceLine) -> PaymentSession | None:
    """Lock and return the payment that a line belongs to; None for other activity at Stripe."""
    try:
        return lookup.locked_session(_ids_of(line))
    except (lookup.NotOurs, EventMismatch):
        return None


def _ids_of(line: BalanceLine) -> lookup.Ids:
    known: lookup.Ids = {}
    source = line.source or {}
    if line.category == "charge":
        known["transaction__stripe_charge_id"] = line.source_id
        if source.get("object") == "charge":
            known |= lookup.of_charge(Charge.read(source))
    elif line.category in REFUND_CATEGORIES:
        known["refunds__stripe_refund_id"] = line.source_id
        if source.get("object") == "refund":
            known |= lookup.of_refund(StripeRefund.read(source))
    elif source.get("object") == "dispute":
        known |= lookup.of_dispute(StripeDispute.read(source))
    return known


def _settle_payment(line: BalanceLine, session: PaymentSession) -> None:
    """The fee is known now; a payment that we had not heard of is in as well."""
    if line.source is not None:
        transitions.apply_charge(session, Charge.read(line.source), [])
    paid = Transaction.objects.filter(payment_session=session).first()
    if paid is None:
        raise EventMismatch(f"{line.source_id} is in the balance, but its payment is not paid")
    if line.currency != paid.currency:
        ledger.post_conversion(line, session, paid.amount)
    elif line.amount != paid.amount:
        raise EventMismatch(f"{line.amount} {line.currency} came in for {paid.amount}")
    ledger.post_fee(line, session)
    paid.fee, paid.net, paid.settled_currency = line.fee, line.net, line.currency
    paid.stripe_charge_id = paid.stripe_charge_id or line.source_id
    paid.stripe_balance_transaction_id = line.id
    paid.save(
        update_fields=[
            "fee", "net", "settled_currency", "stripe_charge_id", "stripe_balance_transaction_id"
        ]
    )  # fmt: skip


def _settle_refund(line: BalanceLine, session: PaymentSession) -> None:
    """Money has left the balance for a refund, or has come back from one that failed."""
    if line.source is not None:
        transitions.apply_refund(session, StripeRefund.read(line.source))
    refund = Refund.objects.get(stripe_refund_id=line.source_id)
    if line.amount < 0:
        ledger.post_refund(refund, line.created)
        refund.stripe_balance_transaction_id = line.id
        refund.save(update_fields=["stripe_balance_transaction_id", "updated_at"])
    else:
        ledger.post_refund(refund, refund.created_at)
        ledger.reverse_refund(refund, line.created)
    if line.currency != refund.currency:
        gross = -refund.amount if line.amount < 0 else refund.amount
        ledger.post_conversion(line, session, gross)
    elif abs(line.amount) != refund.amount:
        raise EventMismatch(f"{line.amount} {line.currency} moved for a refund of {refund.amount}")
    ledger.post_fee(line, session)


def apply_payout(told: StripePayout) -> Payout:
    """Write down what Stripe says of a payout; its line in the balance is booked by itself."""
    payout, _ = Payout.objects.update_or_create(
        stripe_payout_id=told.id,
        defaults={
            "amount": told.amount,
            "currency": told.currency,
            "livemode": StripeAccount.objects.current().livemode,
            "status": told.status,
            "is_automatic": told.is_automatic,
            "arrives_on": told.arrives_on,
            "created_at": told.created,
        },
    )
    return payout


def match_payout(payout: Payout, gateway: Gateway) -> None:
    """Ask Stripe which lines a payout contains, and write that down.

    Its own line is among them, so what it contains adds up to its amount without that line.
    """
    lines = list(gateway.list_balance_transactions(payout_id=payout.stripe_payout_id))
    for line in lines:
        take_over(line)
    contained = [line for line in lines if not line.category.startswith("payout")]
    BalanceTransaction.objects.filter(
        stripe_balance_transaction_id__in=[line.id for line in contained]
    ).update(payout=payout)
    payout.contained_amount = sum(line.net for line in contained)
    payout.save(update_fields=["contained_amount"])


def unsettled() -> QuerySet[Transaction]:
    """Payments whose fee Stripe has not told us yet, oldest first."""
    return Transaction.objects.filter(stripe_balance_transaction_id=None, amount__gt=0).order_by(
        "created_at"
    )
