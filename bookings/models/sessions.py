"""Classes: what many people share at one time."""

from datetime import datetime
from typing import ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from bookings.models.catalogue import Service
from bookings.models.resources import Resource


class ClassSessionQuerySet(models.QuerySet["ClassSession"]):
    def with_free_seats(self, now: datetime) -> "ClassSessionQuerySet":
        """Add `free_seats`: those that nobody has, or only a hold that has run out."""
        stale = Q(bookings__status="PENDING_PAYMENT", bookings__hold_expires_at__lte=now)
        return self.annotate(  # type: ignore[no-redef]
            free_seats=F("capacity")
            - F("seats_taken")
            + Coalesce(Sum("bookings__party_size", filter=stale), 0)
        )


class ClassSession(models.Model):
    """One time at which a class takes place, with its seats.

    `seats_taken` is moved by one conditional UPDATE; the CHECK makes overselling impossible.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="sessions")
    instructor = models.ForeignKey(Resource, null=True, blank=True, on_delete=models.PROTECT)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    capacity = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    seats_taken = models.PositiveIntegerField(default=0, editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar["ClassSessionQuerySet"] = ClassSessionQuerySet.as_manager()  # type: ignore[assignment]

    #: Only after `with_free_seats`.
    free_seats: int

    class Meta:
        ordering = ["starts_at"]
        indexes = [
            models.Index(fields=["service", "starts_at"], name="bookings_session_service"),
        ]
        constraints = [
            models.CheckConstraint(
                name="bookings_session_seats",
                condition=Q(seats_taken__gte=0, seats_taken__lte=F("capacity")),
                violation_error_message="More people have booked than there would be seats.",
            ),
            models.CheckConstraint(
                name="bookings_session_in_order", condition=Q(starts_at__lt=F("ends_at"))
            ),
            models.UniqueConstraint(
                fields=["service", "starts_at", "instructor"],
                name="bookings_session_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def seats_left(self) -> int:
        return self.capacity - self.seats_taken
