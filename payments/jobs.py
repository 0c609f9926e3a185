"""What payments does in the background."""

from datetime import timedelta

from tenants.jobs import periodically, tenant_task


@tenant_task("payments.process_stripe_event", attempts=12, first_wait=5)
def process_stripe_event(*, event_pk: int) -> None:
    """Try a stored event again; raising makes the queue try later."""
    from payments.inbox import process

    process(event_pk)


@tenant_task("payments.send_refund", attempts=12, first_wait=5)
def send_refund(*, refund_id: str) -> None:
    """Ask Stripe for a refund that was reserved, or find out what became of it."""
    from payments.refunds import send

    send(refund_id)


@tenant_task("payments.send_charge", attempts=12, first_wait=5)
def send_charge(*, payment_session_id: str) -> None:
    """Charge a saved card, or find out what became of a charge."""
    from payments import cards

    cards.send(payment_session_id)


@tenant_task("payments.send_payment_link")
def send_payment_link(*, request_pk: int) -> None:
    """Send a customer the link on which they can pay."""
    from payments import mail

    mail.send_payment_link(request_pk)


@tenant_task("payments.send_receipt")
def send_receipt(*, payment_session_id: str) -> None:
    """Send a customer the receipt of a payment."""
    from payments import mail

    mail.send_receipt(payment_session_id)


@tenant_task("payments.send_refund_note")
def send_refund_note(*, refund_id: str) -> None:
    """Tell a customer that money is on its way back."""
    from payments import mail

    mail.send_refund_note(refund_id)


@tenant_task("payments.fetch_balance_transaction", attempts=12, first_wait=5)
def fetch_balance_transaction(*, line_id: str) -> None:
    """Take over one line of Stripe's balance: the fee of a payment, or a refund's."""
    from payments import balances

    balances.fetch(line_id)


@tenant_task("payments.use_card_for_subscription", attempts=12, first_wait=5)
def use_card_for_subscription(*, subscription_pk: int, card_pk: int) -> None:
    """Have a subscription charged to a card that its owner has just saved."""
    from payments.models import SavedCard, Subscription
    from payments.subscriptions import use_card

    use_card(Subscription.objects.get(pk=subscription_pk), SavedCard.objects.get(pk=card_pk))


@tenant_task("payments.end_subscription", attempts=12, first_wait=5)
def end_subscription(*, subscription_pk: int) -> None:
    """End a subscription that should not have begun."""
    from payments.models import Subscription
    from payments.subscriptions import end_subscription

    end_subscription(Subscription.objects.get(pk=subscription_pk))


@tenant_task("payments.tell_staff_of_dispute")
def tell_staff_of_dispute(*, dispute_pk: int, status: str) -> None:
    """Tell the business by e-mail that a dispute was opened or has changed."""
    from payments.dispute_mail import send_dispute

    send_dispute(dispute_pk, status)


@periodically("payments.reconcile_everyone", cron="7 * * * *", within=timedelta(minutes=50))
@tenant_task("payments.reconcile", attempts=1)
def reconcile() -> None:
    """Compare the business's books with Stripe's, and close what webhooks left open."""
    from payments.reconciliation import reconcile

    reconcile()
