"""Discount codes, what they were used for, and the codes that somebody guessed at."""

from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from bookings.models.booking import Booking
from bookings.models.catalogue import Service
from bookings.models.offers import normal_code
from payments.models import MAX_AMOUNT


class DiscountCodeQuerySet(models.QuerySet["DiscountCode"]):
    def count_use(self, pk: int) -> bool:
        """Count one more use unless the code is used up, and keep the row locked."""
        free = Q(max_uses=None) | Q(used_count__lt=F("max_uses"))
        return bool(self.filter(free, pk=pk).update(used_count=F("used_count") + 1))

    def uncount_use(self, pk: int) -> None:
        """Give one use back."""
        self.filter(pk=pk, used_count__gt=0).update(used_count=F("used_count") - 1)


class DiscountCode(models.Model):
    """A code that takes a percentage or an amount off the price of a booking."""

    code = models.CharField(
        max_length=40, unique=True,
        help_text="Letters and digits; capitals, spaces and dashes make no difference.",
    )  # fmt: skip
    percent = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    amount = models.BigIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MAX_AMOUNT)]
    )
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_until = models.DateTimeField(null=True, blank=True)
    max_uses = models.PositiveIntegerField(
        null=True, blank=True, help_text="By everybody together; empty: no limit."
    )
    max_uses_per_customer = models.PositiveIntegerField(
        null=True, blank=True, help_text="With one e-mail address; empty: no limit."
    )
    minimum_amount = models.BigIntegerField(
        default=0, validators=[MinValueValidator(0), MaxValueValidator(MAX_AMOUNT)]
    )
    services = models.ManyToManyField(Service, blank=True, help_text="None means all.")
    is_active = models.BooleanField(default=True)
    used_count = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[DiscountCodeQuerySet] = DiscountCodeQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="bookings_discount_one_kind",
                condition=Q(percent__gte=1, percent__lte=100, amount=None)
                | Q(percent=None, amount__gte=1, amount__lte=MAX_AMOUNT),
                violation_error_message="Say either a percentage or an amount.",
            ),
            models.CheckConstraint(
                name="bookings_discount_uses",
                condition=Q(max_uses=None) | Q(used_count__lte=F("max_uses")),
                violation_error_message="It has been used more often than that already.",
            ),
            models.CheckConstraint(
                name="bookings_discount_in_order",
                condition=Q(valid_from=None) | Q(valid_until=None)
                | Q(valid_from__lt=F("valid_until")),
                violation_error_message="It ends before it begins.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.code

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.code = normal_code(self.code)
        super().save(*args, **kwargs)

    def off(self, total: int) -> int:
        """Return what it takes off `total` minor units; percentages round half up."""
        if self.percent is not None:
            return (total * self.percent + 50) // 100
        return min(self.amount or 0, total)


class DiscountUse(models.Model):
    """One booking's use of a code; given back when the booking lapses or is cancelled."""

    code = models.ForeignKey(DiscountCode, on_delete=models.PROTECT, related_name="uses")
    booking = models.OneToOneField(Booking, on_delete=models.PROTECT, related_name="discount_use")
    customer_email = models.EmailField()
    amount = models.BigIntegerField()
    used_at = models.DateTimeField(default=timezone.now, editable=False)
    given_back_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-used_at"]
        indexes = [models.Index(fields=["code", "customer_email"], name="bookings_discountuse_who")]

    def __str__(self) -> str:
        return f"{self.code_id} for {self.booking_id}"


class CodeAttempt(models.Model):
    """Somebody tried a code that is none; kept for as long as it counts against guessing."""

    address = models.CharField(max_length=45)
    tried_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["address", "tried_at"], name="bookings_code_attempt"),
        ]

    def __str__(self) -> str:
        return f"{self.address} {self.tried_at:%Y-%m-%d %H:%M}"
