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


@tenant_task("payments.fetch_balance_transaction", attempts=12, first_wait=5)
def fetch_balance_transaction(*, line_id: str) -> None:
    """Take over one line of Stripe's balance: the fee of a payment, or a refund's."""
    from payments import balances

    balances.fetch(line_id)


@tenant_task("payments.tell_staff_of_dispute")
def tell_staff_of_dispute(*, dispute_pk: int, status: str) -> None:
    """Tell the business by e-mail that a dispute was opened or has changed."""
    from payments import mail

    mail.send_dispute(dispute_pk, status)


@periodically("payments.reconcile_everyone", cron="7 * * * *", within=timedelta(minutes=50))
@tenant_task("payments.reconcile", attempts=1)
def reconcile() -> None:
    """Compare the business's books with Stripe's, and close what webhooks left open."""
    from payments.reconciliation import reconcile

    reconcile()
