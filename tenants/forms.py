"""What the operator fills in about a business."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.exceptions import ValidationError
from unfold.widgets import (
    UnfoldAdminColorInputWidget,
    UnfoldAdminEmailInputWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelect2Widget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from tenants.currencies import CURRENCIES
from tenants.models import LOCALES, Tenant
from tenants.names import validate_label
from tenants.pictures import picture_type

ZONES = [(zone, zone) for zone in sorted(available_timezones())]


class NewBusinessForm(forms.Form):
    """All that `tenants.provisioning.provision` takes."""

    label = forms.CharField(
        label="Address",
        validators=[validate_label],
        widget=UnfoldAdminTextInputWidget(),
        help_text="The first part of its host, for example anna-hair.",
    )
    name = forms.CharField(max_length=120, widget=UnfoldAdminTextInputWidget())
    kind = forms.ChoiceField(choices=Tenant.Kind.choices, widget=UnfoldAdminSelectWidget())
    time_zone = forms.ChoiceField(
        choices=ZONES, initial="Europe/London", widget=UnfoldAdminSelect2Widget()
    )
    currency = forms.ChoiceField(
        choices=[(code, code) for code in CURRENCIES],
        initial="GBP",
        widget=UnfoldAdminSelect2Widget(),
    )
    locale = forms.ChoiceField(choices=LOCALES, widget=UnfoldAdminSelectWidget())
    contact_email = forms.EmailField(required=False, widget=UnfoldAdminEmailInputWidget())
    brand_colour = forms.CharField(initial="#0f766e", widget=UnfoldAdminColorInputWidget())
    owner_email = forms.EmailField(
        label="Owner's e-mail",
        widget=UnfoldAdminEmailInputWidget(),
        help_text="They get a link with which they choose a password.",
    )

    def take_errors(self, error: ValidationError) -> None:
        """Show a refusal of provisioning at the field it is about."""
        if not hasattr(error, "error_dict"):
            self.add_error(None, error)
            return
        for field, messages in error.message_dict.items():
            name = "label" if field in ("schema_name", "domain") else field
            self.add_error(name if name in self.fields else None, messages)


class BusinessForm(forms.ModelForm):  # type: ignore[type-arg]
    """What can be changed about a business later."""

    new_logo = forms.FileField(
        label="Logo",
        required=False,
        widget=UnfoldAdminFileFieldWidget(),
        help_text="PNG, JPEG or WebP, at most 256 KB.",
    )
    remove_logo = forms.BooleanField(required=False, widget=UnfoldBooleanWidget())

    class Meta:
        model = Tenant
        fields = (
            "name", "kind", "time_zone", "locale", "contact_email", "contact_phone", "address",
            "brand_colour", "legal_name", "tax_name", "tax_number", "request_share",
        )  # fmt: skip
        widgets = {
            "time_zone": UnfoldAdminSelect2Widget(choices=ZONES),
            "brand_colour": UnfoldAdminColorInputWidget(),
        }

    def clean_brand_colour(self) -> str:
        return str(self.cleaned_data["brand_colour"]).lower()

    def clean_new_logo(self) -> Any:
        upload = self.cleaned_data.get("new_logo")
        if upload:
            data = upload.read()
            self.instance.logo_type = picture_type(data)
            self.instance.logo = data
        return upload

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("remove_logo") and not cleaned.get("new_logo"):
            self.instance.logo, self.instance.logo_type = None, ""
        return cleaned
