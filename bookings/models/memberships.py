"""Memberships: paid every month or so by themselves, each payment good for some credits."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from bookings.models.catalogue import Service
from bookings.models.offers import Pass, new_prepaid_code, readable
from payments.models import MAX_AMOUNT, Subscription, new_token

# Stripe charges a renewal about an hour after the period before it has ended
# (docs.stripe.com/billing/invoices/subscription).
GRACE = timedelta(hours=6)
#: What a period without a limit is written down as: more than anybody uses.
UNLIMITED = 100_000


def every(interval: str, count: int) -> str:
    """Return an interval in words, after "every" or "per": month, 3 months."""
    return f"{count} {interval}s" if count > 1 else interval


class Terms(models.Model):
    """What is paid, how often, and what it is good for."""

    name = models.CharField(max_length=120)
    price = models.BigIntegerField(validators=[MinValueValidator(1), MaxValueValidator(MAX_AMOUNT)])
    tax_rate = models.DecimalField(
        max_digits=5, decimal_places=2, default=Decimal(0),
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="Per cent; the price includes it.",
    )  # fmt: skip
    interval = models.CharField(
        max_length=10, choices=Subscription.Interval, default=Subscription.Interval.MONTH
    )
    interval_count = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(36)],
        help_text="So many weeks, months or years.",
    )  # fmt: skip
    credits = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(1000)],
        help_text="How many times it pays for one person in each period; empty: no limit.",
    )  # fmt: skip
    rolls_over = models.BooleanField(
        default=False, help_text="What is left of a period can be used in the next one as well."
    )
    book_ahead_days = models.PositiveSmallIntegerField(
        default=7, db_default=7, validators=[MaxValueValidator(366)],
        help_text="A period's credits pay for what starts until so many days after its end; 0: "
        "within the period alone. Once cancelled, a membership pays for nothing after its end.",
    )  # fmt: skip

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_terms",
                condition=Q(price__gte=1, price__lte=MAX_AMOUNT, interval_count__gte=1)
                & Q(interval__in=["week", "month", "year"])
                & (Q(credits=None) | Q(credits__gte=1)),
            ),
        ]

    @property
    def every(self) -> str:
        """How often it is paid, after "every" or "per": month, 3 months."""
        return every(self.interval, self.interval_count)


class MembershipPlan(Terms):
    """A membership as it is sold: eight classes a month."""

    description = models.CharField(max_length=300, blank=True)
    services = models.ManyToManyField(
        Service, blank=True, help_text="What it pays for; none means everything."
    )
    is_sold_online = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    position = models.PositiveIntegerField(default=0)

    class Meta(Terms.Meta):
        abstract = False
        ordering = ["position", "name"]
        verbose_name = "membership plan"
        constraints = [
            *Terms.Meta.constraints,
            models.UniqueConstraint(
                fields=["name"], name="bookings_membershipplan_name",
                violation_error_message="There is a membership plan with this name already.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name


class Membership(Terms):
    """A customer's own membership, on the terms on which it was sold.

    The credits of each period that was paid for are a Pass of their own, for the booking to use.
    """

    plan = models.ForeignKey(MembershipPlan, on_delete=models.PROTECT, related_name="memberships")
    # The ids of the services it pays for, as it was sold; empty: all.
    service_ids = models.JSONField(default=list, blank=True)
    currency = models.CharField(max_length=3)
    code = models.CharField(max_length=16, unique=True, default=new_prepaid_code, editable=False)
    access_token = models.CharField(max_length=64, unique=True, default=new_token, editable=False)
    customer_name = models.CharField(max_length=200)
    customer_email = models.EmailField()
    # Empty until the first payment is in.
    subscription = models.OneToOneField(
        Subscription, null=True, blank=True, on_delete=models.PROTECT, related_name="membership"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    # The API caller's name for the sale: asked for again, it is the same one.
    sale_key = models.CharField(max_length=200, db_default="", default="", editable=False)

    class Meta(Terms.Meta):
        abstract = False
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["customer_email"], name="bookings_membership_email")]
        constraints = [
            *Terms.Meta.constraints,
            models.UniqueConstraint(
                fields=["sale_key"],
                condition=~Q(sale_key=""),
                name="bookings_membership_once_a_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.customer_name}"

    def pays_until(self, period: Pass) -> datetime | None:
        """Return before when (UTC) a booking starts that the credits of `period` pay."""
        goes_on = self.is_running and not self.is_ending
        ahead = timedelta(days=self.book_ahead_days if goes_on else 0)
        return period.expires_at + ahead if period.expires_at else None

    def good_until(self, now: datetime) -> datetime | None:
        """Return the end of the period that it is in (UTC); None when it does not run any more."""
        ends = self.renews_at
        return ends + GRACE if self.is_running and ends and ends + GRACE > now else None

    def pays_for(self, service: Service) -> bool:
        return not self.service_ids or service.pk in self.service_ids

    @property
    def readable_code(self) -> str:
        """The code in groups of four: 7K2M-PXQ4-9ABC."""
        return readable(self.code)

    @property
    def status(self) -> str:
        """One of payments' Subscription.Status: incomplete, active, past_due, canceled."""
        return self.subscription.status if self.subscription else Subscription.Status.INCOMPLETE

    @property
    def status_text(self) -> str:
        """The status in a person's words."""
        if self.is_ending:
            return "Ends with its period"
        return str(Subscription.Status(self.status).label)

    @property
    def is_incomplete(self) -> bool:
        return self.status == Subscription.Status.INCOMPLETE

    @property
    def is_running(self) -> bool:
        return self.subscription is not None and self.subscription.is_running

    @property
    def is_past_due(self) -> bool:
        return self.status == Subscription.Status.PAST_DUE

    @property
    def is_ending(self) -> bool:
        """Is it cancelled, and still good for the period that is paid for?"""
        subscription = self.subscription
        return (
            subscription is not None
            and subscription.is_running
            and subscription.cancel_at_period_end
        )

    @property
    def has_ended(self) -> bool:
        return self.status == Subscription.Status.CANCELED

    @property
    def renews_at(self) -> datetime | None:
        """When the period that it is in ends (UTC), or None before the first."""
        return self.subscription.current_period_end if self.subscription else None
