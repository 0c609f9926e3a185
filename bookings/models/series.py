"""Bookings that repeat: every second Tuesday, for one customer."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from bookings.models.catalogue import Service


class BookingSeries(models.Model):
    """What links the bookings that were made as one series; each is a booking of its own."""

    MAX_INTERVAL = 8
    MAX_COUNT = 52

    service = models.ForeignKey(Service, on_delete=models.PROTECT)
    customer_name = models.CharField(max_length=200)
    customer_email = models.EmailField()
    first_day = models.DateField()
    # On the clocks of `time_zone`, whatever the season.
    local_time = models.TimeField()
    time_zone = models.CharField(max_length=64)
    interval_weeks = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(MAX_INTERVAL)]
    )
    # How many dates were asked for; some may have clashed.
    count = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(MAX_COUNT)]
    )
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "repeating booking"
        constraints = [
            models.CheckConstraint(
                name="bookings_series_limits",
                condition=Q(interval_weeks__range=(1, 8), count__range=(1, 52)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_name}: {self.service}, {self.rhythm}"

    @property
    def rhythm(self) -> str:
        """Return how often, in words."""
        return "every week" if self.interval_weeks == 1 else f"every {self.interval_weeks} weeks"
