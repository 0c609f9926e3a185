"""The business's activity, to look at."""

import json

from django.contrib import admin
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import display

from events.models import Event
from tenants.admin_sites import ReadOnlyMixin, staff_site


@admin.register(Event, site=staff_site)
class EventAdmin(ReadOnlyMixin, ModelAdmin):  # type: ignore[misc]
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
