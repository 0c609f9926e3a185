"""The rules of booking that hold for the whole business."""

from datetime import timedelta

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from bookings.models.catalogue import Service


class BookingSettingsManager(models.Manager["BookingSettings"]):
    def current(self) -> "BookingSettings":
        """Return this business's row; the defaults where it has none yet."""
        return self.first() or BookingSettings()


class BookingSettings(models.Model):
    """One row per business. Services may narrow some of it."""

    is_only_row = models.BooleanField(default=True, editable=False, unique=True)
    step_minutes = models.PositiveIntegerField(
        default=30, validators=[MinValueValidator(5), MaxValueValidator(24 * 60)],
        help_text="Bookings start every so many minutes, counted from midnight.",
    )  # fmt: skip
    offset_minutes = models.PositiveIntegerField(
        default=0, validators=[MaxValueValidator(24 * 60 - 1)],
        help_text="Moves that grid: 30 every 60 starts at half past.",
    )  # fmt: skip
    minimum_notice_minutes = models.PositiveIntegerField(
        default=0, validators=[MaxValueValidator(60 * 24 * 90)],
        help_text="The shortest time between booking and start.",
    )  # fmt: skip
    days_ahead = models.PositiveIntegerField(
        default=365, validators=[MinValueValidator(1), MaxValueValidator(730)],
        help_text="How far ahead customers may book.",
    )  # fmt: skip
    hold_minutes = models.PositiveIntegerField(
        default=15, validators=[MinValueValidator(5), MaxValueValidator(24 * 60)],
        help_text="How long a time is kept while the customer pays.",
    )  # fmt: skip
    covers_per_quarter = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)],
        help_text="At most so many guests arrive within a quarter of an hour; empty: no limit.",
    )  # fmt: skip
    waitlist_offer_minutes = models.PositiveIntegerField(
        default=60, validators=[MinValueValidator(5), MaxValueValidator(24 * 60)],
        help_text="How long a freed place is kept for whoever waits first.",
    )  # fmt: skip
    waitlist_cutoff_minutes = models.PositiveIntegerField(
        default=120, validators=[MaxValueValidator(7 * 24 * 60)],
        help_text="From so many minutes before the start nothing is offered to the waitlist.",
    )  # fmt: skip

    complete_after_minutes = models.PositiveIntegerField(
        null=True, blank=True, default=24 * 60, validators=[MaxValueValidator(60 * 24 * 90)],
        help_text="A booking counts as completed so long after its end; empty: only by hand.",
    )  # fmt: skip

    objects = BookingSettingsManager()

    class Meta:
        verbose_name = verbose_name_plural = "booking rules"
        constraints = [
            models.CheckConstraint(name="bookings_settings_step", condition=Q(step_minutes__gte=1)),
        ]

    def __str__(self) -> str:
        return "Booking rules"

    def notice_of(self, service: Service) -> timedelta:
        """Return the shortest time between booking `service` and its start."""
        own = service.minimum_notice_minutes
        return timedelta(minutes=self.minimum_notice_minutes if own is None else own)

    def days_ahead_of(self, service: Service) -> int:
        """Return how many days ahead `service` can be booked."""
        return service.days_ahead or self.days_ahead
