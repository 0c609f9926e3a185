"""Stripe's events as the business received them, and what nobody has acted on yet."""

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.views.decorators.http import require_POST
from unfold.admin import ModelAdmin
from unfold.decorators import display

from access.actors import staff_actor
from payments import inbox
from payments.models import StripeEvent
from tenants.admin_sites import ReadOnlyMixin, staff_site

COLOURS = {"processed": "success", "flagged": "warning", "failed": "warning", "dead": "danger"}


@admin.register(StripeEvent, site=staff_site)
class StripeEventAdmin(ReadOnlyMixin, ModelAdmin):
    list_display = ("received_at", "type", "status_badge", "reason", "attempts", "source")
    list_filter = ("status", "source", "type")
    search_fields = ("event_id", "type")
    change_form_template = "payments/admin/stripe_event.html"
    fields = (
        "event_id", "type", "status", "error", "attempts", "source", "livemode", "api_version",
        "created_at", "received_at", "processed_at", "contents",
    )  # fmt: skip
    readonly_fields = fields

    @display(description="Status", label=COLOURS, ordering="status")
    def status_badge(self, event: StripeEvent) -> tuple[str, str]:
        return event.status, event.get_status_display()

    @display(description="Why")
    def reason(self, event: StripeEvent) -> str:
        return event.error[:120] or "–"

    @display(description="Contents")
    def contents(self, event: StripeEvent) -> str:
        return format_html("<pre>{}</pre>", json.dumps(event.payload, indent=2))

    def get_urls(self) -> list[URLPattern]:
        replay = path(
            "<int:event_pk>/replay/",
            self.admin_site.admin_view(require_POST(self.replay_view)),
            name="payments_stripeevent_replay",
        )
        return [replay, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        event = StripeEvent.objects.filter(pk=object_id).first() if object_id.isdecimal() else None
        may_replay = event is not None and event.may_be_replayed and _may_replay(request)
        extra = {**(extra_context or {}), "may_replay": may_replay}
        return super().change_view(request, object_id, form_url, extra)  # type: ignore[no-any-return]

    def replay_view(self, request: HttpRequest, event_pk: int) -> HttpResponse:
        """Act on the event again, now."""
        if not _may_replay(request):
            raise PermissionDenied
        event = get_object_or_404(StripeEvent, pk=event_pk)
        inbox.replay(event, actor=staff_actor(request))
        event.refresh_from_db()
        if event.status in (StripeEvent.Status.PROCESSED, StripeEvent.Status.IGNORED):
            messages.success(request, f"Replayed: {event.get_status_display().lower()}.")
        else:
            messages.error(request, f"Replayed, without success: {event.error}")
        return redirect(reverse("staff:payments_stripeevent_change", args=[event.pk]))


def _may_replay(request: HttpRequest) -> bool:
    return bool(request.user.has_perm("payments.change_stripeevent"))
