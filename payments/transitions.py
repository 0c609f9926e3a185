"""The state machine of a payment: what each fact from Stripe does to our row.

``created → pending → succeeded → refunded``; ``failed`` and ``canceled`` are detours that a
success may still follow; nothing but a full refund leaves ``succeeded``. Facts arrive twice, late
and in any order, so every function here may be called again with the same fact, and the end
state does not depend on the order.

Each takes a PaymentSession that the caller has locked, inside a transaction. Locks are taken in
this order everywhere: payment session, then the payable's resource, then the payable.
"""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from access.actors import STRIPE, Actor
from events.services import record
from payments import ledger, signals
from payments.errors import EventMismatch
from payments.models import Customer, PaymentSession, Refund, SavedCard, Transaction
from payments.stripe_objects import Card, Charge, CheckoutSession, PaymentIntent, StripeRefund
from tenants.statements import insert, together

Status = PaymentSession.Status
#: The failure code of a payment that a bank declined days after the checkout was completed.
ASYNC_PAYMENT_FAILED = "async_payment_failed"

REFUND_STATUS = {
    "succeeded": Refund.Status.SUCCEEDED,
    "failed": Refund.Status.FAILED,
    "canceled": Refund.Status.FAILED,
    # pending and requires_action: on its way.
}


@dataclass(frozen=True)
class Received:
    """Money that Stripe says is in. `amount` is in minor units."""

    amount: int
    currency: str
    livemode: bool
    object_id: str
    at: datetime
    charge_id: str = ""


def event_data(session: PaymentSession) -> dict[str, object]:
    """Return what an event says of a payment: the four keys of the callback, and the amount."""
    return {
        "payable_type": session.payable_type,
        "payable_id": session.payable_id,
        "payment_session_id": str(session.pk),
        "status": session.status,
        "amount": session.amount,
        "currency": session.currency,
    }


def apply_checkout_session(
    session: PaymentSession, checkout: CheckoutSession, at: datetime
) -> None:
    """Bring `session` to what Stripe said of its Checkout Session `at` that time."""
    adopt_checkout_session(session, checkout)
    if checkout.status == "expired":
        mark_canceled(session)
    elif checkout.mode == "setup":
        if checkout.status == "complete" and checkout.card is not None:
            mark_card_saved(session, checkout.card, at)
    elif checkout.mode == "subscription" and checkout.is_paid:
        pass  # The money is an invoice's: payments.invoices takes it in.
    elif checkout.status == "complete" and checkout.is_paid:
        mark_succeeded(
            session,
            Received(
                checkout.amount,
                checkout.currency,
                checkout.livemode,
                checkout.payment_intent_id or checkout.id,
                at,
            ),
        )
        # Not attached to the customer yet: `fetch_card` looks again.
        if session.saves_card and checkout.card is not None and checkout.card.customer_id:
            keep_card(session, checkout.card)
    elif checkout.status == "complete":
        mark_processing(session)
    session.save_changes()


def adopt_checkout_session(session: PaymentSession, checkout: CheckoutSession) -> None:
    """Note Stripe's ids, to be saved; raises EventMismatch where ours are others."""
    _adopt(session, "stripe_checkout_session_id", checkout.id)
    _adopt(session, "stripe_payment_intent_id", checkout.payment_intent_id)
    if checkout.customer_id and session.customer and not session.customer.stripe_customer_id:
        Customer.objects.filter(pk=session.customer.pk, stripe_customer_id__isnull=True).exclude(
            pk__in=Customer.objects.filter(stripe_customer_id=checkout.customer_id).values("pk")
        ).update(stripe_customer_id=checkout.customer_id)
    if checkout.url and session.checkout_url != checkout.url:
        session.change(checkout_url=checkout.url, checkout_expires_at=checkout.expires_at)


def mark_card_saved(session: PaymentSession, told: Card, at: datetime) -> None:
    """The customer has left a card: nothing is paid, and it may be charged later."""
    if session.purpose != PaymentSession.Purpose.CARD_SETUP:
        raise EventMismatch("a card was saved where a payment was asked for")
    if session.is_paid:
        return
    card = _save(session, told)
    session.change(status=Status.SUCCEEDED, succeeded_at=at)
    session.save_changes()
    record("card.saved", session, event_data(session), STRIPE)
    signals.card_saved.send(PaymentSession, payment_session=session, card=card)


def keep_card(session: PaymentSession, told: Card) -> None:
    """The card that has paid may be charged later; the payment has said all else already."""
    if not SavedCard.objects.filter(payment_session=session).exists():
        _save(session, told)
        record("card.saved", session, event_data(session), STRIPE)


