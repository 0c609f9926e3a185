"""A change of a booking that waits for the difference to be paid."""

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from bookings.models.booking import Booking
from bookings.models.catalogue import Service
from bookings.models.resources import Resource
from bookings.models.sessions import ClassSession


class BookingChangeQuerySet(models.QuerySet["BookingChange"]):
    def held(self) -> "BookingChangeQuerySet":
        """Those that still wait for their payment."""
        return self.filter(status=BookingChange.Status.HELD)

    def stale(self, now: datetime) -> "BookingChangeQuerySet":
        """Those whose time to pay has run out."""
        return self.held().filter(hold_expires_at__lte=now)


class BookingChange(models.Model):
    """What a booking becomes once `amount_due` is paid, or a card is left; until then it stays.

    Meanwhile what the new place needs beyond the old one is held: allocations that name this
    change, and `held_seats` of `class_session`.
    """

    class Status(models.TextChoices):
        HELD = "held", "Waiting for payment"
        APPLIED = "applied", "Done"
        LAPSED = "lapsed", "Not paid in time"
        WITHDRAWN = "withdrawn", "Given up"

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="changes")
    status = models.CharField(max_length=10, choices=Status, default=Status.HELD)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    party_size = models.PositiveIntegerField()
    service = models.ForeignKey(Service, null=True, on_delete=models.PROTECT, related_name="+")
    service_name = models.CharField(max_length=120)
    resource = models.ForeignKey(Resource, null=True, on_delete=models.PROTECT, related_name="+")
    class_session = models.ForeignKey(
        ClassSession, null=True, on_delete=models.PROTECT, related_name="changes"
    )
    held_seats = models.PositiveIntegerField(default=0)
    # All that the new place takes: [[resource, start, end], ...], ISO 8601.
    claims = models.JSONField(default=list)
    # What is sold, by the names of the fields of BookingLine.
    lines = models.JSONField(default=list)
    # The terms of another service and what was given for them, by the names of the booking's
    # fields; as they were shown.
    terms = models.JSONField(default=dict)
    total_amount = models.BigIntegerField()
    deposit_amount = models.BigIntegerField()
    discount_amount = models.BigIntegerField(default=0)
    credit_amount = models.BigIntegerField(default=0)
    # What has to be paid now for the change to happen, in minor units.
    amount_due = models.BigIntegerField()
    # Or a card has to be left, and so much goes back then of what was paid.
    wants_card = models.BooleanField(default=False, db_default=False)
    amount_back = models.BigIntegerField(default=0, db_default=0)
    # Empty while a bank is moving the money.
    hold_expires_at = models.DateTimeField(null=True)
    actor_kind = models.CharField(max_length=20)
    actor_label = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True)

    objects: ClassVar[BookingChangeQuerySet] = BookingChangeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["booking"], name="bookings_change_one_held", condition=Q(status="held")
            ),
            models.CheckConstraint(
                name="bookings_change_amounts",
                condition=Q(total_amount__gte=0, deposit_amount__gte=0)
                & (
                    Q(amount_due__gt=0, wants_card=False, amount_back=0)
                    | Q(amount_due=0, wants_card=True, amount_back__gte=0)
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.booking} → {self.service_name}"

    @property
    def is_held(self) -> bool:
        return self.status == self.Status.HELD
