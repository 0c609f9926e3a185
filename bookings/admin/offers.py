"""Discount codes, gift vouchers and passes, as staff see them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from access.actors import staff_actor
from bookings.admin.acting import ActingAdmin
from bookings.admin.one_form import OneFormAdmin
from bookings.models import (
    DiscountCode,
    Pass,
    PassMovement,
    PassType,
    Prepaid,
    Voucher,
    VoucherMovement,
    VoucherSettings,
)
from bookings.offers import gifts, prepaid
from bookings.offers.staff_forms import (
    DiscountCodeForm,
    GivePassForm,
    GiveVoucherForm,
    PassTypeForm,
    UseForm,
    VoidForm,
    VoucherSettingsForm,
)
from tenants.admin_sites import ReadOnlyMixin, form_page, staff_site
from tenants.templatetags.business import local_time, money

COLOURS = {
    "active": "success", "unpaid": "warning", "used": "info", "expired": "warning",
    "void": "danger", "frozen": "danger",
}  # fmt: skip


@admin.register(DiscountCode, site=staff_site)
class DiscountCodeAdmin(ModelAdmin):
    form = DiscountCodeForm
    list_display = ("code", "takes_off", "used", "valid_until", "is_active")
    list_filter = ("is_active",)
    search_fields = ("code",)
    fields = (
        "code", "percent", "amount", "valid_from", "valid_until", "max_uses",
        "max_uses_per_customer", "minimum_amount", "services", "is_active", "used",
    )  # fmt: skip
    readonly_fields = ("used",)

    @display(description="Takes off")
    def takes_off(self, code: DiscountCode) -> str:
        return f"{code.percent} %" if code.percent else money(code.amount or 0)

    @display(description="Used", ordering="used_count")
    def used(self, code: DiscountCode) -> str:
        return f"{code.used_count} of {code.max_uses}" if code.max_uses else str(code.used_count)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Codes are switched off: bookings speak of them."""
        return False


