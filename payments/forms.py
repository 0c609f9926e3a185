"""What staff fill in about money. Secrets go in and never come out again."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from payments.models import CURRENCY_CHOICES, PaymentSession, StripeAccount
from tenants.money_field import WholeMoneyField

SECRETS = {
    "secret_key": "Secret key",
    "webhook_secret": "Webhook secret",
    "previous_webhook_secret": "Previous webhook secret",
}


ACCOUNT_FIELDS = (
    "payments_enabled", "secret_key", "publishable_key", "webhook_secret",
    "previous_webhook_secret", "remove", "default_currency", "origins",
)  # fmt: skip


def ending(secret: str) -> str:
    """Return what may be shown of a stored secret: that it is there, and its last four."""
    return f"Set, ends in …{secret[-4:]}. Leave empty to keep it." if secret else "Not set."


class SecretField(forms.CharField):
    """An input that is always empty when the page is shown."""

    def __init__(self, label: str) -> None:
        widget = UnfoldAdminPasswordWidget(
            attrs={"autocomplete": "off", "spellcheck": "false"}, render_value=False
        )
        super().__init__(label=label, required=False, max_length=500, widget=widget)


class StripeAccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """An empty secret keeps the stored one; removing it takes a tick."""

    secret_key = SecretField("Secret key")
    webhook_secret = SecretField("Webhook secret")
    previous_webhook_secret = SecretField("Previous webhook secret")
    origins = forms.CharField(
        label="Other origins a checkout may return to",
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="One a line, for example https://www.example.com.",
    )
    remove = forms.MultipleChoiceField(
        label="Remove what is stored",
        required=False,
        choices=[(name, label) for name, label in SECRETS.items() if name != "secret_key"],
        widget=UnfoldAdminCheckboxSelectMultipleWidget(),
    )

    class Meta:
        model = StripeAccount
        fields = ("publishable_key", "default_currency", "payments_enabled")
        widgets = {
            "default_currency": UnfoldAdminSelectWidget(choices=CURRENCY_CHOICES),
            "publishable_key": UnfoldAdminTextInputWidget(),
            "payments_enabled": UnfoldBooleanSwitchWidget(),
        }

    field_order = ACCOUNT_FIELDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = {name: getattr(self.instance, name) for name in SECRETS}
        for name, value in self.stored.items():
            self.fields[name].help_text = ending(value)
        self.fields[
            "webhook_secret"
        ].help_text += (
            " Set up by itself; enter one only for “stripe listen” or an endpoint of your own."
        )
        self.initial["origins"] = "\n".join(self.instance.return_origins)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in SECRETS:
            removed = name in cleaned.get("remove", [])
            value = cleaned.get(name, "").strip() or ("" if removed else self.stored[name])
            setattr(self.instance, name, value)
            cleaned[name] = value
        self.instance.return_origins = [
            line.strip().rstrip("/")
            for line in cleaned.get("origins", "").splitlines()
            if line.strip()
        ]
        return cleaned

    def add_error(self, field: str | None, error: Any) -> None:
        """The model speaks of return_origins, the form shows them as text."""
        if hasattr(error, "error_dict") and "return_origins" in error.error_dict:
            error.error_dict["origins"] = error.error_dict.pop("return_origins")
        super().add_error(field, error)


class RefundForm(forms.Form):
    """How much to give back, and why. The key makes a second click the same refund."""

    reason = forms.CharField(max_length=200, required=False, widget=UnfoldAdminTextInputWidget())
    key = forms.UUIDField(widget=forms.HiddenInput())

    def __init__(self, data: Any, *, session: PaymentSession) -> None:
        super().__init__(data, initial={"amount": session.amount_refundable, "key": uuid.uuid4()})
        self.fields["amount"] = WholeMoneyField(
            min_value=Decimal("0.001"),
            currency=session.currency,
            label=f"Amount in {session.currency}",
        )
        self.order_fields(["amount", "reason"])


class PeriodForm(forms.Form):
    """Whole days, the last one included."""

    first = forms.DateField(label="From", widget=UnfoldAdminTextInputWidget(attrs={"type": "date"}))
    last = forms.DateField(
        label="To and including", widget=UnfoldAdminTextInputWidget(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and first > last:
            self.add_error("last", "The last day can't be before the first.")
        if (last and last.year > 9000) or (first and first.year < 1970):
            self.add_error("first", "Choose days between 1970 and 9000.")
        return cleaned


class PaymentRequestForm(forms.Form):
    """What somebody is asked to pay. The key makes a second click the same request."""

    description = forms.CharField(
        label="What for", max_length=200, widget=UnfoldAdminTextInputWidget()
    )
    amount = WholeMoneyField(min_value=Decimal("0.001"))
    tax_rate = forms.DecimalField(
        label="Tax in it, per cent", min_value=0, max_value=100, max_digits=5, decimal_places=2,
        initial=0, widget=UnfoldAdminDecimalFieldWidget(),
    )  # fmt: skip
    customer_email = forms.EmailField(widget=UnfoldAdminEmailInputWidget())
    customer_name = forms.CharField(
        max_length=200, required=False, widget=UnfoldAdminTextInputWidget()
    )
    message = forms.CharField(
        label="A line for the customer", max_length=500, required=False,
        widget=UnfoldAdminTextInputWidget(),
    )  # fmt: skip
    days = forms.IntegerField(
        label="Good for, in days", min_value=1, max_value=90, initial=7,
        widget=UnfoldAdminTextInputWidget(),
    )  # fmt: skip
    key = forms.UUIDField(widget=forms.HiddenInput())

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"key": uuid.uuid4(), "days": 7, "tax_rate": 0})
        currency = StripeAccount.objects.current().default_currency
        self.fields["amount"] = WholeMoneyField(
            min_value=Decimal("0.001"), currency=currency, label=f"Amount in {currency}"
        )
