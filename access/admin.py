"""People and API keys, on both admin sites."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from access import customer_data  # noqa: F401 - registers its page
from access.forms import PersonForm
from access.invitations import password_link
from access.models import APIKey, User
from tenants.admin_sites import operator_site, staff_site


class PersonAdmin(ModelAdmin):
    form = PersonForm
    fields = ("email", "name", "role", "is_active")
    list_display = ("email", "name", "role_badge", "is_active", "last_login")
    search_fields = ("email", "name")
    actions = ["new_password_link"]

    @display(description="Role", label={"owner": "success", "manager": "info"})
    def role_badge(self, person: User) -> tuple[str, str]:
        return person.role, person.get_role_display()

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """People are made inactive: what they did stays theirs."""
        return False

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if not change:
            self._show_link(request, obj)

    def _show_link(self, request: HttpRequest, person: User) -> None:
        messages.info(
            request,
            f"Send {person.email} this link to choose a password, it works for three days: "
            f"{password_link(person)}",
        )

    @action(description="Make a link to choose a new password", permissions=["change"])
    def new_password_link(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset.filter(is_active=True):
            self._show_link(request, person)


operator_site.register(User, PersonAdmin)
staff_site.register(User, PersonAdmin)


@admin.register(APIKey, site=staff_site)
class APIKeyAdmin(ModelAdmin):
    list_display = ("name", "prefix", "scope", "created", "expiry_date", "revoked")
    list_filter = ("scope", "revoked")
    search_fields = ("name", "prefix")
    fields = ("name", "scope", "expiry_date")
    actions = ["revoke"]

    def get_readonly_fields(self, request: HttpRequest, obj: APIKey | None = None) -> Any:
        return ("prefix", "created", "revoked") if obj else ()

    def get_fields(self, request: HttpRequest, obj: APIKey | None = None) -> Any:
        return (*self.fields, "prefix", "created", "revoked") if obj else self.fields

    def has_delete_permission(self, request: HttpRequest, obj: APIKey | None = None) -> bool:
        """Keys are revoked, so that it stays known which there have been."""
        return False

    def save_model(self, request: HttpRequest, obj: APIKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
            return
        key = APIKey.objects.assign_key(obj)
        obj.save()
        messages.warning(
            request, f"The key is {key} – copy it now: it is shown this once and not kept."
        )

    @action(description="Revoke: the keys stop working at once", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[APIKey]) -> None:
        revoked = queryset.filter(revoked=False).update(revoked=True)
        messages.success(request, f"{revoked} key(s) revoked.")
