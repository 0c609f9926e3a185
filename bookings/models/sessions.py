"""Classes: what many people share at one time."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from bookings.models.catalogue import Service
from bookings.models.resources import Resource


class ClassSessionQuerySet(models.QuerySet["ClassSession"]):
    def with_free_seats(self, now: datetime) -> Any:
        """Add `free_seats`: those that nobody has, or only a hold that has run out."""
        from bookings.models.changes import BookingChange

        stale = Q(bookings__status="PENDING_PAYMENT", bookings__hold_expires_at__lte=now)
        # A query of its own: two joins would count each other's rows.
        changes = BookingChange.objects.stale(now).filter(class_session=OuterRef("pk"))
        seats = changes.order_by().values("class_session").annotate(sum=Sum("held_seats"))
        return self.annotate(
            free_seats=F("capacity")
            - F("seats_taken")
            + Coalesce(Sum("bookings__party_size", filter=stale), 0)
            + Coalesce(Subquery(seats.values("sum")), 0)
        )


class ClassSeries(models.Model):
    """A class that comes back: by an RFC 5545 rule, on the business's own clocks.

    `bookings.series` makes its sessions, some weeks ahead. The rule names days only; `until` and
    `count` end it, `exceptions` are days on which it does not take place.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="series")
    instructor = models.ForeignKey(Resource, null=True, blank=True, on_delete=models.PROTECT)
    capacity = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    rule = models.CharField(
        max_length=200, help_text="An RFC 5545 rule for days: FREQ=WEEKLY;BYDAY=MO,WE"
    )
    first_day = models.DateField(help_text="It begins on this day, or the first that fits after.")
    starts_at = models.TimeField(help_text="On the business's clocks, in summer as in winter.")
    until = models.DateField(null=True, blank=True, help_text="The last day it can be on.")
    count = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)],
        help_text="How many times in all; days off count as well.",
    )  # fmt: skip
    exceptions = ArrayField(models.DateField(), default=list, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[models.Manager["ClassSeries"]] = models.Manager()

    class Meta:
        ordering = ["service", "starts_at", "id"]
        verbose_name_plural = "class series"
        constraints = [
            models.CheckConstraint(
                name="bookings_series_one_end",
                condition=Q(until__isnull=True) | Q(count__isnull=True),
                violation_error_message="Give a last day or a number of times, not both.",
            ),
            models.CheckConstraint(name="bookings_series_capacity", condition=Q(capacity__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.starts_at:%H:%M}"


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
    # Which day of its series it stands for: even moved or cancelled, that day is made only once.
    series = models.ForeignKey(
        ClassSeries, null=True, blank=True, editable=False, on_delete=models.PROTECT,
        related_name="sessions",
    )  # fmt: skip
    series_day = models.DateField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar["ClassSessionQuerySet"] = ClassSessionQuerySet.as_manager()  # type: ignore[assignment]

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
                condition=Q(cancelled_at__isnull=True),
                nulls_distinct=False,
                violation_error_message="This class takes place at that time already.",
            ),
            models.UniqueConstraint(
                fields=["series", "series_day"], name="bookings_session_series_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service} {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def seats_left(self) -> int:
        return self.capacity - self.seats_taken

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_at is not None
