"""The one way to say that something happened."""

from typing import Any

from django.db import models

from access.actors import SYSTEM, Actor
from events.models import Event


def record(
    type: str, subject: models.Model, data: dict[str, Any] | None = None, actor: Actor = SYSTEM
) -> Event:
    """Write that `type` (for example ``booking.confirmed``) happened to `subject`.

    Call it inside the transaction that makes the change: both are kept, or neither. `data` must
    be JSON and hold no secrets: it is shown to staff and sent to the business's own systems.
    """
    return Event.objects.create(
        type=type,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        data=data or {},
        actor_kind=actor.kind,
        actor_label=actor.label,
    )
