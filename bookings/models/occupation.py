"""Who has which resource when: the table in which double selling is impossible."""

from datetime import datetime
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from bookings.models.booking import Booking
from bookings.models.changes import BookingChange
from bookings.models.resources import Resource
from bookings.models.sessions import ClassSession


class TimeRange(Func):
    """PostgreSQL's ``tstzrange(starts_at, ends_at)``: includes the start, not the end."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class AllocationQuerySet(models.QuerySet["Allocation"]):
    def overlapping(self, starts_at: datetime, ends_at: datetime) -> "AllocationQuerySet":
        """Live ones that share some time with [starts_at, ends_at)."""
        return self.filter(is_live=True, starts_at__lt=ends_at, ends_at__gt=starts_at)


class Allocation(models.Model):
    """A resource taken for a time, buffers included: by a booking, a class, or by staff.

    The exclusion constraint holds for live rows. A booking's rows die with it and come back if
    it does.
    """

    resource = models.ForeignKey(Resource, on_delete=models.PROTECT, related_name="allocations")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    is_live = models.BooleanField(default=True)
    booking = models.ForeignKey(
        Booking, null=True, blank=True, on_delete=models.CASCADE, related_name="allocations"
    )
    class_session = models.ForeignKey(
        ClassSession, null=True, blank=True, on_delete=models.CASCADE, related_name="allocations"
    )
    # Held until then for a change of `booking`, beside what that has; empty for anything else.
    change = models.ForeignKey(
        BookingChange, null=True, blank=True, on_delete=models.CASCADE, related_name="allocations"
    )
    held_until = models.DateTimeField(null=True, blank=True)
    # No booking and no class: staff keep the time free.
    reason = models.CharField(max_length=100, blank=True)

    objects: ClassVar[models.Manager["Allocation"]] = AllocationQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [
            models.Index(fields=["starts_at", "ends_at"], name="bookings_allocation_time"),
        ]
        constraints = [
            # No overbooking, by construction.
            ExclusionConstraint(
                name="bookings_allocation_no_overlap",
                expressions=[
                    ("resource", RangeOperators.EQUAL),
                    (
                        TimeRange("starts_at", "ends_at", RangeBoundary()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(is_live=True),
            ),
            models.CheckConstraint(
                name="bookings_allocation_in_order", condition=Q(starts_at__lt=F("ends_at"))
            ),
            models.CheckConstraint(
                name="bookings_allocation_one_reason",
                condition=Q(booking__isnull=True) | Q(class_session__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.resource} {self.starts_at:%Y-%m-%d %H:%M}"


class BlockedTimeManager(models.Manager["BlockedTime"]):
    def get_queryset(self) -> models.QuerySet["BlockedTime"]:
        return super().get_queryset().filter(booking__isnull=True, class_session__isnull=True)


class BlockedTime(Allocation):
    """A time that staff keep free, for a reason of their own."""

    objects: ClassVar[models.Manager["BlockedTime"]] = BlockedTimeManager()  # type: ignore[assignment]

    class Meta:
        proxy = True
        ordering = ["-starts_at"]
