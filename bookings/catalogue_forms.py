"""What staff fill in about what can be booked; prices as people write them."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from bookings.models import AddOn, IntakeQuestion, Requirement, Resource, Service, TableSet
from tenants.money_field import WholeMoneyField

DepositKind = Service.DepositKind


class ServiceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A service; its deposit is an amount or a percentage, in a field of its own each."""

    price = WholeMoneyField(help_text="In the business's currency, for example 45.00.")
    deposit_amount = WholeMoneyField(
        required=False,
        label="Deposit as an amount",
        help_text="Per person, where the price is per person.",
    )
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
    new_picture = forms.FileField(
        label="Picture",
        required=False,
        widget=UnfoldAdminFileFieldWidget(),
        help_text="PNG, JPEG or WebP, at most 256 KB.",
    )
    remove_picture = forms.BooleanField(required=False, widget=UnfoldBooleanSwitchWidget())

    class Meta:
        model = Service
        fields = (
            "name", "kind", "category", "description", "is_active", "position",
            "duration_minutes", "buffer_before_minutes", "buffer_after_minutes", "step_minutes",
            "price", "price_is_per_person", "tax_rate", "deposit_kind", "deposit_from_people",
            "no_show_fee", "late_cancellation_fee", "free_cancellation_hours",
            "late_refund_percent", "no_refund_hours", "counts_business_days", "consent_text",
            "resources", "customer_chooses_resource", "party_min", "party_max",
            "is_online", "minimum_notice_minutes", "days_ahead",
        )  # fmt: skip

        labels = {
            "kind": "What it is",
            "duration_minutes": "Duration in minutes",
            "buffer_before_minutes": "Minutes before",
            "buffer_after_minutes": "Minutes after",
            "step_minutes": "Starts every … minutes",
            "price_is_per_person": "The price is for each person",
            "tax_rate": "Tax in per cent",
            "deposit_kind": "Deposit",
            "deposit_from_people": "Deposit from … people",
            "free_cancellation_hours": "Free until … hours before",
            "late_refund_percent": "After that, per cent given back",
            "no_refund_hours": "Nothing from … hours before",
            "counts_business_days": "Count hours of days we open only",
            "resources": "Who or what does it",
            "customer_chooses_resource": "Customers choose",
            "party_min": "People, at least",
            "party_max": "People, at most",
            "is_online": "Can be booked online",
            "minimum_notice_minutes": "Minutes of notice",
            "days_ahead": "Days ahead",
        }
        widgets = {
            "resources": UnfoldAdminCheckboxSelectMultipleWidget(),
            "description": UnfoldAdminTextareaWidget(attrs={"rows": 2}),
            "consent_text": UnfoldAdminTextareaWidget(attrs={"rows": 4}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.instance.deposit_kind
        if kind == DepositKind.AMOUNT:
            self.initial["deposit_amount"] = self.instance.deposit_value
        if kind == DepositKind.PERCENT:
            self.initial["deposit_percent"] = self.instance.deposit_value

    def clean_new_picture(self) -> Any:
        upload = self.cleaned_data.get("new_picture")
        if upload:
            self.instance.set_picture(upload.read())
        return upload

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._clean_deposit(cleaned)
        for name in ("no_show_fee", "late_cancellation_fee"):
            cleaned[name] = cleaned.get(name) or 0
        self._clean_order(cleaned)
        self._clean_tables(cleaned)
        if cleaned.get("remove_picture") and not cleaned.get("new_picture"):
            self.instance.set_picture(None)
        if self.instance.pk and "consent_text" in self.changed_data:
            # Bookings keep the number of the text that was agreed to.
            self.instance.consent_version += 1
        return cleaned

    def _clean_deposit(self, cleaned: dict[str, Any]) -> None:
        field = {
            DepositKind.AMOUNT: "deposit_amount", DepositKind.PERCENT: "deposit_percent",
        }.get(cleaned.get("deposit_kind", ""))  # fmt: skip
        self.instance.deposit_value = 0
        if field is not None and field in cleaned:
            if cleaned[field] is None:
                self.add_error(field, "Say how much the deposit is.")
            else:
                self.instance.deposit_value = cleaned[field]
        amount, price = cleaned.get("deposit_amount"), cleaned.get("price")
        if field == "deposit_amount" and amount and price is not None and amount > price:
            self.add_error("deposit_amount", "The deposit can't be more than the price.")

    def _clean_order(self, cleaned: dict[str, Any]) -> None:
        """Say beside the field what the database would refuse."""
        fewest, most = cleaned.get("party_min"), cleaned.get("party_max")
        if fewest and most and fewest > most:
            self.add_error("party_max", "That is fewer people than “at least”.")
        free, none = cleaned.get("free_cancellation_hours"), cleaned.get("no_refund_hours")
        if free is not None and none is not None and none > free:
            self.add_error(
                "no_refund_hours", "Nothing goes back from a later time than the free one ends."
            )

    def _clean_tables(self, cleaned: dict[str, Any]) -> None:
        if cleaned.get("kind") != Service.Kind.TABLE:
            return
        others = [one for one in cleaned.get("resources", []) if one.kind != Resource.Kind.TABLE]
        if others:
            self.add_error("resources", f"{others[0]} is not a table.")


class AddOnForm(forms.ModelForm):  # type: ignore[type-arg]
    """An extra, its price as people write it."""

    price = WholeMoneyField()

    class Meta:
        model = AddOn
        fields = ("name", "minutes", "price", "is_active", "position")
        labels = {"minutes": "Minutes more"}


class QuestionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A question; one with answers to choose from needs at least two."""

    class Meta:
        model = IntakeQuestion
        fields = ("text", "kind", "choices", "is_required", "position")
        labels = {"text": "Question", "kind": "Answer", "choices": "Answers to choose from"}
        widgets = {"choices": UnfoldAdminTextareaWidget(attrs={"rows": 2})}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        lines = [line.strip() for line in cleaned.get("choices", "").splitlines() if line.strip()]
        if cleaned.get("kind") != IntakeQuestion.Kind.CHOICE:
            lines = []
        elif len(set(lines)) < 2:
            self.add_error("choices", "Give at least two answers, one a line.")
        cleaned["choices"] = "\n".join(dict.fromkeys(lines))
        return cleaned


class RequirementForm(forms.ModelForm):  # type: ignore[type-arg]
    """What else a service needs at the same time."""

    class Meta:
        model = Requirement
        fields = ("name", "resources")
        widgets = {"resources": UnfoldAdminCheckboxSelectMultipleWidget()}


class ResourceForm(forms.ModelForm):  # type: ignore[type-arg]
    """A person, a room or a table. Seats and area are a table's."""

    class Meta:
        model = Resource
        fields = ("name", "kind", "seats_min", "seats_max", "area", "is_active", "position")
        labels = {
            "kind": "What it is", "seats_min": "For a table: seats from",
            "seats_max": "For a table: seats up to", "area": "For a table: area",
        }  # fmt: skip

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") != Resource.Kind.TABLE:
            return cleaned | {"seats_min": 1, "seats_max": 1, "area": ""}
        fewest, most = cleaned.get("seats_min"), cleaned.get("seats_max")
        if fewest and most and fewest > most:
            self.add_error("seats_max", "That is fewer seats than “from”.")
        return cleaned


class TableSetForm(forms.ModelForm):  # type: ignore[type-arg]
    """Tables to push together: two or more of them."""

    class Meta:
        model = TableSet
        fields = ("name", "tables", "seats_min", "seats_max", "is_active")
        labels = {"seats_min": "Seats from", "seats_max": "Seats up to"}
        widgets = {"tables": UnfoldAdminCheckboxSelectMultipleWidget()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        tables = Resource.objects.filter(kind=Resource.Kind.TABLE)
        self.fields["tables"].queryset = tables  # type: ignore[attr-defined]

    def clean_tables(self) -> Any:
        tables = self.cleaned_data["tables"]
        if len(tables) < 2:
            raise ValidationError("Choose at least two tables.")
        return tables

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        fewest, most = cleaned.get("seats_min"), cleaned.get("seats_max")
        if fewest and most and fewest > most:
            self.add_error("seats_max", "That is fewer seats than “from”.")
        return cleaned
