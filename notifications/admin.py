"""The texts of all messages: what customers are told, in whose words."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from notifications.forms import MessageTemplateForm
from notifications.kinds import KINDS, Kind, Text, grouped
from notifications.language import written
from notifications.models import MessageTemplate
from notifications.preview import preview
from tenants.admin_sites import staff_site

TEXTS = "staff:notifications_messagetemplate_changelist"
TEXT = "staff:notifications_messagetemplate_text"


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
            name="notifications_messagetemplate_text",
        )
        return [own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        own = {template.kind: template for template in MessageTemplate.objects.all()}
        groups = [
            (title, [(kind, _whose(own.get(kind.name))) for kind in kinds])
            for title, kinds in grouped()
        ]
        context = {
            **self.admin_site.each_context(request),
            "title": "What customers are told",
            "groups": groups,
        }
        return render(request, "notifications/admin/texts.html", context)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        template = self.get_object(request, object_id)
        if template is None:
            raise Http404
        return redirect(TEXT, kind=template.kind)

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
        self, request: HttpRequest, kind: Kind, form: MessageTemplateForm, shown: Text | None
    ) -> HttpResponse:
        rows = [(written(name), meaning) for name, meaning in kind.placeholders.items()]
        context = {
            **self.admin_site.each_context(request),
            "title": kind.title,
            "form": form,
            "preview": shown,
            "placeholders": rows,
            "required": [written(*one_of) for one_of in kind.required],
            "has_own": form.instance.pk is not None,
            "back": reverse(TEXTS),
        }
        status = 400 if form.is_bound and not form.is_valid() else 200
        return render(request, "notifications/admin/text.html", context, status=status)


def _whose(template: MessageTemplate | None) -> str:
    if template is None:
        return "Standard"
    return "Your own" if template.is_active else "Standard, your own is switched off"
