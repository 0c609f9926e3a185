"""A customer's claim on a time, as they accepted it."""

import secrets
from datetime import datetime
from typing import Any, ClassVar

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from bookings.models.catalogue import Service
from bookings.models.resources import Resource
from bookings.models.series import BookingSeries
from bookings.models.sessions import ClassSession
from payments.models import MAX_AMOUNT, new_token

# Without 0/O, 1/I/L and U, so that it survives being read out on the phone.
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
REFERENCE_LENGTH = 8


def new_reference() -> str:
    """Return a short name for a booking that people can read out."""
    return "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))


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
    # The one that the customer sees: the person, the chair, the (first) table. What is really
    # taken is in `allocations`.
    resource = models.ForeignKey(Resource, null=True, blank=True, on_delete=models.PROTECT)
    class_session = models.ForeignKey(
        ClassSession, null=True, blank=True, on_delete=models.PROTECT, related_name="bookings"
    )
    series = models.ForeignKey(
        BookingSeries, null=True, blank=True, on_delete=models.PROTECT, related_name="bookings"
    )
    party_size = models.PositiveIntegerField(default=1, validators=[MinValueValidator(1)])
    service_name = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    customer_name = models.CharField(max_length=200)
    customer_email = models.EmailField()
    customer_phone = models.CharField(max_length=40, blank=True)
    # Who comes, where the customer has booked for someone else.
    guest_name = models.CharField(max_length=200, blank=True)
    notes = models.TextField(max_length=2000, blank=True)
    # [{"question": ..., "answer": ...}], as they were asked and answered.
    answers = models.JSONField(default=list, blank=True)
    consent_text = models.TextField(blank=True)
    consent_version = models.PositiveIntegerField(null=True, blank=True)
    consent_at = models.DateTimeField(null=True, blank=True)
    # [{"service": ..., "text": ..., "version": ..., "at": ...}], one for each service that wanted
    # one; the fields above are the newest first of them, and all that older releases kept.
    consents = models.JSONField(default=list, db_default=[], blank=True)
    total_amount = models.BigIntegerField()
    # Money to pay when booking, after what a voucher or pass pays.
    deposit_amount = models.BigIntegerField(default=0)
    # What a code has taken off: `total_amount` is the price after it.
    discount_amount = models.BigIntegerField(default=0)
    # What of `total_amount` a voucher or pass pays.
    credit_amount = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=Status)
    hold_expires_at = models.DateTimeField(null=True, blank=True)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    # The terms for the card on file, as the customer accepted them.
    requires_card = models.BooleanField(default=False)
    no_show_fee = models.BigIntegerField(default=0)
    late_cancellation_fee = models.BigIntegerField(default=0)
    free_cancellation_hours = models.PositiveIntegerField(default=0)
    # Cancelling: all back until so many hours before, then a part, then nothing.
    late_refund_percent = models.PositiveSmallIntegerField(default=0)
    no_refund_hours = models.PositiveIntegerField(default=0)
    counts_business_days = models.BooleanField(default=False)
    # Until when that is, as reckoned when it was booked or moved; empty in rows of older releases.
    free_until = models.DateTimeField(null=True, blank=True)
    partial_until = models.DateTimeField(null=True, blank=True)
    terms_accepted_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=20, choices=CancelReason, blank=True)
    # What the caller of the API wants the browser to return to; empty means our own pages.
    success_url = models.TextField(blank=True)
    cancel_url = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    no_show_at = models.DateTimeField(null=True, blank=True)
    # Who brought it into its present state: an e-mail address, a key's prefix, "customer".
    changed_by = models.CharField(max_length=254, blank=True)

    objects: ClassVar[models.Manager["Booking"]] = BookingQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at"]
        indexes = [
            models.Index(fields=["resource", "starts_at"], name="bookings_booking_resource"),
            models.Index(fields=["customer_email"], name="bookings_booking_email"),
            # Reminders ask for what starts soon, every few minutes.
            models.Index(fields=["starts_at"], name="bookings_booking_starts"),
        ]
        constraints = [
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
                name="bookings_booking_offers",
                condition=Q(
                    discount_amount__gte=0,
                    credit_amount__gte=0,
                    credit_amount__lte=F("total_amount") - F("deposit_amount"),
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
        return self.total_amount - self.credit_amount - self.deposit_amount

    @property
    def free_cancellation_until(self) -> datetime:
        """Until when cancelling costs nothing."""
        from bookings.policy import free_until

        return free_until(self)

    @property
    def consents_given(self) -> list[dict[str, Any]]:
        """What the customer has agreed to, as in `consents`, older releases' included."""
        if self.consents or not self.consent_text:
            return list(self.consents)
        return [
            {
                "service": self.service_name,
                "text": self.consent_text,
                "version": self.consent_version,
                "at": (self.consent_at or self.created_at).isoformat(),
            }
        ]

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
    def hold_has_ended(self) -> bool:
        """Is it still unpaid, and may others take its time?"""
        ends = self.hold_expires_at
        return self.is_pending and ends is not None and ends <= timezone.now()

    @property
    def is_confirmed(self) -> bool:
        return self.status == self.Status.CONFIRMED

    @property
    def is_cancelled(self) -> bool:
        return self.status == self.Status.CANCELLED


class BookingLine(models.Model):
    """One thing of a visit: a service or an add-on, at the price the customer accepted."""

    booking = models.ForeignKey(Booking, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    service = models.ForeignKey(Service, null=True, blank=True, on_delete=models.PROTECT)
    name = models.CharField(max_length=120)
    is_add_on = models.BooleanField(default=False)
    quantity = models.PositiveIntegerField(default=1)
    minutes = models.PositiveIntegerField(default=0)
    amount = models.BigIntegerField()
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2, default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["booking", "position"], name="bookings_line_position"),
            models.CheckConstraint(
                name="bookings_line_amount",
                condition=Q(amount__gte=0, amount__lte=MAX_AMOUNT),
            ),
        ]

    def __str__(self) -> str:
        return self.name
