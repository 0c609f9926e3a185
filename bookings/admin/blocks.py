"""Times that staff keep free."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from unfold.admin import ModelAdmin
from unfold.decorators import display

from bookings.allocating import take
from bookings.errors import SlotTaken
from bookings.hours_forms import BlockForm
from bookings.models import BlockedTime
from tenants.admin_sites import form_page, staff_site
from tenants.templatetags.business import local_time


@admin.register(BlockedTime, site=staff_site)
class BlockedTimeAdmin(ModelAdmin):
    """Added and removed, never edited: bookings come in between."""

    list_display = ("resource", "begins", "ends", "reason")
    list_display_links = None
    list_filter = ("resource", "starts_at")
    list_select_related = ("resource",)
    search_fields = ("reason",)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="From", ordering="starts_at")
    def begins(self, block: BlockedTime) -> str:
        return local_time(block.starts_at)

    @display(description="To", ordering="ends_at")
    def ends(self, block: BlockedTime) -> str:
        return local_time(block.ends_at)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = BlockForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                take(**form.cleaned_data)
            except SlotTaken as error:
                form.add_error("starts_at", str(error))
            else:
                messages.success(request, "Nobody can book that time any more.")
                return redirect("staff:bookings_blockedtime_changelist")
        return form_page(
            staff_site, request, form, title="Block a time", button="Block",
            back="/admin/bookings/blockedtime/",
            intro="For a break, an errand or a repair. For whole days off add leave instead.",
        )  # fmt: skip
