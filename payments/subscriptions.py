"""Begin a subscription, end it, and have it charged to another card."""

from collections.abc import Callable, Iterable
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from access.actors import SYSTEM, Actor
from payments import invoices
from payments.asked import (
    CustomerDetails,
    checked_amount,
    checked_currency,
    checked_customer,
    checked_return_url,
    fingerprint,
    short_text,
)
from payments.checkouts import account_that_takes_payments, insert_once, open_at_stripe
from payments.connecting import UNREACHABLE
from payments.errors import (
    CardDeclined,
    EventMismatch,
    GatewayRejected,
    GatewayUnavailable,
    InvalidPayment,
    ProcessorFailed,
)
from payments.gateway import SubscriptionGateway
from payments.models import PaymentSession, SavedCard, Subscription
from payments.subscription_objects import StripeSubscription

# Stripe bills at most every three years.
LONGEST = {"week": 156, "month": 36, "year": 3}


def start_subscription(
    *,
    payable_type: str,
    payable_id: str | int,
    amount: int,
    currency: str,
    interval: str,
    interval_count: int,
    description: str,
    customer: CustomerDetails,
    success_url: str,
    cancel_url: str,
    idempotency_key: str,
    own_hosts: Iterable[str],
    is_deposit: bool = False,
    tax_rate: Decimal = Decimal(0),
    actor: Actor = SYSTEM,
) -> PaymentSession:
    """Ask Stripe for a page on which `amount` minor units can be paid now and every interval.

    Returns the first payment; later ones come as payments of the same payable, and
    `on_subscription_changed` of its handler hears of the rest. `interval` is week, month or year.
    The customer must have an e-mail address. Arguments and errors are otherwise those of
    `start_checkout`.
    """
    account = account_that_takes_payments()
    if not customer.email:
        raise InvalidPayment("customer.email is needed for a subscription", field="customer.email")
    if not 1 <= interval_count <= LONGEST.get(interval, 0):
        raise InvalidPayment(
            "interval_count: Stripe bills weekly, monthly or yearly, every three years at most",
            field="interval_count",
        )
    if checked_amount(amount) == 0:
        raise InvalidPayment("Amount must be > 0", field="amount_pence")
    session = PaymentSession(
        purpose=PaymentSession.Purpose.SUBSCRIPTION,
        payable_type=short_text(payable_type, "payable_type", 50),
        payable_id=short_text(str(payable_id), "payable_id", 64),
        description=short_text(description[:200], "description", 200),
        amount=amount,
        currency=checked_currency(currency),
        livemode=account.livemode,
        success_url=checked_return_url(success_url, field="success_url", own_hosts=own_hosts),
        cancel_url=checked_return_url(cancel_url, field="cancel_url", own_hosts=own_hosts),
        is_deposit=is_deposit,
        tax_rate=tax_rate,
        idempotency_key=short_text(idempotency_key, "idempotency_key", 255),
    )
    session.request_fingerprint = fingerprint(session, customer)
    with transaction.atomic():
        session = insert_once(session, checked_customer(customer), actor)
        Subscription.objects.get_or_create(
            payment_session=session,
            defaults={"interval": interval, "interval_count": interval_count},
        )
    if session.status == PaymentSession.Status.CREATED:
        open_at_stripe(session, account, customer, None)
    return session


def subscription_problem() -> str:
    """Return in a sentence why this business's key can't have subscriptions, or "".

    Nothing is said where there is no key, or Stripe can't be asked now.
    """
    try:
        missing = invoices.gateway().missing_for_subscriptions()
    except (GatewayRejected, GatewayUnavailable):
        return ""
    if not missing:
        return ""
    return (
        "The Stripe key of this business lacks permissions that memberships need. Add in Stripe's "
        f"dashboard: {', '.join(missing)}."
    )


def cancel_at_period_end(
    subscription: Subscription, *, value: bool = True, actor: Actor = SYSTEM
) -> Subscription:
    """Let it end with the period that is paid for, or (`value` false) go on after all.

    Call it outside any transaction. Raises ProcessorFailed when Stripe can't be asked; nothing is
    changed then.
    """
    return _change(
        subscription, actor, lambda stripe, id: stripe.set_cancel_at_period_end(id, value)
    )


def end_subscription(subscription: Subscription, *, actor: Actor = SYSTEM) -> Subscription:
    """End it now: nothing is charged any more, and nothing is given back by itself.

    Call it outside any transaction. Raises ProcessorFailed when Stripe can't be asked.
    """
    return _change(subscription, actor, lambda stripe, id: stripe.cancel_subscription(id))


def _change(
    subscription: Subscription,
    actor: Actor,
    act: Callable[[SubscriptionGateway, str], StripeSubscription],
) -> Subscription:
    """Have Stripe change it, and write down its answer.

    What Stripe refuses to change has mostly ended there: then it is asked how it is.
    """
    if not subscription.stripe_subscription_id:
        return subscription
    asked_at = timezone.now()
    try:
        told = act(invoices.gateway(), subscription.stripe_subscription_id)
        return invoices.apply_locked(subscription, invoices.Told(asked_at, told), actor)
    except GatewayUnavailable:
        raise ProcessorFailed(UNREACHABLE) from None
    except GatewayRejected:
        return _as_it_is(subscription)


def _as_it_is(subscription: Subscription) -> Subscription:
    try:
        return invoices.refresh(subscription)
    except (GatewayRejected, GatewayUnavailable, EventMismatch):
        raise ProcessorFailed("The payment processor refused the request.") from None


def use_card(subscription: Subscription, card: SavedCard) -> None:
    """Have what is due, and all that comes, charged to `card`; may be called again.

    A card that the bank refuses stays the subscription's: Stripe tries it again by itself.
    Raises GatewayUnavailable, GatewayRejected.
    """
    stripe = invoices.gateway()
    told = stripe.set_card(subscription.stripe_subscription_id or "", card.stripe_payment_method_id)
    due = told.latest_invoice
    if due is not None and due.is_open:
        try:
            stripe.pay_invoice(due.id, card.stripe_payment_method_id)
        except CardDeclined:
            pass  # Stripe tells of it as of any other try.
    invoices.refresh(subscription)


def request_end(subscription: Subscription) -> None:
    """`end_subscription` by a job: safe inside a transaction."""
    from payments import jobs

    jobs.end_subscription.enqueue(subscription_pk=subscription.pk)


def request_card(subscription_pk: int, card: SavedCard) -> None:
    """`use_card` by a job: safe inside a transaction."""
    from payments import jobs

    jobs.use_card_for_subscription.enqueue(subscription_pk=subscription_pk, card_pk=card.pk)
