"""The business's activity, and who outside is told of it."""

import json
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from events.models import Delivery, Event, WebhookEndpoint
from events.services import redeliver
from tenants.admin_sites import ReadOnlyMixin, staff_site


@admin.register(Event, site=staff_site)
class EventAdmin(ReadOnlyMixin, ModelAdmin):
    list_display = ("created_at", "type", "subject", "who")
    list_filter = ("type", "actor_kind")
    search_fields = ("type", "subject_id", "actor_label")
    fields = ("created_at", "type", "subject", "who", "contents")
    readonly_fields = fields

    @display(description="About")
    def subject(self, event: Event) -> str:
        return f"{event.subject_type.split('.')[-1]} {event.subject_id}"

    @display(description="By")
    def who(self, event: Event) -> str:
        return f"{event.actor_kind} {event.actor_label}".strip()

    @display(description="Details")
    def contents(self, event: Event) -> str:
        return format_html("<pre>{}</pre>", json.dumps(event.data, indent=2))


class WebhookEndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = WebhookEndpoint
        fields = ("url", "types", "is_active")

    def clean_types(self) -> list[str]:
        types = self.cleaned_data["types"] or []
        if not isinstance(types, list) or not all(isinstance(one, str) for one in types):
            raise ValidationError('Give a list such as ["payment.succeeded"], or [] for all.')
        return types


@admin.register(WebhookEndpoint, site=staff_site)
class WebhookEndpointAdmin(ModelAdmin):
    form = WebhookEndpointForm
    list_display = ("url", "is_active", "disabled_reason", "created_at")
    fields = ("url", "types", "is_active", "disabled_reason")
    readonly_fields = ("disabled_reason",)

    def save_model(
        self, request: HttpRequest, obj: WebhookEndpoint, form: Any, change: bool
    ) -> None:
        if obj.is_active:
            obj.disabled_reason = ""
        super().save_model(request, obj, form, change)
        if not change:
            messages.warning(
                request,
                f"Its signing secret is {obj.secret} – copy it now: it is shown this once.",
            )


@admin.register(Delivery, site=staff_site)
class DeliveryAdmin(ReadOnlyMixin, ModelAdmin):
    list_display = ("created_at", "event", "endpoint", "status_badge", "attempts", "last_error")
    list_filter = ("status",)
    list_select_related = ("event", "endpoint")
    fields = (
        "event", "endpoint", "status", "attempts", "response_status", "last_error",
        "next_attempt_at", "created_at", "delivered_at",
    )  # fmt: skip
    readonly_fields = fields
    actions = ["send_again"]

    @display(description="Status", label={"delivered": "success", "failed": "danger"})
    def status_badge(self, delivery: Delivery) -> tuple[str, str]:
        return delivery.status, delivery.get_status_display()

    @action(description="Send again")
    def send_again(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> None:
        if not request.user.has_perm("events.change_webhookendpoint"):
            messages.error(request, "Your role does not allow this.")
            return
        for delivery in queryset:
            redeliver(delivery)
        messages.success(request, "They are on their way.")
