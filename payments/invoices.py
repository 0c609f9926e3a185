"""Take in what Stripe says of a subscription and of the invoices that it pays by itself.

Whatever brings news of a subscription, Stripe is asked how it is now, before any lock is taken;
then its first payment is locked, and the answer is applied once, whatever came before it. Each
paid invoice is one payment of its own, keyed on the invoice.
"""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from access.actors import STRIPE, SYSTEM, Actor
from events.services import record
from payments import balances, lookup, signals, transitions
from payments.errors import EventMismatch, GatewayRejected, GatewayUnavailable
from payments.gateway import SubscriptionGateway
from payments.models import PaymentSession, StripeAccount, Subscription, SubscriptionInvoice
from payments.stripe_objects import Charge, StripeRefund
from payments.subscription_objects import StripeInvoice, StripeSubscription

Status = Subscription.Status

#: Source: docs.stripe.com/billing/subscriptions/overview, "Subscription statuses".
STATUS_OF = {
    "active": Status.ACTIVE,
    "trialing": Status.ACTIVE,
    "past_due": Status.PAST_DUE,
    "unpaid": Status.PAST_DUE,
    "paused": Status.PAST_DUE,
    "canceled": Status.CANCELED,
    "incomplete_expired": Status.CANCELED,
}


@dataclass(frozen=True)
class Told:
    """How a subscription is, and the money of one of its invoices, asked for at `asked_at`."""

    asked_at: datetime
    subscription: StripeSubscription
    invoice: StripeInvoice | None = None
    charge: Charge | None = None
    refunds: list[StripeRefund] = field(default_factory=list)


def event_data(subscription: Subscription) -> dict[str, object]:
    """Return what an event says of a subscription; the period ends in UTC."""
    first, ends = subscription.payment_session, subscription.current_period_end
    return {
        "payable_type": first.payable_type,
        "payable_id": first.payable_id,
        "status": subscription.status,
        "current_period_end": ends.isoformat() if ends else None,
        "cancel_at_period_end": subscription.cancel_at_period_end,
    }


def gateway() -> SubscriptionGateway:
    return SubscriptionGateway(StripeAccount.objects.current())


def ids_of(told: StripeSubscription | StripeInvoice) -> lookup.Ids:
    """Return where the first payment of a subscription is; raises NotOurs for another one."""
    subscription_id = told.subscription_id if isinstance(told, StripeInvoice) else told.id
    ids = lookup.of_subscription(told.schema, told.payment_session_id, subscription_id)
    if not lookup.is_known(ids):
        raise lookup.NotOurs
    return ids


def ask(subscription_id: str, invoice: StripeInvoice | None = None) -> Told:
    """Ask Stripe for a subscription and the money of `invoice`, or of its latest one.

    Raises GatewayRejected, GatewayUnavailable.
    """
    asked_at, stripe = timezone.now(), gateway()
    subscription = stripe.retrieve_subscription(subscription_id)
    wanted = invoice or subscription.latest_invoice
    if wanted is None or not wanted.is_paid:
        return Told(asked_at, subscription)
    charge = stripe.charge_of_invoice(wanted.id)
    refunds: list[StripeRefund] = []
    if charge is not None and charge.amount_refunded:
        refunds = stripe.list_refunds(payment_intent_id=charge.payment_intent_id)
    return Told(asked_at, subscription, wanted, charge, refunds)


def ask_for_event(subscription_id: str, invoice: StripeInvoice | None = None) -> Told:
    """`ask`, where Stripe's refusal is a matter for a person."""
    try:
        return ask(subscription_id, invoice)
    except GatewayRejected as error:
        raise EventMismatch(f"Stripe would not show {subscription_id}") from error


def apply(first: PaymentSession, told: Told, actor: Actor = STRIPE) -> None:
    """Bring a subscription, whose locked first payment is `first`, to what Stripe has `told`."""
    subscription = Subscription.objects.filter(payment_session=first).first()
    if subscription is None:
        raise EventMismatch("a subscription where a single payment was asked for")
    # What hears of the money sees the subscription as it is now, and the locked payment.
    subscription.payment_session = first
    known = subscription.stripe_subscription_id
    if known and known != told.subscription.id:
        raise EventMismatch(f"the subscription is {known} here, not {told.subscription.id}")
    before, was_ending = subscription.status, subscription.cancel_at_period_end
    is_news = _note(subscription, told)
    if told.invoice is not None:
        _take_in(subscription, told.invoice, told.charge, told.refunds)
    if is_news:
        record("subscription.changed", subscription, event_data(subscription), actor)
        signals.subscription_changed.send(
            Subscription, subscription=subscription, before=before, was_ending=was_ending
        )


def _note(subscription: Subscription, told: Told) -> bool:
    """Write down how it is; return whether anything about it is new."""
    if subscription.asked_at is not None and told.asked_at < subscription.asked_at:
        return False
    now = told.subscription
    facts = {
        "stripe_subscription_id": now.id,
        "status": STATUS_OF.get(now.status, Status.INCOMPLETE),
        "current_period_start": now.period_start,
        "current_period_end": now.period_end,
        "cancel_at_period_end": now.cancel_at_period_end,
        "ended_at": now.ended_at,
    }
    is_news = any(getattr(subscription, name) != value for name, value in facts.items())
    for name, value in facts.items():
        setattr(subscription, name, value)
    subscription.asked_at = told.asked_at
    subscription.save(update_fields=[*facts, "asked_at"])
    return is_news


