"""What each type of Stripe event means for us.

A handler reads an event's object before any lock is taken, asks Stripe for what it leaves out,
and returns a Plan. Its effects come later, in one transaction, with the payment locked.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from payments import balances, disputes, invoices, lookup, transitions
from payments.errors import EventMismatch, GatewayRejected
from payments.gateway import Gateway
from payments.lookup import Ids, NotOurs
from payments.models import PaymentSession, StripeAccount, Subscription
from payments.stripe_objects import (
    Charge,
    CheckoutSession,
    PaymentIntent,
    StripeDispute,
    StripeObject,
    StripePayout,
    StripeRefund,
)
from payments.subscription_objects import StripeInvoice, StripeSubscription


@dataclass(frozen=True)
class Plan:
    """Where the event's payment is found, and what to do with it once it is locked.

    With `ids` None the event is about no payment; `apply` gets None then.
    """

    ids: Ids | None
    apply: Callable[[Any], object]


Handler = Callable[[StripeObject, datetime], Plan]


def checkout_session_completed(data: StripeObject, happened_at: datetime) -> Plan:
    checkout = CheckoutSession.read(data)
    ids = lookup.of_checkout(checkout)
    if checkout.subscription_id and lookup.is_known(ids):
        return Plan(ids, _subscription_begun(checkout, happened_at))
    if checkout.mode == "setup" and checkout.card is None and lookup.is_known(ids):
        checkout = _with_card(checkout)
    return Plan(
        ids,
        lambda session: transitions.apply_checkout_session(session, checkout, happened_at),
    )


def _subscription_begun(
    checkout: CheckoutSession, happened_at: datetime
) -> Callable[[PaymentSession], None]:
    told = invoices.ask_for_event(checkout.subscription_id)

    def apply(session: PaymentSession) -> None:
        transitions.apply_checkout_session(session, checkout, happened_at)
        invoices.apply(session, told)

    return apply


def _with_card(checkout: CheckoutSession) -> CheckoutSession:
    """Ask Stripe which card was saved: the event names only the SetupIntent."""
    try:
        return _gateway().retrieve_checkout_session(checkout.id)
    except GatewayRejected as error:
        raise EventMismatch(f"Stripe would not show {checkout.id}") from error


def checkout_session_expired(data: StripeObject, happened_at: datetime) -> Plan:
    checkout = CheckoutSession.read(data)

    def apply(session: PaymentSession) -> None:
        transitions.adopt_checkout_session(session, checkout)
        transitions.mark_canceled(session)
        session.save_changes()

    return Plan(lookup.of_checkout(checkout), apply)


def checkout_session_async_payment_failed(data: StripeObject, happened_at: datetime) -> Plan:
    checkout = CheckoutSession.read(data)

    def apply(session: PaymentSession) -> None:
        transitions.adopt_checkout_session(session, checkout)
        transitions.mark_failed(session, transitions.ASYNC_PAYMENT_FAILED, is_final=True)
        session.save_changes()

    return Plan(lookup.of_checkout(checkout), apply)


def payment_intent_succeeded(data: StripeObject, happened_at: datetime) -> Plan:
    intent = PaymentIntent.read(data)
    return Plan(
        lookup.of_payment_intent(intent),
        lambda session: transitions.apply_payment_intent(session, intent, happened_at),
    )


def payment_intent_payment_failed(data: StripeObject, happened_at: datetime) -> Plan:
    intent = PaymentIntent.read(data)
    return Plan(
        lookup.of_payment_intent(intent),
        lambda session: transitions.mark_failed(session, intent.failure_code),
    )


def charge_updated(data: StripeObject, happened_at: datetime) -> Plan:
    """With `automatic_async` capture this is where the fee becomes known."""
    charge = Charge.read(data)
    return Plan(lookup.of_charge(charge), lambda session: balances.fetch_fee(session, charge))


def charge_refunded(data: StripeObject, happened_at: datetime) -> Plan:
    """A charge no longer carries its refunds, so Stripe is asked for them."""
    charge = Charge.read(data)
    ids = lookup.of_charge(charge)
    if not lookup.is_known(ids):
        raise NotOurs
    refunds = _refunds_of(charge, data)
    return Plan(ids, lambda session: transitions.apply_charge(session, charge, refunds))


def _refunds_of(charge: Charge, data: StripeObject) -> list[StripeRefund]:
    carried = (data.get("refunds") or {}).get("data")
    if carried:
        return [StripeRefund.read(refund) for refund in carried]
    try:
        return _gateway().list_refunds(payment_intent_id=charge.payment_intent_id)
    except GatewayRejected as error:
        raise EventMismatch(f"Stripe would not list the refunds of {charge.id}") from error


def refund_changed(data: StripeObject, happened_at: datetime) -> Plan:
    """A refund was made, in our name or in the dashboard, or its state has changed."""
    refund = StripeRefund.read(data)
    ids, charge = _paid_charge(lookup.of_refund(refund), refund.charge_id)

    def apply(session: PaymentSession) -> None:
        if charge is not None:
            transitions.apply_charge(session, charge, [])
        transitions.apply_refund(session, refund)

    return Plan(ids, apply)


def dispute_changed(data: StripeObject, happened_at: datetime) -> Plan:
    """A customer contests a payment, or their bank has moved on with it."""
    dispute = StripeDispute.read(data)
    ids, charge = _paid_charge(lookup.of_dispute(dispute), dispute.charge_id)

    def apply(session: PaymentSession) -> None:
        if charge is not None:
            transitions.apply_charge(session, charge, [])
        disputes.apply_dispute(session, dispute)

    return Plan(ids, apply)


def _paid_charge(ids: Ids, charge_id: str) -> tuple[Ids, Charge | None]:
    """Return where the payment of a refund or dispute is, and its charge if we don't know it yet.

    Such an event may come before the one that the payment is in, and names nothing of ours;
    the charge does. Raises NotOurs when it is no payment of this business.
    """
    paid = PaymentSession.objects.filter(status__in=PaymentSession.PAID)
    if any(paid.filter(**{field: id}).exists() for field, id in ids.items()):
        return ids, None
    if not charge_id:
        raise NotOurs
    try:
        charge = _gateway().retrieve_charge(charge_id)
    except GatewayRejected as error:
        raise EventMismatch(f"Stripe would not show the charge {charge_id}") from error
    ids = lookup.of_charge(charge)
    if not lookup.is_known(ids) and not _is_of_subscription(charge):
        raise NotOurs
    return ids, charge


def _is_of_subscription(charge: Charge) -> bool:
    """Take in the invoice that `charge` has paid, if we have not heard of it yet."""
    try:
        return invoices.take_in_charge(charge)
    except GatewayRejected as error:
        raise EventMismatch(f"Stripe would not show the invoice of {charge.id}") from error


def invoice_paid(data: StripeObject, happened_at: datetime) -> Plan:
    """A subscription's first payment, or a renewal, is in."""
    invoice = _invoice(data)
    ids = invoices.ids_of(invoice)
    told = invoices.ask_for_event(invoice.subscription_id, invoice)
    return Plan(ids, lambda first: invoices.apply(first, told))


