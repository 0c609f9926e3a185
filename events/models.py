"""What happened in a business, and who outside is told of it."""

import base64
import secrets
import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from events.addresses import check_url
from tenants.encryption import EncryptedTextField
from tenants.statements import Rows


class EventQuerySet(models.QuerySet["Event"]):
    def about(self, subject: models.Model) -> "EventQuerySet":
        """The events of one object, oldest first."""
        return self.filter(
            subject_type=subject._meta.label_lower, subject_id=str(subject.pk)
        ).order_by("id")


class Event(models.Model):
    """One change, written in the transaction that made it. Rows are never edited."""

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    type = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    actor_kind = models.CharField(max_length=20)
    actor_label = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["subject_type", "subject_id"], name="events_subject")]

    def __str__(self) -> str:
        return f"{self.type} ({self.subject_type} {self.subject_id})"


def new_secret() -> str:
    """Return a signing secret: 32 random bytes in base64 behind ``whsec_``.

    Source: Standard Webhooks, "Signature scheme" (24 to 64 bytes).
    """
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


class WebhookEndpointQuerySet(models.QuerySet["WebhookEndpoint"]):
    def read_ahead(self) -> None:
        """Have the transaction's first `wanting` cost no round trip of its own."""
        _ACTIVE.ahead()

    def wanting(self, type: str) -> list["WebhookEndpoint"]:
        """The active endpoints that are told of events of this type."""
        return [one for one in _ACTIVE() if not one.types or type in one.types]


class WebhookEndpoint(models.Model):
    """An address of the business's own system that is told what happens here."""

    url = models.CharField(max_length=500, validators=[check_url])
    secret = EncryptedTextField(default=new_secret, editable=False)
    types = models.JSONField(
        default=list, blank=True, help_text="Event types to send; an empty list means all."
    )
    is_active = models.BooleanField(default=True)
    disabled_reason = models.CharField(max_length=200, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        verbose_name = "callback"

    def __str__(self) -> str:
        return self.url


_ACTIVE = Rows(WebhookEndpoint, lambda: WebhookEndpoint.objects.filter(is_active=True))


class Delivery(models.Model):
    """One event on its way to one endpoint."""

    class Status(models.TextChoices):
        PENDING = "pending", "On its way"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Given up"

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries"
    )
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="deliveries")
    status = models.CharField(max_length=20, choices=Status, default=Status.PENDING)
    attempts = models.PositiveIntegerField(default=0)
    response_status = models.PositiveIntegerField(null=True, blank=True)
    last_error = models.CharField(max_length=200, blank=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "deliveries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="events_delivery_once"),
        ]

    def __str__(self) -> str:
        return f"{self.event.type} to {self.endpoint.url}"
