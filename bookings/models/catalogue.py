"""What customers can book, and on which terms."""

import hashlib
from datetime import timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.text import slugify

from bookings.models.resources import Resource
from payments.models import MAX_AMOUNT
from tenants.pictures import picture_type

MAX_DURATION_MINUTES = 24 * 60


class ServiceCategory(models.Model):
    """A heading under which services are listed."""

    name = models.CharField(max_length=80, unique=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = "service categories"

    def __str__(self) -> str:
        return self.name


class ServiceManager(models.Manager["Service"]):
    """Leaves a picture's bytes in the database until somebody asks for them."""

    def get_queryset(self) -> models.QuerySet["Service"]:
        return super().get_queryset().defer("picture")


class Service(models.Model):
    """Something customers book. Changing it never changes a booking that was made."""

    class Kind(models.TextChoices):
        APPOINTMENT = "appointment", "An appointment: somebody's or something's time"
        CLASS = "class", "A class: seats at fixed times"
        TABLE = "table", "A table for a party"

    class DepositKind(models.TextChoices):
        NONE = "none", "No deposit"
        AMOUNT = "amount", "A fixed amount"
        PERCENT = "percent", "A percentage of the price"
        FULL = "full", "The whole price"
        CARD = "card", "A card on file, nothing is paid now"

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=120, unique=True, blank=True, editable=False)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.APPOINTMENT)
    category = models.ForeignKey(
        ServiceCategory, null=True, blank=True, on_delete=models.SET_NULL, related_name="services"
    )
    description = models.CharField(max_length=300, blank=True)
    picture = models.BinaryField(null=True, blank=True, editable=False)
    picture_type = models.CharField(max_length=20, blank=True, editable=False)
    # Names what the picture holds, so that browsers may keep it for ever.
    picture_digest = models.CharField(max_length=16, blank=True, editable=False)
    duration_minutes = models.PositiveIntegerField(
        validators=[MinValueValidator(5), MaxValueValidator(MAX_DURATION_MINUTES)]
    )
    buffer_before_minutes = models.PositiveIntegerField(
        default=0, validators=[MaxValueValidator(MAX_DURATION_MINUTES)],
        help_text="Kept free before it, for example to set up.",
    )  # fmt: skip
    buffer_after_minutes = models.PositiveIntegerField(
        default=0, validators=[MaxValueValidator(MAX_DURATION_MINUTES)],
        help_text="Kept free after it, for example to clean.",
    )  # fmt: skip
    party_min = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    party_max = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    price_is_per_person = models.BooleanField(default=False)
    price = models.BigIntegerField(
        validators=[MinValueValidator(0), MaxValueValidator(MAX_AMOUNT)],
        help_text="In the currency's smallest unit: 4500 is £45.00.",
    )
    deposit_kind = models.CharField(max_length=10, choices=DepositKind, default=DepositKind.NONE)
    deposit_value = models.BigIntegerField(
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(MAX_AMOUNT)],
        help_text="An amount in the smallest unit, or a percentage from 0 to 100.",
    )
    deposit_from_people = models.PositiveIntegerField(
        default=1, validators=[MinValueValidator(1)],
        help_text="The deposit is asked of parties of so many and more.",
    )  # fmt: skip
    tax_rate = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="Per cent; the price includes it.",
    )
    # What a card on file may be charged, in the currency's smallest unit.
    no_show_fee = models.BigIntegerField(
        default=0, validators=[MinValueValidator(0), MaxValueValidator(MAX_AMOUNT)]
    )
    late_cancellation_fee = models.BigIntegerField(
        default=0, validators=[MinValueValidator(0), MaxValueValidator(MAX_AMOUNT)]
    )
    free_cancellation_hours = models.PositiveIntegerField(
        default=24,
        validators=[MaxValueValidator(24 * 60)],
        help_text="Cancelling is free until so many hours before the start.",
    )
    late_refund_percent = models.PositiveSmallIntegerField(
        default=0, validators=[MaxValueValidator(100)],
        help_text="What part of the deposit goes back after that, in per cent.",
    )  # fmt: skip
    no_refund_hours = models.PositiveIntegerField(
        default=0, validators=[MaxValueValidator(24 * 60)],
        help_text="From so many hours before the start nothing goes back.",
    )  # fmt: skip
    counts_business_days = models.BooleanField(
        default=False, help_text="Those hours pass on days on which the business opens, only."
    )
    consent_text = models.TextField(
        max_length=2000, blank=True, help_text="What customers must agree to before they book."
    )
    consent_version = models.PositiveIntegerField(default=1, editable=False)
    is_online = models.BooleanField(
        default=True, help_text="Off: only staff can book it, for example after a phone call."
    )
    minimum_notice_minutes = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: as the business's booking rules say."
    )
    days_ahead = models.PositiveIntegerField(
        null=True, blank=True, help_text="Empty: as the business's booking rules say."
    )
    step_minutes = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(5)],
        help_text="Empty: as the business's booking rules say.",
    )  # fmt: skip
    customer_chooses_resource = models.BooleanField(
        default=False, help_text="May customers choose who or where?"
    )
    resources = models.ManyToManyField(
        Resource, blank=True, help_text="Where it can be had; none means anywhere."
    )
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    objects = ServiceManager()

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                name="bookings_service_amounts",
                condition=Q(price__gte=0, price__lte=MAX_AMOUNT, deposit_value__gte=0)
                & (~Q(deposit_kind="percent") | Q(deposit_value__lte=100))
                & (~Q(deposit_kind="amount") | Q(deposit_value__lte=F("price"))),
                violation_error_message=(
                    "The deposit is at most the price, or at most 100 percent of it."
                ),
            ),
            models.CheckConstraint(
                name="bookings_service_duration",
                condition=Q(duration_minutes__gte=5, duration_minutes__lte=MAX_DURATION_MINUTES),
                violation_error_message="The duration is 5 minutes to 24 hours.",
            ),
            models.CheckConstraint(
                name="bookings_service_party",
                condition=Q(party_min__gte=1, party_min__lte=F("party_max")),
                violation_error_message="The smallest party is at most the largest.",
            ),
            models.CheckConstraint(
                name="bookings_service_refunds",
                condition=Q(late_refund_percent__lte=100)
                & Q(no_refund_hours__lte=F("free_cancellation_hours")),
                violation_error_message=(
                    "Nothing goes back at the end: that is not before the free cancellation ends."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.slug:
            self.slug = self._free_slug()
        super().save(*args, **kwargs)

    def _free_slug(self) -> str:
        base = slugify(self.name)[:100] or "service"
        taken = set(Service.objects.filter(slug__startswith=base).values_list("slug", flat=True))
        numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
        return next(slug for slug in [base, *numbered] if slug not in taken)

    def set_picture(self, data: bytes | None) -> None:
        """Give it a picture, or none, without saving; raises ValidationError for what is none."""
        self.picture = data
        self.picture_type = picture_type(data) if data else ""
        self.picture_digest = hashlib.sha256(data).hexdigest()[:16] if data else ""

    @property
    def picture_url(self) -> str:
        """The address of its picture; empty without one."""
        if not self.picture_digest:
            return ""
        return f"{reverse('service-picture', args=[self.slug])}?v={self.picture_digest}"

    @property
    def duration(self) -> timedelta:
        return timedelta(minutes=self.duration_minutes)

    @property
    def requires_card(self) -> bool:
        """Must a customer leave a card to book this?"""
        return self.deposit_kind == self.DepositKind.CARD

    @property
    def deposit(self) -> int:
        """What one person owes when booking, in minor units; see `deposit_for`."""
        return self.deposit_for(self.price_for(1), 1)

    def price_for(self, party_size: int) -> int:
        """Return what `party_size` people pay, in minor units, without add-ons."""
        return self.price * party_size if self.price_is_per_person else self.price

    def deposit_for(self, total: int, party_size: int) -> int:
        """Return what is due when booking for `total` minor units; percentages round half up."""
        if party_size < self.deposit_from_people:
            return 0
        if self.deposit_kind == self.DepositKind.AMOUNT:
            people = party_size if self.price_is_per_person else 1
            return min(self.deposit_value * people, total)
        if self.deposit_kind == self.DepositKind.PERCENT:
            return (total * self.deposit_value + 50) // 100
        return total if self.deposit_kind == self.DepositKind.FULL else 0

    def minutes_for(self, party_size: int) -> int:
        """Return how long `party_size` people stay, in minutes, without add-ons."""
        fitting = [turn for turn in self.turn_times.all() if party_size <= turn.party_up_to]
        return fitting[0].minutes if fitting else self.duration_minutes


class TurnTime(models.Model):
    """How long a party of up to so many keeps its table; larger ones: the service's duration."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="turn_times")
    party_up_to = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    minutes = models.PositiveIntegerField(
        validators=[MinValueValidator(5), MaxValueValidator(MAX_DURATION_MINUTES)]
    )

    class Meta:
        ordering = ["party_up_to"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "party_up_to"], name="bookings_turntime_once"
            ),
        ]

    def __str__(self) -> str:
        return f"up to {self.party_up_to}: {self.minutes} min"


class Requirement(models.Model):
    """Something else that a service needs at the same time: one of `resources`.

    A massage needs one of the therapists (the service's own resources) and one of the rooms.
    """

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="requirements")
    name = models.CharField(max_length=60, help_text="What it is: room, machine, assistant.")
    resources = models.ManyToManyField(Resource, help_text="One of these.")

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class AddOn(models.Model):
    """An extra that adds time and price to a service."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="add_ons")
    name = models.CharField(max_length=80)
    minutes = models.PositiveIntegerField(
        default=0, validators=[MaxValueValidator(MAX_DURATION_MINUTES)]
    )
    price = models.BigIntegerField(
        default=0, validators=[MinValueValidator(0), MaxValueValidator(MAX_AMOUNT)],
        help_text="In the currency's smallest unit.",
    )  # fmt: skip
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["service", "name"], name="bookings_addon_once"),
            models.CheckConstraint(
                name="bookings_addon_price", condition=Q(price__gte=0, price__lte=MAX_AMOUNT)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class IntakeQuestion(models.Model):
    """Something that the business wants to know from whoever books a service."""

    class Kind(models.TextChoices):
        TEXT = "text", "A line of text"
        YES_NO = "yes_no", "Yes or no"
        CHOICE = "choice", "One of several answers"

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="questions")
    text = models.CharField(max_length=200)
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TEXT)
    choices = models.TextField(max_length=1000, blank=True, help_text="One answer a line.")
    is_required = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.text