def invoice_payment_failed(data: StripeObject, happened_at: datetime) -> Plan:
    invoice = _invoice(data)
    ids = invoices.ids_of(invoice)
    told = invoices.ask_for_event(invoice.subscription_id)
    return Plan(ids, lambda first: invoices.payment_failed(first, told, invoice))


def _invoice(data: StripeObject) -> StripeInvoice:
    """Read an event's invoice; one written in an older version is asked for in ours."""
    if "parent" in data:
        return StripeInvoice.read(data)
    if not Subscription.objects.exists():
        raise NotOurs
    try:
        return invoices.gateway().retrieve_invoice(str(data.get("id")))
    except GatewayRejected as error:
        raise EventMismatch(f"Stripe would not show the invoice {data.get('id')}") from error


def subscription_changed(data: StripeObject, happened_at: datetime) -> Plan:
    """It was renewed, cancelled or has ended: Stripe is asked how it is now."""
    ids = invoices.ids_of(StripeSubscription.read(data))
    told = invoices.ask_for_event(str(data["id"]))
    return Plan(ids, lambda first: invoices.apply(first, told))


def payout_changed(data: StripeObject, happened_at: datetime) -> Plan:
    payout = StripePayout.read(data)
    return Plan(None, lambda _: balances.apply_payout(payout))


def _gateway() -> Gateway:
    return Gateway(StripeAccount.objects.current())


HANDLERS: dict[str, Handler] = {
    "checkout.session.completed": checkout_session_completed,
    "checkout.session.expired": checkout_session_expired,
    "checkout.session.async_payment_succeeded": checkout_session_completed,
    "checkout.session.async_payment_failed": checkout_session_async_payment_failed,
    "payment_intent.succeeded": payment_intent_succeeded,
    "payment_intent.payment_failed": payment_intent_payment_failed,
    "charge.updated": charge_updated,
    "charge.refunded": charge_refunded,
    "charge.dispute.created": dispute_changed,
    "charge.dispute.updated": dispute_changed,
    "charge.dispute.closed": dispute_changed,
    "charge.dispute.funds_withdrawn": dispute_changed,
    "charge.dispute.funds_reinstated": dispute_changed,
    "refund.created": refund_changed,
    "refund.updated": refund_changed,
    "refund.failed": refund_changed,
    "invoice.paid": invoice_paid,
    "invoice.payment_failed": invoice_payment_failed,
    "customer.subscription.updated": subscription_changed,
    "customer.subscription.deleted": subscription_changed,
    "payout.created": payout_changed,
    "payout.updated": payout_changed,
    "payout.paid": payout_changed,
    "payout.failed": payout_changed,
    "payout.canceled": payout_changed,
}
