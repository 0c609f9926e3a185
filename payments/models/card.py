"""Cards that customers have left with the business."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from payments.models.payment import Customer, PaymentSession


class SavedCardQuerySet(models.QuerySet["SavedCard"]):
    def given_for(self, payable_type: str, payable_id: str | int) -> "SavedCardQuerySet":
        """Cards that may be charged for one payable."""
        return self.filter(
            is_active=True,
            payment_session__payable_type=payable_type,
            payment_session__payable_id=str(payable_id),
        )


class SavedCard(models.Model):
    """A card at Stripe that may be charged for what it was given for; never its number."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="cards")
    # The setup, or the payment, by which it was given.
    payment_session = models.OneToOneField(
        PaymentSession, on_delete=models.PROTECT, related_name="card"
    )
    stripe_payment_method_id = models.CharField(max_length=255, unique=True)
    brand = models.CharField(max_length=30, blank=True)
    last4 = models.CharField(max_length=4, blank=True)
    expires_month = models.PositiveSmallIntegerField(null=True)
    expires_year = models.PositiveSmallIntegerField(null=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[SavedCardQuerySet] = SavedCardQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.brand.title()} •••• {self.last4}".strip()
