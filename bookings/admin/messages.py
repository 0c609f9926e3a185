"""When customers and staff are told something, by whom it is carried, and what was sent."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.decorators import display

from bookings.admin.one_form import OneFormAdmin
from bookings.message_forms import MessageSettingsForm, SmsAccountForm, StaffPreferenceForm
from bookings.models import MessageSettings, SentMessage, SmsAccount, StaffPreference
from notifications.kinds import KINDS
from tenants.admin_sites import ReadOnlyMixin, staff_site


@admin.register(MessageSettings, site=staff_site)
class MessageSettingsAdmin(OneFormAdmin):
    page_title = "Reminders and more"
    intro = "A cancelled booking is never reminded of, and a moved one of its new time only."
    form_class = MessageSettingsForm


@admin.register(StaffPreference, site=staff_site)
class StaffPreferenceAdmin(OneFormAdmin):
    page_title = "My notifications"
    intro = "What you, and nobody else, are told by e-mail."
    form_class = StaffPreferenceForm

    def row(self, request: HttpRequest) -> StaffPreference:
        user: Any = request.user
        return StaffPreference.objects.filter(user=user).first() or StaffPreference(user=user)


@admin.register(SmsAccount, site=staff_site)
class SmsAccountAdmin(OneFormAdmin):
    page_title = "Text messages"
    intro = "Who carries your text messages. Which are sent is set under Reminders and more."
    form_class = SmsAccountForm


COLOURS = {"sent": "success", "waiting": "info", "problem": "danger", "unknown": "warning"}


@admin.register(SentMessage, site=staff_site)
class SentMessageAdmin(ReadOnlyMixin, ModelAdmin):
    list_display = ("created_at", "what", "channel", "booking", "state", "sent_at")
    list_filter = ("channel", "kind")
    list_select_related = ("booking",)
    search_fields = ("booking__reference", "booking__customer_email")
    fields = ("what", "channel", "booking", "state", "problem", "created_at", "sent_at")
    readonly_fields = fields

    @display(description="Message", ordering="kind")
    def what(self, message: SentMessage) -> str:
        return KINDS[message.kind].title if message.kind in KINDS else message.kind

    @display(description="State", label=COLOURS)
    def state(self, message: SentMessage) -> tuple[str, str]:
        if message.sent_at:
            return "sent", "Sent"
        if message.problem:
            return "problem", "Not sent"
        # Begun and not ended: the worker was stopped meanwhile, and nobody knows how far it came.
        return ("unknown", "Perhaps sent") if message.started_at else ("waiting", "Waiting")
