"""What staff fill in about when messages are sent, to whom, and by whom they are carried."""

import re
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminPasswordToggleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldAdminURLInputWidget,
    UnfoldBooleanSwitchWidget,
)

from bookings.models import MessageSettings, SmsAccount, StaffPreference
from bookings.models.messages import check_reminders

_UNITS = {"min": 1, "h": 60, "d": 24 * 60}
_TIME = re.compile(r"(\d{1,5})\s*(min|h|d)\Z")


class ReminderTimesField(forms.CharField):
    """Times before the start as people write them, "1 d, 2 h", as a list of minutes."""

    widget = UnfoldAdminTextInputWidget

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(_written(one) for one in value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[int]:  # type: ignore[override]
        parts = [part.strip() for part in str(value or "").split(",")]
        return sorted((_minutes(part) for part in parts if part), reverse=True)

    def validate(self, value: Any) -> None:
        check_reminders(value)

    def run_validators(self, value: Any) -> None:
        """The ones for text don't apply to a list."""


def _written(minutes: int) -> str:
    unit = next(name for name in ("d", "h", "min") if minutes % _UNITS[name] == 0)
    return f"{minutes // _UNITS[unit]} {unit}"


def _minutes(text: str) -> int:
    found = _TIME.match(text)
    if found is None:
        raise forms.ValidationError(f"“{text[:20]}” is not a time: write 1 d, 2 h or 30 min.")
    return int(found[1]) * _UNITS[found[2]]


class MessageSettingsForm(forms.ModelForm):  # type: ignore[type-arg]
    """When customers are reminded and asked for a review."""

    reminder_minutes = ReminderTimesField(
        label="Remind customers before the start",
        required=False,
        help_text="For example 1 d, 2 h. Leave it empty for no reminders.",
    )
    review_link = forms.URLField(
        required=False,
        assume_scheme="https",
        help_text="Where customers write it, for example your page on a map.",
        widget=UnfoldAdminURLInputWidget(),
    )
    review_delay = forms.IntegerField(
        label="Ask for a review so many hours after the end",
        required=False,
        min_value=0,
        max_value=60 * 24,
        help_text="Leave it empty to ask nobody.",
        widget=UnfoldAdminTextInputWidget(),
    )

    class Meta:
        model = MessageSettings
        fields = (
            "reminder_minutes", "review_link", "copy_to_business", "sms_confirmations",
            "sms_reminders",
        )  # fmt: skip
        widgets = {
            "copy_to_business": UnfoldBooleanSwitchWidget(),
            "sms_confirmations": UnfoldBooleanSwitchWidget(),
            "sms_reminders": UnfoldBooleanSwitchWidget(),
        }

    field_order = ("reminder_minutes", "review_delay", "review_link")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        minutes = self.instance.review_delay_minutes
        self.initial["review_delay"] = None if minutes is None else minutes // 60

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        hours = cleaned.get("review_delay")
        self.instance.review_delay_minutes = None if hours is None else hours * 60
        return cleaned


class StaffPreferenceForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the person who is signed in is told by e-mail."""

    class Meta:
        model = StaffPreference
        fields = ("new", "changed", "cancelled")
        widgets = {name: UnfoldBooleanSwitchWidget() for name in fields}


class SmsAccountForm(forms.ModelForm):  # type: ignore[type-arg]
    """The account for text messages; a stored token is kept unless a new one is typed."""

    auth_token = forms.CharField(
        required=False,
        max_length=200,
        label="Auth token",
        help_text="Stored encrypted and never shown again. Leave it empty to keep it.",
        widget=UnfoldAdminPasswordToggleWidget(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = SmsAccount
        fields = ("provider", "account_sid", "auth_token", "sender")
        widgets = {
            "provider": UnfoldAdminSelectWidget(),
            "account_sid": UnfoldAdminTextInputWidget(),
            "sender": UnfoldAdminTextInputWidget(),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored_token = self.instance.auth_token
        self.initial["auth_token"] = ""

    def clean_auth_token(self) -> str:
        return str(self.cleaned_data["auth_token"] or self.stored_token)