def _take_in(
    subscription: Subscription,
    invoice: StripeInvoice,
    charge: Charge | None,
    refunds: list[StripeRefund],
) -> None:
    """Book a paid invoice as a payment, once."""
    session = _payment_of(subscription, invoice, charge)
    SubscriptionInvoice.objects.get_or_create(
        stripe_invoice_id=invoice.id,
        defaults={
            "subscription": subscription,
            "payment_session": session,
            "billing_reason": invoice.billing_reason[:50],
            "period_start": invoice.period_start,
            "period_end": invoice.period_end,
        },
    )
    if charge is None:
        # Paid from a credit, or marked as paid in the dashboard: nothing came through Stripe.
        transitions.mark_succeeded(
            session,
            transitions.Received(0, session.currency, session.livemode, invoice.id, timezone.now()),
        )
        return
    transitions.apply_charge(session, charge, refunds)
    session.save_changes()
    balances.fetch_fee(session, charge)


def _payment_of(
    subscription: Subscription, invoice: StripeInvoice, charge: Charge | None
) -> PaymentSession:
    """Return the payment of an invoice, locked: the first one's, else one of its own."""
    first = subscription.payment_session
    if invoice.billing_reason == "subscription_create":
        return first
    key = f"invoice:{invoice.id}"
    known = PaymentSession.objects.select_for_update(of=("self",)).filter(idempotency_key=key)
    # The first payment is locked: nobody else inserts another meanwhile.
    for session in known.order_by():
        return session
    session = PaymentSession.objects.create(
        purpose=PaymentSession.Purpose.SUBSCRIPTION,
        payable_type=first.payable_type,
        payable_id=first.payable_id,
        description=first.description,
        amount=charge.amount if charge else 0,
        currency=first.currency,
        tax_rate=first.tax_rate,
        livemode=first.livemode,
        customer=first.customer,
        is_deposit=first.is_deposit,
        idempotency_key=key,
        request_fingerprint=invoice.id[:64],
    )
    record("payment.created", session, transitions.event_data(session), STRIPE)
    return session


def payment_failed(first: PaymentSession, told: Told, invoice: StripeInvoice) -> None:
    """A renewal was declined: Stripe tries again by itself, and the customer is asked to help."""
    apply(first, told)
    subscription = Subscription.objects.select_related("payment_session").get(payment_session=first)
    if invoice.billing_reason == "subscription_create" or not subscription.is_running:
        return
    data = event_data(subscription) | {"invoice": invoice.id}
    record("subscription.payment_failed", subscription, data, STRIPE)
    signals.subscription_payment_failed.send(
        Subscription, subscription=subscription, invoice_id=invoice.id
    )


# --- Asking by ourselves ---


def take_in_charge(charge: Charge) -> bool:
    """Take in the invoice that a charge has paid; return whether it is a subscription's of ours.

    Such a charge names nothing of ours, and what follows it may come before its invoice. Call it
    outside any transaction. Raises GatewayRejected, GatewayUnavailable, EventMismatch.
    """
    if not charge.payment_intent_id or not Subscription.objects.exists():
        return False
    invoice = gateway().invoice_paid_by(charge.payment_intent_id)
    if invoice is None or not invoice.subscription_id:
        return False
    try:
        ids = ids_of(invoice)
    except lookup.NotOurs:
        return False
    told = ask(invoice.subscription_id, invoice)
    with transaction.atomic():
        first = lookup.locked_session(ids)
        if first is not None:
            apply(first, told)
    return first is not None


@transaction.atomic
def apply_locked(subscription: Subscription, told: Told, actor: Actor = SYSTEM) -> Subscription:
    """Lock the first payment and apply what was told; return the subscription as it is then."""
    first = PaymentSession.objects.select_for_update(of=("self",)).get(
        pk=subscription.payment_session_id
    )
    apply(first, told, actor)
    return Subscription.objects.select_related("payment_session").get(pk=subscription.pk)


def refresh(subscription: Subscription) -> Subscription:
    """Ask Stripe how it is now; raises GatewayRejected, GatewayUnavailable, EventMismatch."""
    if not subscription.stripe_subscription_id:
        return subscription
    return apply_locked(subscription, ask(subscription.stripe_subscription_id))


def catch_up(subscription: Subscription) -> Subscription:
    """Take in every paid invoice that we have not heard of; raises as `refresh` does."""
    stripe_id = subscription.stripe_subscription_id or ""
    known = set(subscription.invoices.values_list("stripe_invoice_id", flat=True))
    for invoice in reversed(list(gateway().list_paid_invoices(stripe_id))):
        if invoice.id not in known:
            subscription = apply_locked(subscription, ask(stripe_id, invoice))
    return refresh(subscription)


def settle(session: PaymentSession) -> PaymentSession:
    """Ask Stripe what became of the page on which a subscription is begun; return the payment.

    When Stripe can't be reached the payment is returned as it is.
    """
    try:
        checkout = gateway().retrieve_checkout_session(session.stripe_checkout_session_id or "")
        told = ask(checkout.subscription_id) if checkout.subscription_id else None
        with transaction.atomic():
            locked = PaymentSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
            transitions.apply_checkout_session(locked, checkout, timezone.now())
            if told is not None:
                apply(locked, told)
    except (GatewayUnavailable, GatewayRejected, EventMismatch):
        return session
    locked.refresh_from_db()
    return locked
