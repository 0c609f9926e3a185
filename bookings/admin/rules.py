"""The rules of booking that hold for the whole business."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.admin import ModelAdmin

from bookings.hours_forms import BookingRulesForm
from bookings.models import BookingSettings
from tenants.admin_sites import form_page, staff_site


@admin.register(BookingSettings, site=staff_site)
class BookingSettingsAdmin(ModelAdmin):
    """One row: its list leads straight to the form."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self.change_view(request, "")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        form = BookingRulesForm(request.POST or None, instance=BookingSettings.objects.current())
        if request.method == "POST" and form.is_valid():
            form.save()
            messages.success(request, "Saved.")
            return redirect("/admin/bookings/bookingsettings/")
        return form_page(
            staff_site, request, form, title="Booking rules", button="Save",
            intro="They hold for every service that does not say otherwise.",
        )  # fmt: skip
