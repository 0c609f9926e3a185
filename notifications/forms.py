"""What staff fill in about a message."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from notifications.kinds import KINDS
from notifications.models import MessageTemplate
from notifications.texts import in_language


class MessageTemplateForm(forms.ModelForm):  # type: ignore[type-arg]
    """A message's texts; what is left as the standard text says follows it in future too."""

    class Meta:
        model = MessageTemplate
        fields = ("subject", "body", "sms", "is_active")
        labels = {"is_active": "Use these texts", "body": "Text"}
        widgets = {
            "subject": UnfoldAdminTextInputWidget(),
            "body": UnfoldAdminTextareaWidget(attrs={"rows": 16}),
            "sms": UnfoldAdminTextareaWidget(attrs={"rows": 3}),
            "is_active": UnfoldBooleanSwitchWidget(),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = KINDS[self.instance.kind]
        self.standard = in_language(kind.texts)
        for name in ("subject", "body", "sms"):
            self.initial[name] = getattr(self.instance, name) or getattr(self.standard, name)
        if not kind.has_sms:
            del self.fields["sms"]

    def clean(self) -> dict[str, Any]:
        """Forget what is the standard text, so that it may still improve."""
        cleaned = super().clean() or {}
        for name in ("subject", "body", "sms"):
            if name in cleaned and _same(cleaned[name], getattr(self.standard, name)):
                cleaned[name] = ""
        return cleaned


def _same(one: str, other: str) -> bool:
    return one.replace("\r\n", "\n").strip() == other.strip()
