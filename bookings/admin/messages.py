"""What customers and staff are told: the texts, when, by whom carried, and what was sent."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin
from unfold.decorators import display

from bookings.admin.one_form import OneFormAdmin
from bookings.message_forms import (
    MessageSettingsForm,
    MessageTemplateForm,
    SmsAccountForm,
    StaffPreferenceForm,
)
from bookings.messages.kinds import KINDS, Kind
from bookings.messages.preview import Preview, preview
from bookings.models import (
    MessageSettings,
    MessageTemplate,
    SentMessage,
    SmsAccount,
    StaffPreference,
)
from tenants.admin_sites import ReadOnlyMixin, staff_site

TEXTS = "staff:bookings_messagetemplate_changelist"


@admin.register(MessageTemplate, site=staff_site)
class MessageTemplateAdmin(ModelAdmin):
    """One page per kind of message, whether or not the business has words of its own for it."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<slug:kind>/text/",
            self.admin_site.admin_view(self.text_view),
            name="bookings_messagetemplate_text",
        )
        return [own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        own = {template.kind: template for template in MessageTemplate.objects.all()}
        shown = [
            (
                reverse("staff:bookings_messagetemplate_text", args=[kind.name]),
                kind.title,
                _whose(own.get(kind.name)),
            )
            for kind in KINDS.values()
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": "What customers are told",
            "messages_shown": shown,
        }
        return render(request, "bookings/admin/messages.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        template = self.get_object(request, object_id)
        if template is None:
            raise Http404
        return redirect("staff:bookings_messagetemplate_text", kind=template.kind)

    def text_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """Write a message's texts, and look at what a customer would get."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        if kind not in KINDS:
            raise Http404
        template = MessageTemplate.objects.filter(kind=kind).first() or MessageTemplate(kind=kind)
        action = request.POST.get("action", "save")
        if request.method == "POST" and action == "reset":
            MessageTemplate.objects.filter(kind=kind).delete()
            messages.success(request, f"{KINDS[kind].title}: back to the standard text.")
            return redirect(TEXTS)
        form = MessageTemplateForm(request.POST or None, instance=template)
        if request.method == "POST" and form.is_valid() and action == "save":
            form.save()
            messages.success(request, f"{KINDS[kind].title}: saved.")
            return redirect(TEXTS)
        is_good = not form.is_bound or form.is_valid()
        shown = preview(KINDS[kind], form.instance) if is_good else None
        return self._text_page(request, KINDS[kind], form, shown)

    def _text_page(
        self, request: HttpRequest, kind: Kind, form: MessageTemplateForm, shown: Preview | None
    ) -> HttpResponse:
        rows = [(f"{{{{ {name} }}}}", meaning) for name, meaning in kind.placeholders.items()]
        context = {
            **self.admin_site.each_context(request),
            "title": kind.title,
            "form": form,
            "preview": shown,
            "placeholders": rows,
            "has_own": form.instance.pk is not None,
            "back": reverse(TEXTS),
        }
        status = 400 if form.is_bound and not form.is_valid() else 200
        return render(request, "bookings/admin/message_text.html", context, status=status)


def _whose(template: MessageTemplate | None) -> str:
    if template is None:
        return "Standard"
    return "Your own" if template.is_active else "Standard, your own is switched off"


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
