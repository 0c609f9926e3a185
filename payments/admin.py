"""Money to look at, and the one page on which a business's Stripe keys are set."""

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.html import format_html
from django_tenants.utils import tenant_context
from unfold.admin import ModelAdmin
from unfold.decorators import display

from access.actors import Actor
from events.services import record
from payments.forms import StripeAccountForm
from payments.inbox import HANDLERS
from payments.models import (
    Customer,
    PaymentSession,
    Refund,
    StripeAccount,
    StripeEvent,
    Transaction,
)
from payments.services import WEBHOOK_PATH
from tenants.admin_sites import (
    BusinessPage,
    ReadOnlyMixin,
    form_page,
    operator_site,
    staff_site,
)
from tenants.currencies import format_amount
from tenants.current import current_tenant
from tenants.models import Tenant

PAYMENT_COLOURS = {
    "succeeded": "success",
    "failed": "danger",
    "canceled": "danger",
    "refunded": "warning",
    "pending": "info",
    "created": "info",
}


def shown(amount: int, currency: str) -> str:
    return format_amount(amount, currency, current_tenant().locale)


class MoneyAdmin(ReadOnlyMixin, ModelAdmin):
    """A list of something with an amount and a status."""

    @display(description="Amount", ordering="amount")
    def money(self, row: Any) -> str:
        return shown(row.amount, row.currency)

    @display(description="Status", label=PAYMENT_COLOURS, ordering="status")
    def status_badge(self, row: Any) -> tuple[str, str]:
        return row.status, row.get_status_display()


@admin.register(PaymentSession, site=staff_site)
class PaymentSessionAdmin(MoneyAdmin):
    list_display = ("created_at", "description", "money", "status_badge", "customer", "refunded")
    list_filter = ("status", "currency", "livemode")
    search_fields = (
        "description", "payable_id", "customer__email", "stripe_checkout_session_id",
        "stripe_payment_intent_id",
    )  # fmt: skip
    list_select_related = ("customer",)
    # Left out: the customer's token, the idempotency key, the payment page's address.
    fields = (
        "description", "payable_type", "payable_id", "money", "status", "is_processing",
        "refunded", "refundable", "customer", "livemode", "failure_code",
        "stripe_checkout_session_id", "stripe_payment_intent_id", "created_at", "succeeded_at",
    )  # fmt: skip
    readonly_fields = fields

    @display(description="Refunded")
    def refunded(self, session: PaymentSession) -> str:
        return shown(session.amount_refunded, session.currency) if session.is_paid else "–"

    @display(description="Can still be refunded")
    def refundable(self, session: PaymentSession) -> str:
        return shown(session.amount_refundable, session.currency)


@admin.register(Refund, site=staff_site)
class RefundAdmin(MoneyAdmin):
    list_display = ("created_at", "payment_session", "money", "status_badge", "reason", "who")
    list_filter = ("status", "is_external")
    search_fields = ("stripe_refund_id", "reason")
    fields = (
        "payment_session", "money", "status", "reason", "who", "is_external",
        "stripe_refund_id", "failure_reason", "created_at",
    )  # fmt: skip
    readonly_fields = fields

    @display(description="By")
    def who(self, refund: Refund) -> str:
        return f"{refund.actor_kind} {refund.actor_label}".strip()


@admin.register(Transaction, site=staff_site)
class TransactionAdmin(MoneyAdmin):
    list_display = ("created_at", "payment_session", "money", "stripe_object_id")
    search_fields = ("stripe_object_id", "stripe_charge_id")
    fields = ("payment_session", "money", "stripe_object_id", "stripe_charge_id", "created_at")
    readonly_fields = fields


@admin.register(Customer, site=staff_site)
class CustomerAdmin(ReadOnlyMixin, ModelAdmin):
    list_display = ("email", "name", "phone", "created_at")
    search_fields = ("email", "name", "phone")


@admin.register(StripeEvent, site=staff_site)
class StripeEventAdmin(ReadOnlyMixin, ModelAdmin):
    list_display = ("received_at", "type", "status_badge", "attempts", "event_id")
    list_filter = ("status", "type")
    search_fields = ("event_id", "type")
    fields = (
        "event_id", "type", "status", "error", "attempts", "livemode", "api_version",
        "created_at", "received_at", "processed_at", "contents",
    )  # fmt: skip
    readonly_fields = fields

    @display(
        description="Status",
        label={"processed": "success", "flagged": "warning", "failed": "danger"},
    )
    def status_badge(self, event: StripeEvent) -> tuple[str, str]:
        return event.status, event.get_status_display()

    @display(description="Contents")
    def contents(self, event: StripeEvent) -> str:
        return format_html("<pre>{}</pre>", json.dumps(event.payload, indent=2))


@admin.register(StripeAccount, site=staff_site)
class StripeAccountAdmin(ModelAdmin):
    """One row: its list leads straight to the form."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        return self.change_view(request, "")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        actor = Actor("staff", request.user.get_username())
        form, is_saved = submitted_account(request, actor)
        if is_saved:
            messages.success(request, "Saved.")
            return redirect("staff:payments_stripeaccount_changelist")
        return account_page(staff_site, request, form, current_tenant(), back="/admin/")


def submitted_account(request: HttpRequest, actor: Actor) -> tuple[StripeAccountForm, bool]:
    """Return the entered business's form, and whether it was sent, found good and saved."""
    account = StripeAccount.objects.current()
    form = StripeAccountForm(request.POST or None, instance=account)
    if request.method != "POST" or not form.is_valid():
        return form, False
    with transaction.atomic():
        form.save()
        record("stripe_account.changed", account, {"changed": form.changes()}, actor)
    return form, True


def account_page(
    site: Any, request: HttpRequest, form: StripeAccountForm, tenant: Tenant, *, back: str
) -> HttpResponse:
    title = f"Stripe account of {tenant.name}"
    return form_page(
        site, request, form, title=title, button="Save", intro=webhook_hint(tenant), back=back
    )


def operator_account_view(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """The same page for the operator, who enters the business for the form alone.

    The operator's session, messages and menu are the platform's.
    """
    tenant = get_object_or_404(Tenant.objects.with_hosts(), pk=tenant_id)
    back = f"/admin/tenants/tenant/{tenant.pk}/change/"
    actor = Actor("operator", request.user.get_username())
    with tenant_context(tenant):
        form, is_saved = submitted_account(request, actor)
    if is_saved:
        messages.success(request, "Saved.")
        return redirect(back)
    return account_page(operator_site, request, form, tenant, back=back)


def webhook_hint(tenant: Tenant) -> str:
    """Say what has to be entered at Stripe."""
    return (
        f"At Stripe, add the webhook address {tenant.url}{WEBHOOK_PATH} for the "
        f"events {', '.join(HANDLERS)}. A restricted key (rk_…) is the safer kind."
    )


operator_site.business_pages.append(
    BusinessPage("stripe", "Stripe keys and payments", operator_account_view)
)
