"""What the business offers, under which headings and on which terms."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin, StackedInline, TabularInline
from unfold.decorators import display

from bookings.catalogue_forms import AddOnForm, QuestionForm, RequirementForm, ServiceForm
from bookings.models import (
    AddOn,
    IntakeQuestion,
    Requirement,
    Service,
    ServiceCategory,
    TurnTime,
)
from tenants.admin_sites import staff_site
from tenants.templatetags.business import minutes, money

KIND_NAMES = {
    Service.Kind.APPOINTMENT: "Appointment",
    Service.Kind.CLASS: "Class",
    Service.Kind.TABLE: "Table",
}


@admin.register(ServiceCategory, site=staff_site)
class ServiceCategoryAdmin(ModelAdmin):
    list_display = ("name", "position")
    search_fields = ("name",)


class AddOnInline(TabularInline):
    model = AddOn
    form = AddOnForm
    extra = 0
    verbose_name_plural = "Add-ons"


class QuestionInline(StackedInline):
    model = IntakeQuestion
    form = QuestionForm
    extra = 0
    verbose_name = "question"
    verbose_name_plural = "Questions"


class RequirementInline(StackedInline):
    model = Requirement
    form = RequirementForm
    extra = 0
    verbose_name = "thing it needs as well"
    verbose_name_plural = "Also needed"


class TurnTimeInline(TabularInline):
    model = TurnTime
    extra = 0
    verbose_name_plural = "Turn times"


@admin.register(Service, site=staff_site)
class ServiceAdmin(ModelAdmin):
    form = ServiceForm
    list_display = (
        "name", "kind_shown", "category", "lasts", "price_shown", "deposit_shown", "is_online",
        "is_active",
    )  # fmt: skip
    list_filter = ("kind", "category", "is_active")
    list_select_related = ("category",)
    search_fields = ("name",)
    readonly_fields = ("picture_now",)
    inlines = (AddOnInline, QuestionInline, RequirementInline, TurnTimeInline)
    fieldsets = (
        ("What", {
            "fields": (
                "name", "kind", "category", "description", "picture_now", "new_picture",
                "remove_picture", "is_active", "position",
            ),
        }),
        ("Time", {
            "fields": (
                "duration_minutes", ("buffer_before_minutes", "buffer_after_minutes"),
                "step_minutes",
            ),
        }),
        ("Price and deposit", {
            "fields": (
                "price", "price_is_per_person", "tax_rate", "deposit_kind", "deposit_amount",
                "deposit_percent", "deposit_from_people", "no_show_fee", "late_cancellation_fee",
            ),
        }),
        ("Cancelling", {
            "fields": (
                "free_cancellation_hours", "late_refund_percent", "no_refund_hours",
                "counts_business_days", "consent_text",
            ),
        }),
        ("Who and where", {
            "fields": ("resources", "customer_chooses_resource", ("party_min", "party_max")),
        }),
        ("Online", {"fields": ("is_online", "minimum_notice_minutes", "days_ahead")}),
    )  # fmt: skip

    @display(description="Kind", ordering="kind")
    def kind_shown(self, service: Service) -> str:
        return KIND_NAMES[Service.Kind(service.kind)]

    @display(description="Lasts", ordering="duration_minutes")
    def lasts(self, service: Service) -> str:
        return minutes(service.duration_minutes)

    @display(description="Price", ordering="price")
    def price_shown(self, service: Service) -> str:
        return money(service.price) + (" each" if service.price_is_per_person else "")

    @display(description="Deposit")
    def deposit_shown(self, service: Service) -> str:
        if service.requires_card:
            return "Card on file"
        people = service.deposit_from_people
        deposit = service.deposit_for(service.price_for(people), people)
        if not deposit:
            return "–"
        return money(deposit) + (f" from {people} people" if people > 1 else "")

    @display(description="Picture now")
    def picture_now(self, service: Service) -> str:
        if not service.picture_url:
            return "None"
        return format_html('<img src="{}" alt="" width="160">', service.picture_url)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Services are switched off: bookings speak of them."""
        return False
