"""Money, in the business's own schema: its Stripe account, payments, events and refunds."""

import secrets
import uuid
from typing import Any, ClassVar

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q, Sum
from django.utils import timezone

from tenants.currencies import CURRENCIES
from tenants.encryption import EncryptedTextField

CURRENCY_CHOICES = [(code, code) for code in CURRENCIES]
# Stripe takes at most eight digits (docs.stripe.com/currencies, "Minimum and maximum charge").
MAX_AMOUNT = 99_999_999


def new_token() -> str:
    """Return an unguessable token: 192 random bits in URL-safe text."""
    return secrets.token_urlsafe(24)


class StripeAccountManager(models.Manager["StripeAccount"]):
    def current(self) -> "StripeAccount":
        """Return this business's account row; it is made with the business."""
        return self.get()


class StripeAccount(models.Model):
    """The business's own Stripe keys and its payment switches: one row per schema."""

    is_only_row = models.BooleanField(default=True, editable=False, unique=True)
    secret_key = EncryptedTextField(
        blank=True, help_text="A secret (sk_…) or, better, a restricted (rk_…) key."
    )
    publishable_key = models.CharField(max_length=255, blank=True)
    webhook_secret = EncryptedTextField(blank=True, help_text="Starts with whsec_.")
    previous_webhook_secret = EncryptedTextField(
        blank=True, help_text="Accepted as well while you change the webhook secret."
    )
    livemode = models.BooleanField(default=False, editable=False)
    default_currency = models.CharField(max_length=3, choices=CURRENCY_CHOICES)
    payments_enabled = models.BooleanField(default=False)
    return_origins = models.JSONField(
        default=list,
        blank=True,
        help_text="Other origins that a checkout may return to, e.g. https://www.example.com.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[StripeAccountManager] = StripeAccountManager()

    class Meta:
        verbose_name = "Stripe account"
        verbose_name_plural = "Stripe account"
        constraints = [
            models.CheckConstraint(name="payments_account_only_row", condition=Q(is_only_row=True))
        ]

    def __str__(self) -> str:
        return "Stripe account"

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.livemode = self.secret_key.startswith(("sk_live_", "rk_live_"))
        if kwargs.get("update_fields"):
            kwargs["update_fields"] = {*kwargs["update_fields"], "livemode", "updated_at"}
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Refuse keys that are no keys, a mix of test and live, and a switch without keys."""
        _check_prefix("secret_key", self.secret_key, "sk_test_ sk_live_ rk_test_ rk_live_")
        _check_prefix("publishable_key", self.publishable_key, "pk_test_ pk_live_")
        for name in ("webhook_secret", "previous_webhook_secret"):
            _check_prefix(name, getattr(self, name), "whsec_")
        live = "_live_" in self.secret_key
        if live and settings.STRIPE_API_BASE:
            raise ValidationError({"secret_key": "A live key can't be used with the sandbox."})
        if self.secret_key and self.publishable_key and live != ("_live_" in self.publishable_key):
            raise ValidationError(
                {"publishable_key": "One key is for test mode and the other for live mode."}
            )
        if self.payments_enabled and not (self.secret_key and self.webhook_secret):
            raise ValidationError(
                {"payments_enabled": "Payments need a secret key and a webhook secret first."}
            )
        _check_origins(self.return_origins)

    @property
    def webhook_secrets(self) -> list[str]:
        """The secrets that a delivery may be signed with, the current one first."""
        return [secret for secret in (self.webhook_secret, self.previous_webhook_secret) if secret]


def _check_prefix(field: str, value: str, prefixes: str) -> None:
    allowed = tuple(prefixes.split())
    if value and not (value.startswith(allowed) and value.isascii() and value.isprintable()):
        expected = " or ".join(f"{prefix}…" for prefix in allowed)
        raise ValidationError({field: f"This does not look right: it should start with {expected}"})


def _check_origins(origins: Any) -> None:
    from payments.return_urls import origin_of

    if not isinstance(origins, list) or not all(
        isinstance(origin, str) and origin_of(origin) == origin for origin in origins
    ):
        raise ValidationError(
            {"return_origins": 'Give a list such as ["https://www.example.com"], without a path.'}
        )


class Customer(models.Model):
    """Someone who pays, known by e-mail address."""

    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    stripe_customer_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.email


class PaymentSession(models.Model):
    """One request for money, and what became of it."""

    class Status(models.TextChoices):
        CREATED = "created", "Created"
        PENDING = "pending", "Waiting for payment"
        SUCCEEDED = "succeeded", "Paid"
        FAILED = "failed", "Declined"
        CANCELED = "canceled", "Cancelled"
        REFUNDED = "refunded", "Refunded"

    #: The states in which money has been received.
    PAID = (Status.SUCCEEDED, Status.REFUNDED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payable_type = models.CharField(max_length=50)
    payable_id = models.CharField(max_length=64)
    description = models.CharField(max_length=200, blank=True)
    amount = models.BigIntegerField(help_text="In the currency's smallest unit.")
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=Status, default=Status.CREATED)
    # Completed at Stripe with a method that settles later; neither paid nor failed yet.
    is_processing = models.BooleanField(default=False)
    livemode = models.BooleanField(default=False)
    customer = models.ForeignKey(Customer, null=True, blank=True, on_delete=models.PROTECT)
    success_url = models.TextField()
    cancel_url = models.TextField()
    metadata = models.JSONField(default=dict, blank=True)
    access_token = models.CharField(max_length=64, default=new_token, db_index=True)
    idempotency_key = models.CharField(max_length=255, unique=True)
    request_fingerprint = models.CharField(max_length=64)
    stripe_checkout_session_id = models.CharField(
        max_length=255, unique=True, null=True, blank=True
    )
    stripe_payment_intent_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    checkout_url = models.TextField(blank=True)
    checkout_expires_at = models.DateTimeField(null=True, blank=True)
    failure_code = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = "payment"
        indexes = [
            models.Index(fields=["payable_type", "payable_id"], name="payments_session_payable"),
            models.Index(fields=["status", "created_at"], name="payments_session_status"),
        ]
        constraints = [
            models.CheckConstraint(
                name="payments_session_amount",
                condition=Q(amount__gte=0) & Q(amount__lte=MAX_AMOUNT),
            ),
            models.CheckConstraint(
                name="payments_session_status_known",
                condition=Q(
                    status__in="created pending succeeded failed canceled refunded".split()
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payable_type} {self.payable_id}"

    @property
    def is_paid(self) -> bool:
        return self.status in self.PAID

    @property
    def is_open(self) -> bool:
        """May the customer still pay on it?"""
        return self.status in (self.Status.CREATED, self.Status.PENDING, self.Status.FAILED)

    @property
    def amount_refunded(self) -> int:
        """What has been given back, in minor units; derived from the refunds."""
        return self._sum_of_refunds([Refund.Status.SUCCEEDED])

    @property
    def amount_refundable(self) -> int:
        """What may still be asked back: refunds on their way count as given back."""
        if self.status != self.Status.SUCCEEDED:
            return 0
        return self.amount - self._sum_of_refunds(
            [Refund.Status.REQUESTED, Refund.Status.SUCCEEDED]
        )

    def _sum_of_refunds(self, statuses: list[str]) -> int:
        refunds = self.refunds.filter(status__in=statuses)
        return refunds.aggregate(total=Sum("amount"))["total"] or 0


class Transaction(models.Model):
    """Money received for a payment, once."""

    payment_session = models.OneToOneField(
        PaymentSession, on_delete=models.PROTECT, related_name="transaction"
    )
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    # The PaymentIntent, or the Checkout Session where nothing was due.
    stripe_object_id = models.CharField(max_length=255, unique=True)
    stripe_charge_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.stripe_object_id


class Refund(models.Model):
    """Money given back, or on its way. A row exists before Stripe is asked."""

    class Status(models.TextChoices):
        REQUESTED = "requested", "On its way"
        SUCCEEDED = "succeeded", "Refunded"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payment_session = models.ForeignKey(
        PaymentSession, on_delete=models.PROTECT, related_name="refunds"
    )
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=Status, default=Status.REQUESTED)
    reason = models.CharField(max_length=200, blank=True)
    actor_kind = models.CharField(max_length=20)
    actor_label = models.CharField(max_length=254, blank=True)
    idempotency_key = models.CharField(max_length=255, unique=True, null=True, blank=True)
    # Made in Stripe's dashboard rather than here.
    is_external = models.BooleanField(default=False)
    stripe_refund_id = models.CharField(max_length=255, unique=True, null=True, blank=True)
    failure_reason = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="payments_refund_amount",
                condition=Q(amount__gt=0) & Q(amount__lte=MAX_AMOUNT),
            ),
            models.CheckConstraint(
                name="payments_refund_status_known",
                condition=Q(status__in=["requested", "succeeded", "failed"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


class StripeEvent(models.Model):
    """The inbox: what Stripe told this business, stored before it is acted on."""

    class Status(models.TextChoices):
        RECEIVED = "received", "Received"
        PROCESSED = "processed", "Processed"
        IGNORED = "ignored", "Nothing to do"
        # It contradicts our row (amount, currency, mode): kept, not applied.
        FLAGGED = "flagged", "Needs a look"
        FAILED = "failed", "Failed, will be retried"

    SETTLED = (Status.PROCESSED, Status.IGNORED, Status.FLAGGED)

    event_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=100)
    api_version = models.CharField(max_length=50, blank=True)
    livemode = models.BooleanField(default=False)
    payload = models.JSONField()
    status = models.CharField(max_length=20, choices=Status, default=Status.RECEIVED)
    attempts = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(help_text="When it happened at Stripe.")
    received_at = models.DateTimeField(default=timezone.now, editable=False)
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "Stripe event"
        indexes = [models.Index(fields=["status", "received_at"], name="payments_event_status")]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
