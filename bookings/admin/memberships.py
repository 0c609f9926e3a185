"""Membership plans and memberships, as staff see them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from bookings.admin.acting import ActingAdmin
from bookings.models import Membership, MembershipPlan, Pass
from bookings.offers import membership_credits, memberships
from bookings.offers.staff_forms import EndMembershipForm, MembershipPlanForm
from tenants.admin_sites import ReadOnlyMixin, staff_site
from tenants.templatetags.business import local_time, money

COLOURS = {"active": "success", "incomplete": "info", "past_due": "danger", "canceled": "warning"}


@admin.register(MembershipPlan, site=staff_site)
class MembershipPlanAdmin(ModelAdmin):
    form = MembershipPlanForm
    list_display = ("name", "price_shown", "good_for", "members", "is_sold_online", "is_active")
    search_fields = ("name",)

    @display(description="Price", ordering="price")
    def price_shown(self, plan: MembershipPlan) -> str:
        return f"{money(plan.price)} per {plan.every}"

    @display(description="Times", ordering="credits")
    def good_for(self, plan: MembershipPlan) -> str:
        return str(plan.credits) if plan.credits else "No limit"

    @display(description="Members")
    def members(self, plan: MembershipPlan) -> int:
        return plan.memberships.filter(subscription__status__in=("active", "past_due")).count()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Plans are switched off: memberships speak of them."""
        return False


class PeriodInline(ReadOnlyMixin, TabularInline):
    """What was paid for, newest first."""

    model = Pass
    fk_name = "membership"
    extra = 0
    verbose_name_plural = "Periods that were paid for"
    fields = ("issued_at", "until", "credits", "state_shown", "payment_link")
    readonly_fields = fields
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pass]:
        found: QuerySet[Pass] = super().get_queryset(request)
        return found.select_related("payment", "membership")

    @display(description="Good until")
    def until(self, period: Pass) -> str:
        return local_time(period.expires_at) if period.expires_at else "–"

    @display(description="Left")
    def credits(self, period: Pass) -> str:
        used = period.initial - period.left
        limited = period.membership is not None and period.membership.credits
        text = f"{period.left} of {period.initial}" if limited else f"No limit, {used} used"
        url = reverse("staff:bookings_pass_change", args=[period.pk])
        return format_html('<a class="underline" href="{}">{}</a>', url, text)

    @display(description="State")
    def state_shown(self, period: Pass) -> str:
        return period.state.capitalize()

    @display(description="Payment")
    def payment_link(self, period: Pass) -> str:
        if period.payment is None:
            return "–"
        url = reverse("staff:payments_paymentsession_change", args=[period.payment.pk])
        text = f"{money(period.payment.amount, period.currency)}, {period.payment.status_text}"
        return format_html('<a class="underline" href="{}">{}</a>', url, text)


@admin.register(Membership, site=staff_site)
class MembershipAdmin(ReadOnlyMixin, ActingAdmin):
    """It is bought and paid online; staff see it, and can end it."""

    acts = ("cancel", "end")
    list_display = ("customer_name", "name", "status_badge", "left", "renews", "created_at")
    list_filter = ("subscription__status", "plan")
    search_fields = ("customer_name", "customer_email", "code")
    list_select_related = ("subscription",)
    inlines = (PeriodInline,)
    fields = (
        "name", "status_shown", "what_next", "left", "renews", "customer_name", "customer_email",
        "code_shown", "price_shown", "own_page", "created_at",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        found: QuerySet[Membership] = super().get_queryset(request)
        return membership_credits.with_left(found)

    @display(description="Status", label=COLOURS)
    def status_badge(self, membership: Membership) -> tuple[str, str]:
        return membership.status, membership.status_text

    @display(description="Status")
    def status_shown(self, membership: Membership) -> str:
        return membership.status_text

    @display(description="Left now")
    def left(self, membership: Membership) -> str:
        left = membership_credits.credits_left(membership)
        return "No limit" if left is None else str(left)

    @display(description="Renews or ends", ordering="subscription__current_period_end")
    def renews(self, membership: Membership) -> str:
        at = membership.renews_at
        return local_time(at) if at and membership.is_running else "–"

    @display(description="Price", ordering="price")
    def price_shown(self, membership: Membership) -> str:
        return f"{money(membership.price, membership.currency)} per {membership.every}"

    @display(description="Code")
    def code_shown(self, membership: Membership) -> str:
        return membership.readable_code

    @display(description="The customer's own page")
    def own_page(self, membership: Membership) -> str:
        url = memberships.page_of(membership)
        return format_html('<a class="underline" href="{}">{}</a>', url, "Open it")

    @display(description="What next")
    def what_next(self, membership: Membership) -> str:
        if not membership.is_running:
            return "–"
        names = [("end", "End it now")]
        if not membership.is_ending:
            names.insert(0, ("cancel", "Let it end with its period"))
        links = [
            (reverse(f"staff:bookings_membership_{name}", args=[membership.pk]), label)
            for name, label in names
        ]
        return format_html_join(" · ", '<a class="underline" href="{}">{}</a>', links)

    def cancel_view(self, request: HttpRequest, item_id: int) -> HttpResponse:
        """Nothing more is charged; what is paid for stays good."""
        membership = _membership(item_id)
        form = forms.Form(request.POST if request.method == "POST" else None)
        return self.act(
            request, membership, form, memberships.cancel, "It ends with its period.",
            title="Let it end with its period?", button="Let it end", danger=True,
            intro=f"{_whose(membership)} Nothing more is charged, and it can be used until then. "
            "The customer is told.",
        )  # fmt: skip

    def end_view(self, request: HttpRequest, item_id: int) -> HttpResponse:
        """End it now, with or without its last payment."""
        membership = _membership(item_id)
        form = EndMembershipForm(
            request.POST if request.method == "POST" else None,
            may_refund=request.user.has_perm("payments.add_refund"),
        )
        return self.act(
            request, membership, form, memberships.end, "It has ended.",
            title="End it now?", button="End it", danger=True,
            intro=f"{_whose(membership)} Nothing more is charged. Without a refund, what is left "
            "of the period that is paid for can still be used.",
        )  # fmt: skip


def _membership(item_id: int) -> Membership:
    return get_object_or_404(Membership.objects.select_related("subscription"), pk=item_id)


def _whose(membership: Membership) -> str:
    return f"{membership.name} of {membership.customer_name}."
