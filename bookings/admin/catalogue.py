"""What the business offers, on what, and when it is open."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from bookings.admin_forms import ServiceForm
from bookings.models import OpeningHours, Resource, Service
from tenants.admin_sites import staff_site
from tenants.templatetags.business import money


@admin.register(Service, site=staff_site)
class ServiceAdmin(ModelAdmin):
    form = ServiceForm
    list_display = ("name", "duration_minutes", "price_shown", "deposit_shown", "is_active")
    search_fields = ("name",)
    fields = (
        "name", "description", "duration_minutes", "price", "tax_rate", "deposit_kind",
        "deposit_amount", "deposit_percent", "no_show_fee", "late_cancellation_fee",
        "free_cancellation_hours", "resources", "is_active", "position",
    )  # fmt: skip

    @display(description="Price", ordering="price")
    def price_shown(self, service: Service) -> str:
        return money(service.price)

    @display(description="Deposit")
    def deposit_shown(self, service: Service) -> str:
        if service.requires_card:
            return "Card on file"
        return money(service.deposit) if service.deposit else "–"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Services are switched off: bookings speak of them."""
        return False


@admin.register(Resource, site=staff_site)
class ResourceAdmin(ModelAdmin):
    list_display = ("name", "is_active", "position")
    search_fields = ("name",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Resources are switched off: bookings speak of them."""
        return False


@admin.register(OpeningHours, site=staff_site)
class OpeningHoursAdmin(ModelAdmin):
    list_display = ("weekday", "opens_at", "closes_at")
