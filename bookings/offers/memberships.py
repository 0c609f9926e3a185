"""Memberships: sold, paid for again and again, and good for some credits each time.

Stripe charges them; payments says here what it has charged, once for each invoice. What a period
is good for is a Pass, which a booking uses as it uses any other: the membership's code finds it.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from access.actors import CUSTOMER, STRIPE, SYSTEM, Actor
from bookings.descriptions import described
from bookings.errors import BookingClosed
from bookings.models import Membership, MembershipPlan, Pass
from bookings.models.memberships import GRACE, UNLIMITED
from bookings.offers.prepaid import issue
from bookings.offers.purchases import insert_once, is_payable
from events.services import record
from payments import services as payments
from payments.models import PaymentSession, Subscription, SubscriptionInvoice
from tenants.current import current_tenant

PAYABLE = "membership"


def page_of(membership: Membership) -> str:
    """Return the address of its own page: whoever has it can cancel it, and has its code."""
    return f"{current_tenant().url}/memberships/{membership.access_token}/"


def on_sale() -> QuerySet[MembershipPlan]:
    """Return the plans that customers can buy on the page; none without payments."""
    if not payments.payments_enabled():
        return MembershipPlan.objects.none()
    return MembershipPlan.objects.filter(is_active=True, is_sold_online=True)


def unpaid(found: QuerySet[Membership]) -> QuerySet[Membership]:
    """Those whose first payment is not in: their status is incomplete."""
    incomplete = Q(subscription__status=Subscription.Status.INCOMPLETE)
    return found.filter(Q(subscription=None) | incomplete)


def start(
    plan: MembershipPlan, *, customer_name: str, customer_email: str, sale_key: str = ""
) -> Membership:
    """Return a new membership on the terms that its plan has now; it runs when it is paid.

    The same `sale_key` is the same membership; raises SaleMismatch.
    """
    item = Membership(
        plan=plan, name=plan.name, price=plan.price, tax_rate=plan.tax_rate,
        interval=plan.interval, interval_count=plan.interval_count, credits=plan.credits,
        rolls_over=plan.rolls_over, book_ahead_days=plan.book_ahead_days,
        currency=current_tenant().currency,
        service_ids=sorted(plan.services.values_list("pk", flat=True)),
        customer_name=customer_name, customer_email=customer_email, sale_key=sale_key,
    )  # fmt: skip
    return insert_once(item, "plan_id", "customer_name", "customer_email")


# --- Paying ---


def _payments_of(membership: Membership, purpose: str) -> list[PaymentSession]:
    found = PaymentSession.objects.filter(
        payable_type=PAYABLE, payable_id=str(membership.pk), purpose=purpose
    )
    return list(found.order_by("-created_at"))


def open_checkout(
    membership: Membership, *, own_hosts: Iterable[str], success_url: str = "",
    cancel_url: str = "", actor: Actor = CUSTOMER,
) -> PaymentSession:  # fmt: skip
    """Return the payment whose page the buyer is sent to: the same one while that is open.

    Without addresses of the caller's own they come back to the membership's page. Raises
    BookingClosed when there is nothing to pay, and what `start_subscription` raises.
    """
    membership = settle(membership)
    if not membership.is_incomplete:
        raise BookingClosed("There is nothing to pay for.")
    page = page_of(membership)
    earlier = _payments_of(membership, PaymentSession.Purpose.SUBSCRIPTION)
    reusable = next((session for session in earlier if is_payable(session)), None)
    return payments.start_subscription(
        payable_type=PAYABLE,
        payable_id=membership.pk,
        amount=membership.price,
        currency=membership.currency,
        interval=membership.interval,
        interval_count=membership.interval_count,
        description=membership.name,
        customer=payments.CustomerDetails(membership.customer_email, membership.customer_name),
        success_url=success_url or f"{page}?back=paid",
        cancel_url=cancel_url or page,
        idempotency_key=(
            reusable.idempotency_key
            if reusable
            else f"{PAYABLE}:{membership.pk}:{len(earlier) + 1}"
        ),
        own_hosts=own_hosts,
        is_deposit=True,
        tax_rate=membership.tax_rate,
        actor=actor,
    )


def settle(membership: Membership) -> Membership:
    """Ask Stripe about an unsettled first payment; return the membership as it is then."""
    if membership.is_incomplete:
        for session in _payments_of(membership, PaymentSession.Purpose.SUBSCRIPTION):
            if not session.is_paid:
                payments.settle(session.pk)
        membership = Membership.objects.select_related("subscription").get(pk=membership.pk)
    return membership


def waits_for_bank(membership: Membership) -> bool:
    """Did the buyer choose a way to pay that takes some days?"""
    sessions = _payments_of(membership, PaymentSession.Purpose.SUBSCRIPTION)
    return any(session.is_processing for session in sessions)


def open_card_page(membership: Membership, *, own_hosts: Iterable[str]) -> PaymentSession:
    """Return the page on which a new card is left; what is due is charged to it at once.

    Raises BookingClosed for one that does not run, and what `start_card_setup` raises.
    """
    if not membership.is_running:
        raise BookingClosed("This membership does not run.")
    page = page_of(membership)
    earlier = _payments_of(membership, PaymentSession.Purpose.CARD_SETUP)
    reusable = next((session for session in earlier if is_payable(session)), None)
    what = described("membership_card", membership=membership.name)
    return payments.start_card_setup(
        payable_type=PAYABLE,
        payable_id=membership.pk,
        customer=payments.CustomerDetails(membership.customer_email, membership.customer_name),
        description=reusable.description if reusable else what,
        success_url=f"{page}?back=card",
        cancel_url=page,
        idempotency_key=(
            reusable.idempotency_key
            if reusable
            else f"{PAYABLE}-card:{membership.pk}:{len(earlier) + 1}"
        ),
        own_hosts=own_hosts,
        actor=CUSTOMER,
    )


def card_saved_at(membership: Membership) -> datetime | None:
    """Ask Stripe about the newest card page; return when a card was left on it (UTC), or None."""
    for session in _payments_of(membership, PaymentSession.Purpose.CARD_SETUP)[:1]:
        return payments.settle(session.pk).succeeded_at
    return None


# --- What payments tells; inside the payment's transaction ---


def take_on(membership: Membership, subscription: Subscription) -> bool:
    """The first payment is in: it runs. Returns False for a second subscription of the same."""
    from bookings.offers import jobs

    is_new = Membership.objects.filter(pk=membership.pk, subscription=None).update(
        subscription=subscription
    )
    membership.refresh_from_db(fields=["subscription"])
    if is_new:
        record("membership.started", membership, event_data(membership), STRIPE)
        jobs.send_membership.enqueue(pk=membership.pk, message="welcome")
    return membership.subscription_id == subscription.pk


def event_data(membership: Membership) -> dict[str, object]:
    """Return what an event says: never the code, which is as good as money."""
    return {"id": membership.pk, "name": membership.name, "status": membership.status}


@transaction.atomic
def grant(membership: Membership, invoice: SubscriptionInvoice) -> Pass | None:
    """Issue the credits of the period that `invoice` has paid; None where it paid for none.

    An invoice grants once: the database refuses a second pass of its payment.
    """
    if not invoice.is_for_period:
        return None
    session = invoice.payment_session
    length = invoice.period_end - invoice.period_start
    period = Pass.objects.create(
        membership=membership, name=membership.name,
        initial=membership.credits or UNLIMITED, price=session.amount,
        currency=session.currency, tax_rate=session.tax_rate,
        customer_name=membership.customer_name, customer_email=membership.customer_email,
        service_ids=membership.service_ids, payment=session,
        expires_at=invoice.period_end + (length if membership.rolls_over else GRACE),
    )  # fmt: skip
    issue(period, cause=f"invoice:{invoice.stripe_invoice_id}", payment=session, actor=STRIPE)
    if membership.periods.count() > 1:
        record("membership.renewed", membership, event_data(membership), STRIPE)
    return period


# --- Ending it ---


def cancel(membership: Membership, *, actor: Actor) -> None:
    """Let it end with the period that is paid for; nothing more is charged.

    Raises BookingClosed for one that does not run, ProcessorFailed when Stripe can't be asked.
    """
    payments.cancel_at_period_end(_running(membership), actor=actor)


def keep(membership: Membership, *, actor: Actor) -> None:
    """Take a cancellation back while it still runs; raises as `cancel` does."""
    payments.cancel_at_period_end(_running(membership), value=False, actor=actor)


def end(membership: Membership, *, refund: bool, reason: str, actor: Actor) -> None:
    """End it now; with `refund` the last payment goes back, and its credits with it.

    Without, what is paid for can still be used until its period is over. Raises as `cancel` does;
    BookingClosed also when it has ended and the refund is refused.
    """
    payments.end_subscription(_running(membership), actor=actor)
    happened = event_data(membership) | {"reason": reason}
    record("membership.ended_by_hand", membership, happened, actor)
    last = _last_payment(membership)
    if not refund or last is None:
        return
    try:
        payments.refund_payment(payment_session_id=str(last.pk), reason=reason, actor=actor)
    except payments.RefundRefused:
        raise BookingClosed(
            "The membership has ended, but its last payment can't be refunded any more."
        ) from None


def _running(membership: Membership) -> Subscription:
    if membership.subscription is None or not membership.is_running:
        raise BookingClosed("This membership does not run any more.")
    return membership.subscription


def _last_payment(membership: Membership) -> PaymentSession | None:
    newest = membership.periods.select_related("payment").order_by("-pk").first()
    return newest.payment if newest else None


def refuse_second(session: PaymentSession, subscription: Subscription) -> None:
    """It was paid for twice: the second subscription ends, and its money goes back."""
    payments.request_end(subscription)
    if session.amount_refundable:
        payments.request_refund(
            payment_session_id=str(session.pk), reason="Paid twice", actor=SYSTEM,
            idempotency_key=f"paid-twice:{session.pk}",
        )  # fmt: skip
