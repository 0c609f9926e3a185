"""What staff fill in about offers, in whole money."""

from decimal import Decimal
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from bookings.models import (
    DiscountCode,
    MembershipPlan,
    Pass,
    PassType,
    Voucher,
    VoucherSettings,
    normal_code,
)
from payments.services import LONGEST_INTERVALS, subscription_problem
from tenants.currencies import smallest_charge
from tenants.current import current_tenant
from tenants.money_field import WholeMoneyField

SERVICES = UnfoldAdminCheckboxSelectMultipleWidget


class DiscountCodeForm(forms.ModelForm):  # type: ignore[type-arg]
    amount = WholeMoneyField(
        required=False, min_value=Decimal("0.001"), help_text="Off the price; or a percentage."
    )
    minimum_amount = WholeMoneyField(
        required=False, help_text="For bookings of so much and more; empty: for all."
    )

    class Meta:
        model = DiscountCode
        fields = (
            "code", "percent", "amount", "valid_from", "valid_until", "max_uses",
            "max_uses_per_customer", "minimum_amount", "services", "is_active",
        )  # fmt: skip
        widgets = {"services": SERVICES()}

    def clean_code(self) -> str:
        code = normal_code(self.cleaned_data["code"])
        if len(code) < 3:
            raise forms.ValidationError("Use at least three letters or digits.")
        return code

    def clean_minimum_amount(self) -> int:
        return self.cleaned_data["minimum_amount"] or 0


class VoucherSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    minimum_amount = WholeMoneyField(min_value=Decimal("0.001"), label="Smallest amount")
    maximum_amount = WholeMoneyField(min_value=Decimal("0.001"), label="Largest amount")

    class Meta:
        model = VoucherSettings
        fields = ("is_sold_online", "minimum_amount", "maximum_amount", "valid_days")
        labels = {"is_sold_online": "Sold on our page", "valid_days": "Good for, in days"}
        widgets = {
            "is_sold_online": UnfoldBooleanSwitchWidget(),
            "valid_days": UnfoldAdminTextInputWidget(),
        }


class PassTypeForm(forms.ModelForm):  # type: ignore[type-arg]
    price = WholeMoneyField()

    class Meta:
        model = PassType
        fields = (
            "name", "description", "price", "tax_rate", "credits", "valid_days", "services",
            "is_sold_online", "is_active", "position",
        )  # fmt: skip
        labels = {"credits": "Times", "valid_days": "Good for, in days"}
        widgets = {"services": SERVICES()}


class MembershipPlanForm(forms.ModelForm):  # type: ignore[type-arg]
    """What it is sold for from now on: memberships that were sold stay as they are."""

    price = WholeMoneyField()

    class Meta:
        model = MembershipPlan
        fields = (
            "name", "description", "price", "tax_rate", "interval_count", "interval", "credits",
            "rolls_over", "book_ahead_days", "services", "is_sold_online", "is_active", "position",
        )  # fmt: skip
        labels = {
            "credits": "Times", "interval_count": "Paid every", "interval": "Interval",
            "book_ahead_days": "Days ahead",
        }  # fmt: skip
        widgets = {"services": SERVICES()}

    def clean_price(self) -> int:
        price: int = self.cleaned_data["price"]
        if price < smallest_charge(current_tenant().currency):
            raise forms.ValidationError("Stripe charges no less than this: use a higher price.")
        return price

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        count, longest = (
            cleaned.get("interval_count"),
            LONGEST_INTERVALS.get(cleaned.get("interval", ""), 0),
        )
        if count and count > longest:
            self.add_error("interval_count", f"At most {longest}: Stripe bills every three years.")
        if not self.errors and cleaned.get("is_active") and (problem := subscription_problem()):
            raise forms.ValidationError(problem)
        return cleaned


class EndMembershipForm(forms.Form):
    refund = forms.BooleanField(
        required=False, label="Give the last payment back", widget=UnfoldBooleanSwitchWidget(),
        help_text="All of it, and the credits that it bought end as well.",
    )  # fmt: skip
    reason = forms.CharField(
        max_length=200, widget=UnfoldAdminTextInputWidget(), help_text="For your own records."
    )

    def __init__(self, data: Any, *, may_refund: bool) -> None:
        super().__init__(data)
        self.fields["refund"].disabled = not may_refund


class GiveForm(forms.Form):
    """Something prepaid that staff give away, and why."""

    customer_name = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget())
    customer_email = forms.EmailField(
        widget=UnfoldAdminEmailInputWidget(), help_text="It is sent there at once."
    )
    reason = forms.CharField(
        max_length=200, widget=UnfoldAdminTextInputWidget(), help_text="For your own records."
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"valid_days": 365})


class GiveVoucherForm(GiveForm):
    amount = WholeMoneyField(min_value=Decimal("0.001"))
    valid_days = forms.IntegerField(
        min_value=1, max_value=3660, required=False, label="Good for, in days",
        widget=UnfoldAdminTextInputWidget(), help_text="Empty: it never expires.",
    )  # fmt: skip
    field_order = ["amount", "valid_days"]


class GivePassForm(GiveForm):
    pass_type = forms.ModelChoiceField(
        queryset=PassType.objects.none(), widget=UnfoldAdminSelectWidget(), label="Pass"
    )
    field_order = ["pass_type"]

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["pass_type"].queryset = PassType.objects.filter(is_active=True)  # type: ignore[attr-defined]


class VoidForm(forms.Form):
    reason = forms.CharField(max_length=200, widget=UnfoldAdminTextInputWidget())


class UseForm(forms.Form):
    """What of it is used at the business: whole money for a voucher, times for a pass."""

    reason = forms.CharField(
        max_length=200, widget=UnfoldAdminTextInputWidget(), help_text="What for."
    )

    def __init__(self, data: Any, item: Voucher | Pass) -> None:
        super().__init__(data)
        if isinstance(item, Voucher):
            self.fields["amount"] = WholeMoneyField(
                min_value=Decimal("0.001"), currency=item.currency,
                label=f"Amount in {item.currency}",
            )  # fmt: skip
        else:
            self.fields["amount"] = forms.IntegerField(
                min_value=1, max_value=item.left, initial=1, label="Times",
                widget=UnfoldAdminTextInputWidget(),
            )  # fmt: skip
        self.order_fields(["amount"])
