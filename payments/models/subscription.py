"""Payments that come again by themselves: what Stripe says of a subscription and its invoices."""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from payments.models.payment import PaymentSession


class SubscriptionQuerySet(models.QuerySet["Subscription"]):
    def running(self) -> Self:
        """Those that Stripe will charge again, or still tries to."""
        return self.filter(status__in=Subscription.RUNNING)

    def overdue(self, now: datetime) -> Self:
        """Running ones that are not paid up, so that Stripe must have something to say."""
        return self.running().filter(
            Q(status=Subscription.Status.PAST_DUE) | Q(current_period_end__lt=now)
        )


class Subscription(models.Model):
    """What a customer pays every interval until it is cancelled.

    Amount, currency, customer and what it is for are those of its first payment. Whoever changes
    it has that payment locked.
    """

    class Status(models.TextChoices):
        INCOMPLETE = "incomplete", "Not paid yet"
        ACTIVE = "active", "Active"
        PAST_DUE = "past_due", "Payment failed"
        CANCELED = "canceled", "Ended"

    class Interval(models.TextChoices):
        WEEK = "week", "Week"
        MONTH = "month", "Month"
        YEAR = "year", "Year"

    RUNNING = (Status.ACTIVE, Status.PAST_DUE)

    payment_session = models.OneToOneField(
        PaymentSession, on_delete=models.PROTECT, related_name="subscription"
    )
    interval = models.CharField(max_length=10, choices=Interval, default=Interval.MONTH)
    interval_count = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=12, choices=Status, default=Status.INCOMPLETE)
    stripe_subscription_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    current_period_start = models.DateTimeField(null=True, blank=True)
    current_period_end = models.DateTimeField(null=True, blank=True)
    # It ends with the period that is paid for.
    cancel_at_period_end = models.BooleanField(default=False)
    ended_at = models.DateTimeField(null=True, blank=True)
    # When Stripe was asked for what is written here: an older answer changes nothing any more.
    asked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[SubscriptionQuerySet] = SubscriptionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="payments_subscription_status_known",
                condition=Q(status__in=["incomplete", "active", "past_due", "canceled"]),
            ),
            models.CheckConstraint(
                name="payments_subscription_interval",
                condition=Q(interval__in=["week", "month", "year"], interval_count__gte=1),
            ),
        ]

    def __str__(self) -> str:
        return str(self.payment_session)

    @property
    def is_running(self) -> bool:
        return self.status in self.RUNNING


class SubscriptionInvoice(models.Model):
    """One of Stripe's invoices that was paid, and the period that it was for."""

    #: Stripe's billing reasons for a whole period; others are corrections made in its dashboard.
    PERIOD_REASONS = ("subscription_create", "subscription_cycle")

    subscription = models.ForeignKey(
        Subscription, on_delete=models.PROTECT, related_name="invoices"
    )
    payment_session = models.OneToOneField(
        PaymentSession, on_delete=models.PROTECT, related_name="subscription_invoice"
    )
    stripe_invoice_id = models.CharField(max_length=255, unique=True)
    billing_reason = models.CharField(max_length=50)
    period_start = models.DateTimeField()
    period_end = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.stripe_invoice_id

    @property
    def is_for_period(self) -> bool:
        return self.billing_reason in self.PERIOD_REASONS
