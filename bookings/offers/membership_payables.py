"""What becomes of a membership when Stripe charges it; inside the payment's transaction."""

from django.urls import reverse

from access.actors import STRIPE
from bookings.models import Membership, Pass
from bookings.offers import jobs, memberships, prepaid
from events.services import record
from payments.models import (
    Dispute,
    PaymentSession,
    Refund,
    SavedCard,
    Subscription,
    SubscriptionInvoice,
)
from payments.payables import PayableHandler, register
from payments.services import request_card


def membership_named(payable_id: str) -> Membership | None:
    """Return what a payment names; an API caller may name anything."""
    if not payable_id.isdecimal():
        return None
    found = Membership.objects.select_related("subscription")
    return found.filter(pk=int(payable_id[:18])).first()


@register
class MembershipSale(PayableHandler):
    """A customer pays for a membership, and Stripe charges it again every period."""

    type = memberships.PAYABLE

    def on_paid(self, session: PaymentSession) -> None:
        """Grant what the period is good for; a second subscription of the same goes back."""
        membership = membership_named(session.payable_id)
        invoice = SubscriptionInvoice.objects.filter(payment_session=session).first()
        if membership is None or invoice is None:
            return
        invoice.payment_session = session
        if memberships.take_on(membership, invoice.subscription):
            memberships.grant(membership, invoice)
        else:
            memberships.refuse_second(session, invoice.subscription)

    def on_refunded(self, session: PaymentSession, refund: Refund) -> None:
        for period in Pass.objects.filter(payment=session, membership__isnull=False):
            prepaid.take_refund(period, session, refund)

    def on_disputed(self, session: PaymentSession, dispute: Dispute) -> None:
        for period in Pass.objects.filter(payment=session, membership__isnull=False):
            prepaid.contest(period, session, dispute)

    def on_card_saved(self, session: PaymentSession, card: SavedCard) -> None:
        """What is due, and what comes, is charged to the new card."""
        membership = membership_named(session.payable_id)
        if membership is not None and membership.subscription_id is not None:
            request_card(membership.subscription_id, card)

    def on_subscription_changed(
        self, subscription: Subscription, *, before: str, was_ending: bool
    ) -> None:
        membership = Membership.objects.filter(subscription=subscription).first()
        if membership is None:
            return
        membership.subscription = subscription
        is_ending = subscription.cancel_at_period_end
        if subscription.is_running and is_ending != was_ending:
            happened = "membership.cancelled" if is_ending else "membership.kept"
            record(happened, membership, memberships.event_data(membership), STRIPE)
            if is_ending:
                jobs.send_membership.enqueue(pk=membership.pk, message="cancelled")
        elif before in Subscription.RUNNING and not subscription.is_running:
            record("membership.ended", membership, memberships.event_data(membership), STRIPE)
            if not was_ending:
                jobs.send_membership.enqueue(pk=membership.pk, message="ended")

    def on_subscription_payment_failed(
        self, subscription: Subscription, *, invoice_id: str
    ) -> None:
        membership = Membership.objects.filter(subscription=subscription).first()
        if membership is not None:
            membership.subscription = subscription
            record(
                "membership.payment_failed", membership, memberships.event_data(membership), STRIPE
            )
            jobs.send_membership.enqueue(
                pk=membership.pk, message="payment_failed", invoice_id=invoice_id
            )

    def describe(self, payable_id: str) -> str:
        membership = membership_named(payable_id)
        return str(membership) if membership else payable_id

    def staff_address(self, payable_id: str) -> str:
        membership = membership_named(payable_id)
        return (
            reverse("staff:bookings_membership_change", args=[membership.pk]) if membership else ""
        )
