"""The admin of what has one row for the business, or for whoever looks."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.admin import ModelAdmin

from tenants.admin_sites import form_page, staff_site


class OneFormAdmin(ModelAdmin):
    """A model of which one row concerns whoever looks: its list is the form."""

    page_title = ""
    intro = ""
    form_class: Any

    def row(self, request: HttpRequest) -> Any:
        """Return the row to edit: the business's only one, unless a subclass knows better."""
        return self.model._default_manager.current()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = self.form_class(request.POST or None, instance=self.row(request))
        if request.method == "POST" and form.is_valid():
            form.save()
            messages.success(request, "Saved.")
            return redirect(request.path)
        return form_page(
            staff_site, request, form, title=self.page_title, button="Save", intro=self.intro
        )

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        return self.changelist_view(request)