def _save(session: PaymentSession, told: Card) -> SavedCard:
    if session.customer is None or session.customer.stripe_customer_id != told.customer_id:
        raise EventMismatch("the card is another customer's")
    return SavedCard.objects.create(
        customer=session.customer,
        payment_session=session,
        stripe_payment_method_id=told.id,
        brand=told.brand,
        last4=told.last4,
        expires_month=told.expires_month,
        expires_year=told.expires_year,
    )


def adopt_payment_intent(session: PaymentSession, intent_id: str) -> None:
    """Note a payment's PaymentIntent, to be saved; raises EventMismatch where ours is another."""
    _adopt(session, "stripe_payment_intent_id", intent_id)


def _adopt(session: PaymentSession, field: str, value: str) -> None:
    known = getattr(session, field)
    if not value or known == value:
        return
    if known:
        raise EventMismatch(f"{field} is {known} here, not {value}")
    session.change(**{field: value})


def mark_succeeded(session: PaymentSession, received: Received) -> None:
    """The money is in. Raises EventMismatch when it is not the money that was asked for."""
    if (received.amount, received.currency) != (session.amount, session.currency):
        raise EventMismatch(
            f"expected {session.amount} {session.currency}, "
            f"Stripe says {received.amount} {received.currency}"
        )
    if received.livemode != session.livemode:
        raise EventMismatch("test and live mode are mixed")
    if received.object_id.startswith("pi_"):
        _adopt(session, "stripe_payment_intent_id", received.object_id)
    if session.is_paid:
        _complete_transaction(session, received)
        session.save_changes()
        return
    with together(until_commit=True):
        _write_transaction(session, received)
        session.change(
            status=Status.SUCCEEDED, is_processing=False, failure_code="", succeeded_at=received.at
        )
        session.save_changes()
        record("payment.succeeded", session, event_data(session), STRIPE)
    _send_receipt(session)
    _fetch_card(session)
    signals.payment_succeeded.send(PaymentSession, payment_session=session)


def _send_receipt(session: PaymentSession) -> None:
    from payments.jobs import send_receipt

    if session.amount and session.customer is not None:
        send_receipt.enqueue(payment_session_id=str(session.pk))


def _fetch_card(session: PaymentSession) -> None:
    """Have the card that paid asked for: what tells of the money does not show it."""
    from payments.jobs import fetch_card

    if session.saves_card:
        fetch_card.enqueue(payment_session_id=str(session.pk))


def _write_transaction(session: PaymentSession, received: Received) -> None:
    """Record the money; it comes with the paid state, and the session is locked: it is once."""
    paid = Transaction(
        payment_session=session,
        amount=received.amount,
        currency=received.currency,
        stripe_object_id=received.object_id,
        stripe_charge_id=received.charge_id or None,
    )
    insert(paid)
    ledger.post_payment(paid, received.at)


def _complete_transaction(session: PaymentSession, received: Received) -> None:
    """Fill in the charge of a payment that was recorded before its charge was known."""
    if received.charge_id:
        Transaction.objects.filter(payment_session=session, stripe_charge_id=None).update(
            stripe_charge_id=received.charge_id
        )


def mark_processing(session: PaymentSession) -> None:
    """The checkout is complete with a method that settles in some days."""
    if session.is_paid or session.is_processing:
        return
    # "Completed" may arrive after the bank's refusal; the refusal is the newer fact.
    if session.failure_code == ASYNC_PAYMENT_FAILED:
        return
    session.change(status=Status.PENDING, is_processing=True)
    session.save_changes()
    record("payment.processing", session, event_data(session), STRIPE)
    signals.payment_processing.send(PaymentSession, payment_session=session)


def mark_failed(session: PaymentSession, code: str, *, is_final: bool = False) -> None:
    """A try was declined. On an open checkout (`is_final` false) the customer may try again.

    A saved card is tried once: Stripe's answer and its event both tell of that, in any order.
    """
    if session.status not in (Status.CREATED, Status.PENDING, Status.FAILED):
        return
    if session.purpose == PaymentSession.Purpose.SAVED_CARD:
        if session.status == Status.FAILED:
            return
        is_final = True
    # A decline reported late, after the customer went on to a bank debit, ends nothing.
    if session.is_processing and not is_final:
        return
    if session.status == Status.FAILED and not is_final:
        return
    session.change(status=Status.FAILED, is_processing=False, failure_code=code[:100])
    session.save_changes()
    record("payment.failed", session, event_data(session), STRIPE)
    signals.payment_failed.send(PaymentSession, payment_session=session, is_final=is_final)


def mark_canceled(session: PaymentSession, actor: Actor = STRIPE) -> None:
    """The checkout ended without a payment. A success may still follow, and counts."""
    if session.status not in (Status.CREATED, Status.PENDING, Status.FAILED):
        return
    session.change(status=Status.CANCELED, is_processing=False)
    session.save_changes()
    record("payment.canceled", session, event_data(session), actor)
    signals.payment_canceled.send(PaymentSession, payment_session=session)


