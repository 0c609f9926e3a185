"""Time: what a business offers, on what, when it is open, and who has booked it."""

import secrets
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeBoundary, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone
from django.utils.text import slugify

from payments.models import MAX_AMOUNT, new_token

MAX_DURATION_MINUTES = 24 * 60
# Without 0/O, 1/I/L and U, so that it survives being read out on the phone.
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH = 8


def new_reference() -> str:
    """Return a short name for a booking that people can read out."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))


class Resource(models.Model):
    """Something that one booking at a time can have: a chair, a person, a table."""

    name = models.CharField(max_length=100, unique=True)
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Service(models.Model):
    """Something customers book. Changing it never changes a booking that was made."""

    class DepositKind(models.TextChoices):
        NONE = "none", "No deposit"
        AMOUNT = "amount", "A fixed amount"
        PERCENT = "percent", "A percentage of the price"
        CARD = "card", "A card on file, nothing is paid now"

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=120, unique=True, blank=True, editable=False)
    description = models.CharField(max_length=300, blank=True)
    duration_minutes = models.PositiveIntegerField(
        validators=[MinValueValidator(5), MaxValueValidator(MAX_DURATION_MINUTES)]
    )
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
    resources = models.ManyToManyField(
        Resource, blank=True, help_text="Where it can be had; none means anywhere."
    )
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

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

    @property
    def duration(self) -> timedelta:
        return timedelta(minutes=self.duration_minutes)

    @property
    def requires_card(self) -> bool:
        """Must a customer leave a card to book this?"""
        return self.deposit_kind == self.DepositKind.CARD

    @property
    def deposit(self) -> int:
        """What is due when booking, in minor units; a percentage is rounded half up."""
        if self.deposit_kind == self.DepositKind.AMOUNT:
            return min(self.deposit_value, self.price)
        if self.deposit_kind == self.DepositKind.PERCENT:
            return (self.price * self.deposit_value + 50) // 100
        return 0


class OpeningHours(models.Model):
    """One interval of the week in which the business is open, in its own time zone."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, "Monday"
        TUESDAY = 1, "Tuesday"
        WEDNESDAY = 2, "Wednesday"
        THURSDAY = 3, "Thursday"
        FRIDAY = 4, "Friday"
        SATURDAY = 5, "Saturday"
        SUNDAY = 6, "Sunday"

    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    opens_at = models.TimeField()
    closes_at = models.TimeField()

    class Meta:
        ordering = ["weekday", "opens_at"]
        verbose_name = verbose_name_plural = "opening hours"
        constraints = [
            models.CheckConstraint(
                name="bookings_hours_in_order",
                condition=Q(opens_at__lt=F("closes_at")),
                violation_error_message="The opening time must be before the closing time.",
            ),
            models.CheckConstraint(
                name="bookings_hours_weekday", condition=Q(weekday__gte=0, weekday__lte=6)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens_at:%H:%M}-{self.closes_at:%H:%M}"


class TimeRange(Func):
    """PostgreSQL's ``tstzrange(starts_at, ends_at)``: includes the start, not the end."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class BookingQuerySet(models.QuerySet["Booking"]):
    def occupying(self) -> "BookingQuerySet":
        """Bookings that hold their time: all but the cancelled ones."""
        return self.exclude(status=Booking.Status.CANCELLED)

    def overlapping(self, starts_at: datetime, ends_at: datetime) -> "BookingQuerySet":
        """Bookings that share some time with [starts_at, ends_at)."""
        return self.filter(starts_at__lt=ends_at, ends_at__gt=starts_at)

    def stale_holds(self, now: datetime) -> "BookingQuerySet":
        """Unpaid bookings whose hold has run out."""
        return self.filter(status=Booking.Status.PENDING_PAYMENT, hold_expires_at__lte=now)


class Booking(models.Model):
    """A customer's claim on a resource for a time, with the price they accepted."""

    class Status(models.TextChoices):
        PENDING_PAYMENT = "PENDING_PAYMENT", "Waiting for payment"
        CONFIRMED = "CONFIRMED", "Confirmed"
        CANCELLED = "CANCELLED", "Cancelled"
        COMPLETED = "COMPLETED", "Completed"
        NO_SHOW = "NO_SHOW", "No-show"

    class CancelReason(models.TextChoices):
        CUSTOMER = "customer", "By the customer"
        BUSINESS = "business", "By the business"
        HOLD_EXPIRED = "hold_expired", "Not paid in time"
        PAYMENT_FAILED = "payment_failed", "The payment failed"
        PAYMENT_UNAVAILABLE = "payment_unavailable", "The payment could not be started"

    #: Ended by nobody's decision: a payment that comes in late may still bring it back.
    LAPSED = (CancelReason.HOLD_EXPIRED, CancelReason.PAYMENT_FAILED)

    reference = models.CharField(max_length=12, unique=True, default=new_reference, editable=False)
    access_token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    service = models.ForeignKey(Service, null=True, blank=True, on_delete=models.PROTECT)
    resource = models.ForeignKey(Resource, on_delete=models.PROTECT)
    service_name = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    customer_name = models.CharField(max_length=200)
    customer_email = models.EmailField()
    customer_phone = models.CharField(max_length=40, blank=True)
    notes = models.TextField(max_length=2000, blank=True)
    total_amount = models.BigIntegerField()
    deposit_amount = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=Status)
    hold_expires_at = models.DateTimeField(null=True, blank=True)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    # The terms for the card on file, as the customer accepted them.
    requires_card = models.BooleanField(default=False)
    no_show_fee = models.BigIntegerField(default=0)
    late_cancellation_fee = models.BigIntegerField(default=0)
    free_cancellation_hours = models.PositiveIntegerField(default=0)
    terms_accepted_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=20, choices=CancelReason, blank=True)
    # What the caller of the API wants the browser to return to; empty means our own pages.
    success_url = models.TextField(blank=True)
    cancel_url = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Booking"]] = BookingQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at"]
        indexes = [
            models.Index(fields=["resource", "starts_at"], name="bookings_booking_resource"),
            models.Index(fields=["customer_email"], name="bookings_booking_email"),
        ]
        constraints = [
            # No overbooking, by construction.
            ExclusionConstraint(
                name="bookings_booking_no_overlap",
                expressions=[
                    ("resource", RangeOperators.EQUAL),
                    (
                        TimeRange("starts_at", "ends_at", RangeBoundary()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=~Q(status="CANCELLED"),
            ),
            models.CheckConstraint(
                name="bookings_booking_in_order", condition=Q(starts_at__lt=F("ends_at"))
            ),
            models.CheckConstraint(
                name="bookings_booking_amounts",
                condition=Q(
                    total_amount__gte=0,
                    total_amount__lte=MAX_AMOUNT,
                    deposit_amount__gte=0,
                    deposit_amount__lte=F("total_amount"),
                ),
            ),
            models.CheckConstraint(
                name="bookings_booking_status_known",
                condition=Q(
                    status__in="PENDING_PAYMENT CONFIRMED CANCELLED COMPLETED NO_SHOW".split()
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.service_name}"

    @property
    def remaining_amount(self) -> int:
        """What is left to pay at the business, in minor units."""
        return self.total_amount - self.deposit_amount

    @property
    def free_cancellation_until(self) -> datetime:
        """Until when cancelling costs nothing."""
        return self.starts_at - timedelta(hours=self.free_cancellation_hours)

    @property
    def chargeable_fee(self) -> int:
        """What the accepted terms allow to charge to the card on file now, in minor units."""
        if not self.requires_card or self.terms_accepted_at is None:
            return 0
        if self.status == self.Status.NO_SHOW:
            return self.no_show_fee
        by_customer = self.cancel_reason == self.CancelReason.CUSTOMER
        late = self.cancelled_at is not None and self.cancelled_at > self.free_cancellation_until
        return self.late_cancellation_fee if self.is_cancelled and by_customer and late else 0

    @property
    def is_pending(self) -> bool:
        return self.status == self.Status.PENDING_PAYMENT

    @property
    def is_confirmed(self) -> bool:
        return self.status == self.Status.CONFIRMED

    @property
    def is_cancelled(self) -> bool:
        return self.status == self.Status.CANCELLED
