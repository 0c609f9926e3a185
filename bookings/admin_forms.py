"""What staff fill in: catalogue in whole money, bookings in the business's own time."""

from datetime import UTC, datetime
from decimal import Decimal
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

from bookings.models import BookingSeries, Service
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

    no_show_fee = WholeMoneyField(
        required=False, help_text="What a card on file may be charged when they do not come."
    )
    late_cancellation_fee = WholeMoneyField(
        required=False, help_text="What a card on file may be charged when they cancel late."
    )

    class Meta:
        model = Service
        fields = (
            "name", "description", "duration_minutes", "price", "tax_rate", "deposit_kind",
            "no_show_fee", "late_cancellation_fee", "free_cancellation_hours", "resources",
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
        for name in ("no_show_fee", "late_cancellation_fee"):
            cleaned[name] = cleaned.get(name) or 0
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


class StaffSeriesForm(StaffBookingForm):
    """A booking that repeats; its dates are shown before they are booked."""

    interval_weeks = forms.IntegerField(
        min_value=1, max_value=BookingSeries.MAX_INTERVAL, initial=1, label="Every how many weeks",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "number"}),
    )  # fmt: skip
    count = forms.IntegerField(
        min_value=1, max_value=BookingSeries.MAX_COUNT, required=False, label="How many times",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "number"}),
    )  # fmt: skip
    until = forms.DateField(
        required=False, label="Or until this day",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}),
    )  # fmt: skip
    party_size = forms.IntegerField(
        min_value=1, initial=1, label="People",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "number"}),
    )  # fmt: skip
    anytime = forms.BooleanField(
        required=False, label="Also outside the opening hours", widget=UnfoldBooleanSwitchWidget()
    )
    # What the dates on the screen were worked out from: changed fields are shown again first.
    seen = forms.CharField(required=False, widget=forms.HiddenInput())

    field_order = (
        "service", "starts_at", "interval_weeks", "count", "until", "party_size",
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        given = [name for name in ("count", "until") if cleaned.get(name) is not None]
        if not {"count", "until"} & set(self.errors) and len(given) != 1:
            self.add_error("count", "Say how many times, or until when.")
        return cleaned

    @property
    def fingerprint(self) -> str:
        """Return what decides about the dates."""
        names = ("starts_at", "interval_weeks", "count", "until", "party_size", "anytime")
        values = [str(self.cleaned_data[name]) for name in names]
        return "|".join([str(self.cleaned_data["service"].pk), *values])


class CancelRestForm(forms.Form):
    """From which day on a series ends."""

    from_day = forms.DateField(
        label="From this day on", widget=UnfoldAdminTextInputWidget(attrs={"type": "date"})
    )
    refund = forms.BooleanField(
        label="Give deposits back in full", required=False, initial=True,
        widget=UnfoldBooleanSwitchWidget(),
    )  # fmt: skip


class BalanceForm(forms.Form):
    """What to ask a customer to pay by a link."""

    message = forms.CharField(
        max_length=500,
        required=False,
        label="A line for the customer",
        widget=UnfoldAdminTextInputWidget(),
    )
    days = forms.IntegerField(
        min_value=1, max_value=90, initial=7, label="Good for, in days",
        widget=UnfoldAdminTextInputWidget(),
    )  # fmt: skip

    def __init__(self, data: Any, *, amount: int, currency: str) -> None:
        super().__init__(data, initial={"amount": amount})
        self.fields["amount"] = WholeMoneyField(
            min_value=Decimal("0.001"), currency=currency, label=f"Amount in {currency}"
        )
        self.order_fields(["amount"])


class CancelForm(forms.Form):
    """How to cancel."""

    by_customer = forms.BooleanField(
        label="The customer wants it",
        required=False,
        help_text="Decides whether the late cancellation fee that they agreed to applies.",
        widget=UnfoldBooleanSwitchWidget(),
    )

    refund = forms.BooleanField(
        label="Give the deposit back in full",
        required=False,
        initial=True,
        widget=UnfoldBooleanSwitchWidget(),
    )
