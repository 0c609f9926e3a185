"""What Stripe told this business."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from tenants.statements import Statement, run

# Stripe's own list reaches back 30 days; older ones can't come back through reconciliation.
RETENTION = timedelta(days=90)

# Its key is named twice: by the subquery alone PostgreSQL would read the whole inbox.
CLAIM = """
UPDATE payments_stripeevent
SET status = %s, error = '', attempts = attempts + 1, processed_at = %s
WHERE id = %s AND id IN (
    SELECT id FROM payments_stripeevent
    WHERE id = %s AND status NOT IN ('processed', 'ignored', 'flagged', 'dead')
    FOR UPDATE SKIP LOCKED
)
"""


@dataclass
class Claim:
    """Was the event free to be acted on? Known once the statement has been sent."""

    succeeded: bool = False


class StripeEventQuerySet(models.QuerySet["StripeEvent"]):
    def needing_attention(self) -> "StripeEventQuerySet":
        """Events that nobody will act on unless a person does."""
        return self.filter(status__in=(StripeEvent.Status.FLAGGED, StripeEvent.Status.DEAD))

    def unsettled(self) -> "StripeEventQuerySet":
        return self.exclude(status__in=StripeEvent.SETTLED)

    def claim(self, pk: int, status: str) -> "Claim":
        """Settle an event as `status`, locking it, unless it is settled, or locked by another.

        Call it first in the transaction of the event's effects: both are kept, or neither. It
        may be sent `together` with others.
        """
        claim = Claim()

        def note(cursor: Any) -> None:
            claim.succeeded = cursor.rowcount == 1

        run(Statement(CLAIM, [status, timezone.now(), pk, pk], note))
        return claim

    def expired(self) -> "StripeEventQuerySet":
        """Events that have been dealt with, and are older than `RETENTION`."""
        return self.filter(
            status__in=(StripeEvent.Status.PROCESSED, StripeEvent.Status.IGNORED),
            received_at__lt=timezone.now() - RETENTION,
        )


class StripeEvent(models.Model):
    """The inbox: one event, stored before it is acted on."""

    class Status(models.TextChoices):
        RECEIVED = "received", "Received"
        PROCESSED = "processed", "Processed"
        IGNORED = "ignored", "Nothing to do"
        # It contradicts our records (amount, currency, mode, account, version): kept, not applied.
        FLAGGED = "flagged", "Contradicts our records"
        FAILED = "failed", "Failed, will be retried"
        DEAD = "dead", "Given up, needs a look"

    class Source(models.TextChoices):
        WEBHOOK = "webhook", "Webhook"
        # Found by asking Stripe: the webhook never arrived.
        RECONCILIATION = "reconciliation", "Reconciliation"

    SETTLED = (Status.PROCESSED, Status.IGNORED, Status.FLAGGED, Status.DEAD)

    event_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=100)
    source = models.CharField(max_length=20, choices=Source, default=Source.WEBHOOK)
    api_version = models.CharField(max_length=50, blank=True)
    livemode = models.BooleanField(default=False)
    payload = models.JSONField()
    status = models.CharField(max_length=20, choices=Status, default=Status.RECEIVED)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(help_text="When it happened at Stripe.")
    received_at = models.DateTimeField(default=timezone.now, editable=False)
    processed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[StripeEventQuerySet] = StripeEventQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-id"]
        verbose_name = "Stripe event"
        indexes = [models.Index(fields=["status", "received_at"], name="payments_event_status")]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"

    @property
    def is_settled(self) -> bool:
        return self.status in self.SETTLED

    @property
    def may_be_replayed(self) -> bool:
        """Has it not had its effect yet?"""
        return self.status not in (self.Status.PROCESSED, self.Status.IGNORED)
