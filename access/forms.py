"""What is filled in about people and keys."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from access import roles
from access.models import User
from tenants.current import in_platform


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    """Someone who may sign in. They choose the password themselves, by a link."""

    class Meta:
        model = User
        fields = ("email", "name", "role", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "role" in self.fields:
            self.fields["role"].choices = [  # type: ignore[attr-defined]
                choice for choice in User.Role.choices if choice[0] in assignable_roles()
            ]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).strip().lower()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        top = roles.OPERATOR if in_platform() else roles.OWNER
        stays = cleaned.get("role") == top and cleaned.get("is_active")
        others = User.objects.filter(role=top, is_active=True).exclude(pk=self.instance.pk)
        if self.instance.pk and not stays and not others.exists():
            raise ValidationError(f"There must be at least one active {top}.")
        return cleaned


def assignable_roles() -> tuple[str, ...]:
    """Return the roles that exist here: operators on the platform, the others in a business."""
    return (roles.OPERATOR,) if in_platform() else roles.BUSINESS_ROLES
