"""When a business, or one of its resources, is open: every week, and on particular days."""

from django.db import models
from django.db.models import F, Q

from bookings.models.resources import Resource


class OpeningHours(models.Model):
    """One interval of the week, in the business's time zone.

    Closing at or before the opening time means on the next day: 18:00 to 02:00. With a resource
    it is that resource's own: one row replaces the business's whole week for it.
    """

    class Weekday(models.IntegerChoices):
        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    resource = models.ForeignKey(
        Resource, null=True, blank=True, on_delete=models.CASCADE, related_name="hours",
        help_text="Whose hours; empty means the business's.",
    )  # fmt: skip
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    opens_at = models.TimeField()
    closes_at = models.TimeField(help_text="At or before the opening time: on the next day.")

    class Meta:
        ordering = ["weekday", "opens_at"]
        verbose_name = verbose_name_plural = "opening hours"
        constraints = [
            models.CheckConstraint(
                name="bookings_hours_weekday", condition=Q(weekday__gte=0, weekday__lte=6)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens_at:%H:%M}-{self.closes_at:%H:%M}"


class HoursException(models.Model):
    """Other hours, or none, on the days from `first_day` to `last_day`.

    Several rows for a day are several intervals. For the business (a closure, a public holiday,
    longer hours before Christmas) or one resource (leave). Any row for a day replaces that
    day's weekly hours.
    """

    resource = models.ForeignKey(
        Resource, null=True, blank=True, on_delete=models.CASCADE, related_name="exceptions",
        help_text="Whose; empty means the whole business.",
    )  # fmt: skip
    first_day = models.DateField()
    last_day = models.DateField()
    opens_at = models.TimeField(null=True, blank=True, help_text="Empty means closed.")
    closes_at = models.TimeField(null=True, blank=True)
    reason = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["first_day", "opens_at"]
        verbose_name = "other hours"
        verbose_name_plural = "closures and other hours"
        indexes = [models.Index(fields=["last_day"], name="bookings_exception_last_day")]
        constraints = [
            models.CheckConstraint(
                name="bookings_exception_days",
                condition=Q(first_day__lte=F("last_day")),
                violation_error_message="The last day must not be before the first.",
            ),
            models.CheckConstraint(
                name="bookings_exception_both_times",
                condition=Q(opens_at__isnull=True, closes_at__isnull=True)
                | Q(opens_at__isnull=False, closes_at__isnull=False),
                violation_error_message="Give both times, or neither to close.",
            ),
        ]

    def __str__(self) -> str:
        days = f"{self.first_day}" + (
            f" to {self.last_day}" if self.last_day != self.first_day else ""
        )
        if self.opens_at is None or self.closes_at is None:
            return f"{days}: closed"
        return f"{days}: {self.opens_at:%H:%M}-{self.closes_at:%H:%M}"

    @property
    def is_closed(self) -> bool:
        return self.opens_at is None
