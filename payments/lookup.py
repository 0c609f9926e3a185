"""Which payment is a Stripe object about? Our ids are in its metadata, its ids on our rows."""

from functools import cache
from uuid import UUID

from payments.models import PaymentSession
from payments.stripe_objects import (
    Charge,
    CheckoutSession,
    PaymentIntent,
    StripeDispute,
    StripeRefund,
)
from tenants.current import current_tenant
from tenants.statements import Rows

#: Where to look, in this order: {field of PaymentSession: value}.
Ids = dict[str, str]


class NotOurs(Exception):
    """The object is about something this business did not start here."""


def locked_session(ids: Ids) -> PaymentSession | None:
    """Lock and return the payment that has the first known of `ids`, or None."""
    for field, value in ids.items():
        for session in _locked_by(field)(value):
            return session
    return None


@cache
def _locked_by(field: str) -> Rows[PaymentSession]:
    # Only the payment itself: what it is found by is not locked.
    rows = PaymentSession.objects.select_for_update(of=("self",))
    return Rows(PaymentSession, lambda value: rows.filter(**{field: value}), _place(field))


def _place(field: str) -> object:
    return UUID(int=0) if field == "pk" else ""


def is_known(ids: Ids) -> bool:
    """Is there a payment with one of `ids`?"""
    return any(PaymentSession.objects.filter(**{field: id}).exists() for field, id in ids.items())


def of_checkout(checkout: CheckoutSession) -> Ids:
    return _ids(
        checkout.schema, checkout.payment_session_id, stripe_checkout_session_id=checkout.id
    )


def of_payment_intent(intent: PaymentIntent) -> Ids:
    return _ids(intent.schema, intent.payment_session_id, stripe_payment_intent_id=intent.id)


def of_charge(charge: Charge) -> Ids:
    return _ids(
        charge.schema,
        charge.payment_session_id,
        stripe_payment_intent_id=charge.payment_intent_id,
        transaction__stripe_charge_id=charge.id,
    )


def of_refund(refund: StripeRefund) -> Ids:
    return _ids(
        refund.schema,
        refund.payment_session_id,
        refunds__stripe_refund_id=refund.id,
        stripe_payment_intent_id=refund.payment_intent_id,
        transaction__stripe_charge_id=refund.charge_id,
    )


def of_dispute(dispute: StripeDispute) -> Ids:
    return _ids(
        "",
        "",
        disputes__stripe_dispute_id=dispute.id,
        stripe_payment_intent_id=dispute.payment_intent_id,
        transaction__stripe_charge_id=dispute.charge_id,
    )


def of_subscription(schema: str, payment_session_id: str, subscription_id: str) -> Ids:
    """Where the first payment of a subscription is found."""
    return _ids(schema, payment_session_id, subscription__stripe_subscription_id=subscription_id)


def _ids(schema: str, payment_session_id: str, **stripe_ids: str) -> Ids:
    """Return where to look: our own id from the metadata first, then Stripe's ids.

    Raises NotOurs for an object that another business, on the same Stripe account, has made.
    """
    if schema and schema not in current_tenant().names:
        raise NotOurs
    found = {field: value for field, value in stripe_ids.items() if value}
    try:
        return {"pk": str(UUID(payment_session_id)), **found} if payment_session_id else found
    except ValueError:
        return found
