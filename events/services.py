"""The one way to say that something happened."""

from typing import Any

from django.db import models, transaction

from access.actors import SYSTEM, Actor
from events.models import Delivery, Event, WebhookEndpoint
from tenants.statements import insert


@transaction.atomic(savepoint=False)
def record(
    type: str, subject: models.Model, data: dict[str, Any] | None = None, actor: Actor = SYSTEM
) -> Event:
    """Write that `type` (for example ``booking.confirmed``) happened to `subject`.

    Call it inside the transaction that makes the change: both are kept, or neither; the same
    holds for the callbacks to the business's own systems. `data` must be JSON and hold no
    secrets: it is shown to staff and sent out.
    """
    event = Event(
        type=type,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        data=data or {},
        actor_kind=actor.kind,
        actor_label=actor.label,
    )
    insert(event)
    for endpoint in WebhookEndpoint.objects.wanting(type):
        send_to(endpoint, event)
    return event


def send_to(endpoint: WebhookEndpoint, event: Event) -> None:
    """Enqueue the delivery of `event` to `endpoint`."""
    from events.jobs import deliver

    delivery = Delivery.objects.create(endpoint=endpoint, event=event)
    deliver.enqueue(delivery_pk=delivery.pk, attempt=0)


def redeliver(delivery: Delivery) -> None:
    """Send a delivery again from the start, whatever became of it."""
    from events.jobs import deliver

    with transaction.atomic():
        Delivery.objects.filter(pk=delivery.pk).update(
            status=Delivery.Status.PENDING, attempts=0, next_attempt_at=None
        )
        deliver.enqueue(delivery_pk=delivery.pk, attempt=0)
