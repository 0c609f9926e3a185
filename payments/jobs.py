"""What payments does in the background."""

from tenants.jobs import tenant_task


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
