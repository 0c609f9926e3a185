"""What Stripe's own books say: balance transactions and payouts, as it told them."""

from django.db import models

from payments.models.payment import PaymentSession


class Payout(models.Model):
    """Money that Stripe sent to the business's bank."""

    stripe_payout_id = models.CharField(max_length=255, unique=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    livemode = models.BooleanField()
    status = models.CharField(max_length=20)
    # Stripe says of automatic payouts only what they contain.
    is_automatic = models.BooleanField(default=True)
    arrives_on = models.DateField(null=True)
    created_at = models.DateTimeField()
    # The sum of what it contains, once that has been asked for; equal to `amount` when all is well.
    contained_amount = models.BigIntegerField(null=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.stripe_payout_id

    @property
    def is_matched(self) -> bool:
        return self.contained_amount == self.amount


class BalanceTransaction(models.Model):
    """One line of the business's balance at Stripe. `net` is `amount` less `fee`."""

    stripe_balance_transaction_id = models.CharField(max_length=255, unique=True)
    payment_session = models.ForeignKey(
        PaymentSession, null=True, on_delete=models.PROTECT, related_name="balance_transactions"
    )
    category = models.CharField(max_length=40)
    source_id = models.CharField(max_length=255, blank=True)
    description = models.CharField(max_length=200, blank=True)
    amount = models.BigIntegerField()
    fee = models.BigIntegerField()
    net = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    livemode = models.BooleanField()
    payout = models.ForeignKey(
        Payout, null=True, on_delete=models.PROTECT, related_name="balance_transactions"
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-created_at", "-id"]
        verbose_name = "Stripe balance transaction"
        indexes = [models.Index(fields=["source_id"], name="payments_balance_source")]

    def __str__(self) -> str:
        return self.stripe_balance_transaction_id
