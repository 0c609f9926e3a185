"""The page on which a business is connected to Stripe, for its owner and for the operator."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django_tenants.utils import tenant_context
from unfold.admin import ModelAdmin

from access.actors import Actor, staff_actor
from payments import connecting
from payments.errors import PaymentError
from payments.forms import ACCOUNT_FIELDS, StripeAccountForm
from payments.models import ReconciliationReport, StripeAccount
from payments.reconciliation import health
from tenants.admin_sites import BusinessPage, PageAction, form_page, operator_site, staff_site
from tenants.current import current_tenant
from tenants.models import Tenant
from tenants.templatetags.business import local_time

INTRO = (
    "Paste a restricted (rk_…) or secret (sk_…) key from the business's own Stripe dashboard. It "
    "is tried at once, and the webhook is set up by itself. Stored secrets are never shown again."
)
ACTIONS = (
    PageAction("check-webhook", "Set up the webhook again", needs="secret_key"),
    PageAction("roll-webhook-secret", "Change the webhook secret", needs="webhook_secret"),
    PageAction(
        "disconnect",
        "Disconnect from Stripe",
        needs="secret_key",
        warning="Nobody can pay any more, and refunds and news of earlier payments stop until the "
        "same account is connected again. The books stay as they are.",
    ),
)


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
        page = AccountPage(request, current_tenant(), staff_actor(request))
        if page.is_done:
            return page.tell_and_return("/admin/payments/stripeaccount/")
        return page.response(staff_site, back="/admin/")


def operator_account_view(request: HttpRequest, tenant_id: int) -> HttpResponse:
    """The same page for the operator, who enters the business for the form alone.

    The operator's session, messages and menu are the platform's.
    """
    tenant = get_object_or_404(Tenant.objects.with_hosts(), pk=tenant_id)
    with tenant_context(tenant):
        page = AccountPage(request, tenant, Actor("operator", request.user.get_username()))
    if page.is_done:
        return page.tell_and_return(request.path)
    return page.response(operator_site, back=f"/admin/tenants/tenant/{tenant.pk}/change/")


class AccountPage:
    """What was asked of a business's Stripe account, done inside that business."""

    def __init__(self, request: HttpRequest, tenant: Tenant, actor: Actor) -> None:
        self.request, self.tenant, self.actor = request, tenant, actor
        self.notes: list[str] = []
        self.problem, self.success = "", "Saved."
        self.is_done = False
        is_form = request.method == "POST" and "action" not in request.POST
        self.form = StripeAccountForm(
            request.POST if is_form else None, instance=StripeAccount.objects.current()
        )
        if is_form:
            self._connect()
        elif request.method == "POST":
            self._act(request.POST["action"])
        self.facts = facts(StripeAccount.objects.current())

    def _connect(self) -> None:
        if not self.form.is_valid():
            return
        try:
            self.notes = connecting.connect(
                self.form.instance, base_url=self.tenant.url, actor=self.actor
            )
            self.is_done = True
        except PaymentError as error:
            self.form.add_error(error.field if error.field in ACCOUNT_FIELDS else None, str(error))

    def _act(self, name: str) -> None:
        acts: dict[str, tuple[Callable[[], None], str]] = {
            "check-webhook": (self._check_webhook, "The webhook is set up."),
            "roll-webhook-secret": (
                lambda: connecting.roll_webhook_secret(base_url=self.tenant.url, actor=self.actor),
                "The webhook has a new secret; what is on its way under the old one still counts.",
            ),
            "disconnect": (
                lambda: connecting.disconnect(actor=self.actor),
                "Disconnected from Stripe.",
            ),
        }
        try:
            if name in acts:
                act, self.success = acts[name]
                act()
        except PaymentError as error:
            self.problem = str(error)
        self.is_done = True

    def _check_webhook(self) -> None:
        account = StripeAccount.objects.current()
        self.notes = connecting.connect(
            account, base_url=self.tenant.url, actor=self.actor, check_webhook=True
        )

    def tell_and_return(self, address: str) -> HttpResponse:
        if self.problem:
            messages.error(self.request, self.problem)
        else:
            messages.success(self.request, self.success)
        for note in self.notes:
            messages.warning(self.request, note)
        return redirect(address)

    def response(self, site: Any, *, back: str) -> HttpResponse:
        stored = self.form.stored
        return form_page(
            site, self.request, self.form,
            title=f"Stripe account of {self.tenant.name}", button="Save", back=back, intro=INTRO,
            facts=self.facts,
            actions=[action for action in ACTIONS if stored.get(action.needs)],
        )  # fmt: skip


def _unnamed(account: StripeAccount) -> str:
    if account.connected_at:
        return "An account whose number this key may not read"
    return "Not tried at Stripe yet: save to try it."


def facts(account: StripeAccount) -> list[tuple[str, str]]:
    """Return what is known of the connection, in words."""
    if not account.secret_key:
        return [("Connection", "Not connected to Stripe yet.")]
    last = ReconciliationReport.objects.first()
    found = [
        ("Connected to", account.stripe_account_id or _unnamed(account)),
        ("Mode", "Live: real money" if account.livemode else "Test: no real money"),
        ("May take payments", "Yes" if account.charges_enabled else "Not yet, says Stripe"),
        (
            "Webhook",
            account.stripe_webhook_endpoint_id or "Entered by hand"
            if account.webhook_secret
            else "Missing",
        ),
        ("Compared with Stripe", local_time(last.started_at) if last else "Not yet"),
    ]
    return [*found, *(("Problem", sentence) for sentence in health().values())]


operator_site.business_pages.append(
    BusinessPage("stripe", "Stripe keys and payments", operator_account_view)
)
