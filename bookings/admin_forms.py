"""What staff fill in: catalogue in whole money, bookings in the business's own time."""

from datetime import UTC, datetime
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from bookings.models import Service
from tenants.money_field import WholeMoneyField


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A service; its deposit is an amount or a percentage, in a field of its own each."""

    price = WholeMoneyField(help_text="In the business's currency, for example 45.00.")
    deposit_amount = WholeMoneyField(required=False, label="Deposit as an amount")
    deposit_percent = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=100,
        label="Deposit as a percentage",
        widget=UnfoldAdminTextInputWidget(),
    )

    class Meta:
        model = Service
        fields = (
            "name", "description", "duration_minutes", "price", "deposit_kind", "resources",
            "is_active", "position",
        )  # fmt: skip

        labels = {"duration_minutes": "Duration in minutes", "deposit_kind": "Deposit"}
        widgets = {"resources": UnfoldAdminCheckboxSelectMultipleWidget()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.instance.deposit_kind
        if kind == Service.DepositKind.AMOUNT:
            self.initial["deposit_amount"] = self.instance.deposit_value
        if kind == Service.DepositKind.PERCENT:
            self.initial["deposit_percent"] = self.instance.deposit_value

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        field = {
            Service.DepositKind.AMOUNT: "deposit_amount",
            Service.DepositKind.PERCENT: "deposit_percent",
        }.get(cleaned.get("deposit_kind", ""))
        self.instance.deposit_value = 0
        if field is not None and field in cleaned:
            if cleaned[field] is None:
                self.add_error(field, "Say how much the deposit is.")
            else:
                self.instance.deposit_value = cleaned[field]
        amount, price = cleaned.get("deposit_amount"), cleaned.get("price")
        if field == "deposit_amount" and amount and price is not None and amount > price:
            self.add_error("deposit_amount", "The deposit can't be more than the price.")
        return cleaned


class StaffBookingForm(forms.Form):
    """A booking that staff take on the phone: nothing is due now."""

    service = forms.ModelChoiceField(
        queryset=Service.objects.none(), widget=UnfoldAdminSelectWidget()
    )
    starts_at = forms.DateTimeField(
        label="When",
        help_text="On the business's own clocks, for example 2027-03-01 10:00.",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
    )
    customer_name = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget())
    customer_email = forms.EmailField(widget=UnfoldAdminEmailInputWidget())
    customer_phone = forms.CharField(
        max_length=40, required=False, widget=UnfoldAdminTextInputWidget()
    )
    notes = forms.CharField(
        max_length=2000, required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = Service.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def clean_starts_at(self) -> datetime:
        """Return the instant; Django has read it on the business's clocks."""
        typed: datetime = self.cleaned_data["starts_at"]
        return typed.astimezone(UTC)


class CancelForm(forms.Form):
    """How to cancel."""

    refund = forms.BooleanField(
        label="Give the deposit back in full",
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget(),
    )
