"""Payments, refunds, disputes and customers: to look at, and to give money back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import display

from access.actors import staff_actor
from payments.errors import PaymentError
from payments.forms import RefundForm
from payments.models import Customer, Dispute, PaymentSession, Refund, Transaction
from payments.payables import handler_of
from payments.services import refund_payment
from tenants.admin_sites import ReadOnlyMixin, form_page, staff_site
from tenants.templatetags.business import local_time, money

PAYMENT_COLOURS = {
    "Paid": "success",
    "Card saved": "success",
    "Declined": "danger",
    "Cancelled": "danger",
    "Disputed": "danger",
    "Refunded": "warning",
    "Partly refunded": "warning",
    "Waiting for payment": "info",
    "Processing": "info",
    "Created": "info",
}
REFUND_COLOURS = {"succeeded": "success", "failed": "danger", "requested": "info"}
DISPUTE_COLOURS = {
    "won": "success",
    "lost": "danger",
    "needs_response": "danger",
    "warning_needs_response": "danger",
    "under_review": "warning",
    "warning_under_review": "warning",
}


class MoneyAdmin(ReadOnlyMixin, ModelAdmin):
    """A list of something with an amount and a status."""

    @display(description="Amount", ordering="amount")
    def money(self, row: Any) -> str:
        return money(row.amount, row.currency)


class RefundInline(ReadOnlyMixin, TabularInline):
    model = Refund
    fields = ("created_at", "shown", "status", "reason", "by")
    readonly_fields = fields
    extra = 0
    hide_title = True

    @display(description="Amount")
    def shown(self, refund: Refund) -> str:
        return money(refund.amount, refund.currency)

    @display(description="By")
    def by(self, refund: Refund) -> str:
        return refund.by_whom


@admin.register(PaymentSession, site=staff_site)
class PaymentSessionAdmin(MoneyAdmin):
    list_display = ("created_at", "description", "money", "status_badge", "customer", "refunded")
    list_filter = ("status", "is_processing", "currency", "livemode")
    search_fields = (
        "description", "payable_id", "customer__email", "stripe_checkout_session_id",
        "stripe_payment_intent_id",
    )  # fmt: skip
    inlines = [RefundInline]
    # Left out: the customer's token, the idempotency key, the payment page's address.
    fields = (
        "description", "what_for", "what_next", "money", "state", "declined", "fee", "net",
        "refunded", "refundable", "dispute", "customer", "mode", "stripe_checkout_session_id",
        "stripe_payment_intent_id", "created_at", "succeeded_at",
    )  # fmt: skip
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[PaymentSession]:
        found: QuerySet[PaymentSession] = super().get_queryset(request)
        return found.select_related("transaction", "customer").prefetch_related(
            "refunds", "disputes"
        )

    @display(description="Status", label=PAYMENT_COLOURS, ordering="status")
    def status_badge(self, session: PaymentSession) -> tuple[str, str]:
        return session.status_text, session.status_text

    @display(description="Status")
    def state(self, session: PaymentSession) -> str:
        return session.status_text

    @display(description="Of")
    def what_for(self, session: PaymentSession) -> str:
        handler = handler_of(session.payable_type)
        text = handler.describe(session.payable_id)
        address = handler.staff_address(session.payable_id)
        if not address:
            return text
        return format_html('<a class="underline" href="{}">{}</a>', address, text)

    @display(description="Why it was declined")
    def declined(self, session: PaymentSession) -> str:
        return session.failure_code.replace("_", " ").capitalize() or "–"

    @display(description="Mode")
    def mode(self, session: PaymentSession) -> str:
        return "Live" if session.livemode else "Test"

    @display(description="Refunded")
    def refunded(self, session: PaymentSession) -> str:
        return money(session.amount_refunded, session.currency) if session.is_paid else "–"

    @display(description="Can still be refunded")
    def refundable(self, session: PaymentSession) -> str:
        return money(session.amount_refundable, session.currency)

    @display(description="Stripe's fee")
    def fee(self, session: PaymentSession) -> str:
        paid = getattr(session, "transaction", None)
        if paid is None:
            return "–"
        return "Not known yet" if paid.fee is None else money(paid.fee, paid.settled_currency)

    @display(description="After the fee")
    def net(self, session: PaymentSession) -> str:
        paid = getattr(session, "transaction", None)
        return "–" if paid is None or paid.net is None else money(paid.net, paid.settled_currency)

    @display(description="Dispute")
    def dispute(self, session: PaymentSession) -> str:
        dispute = session.disputes.first()
        if dispute is None:
            return "–"
        url = reverse("staff:payments_dispute_change", args=[dispute.pk])
        return format_html('<a class="underline" href="{}">{}</a>', url, dispute.status_text)

    @display(description="What next")
    def what_next(self, session: PaymentSession) -> str:
        if session.is_processing:
            return "Wait: the customer's bank is moving the money, which takes some days."
        if session.is_disputed:
            return "The customer contests this payment: see the dispute."
        if not session.amount_refundable:
            return "–"
        url = reverse("staff:payments_paymentsession_refund", args=[session.pk])
        return format_html('<a class="underline" href="{}">Refund</a>', url)

    def get_urls(self) -> list[URLPattern]:
        refund = path(
            "<uuid:session_id>/refund/",
            self.admin_site.admin_view(self.refund_view),
            name="payments_paymentsession_refund",
        )
        return [refund, *super().get_urls()]

    def refund_view(self, request: HttpRequest, session_id: str) -> HttpResponse:
        """Ask how much and why, then give it back."""
        session = get_object_or_404(PaymentSession, pk=session_id)
        if not request.user.has_perm("payments.add_refund"):
            raise PermissionDenied
        back = reverse("staff:payments_paymentsession_change", args=[session.pk])
        form = RefundForm(request.POST or None, session=session)
        if request.method == "POST" and form.is_valid() and _refund(request, session, form):
            return redirect(back)
        return form_page(
            staff_site, request, form,
            title=f"Refund {session.description}",
            intro=(
                f"{money(session.amount, session.currency)} was paid, "
                f"{money(session.amount_refunded, session.currency)} of it has been given back. "
                f"Up to {money(session.amount_refundable, session.currency)} can be refunded; it "
                "goes back the way it came, usually within five to ten days. Stripe keeps its fee."
            ),
            button="Refund", back=back, danger=True,
        )  # fmt: skip


def _refund(request: HttpRequest, session: PaymentSession, form: RefundForm) -> bool:
    """Make the refund and say what became of it; a refusal is shown at the amount."""
    try:
        refund = refund_payment(
            payment_session_id=str(session.pk),
            amount=form.cleaned_data["amount"],
            reason=form.cleaned_data["reason"],
            actor=staff_actor(request),
            idempotency_key=f"staff:{form.cleaned_data['key']}",
        )
    except PaymentError as error:
        form.add_error("amount", str(error))
        return False
    amount = money(refund.amount, refund.currency)
    if refund.status == Refund.Status.FAILED:
        messages.error(request, f"Stripe refused to refund {amount}: {refund.failure_reason}.")
    elif refund.status == Refund.Status.SUCCEEDED:
        messages.success(request, f"{amount} is on its way back to the customer.")
    else:
        messages.info(request, f"{amount} was asked back; Stripe's answer is still out.")
    return True


@admin.register(Refund, site=staff_site)
class RefundAdmin(MoneyAdmin):
    list_display = ("created_at", "payment_session", "money", "status_badge", "reason", "by_whom")
    list_select_related = ("payment_session",)
    list_filter = ("status", "is_external")
    search_fields = ("stripe_refund_id", "reason")
    fields = (
        "payment_session", "money", "status", "reason", "by_whom",
        "stripe_refund_id", "failure_reason", "created_at",
    )  # fmt: skip
    readonly_fields = fields

    @display(description="Status", label=REFUND_COLOURS, ordering="status")
    def status_badge(self, refund: Refund) -> tuple[str, str]:
        return refund.status, refund.get_status_display()

    @display(description="By")
    def by_whom(self, refund: Refund) -> str:
        return refund.by_whom


@admin.register(Dispute, site=staff_site)
class DisputeAdmin(MoneyAdmin):
    list_display = ("created_at", "payment_session", "money", "state", "reason_text", "due")
    list_select_related = ("payment_session",)
    list_filter = ("status",)
    search_fields = ("stripe_dispute_id", "payment_session__description")
    fields = (
        "payment_session", "money", "status_text", "reason_text", "what_next", "due",
        "stripe_dispute_id", "created_at", "closed_at",
    )  # fmt: skip
    readonly_fields = fields

    @display(description="State", label=DISPUTE_COLOURS, ordering="status")
    def state(self, dispute: Dispute) -> tuple[str, str]:
        return dispute.status, dispute.status_text

    @display(description="State")
    def status_text(self, dispute: Dispute) -> str:
        return dispute.status_text

    @display(description="Reason")
    def reason_text(self, dispute: Dispute) -> str:
        return dispute.reason_text

    @display(description="Evidence due", ordering="evidence_due_by")
    def due(self, dispute: Dispute) -> str:
        if dispute.is_final or dispute.evidence_due_by is None:
            return "–"
        return local_time(dispute.evidence_due_by)

    @display(description="What next")
    def what_next(self, dispute: Dispute) -> str:
        if dispute.status not in Dispute.NEEDS_RESPONSE:
            return "–"
        return (
            "Send your evidence in the Stripe dashboard, under Disputes, before it is due. "
            "Without it the bank decides for the customer."
        )


@admin.register(Transaction, site=staff_site)
class TransactionAdmin(MoneyAdmin):
    list_display = ("created_at", "payment_session", "money", "fee_shown", "net_shown")
    list_select_related = ("payment_session",)
    search_fields = ("stripe_object_id", "stripe_charge_id")
    fields = (
        "payment_session", "money", "fee_shown", "net_shown", "stripe_object_id",
        "stripe_charge_id", "stripe_balance_transaction_id", "created_at",
    )  # fmt: skip
    readonly_fields = fields

    @display(description="Stripe's fee")
    def fee_shown(self, paid: Transaction) -> str:
        return "Not known yet" if paid.fee is None else money(paid.fee, paid.settled_currency)

    @display(description="After the fee")
    def net_shown(self, paid: Transaction) -> str:
        return "–" if paid.net is None else money(paid.net, paid.settled_currency)


@admin.register(Customer, site=staff_site)
class CustomerAdmin(ReadOnlyMixin, ModelAdmin):
    list_display = ("email", "name", "phone", "created_at")
    search_fields = ("email", "name", "phone")
