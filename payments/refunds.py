"""Give money back: reserve first, then ask Stripe, and never ask twice under two keys."""

from django.db import transaction

from access.actors import STRIPE, Actor
from events.services import record
from payments import transitions
from payments.errors import (
    GatewayRejected,
    GatewayUnavailable,
    IdempotencyMismatch,
    InvalidPayment,
    PaymentNotFound,
    RefundRefused,
)
from payments.gateway import Gateway
from payments.models import PaymentSession, Refund, StripeAccount
from payments.stripe_objects import REFUND_KEY, SCHEMA_KEY, SESSION_KEY, StripeRefund
from tenants.currencies import decimal_amount
from tenants.current import current_schema, current_tenant


def refund_payment(
    *,
    payment_session_id: str,
    amount: int | None = None,
    reason: str = "",
    actor: Actor,
    idempotency_key: str | None = None,
) -> Refund:
    """Refund `amount` minor units (all that is left, if None) and return the Refund.

    Its status is ``requested`` when Stripe's answer is still out: a webhook or the job settles
    it. Raises RefundRefused when less than that is left, InvalidPayment for a bad amount,
    IdempotencyMismatch for a key used with another amount, PaymentNotFound.
    """
    refund = request_refund(
        payment_session_id=payment_session_id,
        amount=amount,
        reason=reason,
        actor=actor,
        idempotency_key=idempotency_key,
    )
    if refund.stripe_refund_id is None and refund.status == Refund.Status.REQUESTED:
        try:
            send(str(refund.pk))
        except GatewayUnavailable:
            pass  # Unknown, not failed: the job that request_refund enqueued will find out.
        refund.refresh_from_db()
    return refund


@transaction.atomic
def request_refund(
    *,
    payment_session_id: str,
    amount: int | None = None,
    reason: str = "",
    actor: Actor,
    idempotency_key: str | None = None,
) -> Refund:
    """Reserve a refund and enqueue the job that sends it; safe inside a larger transaction.

    Arguments and errors are those of `refund_payment`.
    """
    from payments.jobs import send_refund

    session = PaymentSession.objects.select_for_update().filter(pk=payment_session_id).first()
    if session is None:
        raise PaymentNotFound("Payment session not found")
    if idempotency_key:
        earlier = Refund.objects.filter(idempotency_key=idempotency_key).first()
        if earlier is not None:
            return _same_request(earlier, session, amount)
    refund = Refund.objects.create(
        payment_session=session,
        amount=_checked_amount(session, amount),
        currency=session.currency,
        reason=reason[:200],
        actor_kind=actor.kind,
        actor_label=actor.label,
        idempotency_key=idempotency_key,
    )
    record(
        "refund.requested",
        session,
        {"refund_id": str(refund.pk), "amount": refund.amount, "currency": refund.currency},
        actor,
    )
    send_refund.enqueue(refund_id=str(refund.pk))
    return refund


def _same_request(earlier: Refund, session: PaymentSession, amount: int | None) -> Refund:
    if earlier.payment_session_id != session.pk or (amount or earlier.amount) != earlier.amount:
        raise IdempotencyMismatch(
            "idempotency_key was used before for another refund.", field="idempotency_key"
        )
    return earlier


def _checked_amount(session: PaymentSession, amount: int | None) -> int:
    refundable = session.amount_refundable
    if amount is None:
        amount = refundable
    elif not isinstance(amount, int) or isinstance(amount, bool) or amount <= 0:
        raise InvalidPayment("amount must be a whole number of at least 1", field="amount")
    if session.is_disputed:
        raise RefundRefused(
            "The customer contests this payment: the bank decides about the money, so it can't be "
            "refunded.",
            refundable=0,
        )
    if not session.is_paid:
        raise RefundRefused("This payment has not been paid, so there is nothing to refund.")
    if amount > refundable or amount == 0:
        raise RefundRefused(
            f"Only {decimal_amount(refundable, session.currency)} {session.currency} of this "
            "payment can still be refunded.",
            refundable=refundable,
        )
    return amount


def send(refund_id: str) -> None:
    """Make a reserved refund happen at Stripe, or learn that it has happened.

    Raises GatewayUnavailable when that stays unknown; the reservation is kept then.
    """
    refund = Refund.objects.select_related("payment_session").get(pk=refund_id)
    if refund.status != Refund.Status.REQUESTED or refund.stripe_refund_id:
        return
    session = refund.payment_session
    gateway = Gateway(StripeAccount.objects.current())
    try:
        told = _already_made(gateway, session, refund) or gateway.create_refund(
            payment_intent_id=session.stripe_payment_intent_id or "",
            amount=refund.amount,
            metadata={
                SCHEMA_KEY: current_schema(),
                SESSION_KEY: str(session.pk),
                REFUND_KEY: str(refund.pk),
            },
            idempotency_key=f"{current_tenant().original_name}:refund:{refund.pk}",
        )
    except GatewayRejected as error:
        _mark_rejected(refund_id, error)
        return
    with transaction.atomic():
        locked = PaymentSession.objects.select_for_update().get(pk=session.pk)
        transitions.apply_refund(locked, told)


def _already_made(gateway: Gateway, session: PaymentSession, refund: Refund) -> StripeRefund | None:
    """Find the refund at Stripe, in case an earlier call went through unheard.

    Idempotency keys live a day at Stripe; after that only this look-up prevents a second refund.
    """
    try:
        made = gateway.list_refunds(payment_intent_id=session.stripe_payment_intent_id or "")
    except GatewayRejected as error:
        if not error.is_about_key:
            raise
        # It says nothing about what an earlier call has done.
        raise GatewayUnavailable("Stripe would not say what became of the refund.") from None
    return next((told for told in made if told.refund_id == str(refund.pk)), None)


@transaction.atomic
def _mark_rejected(refund_id: str, error: GatewayRejected) -> None:
    refund = Refund.objects.select_related("payment_session").select_for_update().get(pk=refund_id)
    if refund.status != Refund.Status.REQUESTED or refund.stripe_refund_id:
        return
    refund.status = Refund.Status.FAILED
    refund.failure_reason = error.code[:100]
    refund.save(update_fields=["status", "failure_reason", "updated_at"])
    record("refund.failed", refund.payment_session, {"refund_id": refund_id}, STRIPE)
