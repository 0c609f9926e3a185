"""What is paid for."""

from django.db import models


class Invoice(models.Model):
    """A bill for `amount` minor units of `currency`, tax included."""

    number = models.CharField(max_length=20, unique=True)
    customer_email = models.EmailField()
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    tax_rate = models.DecimalField(max_digits=5, decimal_places=2, default=0)
    paid_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.number
