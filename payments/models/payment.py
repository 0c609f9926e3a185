"""Money asked for, received and given back."""

import secrets
import uuid
from decimal import ROUND_HALF_UP, Decimal

from django.db import models
from django.db.models import Q
from django.utils import timezone

from tenants.currencies import MAX_AMOUNT, decimal_amount
from tenants.statements import update


def new_token() -> str:
    """Return an unguessable token: 192 random bits in URL-safe text."""
    return secrets.token_urlsafe(24)


def included_tax(amount: int, rate: Decimal) -> int:
    """Return the tax of `rate` per cent that `amount` minor units include, rounded half up."""
    exact = Decimal(amount) * rate / (100 + rate)
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))


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

    class Purpose(models.TextChoices):
        CHECKOUT = "checkout", "Payment page"
        # Saves a card and takes no money.
        CARD_SETUP = "card_setup", "Card on file"
        # Charges a saved card while the customer is away.
        SAVED_CARD = "saved_card", "Charge to a saved card"
        # The first payment, on a page, and each one that Stripe takes by itself later.
        SUBSCRIPTION = "subscription", "Subscription"

    #: The states in which money has been received.
    PAID = (Status.SUCCEEDED, Status.REFUNDED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    payable_type = models.CharField(max_length=50)
    payable_id = models.CharField(max_length=64)
    purpose = models.CharField(max_length=20, choices=Purpose, default=Purpose.CHECKOUT)
    description = models.CharField(max_length=200, blank=True)
    amount = models.BigIntegerField(help_text="In the currency's smallest unit.")
    # Per cent; the amount includes it.
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=20, choices=Status, default=Status.CREATED)
    # Completed at Stripe with a method that settles later; neither paid nor failed yet.
    is_processing = models.BooleanField(default=False)
    # Owed to the customer until what it is for has happened; see payments.ledger.
    is_deposit = models.BooleanField(default=False)
    # Does the card that pays it stay on file, to be charged later?
    saves_card = models.BooleanField(default=False, db_default=False)
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
        return self.description or f"{self.payable_type} {self.payable_id}"

    def change(self, **values: object) -> None:
        """Set fields that the next `save_changes` writes, together."""
        for name, value in values.items():
            setattr(self, name, value)
        self.__dict__.setdefault("_changed", set()).update(values)

    def save_changes(self) -> None:
        """Write what `change` has set, if anything."""
        changed = self.__dict__.pop("_changed", None)
        if changed:
            update(self, {*changed, "updated_at"})

    @property
    def is_paid(self) -> bool:
        return self.status in self.PAID

    @property
    def status_text(self) -> str:
        """The status in a person's words, with what the status alone does not say."""
        if self.is_processing:
            return "Processing"
        if self.purpose == self.Purpose.CARD_SETUP and self.is_paid:
            return "Card saved"
        if self.status == self.Status.SUCCEEDED:
            if self.is_disputed:
                return "Disputed"
            if self.amount_refunded:
                return "Partly refunded"
        return str(self.get_status_display())

    @property
    def tax_amount(self) -> int:
        """The tax that the amount includes, in minor units, rounded half up."""
        return included_tax(self.amount, self.tax_rate)

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
        """What may still be given back: refunds on their way count as given back.

        Nothing while the customer's bank has the money, or has decided to keep it.
        """
        if self.status != self.Status.SUCCEEDED or self.is_disputed:
            return 0
        return self.amount - self._sum_of_refunds(
            [Refund.Status.REQUESTED, Refund.Status.SUCCEEDED]
        )

    @property
    def is_disputed(self) -> bool:
        """Is there a dispute that is undecided or lost? Stripe refuses refunds then."""
        return any(dispute.holds_money for dispute in self.disputes.all())

    def _sum_of_refunds(self, statuses: list[str]) -> int:
        # Not summed by the database: a list has read the refunds of all its payments at once.
        return sum(refund.amount for refund in self.refunds.all() if refund.status in statuses)


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
    # What Stripe keeps and what is left, in the currency it settles in; unknown at first.
    fee = models.BigIntegerField(null=True)
    net = models.BigIntegerField(null=True)
    settled_currency = models.CharField(max_length=3, blank=True)
    stripe_balance_transaction_id = models.CharField(
        max_length=255, unique=True, null=True, blank=True
    )
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
    stripe_balance_transaction_id = models.CharField(
        max_length=255, unique=True, null=True, blank=True
    )
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
        return f"{decimal_amount(self.amount, self.currency)} {self.currency}"

    @property
    def by_whom(self) -> str:
        """Who asked for it, in words."""
        kinds = {"api_key": "API key", "stripe": "Stripe's dashboard", "system": "Automatic"}
        if self.actor_kind in kinds:
            return f"{kinds[self.actor_kind]} {self.actor_label}".strip()
        return self.actor_label or self.actor_kind
