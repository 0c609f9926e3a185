"""Payments that staff ask for by a link."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from payments.models.payment import PaymentSession, new_token
from tenants.currencies import MAX_AMOUNT


class PaymentRequest(models.Model):
    """A link on which somebody can pay an amount until it expires."""

    token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    payable_type = models.CharField(max_length=50)
    payable_id = models.CharField(max_length=64)
    description = models.CharField(max_length=200)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    customer_name = models.CharField(max_length=200, blank=True)
    customer_email = models.EmailField()
    message = models.CharField(max_length=500, blank=True)
    expires_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    # The newest checkout on it; the one that is paid, once one is.
    payment_session = models.OneToOneField(
        PaymentSession, null=True, blank=True, on_delete=models.PROTECT, related_name="request"
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    created_by = models.CharField(max_length=254, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[models.Manager["PaymentRequest"]] = models.Manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "payment link"
        indexes = [
            models.Index(fields=["payable_type", "payable_id"], name="payments_request_payable"),
        ]
        constraints = [
            models.CheckConstraint(
                name="payments_request_amount",
                condition=Q(amount__gt=0) & Q(amount__lte=MAX_AMOUNT),
            ),
        ]

    def __str__(self) -> str:
        return self.description

    @property
    def is_paid(self) -> bool:
        return self.payment_session is not None and self.payment_session.is_paid

    @property
    def is_processing(self) -> bool:
        return self.payment_session is not None and self.payment_session.is_processing

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= timezone.now()

    @property
    def is_open(self) -> bool:
        """May somebody still pay on it?"""
        return not (
            self.is_paid or self.is_processing or self.cancelled_at is not None or self.is_expired
        )

    @property
    def status(self) -> str:
        """One of paid, processing, cancelled, expired, open."""
        if self.is_paid:
            return "paid"
        if self.is_processing:
            return "processing"
        if self.cancelled_at is not None:
            return "cancelled"
        return "expired" if self.is_expired else "open"
