"""The books: double entry, append-only, per currency."""

from typing import Any, ClassVar, NoReturn

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from payments.models.account import StripeAccount
from payments.models.payment import PaymentSession


class Account(models.TextChoices):
    """Where money is, or what it is for."""

    STRIPE_CLEARING = "stripe_clearing", "Balance at Stripe"
    BANK = "bank", "Paid out to the bank"
    CUSTOMER_DEPOSITS = "customer_deposits", "Deposits not yet earned"
    REVENUE = "revenue", "Revenue"
    REFUNDS = "refunds", "Refunds"
    FEES = "fees", "Stripe's fees"
    DISPUTES = "disputes", "Disputed by customers"
    # What passes through the same Stripe account without coming from here.
    OTHER = "other", "Other activity at Stripe"
    # Between two currencies, where Stripe settles in another than the customer paid in.
    CONVERSION = "conversion", "Currency conversion"


class AppendOnlyError(RuntimeError):
    """Somebody tried to change the books; a mistake is corrected by a reversal."""


class LedgerQuerySet(models.QuerySet["LedgerEntry"]):
    def update(self, **values: Any) -> NoReturn:
        raise AppendOnlyError("The ledger is append-only.")

    def delete(self) -> NoReturn:
        raise AppendOnlyError("The ledger is append-only.")

    def of_current_mode(self) -> "LedgerQuerySet":
        """The books that count: those of real money once the business has a live key."""
        return self.filter(livemode=StripeAccount.objects.current().livemode)


class LedgerEntry(models.Model):
    """`amount` minor units moved from the account `credit` to the account `debit`.

    One row is one balanced pair, so the books can't be out of balance. A Stripe object causes an
    entry of a kind once. The database refuses changes (see migration 0003).
    """

    class Kind(models.TextChoices):
        PAYMENT = "payment", "Payment"
        REFUND = "refund", "Refund"
        REFUND_REVERSAL = "refund_reversal", "Refund came back"
        FEE = "fee", "Stripe's fee"
        DISPUTE = "dispute", "Dispute"
        PAYOUT = "payout", "Payout"
        OTHER = "other", "Other"
        OPENING = "opening", "Balance at Stripe when it was connected"
        CONVERTED_FROM = "converted_from", "Converted to another currency"
        CONVERTED_TO = "converted_to", "Converted from another currency"
        EARNED = "earned", "Deposit earned"

    kind = models.CharField(max_length=20, choices=Kind)
    # pi_, re_, txn_ ...: what at Stripe caused it.
    source_id = models.CharField(max_length=255)
    debit = models.CharField(max_length=20, choices=Account)
    credit = models.CharField(max_length=20, choices=Account)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    livemode = models.BooleanField()
    payment_session = models.ForeignKey(
        PaymentSession, null=True, on_delete=models.PROTECT, related_name="ledger_entries"
    )
    description = models.CharField(max_length=200, blank=True)
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[LedgerQuerySet] = LedgerQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["occurred_at", "id"]
        verbose_name_plural = "ledger entries"
        indexes = [
            models.Index(fields=["currency", "occurred_at"], name="payments_ledger_time"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["kind", "source_id"], name="payments_ledger_once"),
            models.CheckConstraint(name="payments_ledger_amount", condition=Q(amount__gt=0)),
            models.CheckConstraint(
                name="payments_ledger_two_sides", condition=~Q(debit=F("credit"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.source_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError("The ledger is append-only.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise AppendOnlyError("The ledger is append-only.")

    def effect_on(self, account: str) -> int:
        """What this adds to `account` (negative: takes from it), in minor units."""
        return self.amount * ((self.debit == account) - (self.credit == account))
