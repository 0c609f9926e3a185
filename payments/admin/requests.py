"""Payment links: ask for an amount, send it again, withdraw it."""

from datetime import timedelta
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
from payments import requests
from payments.errors import PaymentError
from payments.forms import PaymentRequestForm
from payments.models import PaymentRequest
from payments.payables import handler_of
from tenants.admin_sites import ReadOnlyMixin, form_page, staff_site
from tenants.templatetags.business import local_time, money

COLOURS = {"paid": "success", "open": "info", "processing": "info", "expired": "warning"}
#: What is asked for by hand, for nothing else that the system knows.
BY_HAND = "request"


@admin.register(PaymentRequest, site=staff_site)
class PaymentRequestAdmin(ReadOnlyMixin, ModelAdmin):
    list_display = ("created_at", "description", "money", "state", "customer_email", "until")
    list_select_related = ("payment_session",)
    search_fields = ("description", "customer_email", "customer_name")
    change_form_template = "payments/admin/payment_request.html"
    fields = (
        "description", "money", "status_text", "what_for", "customer_name", "customer_email",
        "message", "until", "link", "payment", "sent_at", "created_by", "created_at",
    )  # fmt: skip
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.has_perm("payments.add_paymentsession"))

    @display(description="Amount", ordering="amount")
    def money(self, asked: PaymentRequest) -> str:
        return money(asked.amount, asked.currency)

    @display(description="State", label=COLOURS)
    def state(self, asked: PaymentRequest) -> tuple[str, str]:
        return asked.status, asked.status.capitalize()

    @display(description="State")
    def status_text(self, asked: PaymentRequest) -> str:
        return asked.status.capitalize()

    @display(description="Good until", ordering="expires_at")
    def until(self, asked: PaymentRequest) -> str:
        return local_time(asked.expires_at)

    @display(description="Link")
    def link(self, asked: PaymentRequest) -> str:
        if not asked.is_open:
            return "–"
        return format_html('<span class="break-all">{}</span>', requests.link_of(asked))

    @display(description="Of")
    def what_for(self, asked: PaymentRequest) -> str:
        handler = handler_of(asked.payable_type)
        address = handler.staff_address(asked.payable_id)
        text = "–" if asked.payable_type == BY_HAND else handler.describe(asked.payable_id)
        if not address:
            return text
        return format_html('<a class="underline" href="{}">{}</a>', address, text)

    @display(description="Payment")
    def payment(self, asked: PaymentRequest) -> str:
        session = asked.payment_session
        if session is None:
            return "None yet"
        url = reverse("staff:payments_paymentsession_change", args=[session.pk])
        return format_html('<a class="underline" href="{}">{}</a>', url, session.status_text)

    def get_urls(self) -> list[URLPattern]:
        act = path(
            "<int:request_pk>/act/",
            self.admin_site.admin_view(require_POST(self.act_view)),
            name="payments_paymentrequest_act",
        )
        return [act, *super().get_urls()]

    def act_view(self, request: HttpRequest, request_pk: int) -> HttpResponse:
        """Send the link again, or withdraw it."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        asked = get_object_or_404(PaymentRequest, pk=request_pk)
        actor = staff_actor(request)
        try:
            if request.POST.get("action") == "resend":
                requests.resend(asked, actor=actor)
                messages.success(request, f"The link is on its way to {asked.customer_email}.")
            elif request.POST.get("action") == "cancel":
                requests.cancel(asked, actor=actor)
                messages.success(request, "The link is withdrawn: nobody can pay on it any more.")
        except PaymentError as error:
            messages.error(request, str(error))
        return redirect("staff:payments_paymentrequest_change", asked.pk)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        extra = {**(extra_context or {}), "may_act": self.has_add_permission(request)}
        return super().change_view(request, object_id, form_url, extra)  # type: ignore[no-any-return]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Ask anybody for an amount, for anything."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = PaymentRequestForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            details = dict(form.cleaned_data)
            sent = PaymentRequest.objects.filter(payable_type=BY_HAND, payable_id=details["key"])
            if sent.exists():
                # The button was clicked twice.
                return redirect("staff:payments_paymentrequest_change", sent.get().pk)
            try:
                asked = requests.request_payment(
                    payable_type=BY_HAND,
                    payable_id=str(details.pop("key")),
                    good_for=timedelta(days=details.pop("days")),
                    actor=staff_actor(request),
                    **details,
                )
            except PaymentError as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
            else:
                messages.success(request, f"The link is on its way to {asked.customer_email}.")
                return redirect("staff:payments_paymentrequest_change", asked.pk)
        return form_page(
            staff_site, request, form, title="Ask for a payment", button="Send the link",
            intro="The customer gets a link by e-mail and pays on Stripe's page.",
            back="/admin/payments/paymentrequest/",
        )  # fmt: skip
