"""The one page on which a business's Stripe keys are set."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django_tenants.utils import tenant_context
from unfold.admin import ModelAdmin

from access.actors import Actor
from events.services import record
from payments.forms import StripeAccountForm
from payments.handlers import HANDLERS
from payments.models import StripeAccount
from payments.services import WEBHOOK_PATH
from tenants.admin_sites import BusinessPage, form_page, operator_site, staff_site
from tenants.current import current_tenant
from tenants.models import Tenant


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
