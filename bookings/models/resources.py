"""What bookings take up: people, chairs, rooms, tables."""

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q


class Resource(models.Model):
    """Something that one booking at a time can have: a chair, a person, a table."""

    class Kind(models.TextChoices):
        STAFF = "staff", "A person"
        SPACE = "space", "A chair, room or machine"
        TABLE = "table", "A table"

    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.SPACE)
    # How many people a table is for; other kinds leave them alone.
    seats_min = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    seats_max = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    area = models.CharField(
        max_length=60, blank=True, help_text="Where it stands: window, terrace, upstairs."
    )
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.CheckConstraint(
                name="bookings_resource_seats",
                condition=Q(seats_min__gte=1, seats_min__lte=F("seats_max")),
                violation_error_message="The fewest seats are at least 1 and at most the most.",
            ),
            models.CheckConstraint(
                name="bookings_resource_kind_known",
                condition=Q(kind__in=["staff", "space", "table"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TableSet(models.Model):
    """Tables that can be pushed together for a larger party."""

    name = models.CharField(max_length=100, unique=True)
    tables = models.ManyToManyField(Resource, related_name="table_sets")
    seats_min = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    seats_max = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["seats_max", "id"]
        constraints = [
            models.CheckConstraint(
                name="bookings_tableset_seats",
                condition=Q(seats_min__gte=1, seats_min__lte=F("seats_max")),
                violation_error_message="The fewest seats are at least 1 and at most the most.",
            ),
        ]

    def __str__(self) -> str:
        return self.name
