"""What the audit trail and the callbacks say of customers: little, and that goes."""

from typing import Any

from django.db.models import Q, QuerySet

from events.models import Delivery, Event, WebhookEndpoint
from tenants.personal import Person, declare

#: What an event says that is nobody's: states, ids, times and amounts. Other texts go.
IMPERSONAL = frozenset(
    """
    amount booking_id currency dispute_id dispute_status ends_at event_id evidence_due_by id left
    payable_id payable_type payment_session_id previous_start price reference refund_id
    service_name starts_at status
    """.split()
)


def about(person: Person) -> QuerySet[Event]:
    """The events about anything of the person's."""
    wanted = Q(actor_label__iexact=person.email)
    for label, keys in person.subjects.items():
        wanted |= Q(subject_type=label, subject_id__in=[str(key) for key in keys])
    return Event.objects.filter(wanted)


def without_person(event: Event, person: Person) -> dict[str, Any]:
    return {name: value for name, value in event.data.items() if _is_nobodys(name, value)}


def _is_nobodys(name: str, value: object) -> bool:
    return name in IMPERSONAL or value is None or isinstance(value, bool | int | float)


def actor(event: Event, person: Person) -> str:
    return "" if event.actor_label.lower() == person.email.lower() else event.actor_label


declare(
    Event, title="Activity", rows=about, follows=True,
    erase={"data": without_person, "actor_label": actor},
    keep="id uuid type subject_type subject_id actor_kind created_at",
)  # fmt: skip
# Bodies are made from the event when they are sent; errors are sentences of our own.
declare(
    Delivery,
    keep="id endpoint event status attempts response_status last_error next_attempt_at created_at "
    "delivered_at",
)
declare(
    WebhookEndpoint, keep="id url types is_active disabled_reason created_at", internal="secret"
)