def apply_payment_intent(session: PaymentSession, intent: PaymentIntent, at: datetime) -> None:
    """Bring `session` to what Stripe said of its PaymentIntent `at` that time."""
    _adopt(session, "stripe_payment_intent_id", intent.id)
    if intent.status == "succeeded":
        mark_succeeded(
            session,
            Received(
                intent.amount, intent.currency, intent.livemode, intent.id, at, intent.charge_id
            ),
        )
    session.save_changes()


def apply_charge(session: PaymentSession, charge: Charge, refunds: list[StripeRefund]) -> None:
    """Record a charge's refunds; a charge with refunds was paid, even if we hear of it first."""
    if charge.is_paid:
        mark_succeeded(
            session,
            Received(
                charge.amount,
                charge.currency,
                charge.livemode,
                charge.payment_intent_id or charge.id,
                charge.created,
                charge.id,
            ),
        )
    for refund in refunds:
        apply_refund(session, refund)


def apply_refund(session: PaymentSession, told: StripeRefund) -> Refund:
    """Record what Stripe says of one refund: ours, or one made in Stripe's dashboard."""
    refund = _find_refund(session, told) or Refund(
        payment_session=session,
        amount=told.amount,
        currency=told.currency,
        is_external=True,
        actor_kind=STRIPE.kind,
        reason="Made in Stripe's dashboard",
    )
    if (refund.amount, refund.currency) != (told.amount, told.currency):
        raise EventMismatch(
            f"refund {refund.pk} is over {refund.amount} {refund.currency}, "
            f"Stripe says {told.amount} {told.currency}"
        )
    before = None if refund._state.adding else refund.status
    # We may have given it up ourselves, while Stripe had made it.
    is_new_at_stripe = refund.stripe_refund_id is None
    refund.stripe_refund_id = told.id
    refund.failure_reason = told.failure_reason[:100]
    # Out of order, an older "pending" must not undo a result.
    is_open = is_new_at_stripe or before == Refund.Status.REQUESTED
    if is_open or told.status in ("failed", "canceled"):
        refund.status = REFUND_STATUS.get(told.status, Refund.Status.REQUESTED)
    refund.save()
    if refund.status != before:
        _book_refund(refund, told.created or timezone.now())
        _tell_of_refund(session, refund)
    _fetch_line(refund, told)
    return refund


def _book_refund(refund: Refund, at: datetime) -> None:
    if refund.status == Refund.Status.SUCCEEDED:
        ledger.post_refund(refund, at)
    elif refund.status == Refund.Status.FAILED:
        ledger.reverse_refund(refund, timezone.now())


def _fetch_line(refund: Refund, told: StripeRefund) -> None:
    """Have the lines that Stripe wrote into the balance for a refund taken over."""
    from payments.jobs import fetch_balance_transaction

    if told.balance_transaction_id and not refund.stripe_balance_transaction_id:
        fetch_balance_transaction.enqueue(line_id=told.balance_transaction_id)
    if told.failure_balance_transaction_id:
        fetch_balance_transaction.enqueue(line_id=told.failure_balance_transaction_id)


def _find_refund(session: PaymentSession, told: StripeRefund) -> Refund | None:
    """Find our row by Stripe's id, or by our own id in the metadata where we missed the answer."""
    rows = list(session.refunds.select_for_update())
    for refund in rows:
        if refund.stripe_refund_id == told.id:
            return refund
    for refund in rows:
        if refund.stripe_refund_id is None and str(refund.pk) == told.refund_id:
            return refund
    return None


def _tell_of_refund(session: PaymentSession, refund: Refund) -> None:
    data = event_data(session) | {"refund_id": str(refund.pk), "refund_amount": refund.amount}
    if refund.status == Refund.Status.FAILED:
        _reopen(session)
        record("refund.failed", session, data | event_data(session), STRIPE)
        return
    if refund.status != Refund.Status.SUCCEEDED:
        return
    if session.status == Status.SUCCEEDED and session.amount_refunded >= session.amount:
        session.status = Status.REFUNDED
        session.save(update_fields=["status", "updated_at"])
    record("payment.refunded", session, data | event_data(session), STRIPE)
    _send_refund_note(session, refund)
    signals.payment_refunded.send(PaymentSession, payment_session=session, refund=refund)


def _send_refund_note(session: PaymentSession, refund: Refund) -> None:
    from payments.jobs import send_refund_note

    if session.customer is not None:
        send_refund_note.enqueue(refund_id=str(refund.pk))


def _reopen(session: PaymentSession) -> None:
    """A refund came back: a payment that was wholly refunded is not so any more."""
    if session.status == Status.REFUNDED and session.amount_refunded < session.amount:
        session.status = Status.SUCCEEDED
        session.save(update_fields=["status", "updated_at"])
