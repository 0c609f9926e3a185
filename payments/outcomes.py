"""Ask Stripe how a payment page went, or end it."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from access.actors import SYSTEM
from payments import invoices, transitions
from payments.connecting import UNREACHABLE
from payments.errors import (
    EventMismatch,
    GatewayRejected,
    GatewayUnavailable,
    PaymentNotFound,
    ProcessorFailed,
)
from payments.gateway import Gateway
from payments.models import PaymentSession, StripeAccount
from payments.stripe_objects import CheckoutSession


def get_payment_session(payment_session_id: object) -> PaymentSession:
    """Return the payment; raises PaymentNotFound for an unknown or malformed id."""
    try:
        return PaymentSession.objects.get(pk=UUID(str(payment_session_id)))
    except (PaymentSession.DoesNotExist, ValueError):
        raise PaymentNotFound("Payment session not found") from None


def settle(payment_session_id: object) -> PaymentSession:
    """Ask Stripe what became of an unsettled payment, apply it, and return the payment.

    The return page calls this, so that it need not trust its URL or wait for a webhook. When
    Stripe can't be reached the payment is returned as it is.
    """
    session = get_payment_session(payment_session_id)
    if session.is_paid or not session.stripe_checkout_session_id:
        return session
    if session.purpose == PaymentSession.Purpose.SUBSCRIPTION:
        return invoices.settle(session)
    try:
        checkout = Gateway(StripeAccount.objects.current()).retrieve_checkout_session(
            session.stripe_checkout_session_id
        )
        return _apply(session, checkout)
    except (GatewayUnavailable, GatewayRejected, EventMismatch):
        return session


def cancel_checkout(payment_session_id: object) -> PaymentSession:
    """End the checkout at Stripe so that nobody can pay on it any more; return the payment.

    If it turns out to be paid, the payment wins: the result is ``succeeded``. With a key that
    Stripe refuses the payment stays as it is, a late success would still count. Raises
    ProcessorFailed when Stripe can't be asked; nothing is changed then.
    """
    session = get_payment_session(payment_session_id)
    if session.is_paid or session.status == PaymentSession.Status.CANCELED:
        return session
    if not session.stripe_checkout_session_id:
        return _cancel_unopened(session)
    try:
        return _apply(session, _ended_checkout(session.stripe_checkout_session_id))
    except GatewayUnavailable:
        raise ProcessorFailed(UNREACHABLE) from None
    except GatewayRejected:
        return session


def _ended_checkout(checkout_session_id: str) -> CheckoutSession:
    gateway = Gateway(StripeAccount.objects.current())
    try:
        return gateway.expire_checkout_session(checkout_session_id)
    except GatewayRejected:
        # Only an open session can be expired: this one is complete or expired already.
        return gateway.retrieve_checkout_session(checkout_session_id)


@transaction.atomic
def _cancel_unopened(session: PaymentSession) -> PaymentSession:
    """Cancel a payment whose page Stripe never told us of; a late success would still count."""
    locked = PaymentSession.objects.select_for_update().get(pk=session.pk)
    transitions.mark_canceled(locked, SYSTEM)
    return locked


@transaction.atomic
def _apply(session: PaymentSession, checkout: CheckoutSession) -> PaymentSession:
    locked = PaymentSession.objects.select_for_update().get(pk=session.pk)
    transitions.apply_checkout_session(locked, checkout, timezone.now())
    return locked
