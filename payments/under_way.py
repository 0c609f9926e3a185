"""Money that has left one side and not arrived at the other, or will leave by itself."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from payments.models import PaymentSession, Refund, StripeEvent, Subscription

#: Stripe ends a Checkout Session after a day at the latest (docs.stripe.com/api/checkout/sessions).
CHECKOUT_ENDS = timedelta(hours=25)
OPEN = (PaymentSession.Status.CREATED, PaymentSession.Status.PENDING)
UNDECIDED = (StripeEvent.Status.RECEIVED, StripeEvent.Status.FAILED)


def under_way(of: Q | None = None) -> list[str]:
    """Return what is not settled yet in this business, in sentences; nothing when all is.

    `of` narrows it to some payments, and leaves out events that may be about others.
    """
    payments = PaymentSession.objects.filter(of or Q())
    recent = Q(created_at__gt=timezone.now() - CHECKOUT_ENDS)
    charges = Q(purpose=PaymentSession.Purpose.SAVED_CARD)
    unpaid = payments.filter(status__in=OPEN)
    counts = {
        "Payments not decided yet": unpaid.filter(recent | charges, is_processing=False).count(),
        "Payments that a bank is processing": payments.filter(is_processing=True).count(),
        "Refunds on their way": Refund.objects.filter(
            payment_session__in=payments, status=Refund.Status.REQUESTED
        ).count(),
        "Subscriptions that Stripe goes on charging": Subscription.objects.running()
        .filter(payment_session__in=payments)
        .count(),
    }
    if of is None:
        events = StripeEvent.objects.filter(status__in=UNDECIDED)
        counts["Stripe events not acted on yet"] = events.count()
    return [f"{what}: {count}." for what, count in counts.items() if count]
