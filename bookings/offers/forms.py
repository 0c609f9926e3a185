"""What a buyer of a voucher or pass fills in."""

from typing import Any

from django import forms

from bookings.models import MembershipPlan, PassType
from bookings.offers import memberships
from bookings.offers.purchases import passes_on_sale
from tenants.currencies import exponent
from tenants.current import current_tenant
from tenants.money_field import WholeMoneyField


def _name(label: str, **kwargs: Any) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": kwargs.pop("autocomplete", "off")})
    return forms.CharField(label=label, max_length=200, widget=widget, **kwargs)


def _email(label: str, **kwargs: Any) -> forms.EmailField:
    attributes = {"autocomplete": kwargs.pop("autocomplete", "off"), "inputmode": "email"}
    return forms.EmailField(
        label=label, max_length=254, widget=forms.EmailInput(attrs=attributes), **kwargs
    )


class BuyerForm(forms.Form):
    """Who pays."""

    customer_name = _name("Your name", autocomplete="name")
    customer_email = _email(
        "Your e-mail", autocomplete="email", help_text="Your receipt goes here."
    )

    def clean_customer_name(self) -> str:
        return printable(self.cleaned_data["customer_name"])


class VoucherForm(BuyerForm):
    """A gift: how much, for whom, with which words."""

    amount = WholeMoneyField()
    recipient_name = _name("Who is it for? (optional)", required=False)
    recipient_email = _email(
        "Their e-mail (optional)", required=False,
        help_text="We send it there at once; leave it empty to hand it over yourself.",
    )  # fmt: skip
    message = forms.CharField(
        label="A few words (optional)", max_length=500, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    field_order = ["amount", "recipient_name", "recipient_email", "message"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        currency = current_tenant().currency
        amount = self.fields["amount"]
        amount.label = f"Amount in {currency}"
        amount.widget = forms.NumberInput(
            attrs={"inputmode": "decimal", "step": str(10 ** -exponent(currency)), "min": "0"}
        )

    def clean_recipient_name(self) -> str:
        return printable(self.cleaned_data["recipient_name"])


class PassForm(BuyerForm):
    """Which pass, and for whom: it can be used with this e-mail address alone."""

    pass_type = forms.ModelChoiceField(
        queryset=PassType.objects.none(), label="Pass", empty_label=None,
        widget=forms.RadioSelect(),
        error_messages={"required": "Please choose a pass."},
    )  # fmt: skip
    field_order = ["pass_type"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["pass_type"].queryset = passes_on_sale()  # type: ignore[attr-defined]
        self.fields[
            "customer_email"
        ].help_text = "Your pass goes here; book with this same address."


class MembershipForm(BuyerForm):
    """Which plan, and for whom: it can be used with this e-mail address alone."""

    plan = forms.ModelChoiceField(
        queryset=MembershipPlan.objects.none(), label="Membership", empty_label=None,
        widget=forms.RadioSelect(),
        error_messages={"required": "Please choose a membership."},
    )  # fmt: skip
    field_order = ["plan"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plan"].queryset = memberships.on_sale()  # type: ignore[attr-defined]
        self.fields[
            "customer_email"
        ].help_text = "Your membership goes here; book with this same address."


def printable(name: str) -> str:
    if not name.isprintable():
        raise forms.ValidationError("Please write the name without special characters.")
    return name
