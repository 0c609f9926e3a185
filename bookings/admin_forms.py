"""What staff fill in about bookings, in the business's own time."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminEmailInputWidget,
    UnfoldAdminRadioSelectWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from bookings.models import BookingSeries, Resource, Service
from tenants.current import current_tenant
from tenants.money_field import WholeMoneyField


class StaffSeriesForm(forms.Form):
    """A booking that repeats, without a deposit; its dates are shown before they are booked."""

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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = Service.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def clean_starts_at(self) -> datetime:
        """Return the instant; Django has read it on the business's clocks."""
        typed: datetime = self.cleaned_data["starts_at"]
        return typed.astimezone(UTC)

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
    """How to cancel; `terms` says in words what the accepted terms give back now."""

    TERMS, FULL, NONE = "terms", "full", "none"

    refund = forms.ChoiceField(
        label="What goes back of what was paid", initial=FULL, widget=UnfoldAdminRadioSelectWidget()
    )
    by_customer = forms.BooleanField(
        label="The customer wants it",
        required=False,
        help_text="Decides whether the late cancellation fee that they agreed to applies.",
        widget=UnfoldBooleanSwitchWidget(),
    )

    def __init__(self, data: Any, *, terms: str) -> None:
        super().__init__(data)
        self.fields["refund"].choices = [  # type: ignore[attr-defined]
            (self.FULL, "All of it"),
            (self.TERMS, f"What the terms say when the customer cancels: {terms}"),
            (self.NONE, "Nothing"),
        ]


def start_field(label: str) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        help_text="On the business's own clocks.",
        widget=UnfoldAdminTextInputWidget(attrs={"type": "datetime-local"}),
    )


def resource_field() -> "forms.ModelChoiceField[Resource]":
    """Return the choice of a person, room or table; the form gives it its queryset."""
    return forms.ModelChoiceField(
        queryset=Resource.objects.none(),
        required=False,
        empty_label="Whoever or whatever is free",
        label="With whom or where",
        widget=UnfoldAdminSelectWidget(),
    )


class MoveForm(forms.Form):
    """When and where a booking moves to."""

    starts_at = start_field("New time")
    resource = resource_field()

    def __init__(self, data: Any, *, starts_at: datetime) -> None:
        local = starts_at.astimezone(current_tenant().zone)
        super().__init__(data, initial={"starts_at": local.strftime("%Y-%m-%dT%H:%M")})
        self.fields["resource"].queryset = Resource.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def clean_starts_at(self) -> datetime:
        """Return the instant; Django has read it on the business's clocks."""
        typed: datetime = self.cleaned_data["starts_at"]
        return typed.astimezone(UTC)