@admin.register(PassType, site=staff_site)
class PassTypeAdmin(ModelAdmin):
    form = PassTypeForm
    list_display = ("name", "price_shown", "credits", "valid_days", "is_sold_online", "is_active")
    search_fields = ("name",)

    @display(description="Price", ordering="price")
    def price_shown(self, kind: PassType) -> str:
        return money(kind.price)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Kinds of pass are switched off: passes speak of them."""
        return False


@admin.register(VoucherSettings, site=staff_site)
class VoucherSettingsAdmin(OneFormAdmin):
    page_title = "Gift vouchers"
    intro = "Customers buy them on the page /vouchers/ of your site."
    form_class = VoucherSettingsForm


class MovementInline(ReadOnlyMixin, TabularInline):
    extra = 0
    fields = ("created_at", "kind", "change_shown", "booking", "reason", "actor")
    readonly_fields = fields
    verbose_name_plural = "What has moved"

    @display(description="Change")
    def change_shown(self, movement: Any) -> str:
        return f"{movement.change:+d}"


class VoucherMovementInline(MovementInline):
    model = VoucherMovement

    @display(description="Change")
    def change_shown(self, movement: Any) -> str:
        sign = "−" if movement.change < 0 else "+"
        return sign + money(abs(movement.change), movement.owner.currency)


class PassMovementInline(MovementInline):
    model = PassMovement


class PrepaidAdmin(ReadOnlyMixin, ActingAdmin):
    """It changes by being used; by hand it is given away, or ended with a reason."""

    acts = ("use", "void")
    list_filter = ("status",)
    search_fields: tuple[str, ...] = ("code", "customer_name", "customer_email")
    list_select_related = ("payment",)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return bool(request.user.has_perm(f"bookings.add_{self.opts.model_name}"))

    @display(description="Code")
    def code_shown(self, item: Prepaid) -> str:
        return item.readable_code

    @display(description="State", label=COLOURS)
    def state_badge(self, item: Prepaid) -> tuple[str, str]:
        return item.state, item.state.capitalize()

    @display(description="State")
    def state_shown(self, item: Prepaid) -> str:
        return item.state.capitalize()

    @display(description="Good until", ordering="expires_at")
    def until(self, item: Prepaid) -> str:
        return local_time(item.expires_at) if item.expires_at else "–"

    @display(description="Price", ordering="price")
    def price_shown(self, item: Prepaid) -> str:
        return money(item.price, item.currency) if item.price else "Given"

    @display(description="Payment")
    def payment_link(self, item: Prepaid) -> str:
        if item.payment is None:
            return "None"
        url = reverse("staff:payments_paymentsession_change", args=[item.payment.pk])
        state = item.payment.get_status_display()
        return format_html('<a class="underline" href="{}">{}</a>', url, state)

    @display(description="What next")
    def what_next(self, item: Prepaid) -> str:
        if not item.is_active:
            return "–"
        links = [
            (reverse(f"staff:bookings_{self.opts.model_name}_{name}", args=[item.pk]), label)
            for name, label in (("use", "Use it here"), ("void", "End it"))
        ]
        return format_html_join(" · ", '<a class="underline" href="{}">{}</a>', links)

    def use_view(self, request: HttpRequest, item_id: int) -> HttpResponse:
        """Take some of it at the business."""
        item = get_object_or_404(self.model, pk=item_id)
        return self.act(
            request, item, UseForm(request.POST or None, item), prepaid.use_by_hand, "Used.",
            title=f"Use {item.readable_code} here", button="Use it",
            intro=f"It belongs to {item.customer_name}.",
        )  # fmt: skip

    def void_view(self, request: HttpRequest, item_id: int) -> HttpResponse:
        """End one for good, with a reason."""
        item = get_object_or_404(self.model, pk=item_id)
        return self.act(
            request, item, VoidForm(request.POST or None), prepaid.void,
            "It is ended: nobody can book with it any more.",
            title=f"End {item.readable_code}?", button="End it", danger=True,
            intro="What is left of it is gone. To give the money back, refund the payment instead.",
        )  # fmt: skip

    def give(
        self, request: HttpRequest, form: forms.Form, give: Any, *, title: str, intro: str
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        if request.method == "POST" and form.is_valid():
            item = give(**form.cleaned_data, actor=staff_actor(request))
            messages.success(request, f"Sent to {item.customer_email}.")
            return redirect(f"staff:bookings_{self.opts.model_name}_change", item.pk)
        return form_page(
            staff_site, request, form, title=title, intro=intro, button="Give it",
            back=reverse(f"staff:bookings_{self.opts.model_name}_changelist"),
        )  # fmt: skip


@admin.register(Voucher, site=staff_site)
class VoucherAdmin(PrepaidAdmin):
    list_display = ("code_shown", "state_badge", "left_shown", "customer_name", "until")
    search_fields: tuple[str, ...] = (
        "code", "customer_name", "customer_email", "recipient_name", "recipient_email"
    )  # fmt: skip
    inlines = (VoucherMovementInline,)
    fields = (
        "code_shown", "state_shown", "what_next", "initial_shown", "left_shown", "customer_name",
        "customer_email", "recipient_name", "recipient_email", "message", "until",
        "payment_link", "created_at",
    )  # fmt: skip
    readonly_fields = fields

    @display(description="Amount", ordering="initial")
    def initial_shown(self, voucher: Voucher) -> str:
        return money(voucher.initial, voucher.currency)

    @display(description="Left", ordering="left")
    def left_shown(self, voucher: Voucher) -> str:
        return money(voucher.left, voucher.currency)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Give a voucher that nobody pays for."""
        return self.give(
            request, GiveVoucherForm(request.POST or None), gifts.give_voucher,
            title="Give a voucher", intro="Nobody pays for it.",
        )  # fmt: skip


@admin.register(Pass, site=staff_site)
class PassAdmin(PrepaidAdmin):
    """The periods of memberships are found from their membership, not listed here."""

    list_display = ("name", "customer_name", "state_badge", "left", "until")
    inlines = (PassMovementInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Pass]:
        found: QuerySet[Pass] = super().get_queryset(request)
        match = request.resolver_match
        is_list = match is not None and match.url_name == "bookings_pass_changelist"
        return found.filter(membership=None) if is_list else found

    fields = (
        "name", "code_shown", "state_shown", "what_next", "initial", "left", "customer_name",
        "customer_email", "until", "price_shown", "payment_link", "created_at",
    )  # fmt: skip
    readonly_fields = fields

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Give a pass that was paid for elsewhere, or not at all."""
        return self.give(
            request, GivePassForm(request.POST or None), gifts.give_pass,
            title="Give a pass", intro="It was paid for at the business, or not at all.",
        )  # fmt: skip
