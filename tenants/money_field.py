"""A form field for money."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminDecimalFieldWidget

from tenants.currencies import MAX_AMOUNT, exponent
from tenants.current import current_tenant


class WholeMoneyField(forms.DecimalField):
    """An amount as people write it, 45.00, kept as minor units, 4500.

    Its currency is the business's own unless `currency` is given.
    """

    def __init__(self, *, currency: str = "", **kwargs: Any) -> None:
        super().__init__(**{"min_value": 0, "widget": UnfoldAdminDecimalFieldWidget(), **kwargs})
        self.currency = currency

    @property
    def digits(self) -> int:
        return exponent(self.currency or current_tenant().currency)

    def prepare_value(self, value: Any) -> Any:
        return Decimal(value).scaleb(-self.digits) if isinstance(value, int) else value

    def clean(self, value: Any) -> int | None:
        amount = super().clean(value)
        if amount is None:
            return None
        minor = amount.scaleb(self.digits)
        if minor != minor.to_integral_value() or minor > MAX_AMOUNT:
            raise ValidationError(f"Use at most {self.digits} decimals, and not that much money.")
        return int(minor)
