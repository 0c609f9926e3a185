"""What events does in the background."""

from tenants.jobs import tenant_task


@tenant_task("events.deliver")
def deliver(*, delivery_pk: int, attempt: int) -> None:
    """Make one try of a delivery; what follows a failed one is scheduled by itself."""
    from events import callbacks

    callbacks.attempt(delivery_pk, attempt)
