"""Bookings: what staff see of one, and what they can do with it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from unfold.admin import ModelAdmin

from access.actors import staff_actor
from bookings import cancelling, changes, policy, services
from bookings.admin import changing, desk
from bookings.admin.booking_columns import BookingColumns
from bookings.admin_forms import BalanceForm, CancelForm, MoveForm
from bookings.errors import BeyondMembership, BookingError
from bookings.models import Booking
from bookings.money import (
    amount_due,
    charge_fee,
    fee_name,
    fee_payment,
    request_balance,
)
from bookings.offers.membership_credits import check_move
from payments import services as payments
from payments.models import PaymentSession
from tenants.admin_sites import form_page, staff_site
from tenants.templatetags.business import local_time, money


@admin.register(Booking, site=staff_site)
class BookingAdmin(BookingColumns, ModelAdmin):
    """Time, money and customer are read-only here: they change by what is done, not by typing."""

    list_display = (
        "when", "customer_name", "service_name", "resource", "status_badge", "deposit", "reference"
    )  # fmt: skip
    list_display_links = ("when", "customer_name")
    list_filter = ("status", "resource", "starts_at")
    search_fields = ("reference", "customer_name", "customer_email", "customer_phone")
    list_select_related = ("resource",)
    fieldsets = (
        (None, {"fields": (
            "reference", "status", "what_next", "held_until", "waiting_change", "when", "sold",
            "party_size", "resource",
        )}),
        ("Money", {"fields": (
            "total", "deposit", "paid", "given_back", "remaining", "payment", "card", "fee", "links"
        )}),
        ("Customer", {"fields": (
            "customer_name", "customer_email", "customer_phone", "guest_name", "notes",
            "answered", "agreed", "booked_at", "cancelled_because",
        )}),
    )  # fmt: skip
    readonly_fields = tuple(
        name for _, part in fieldsets for name in part["fields"] if name != "notes"
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        views: dict[str, Callable[..., HttpResponse]] = {
            "cancel": self.cancel_view,
            "move": self.move_view,
            "alter": self.alter_view,
            "complete": self.complete_view,
            "no_show": self.no_show_view,
            "fee": self.fee_view,
            "balance": self.balance_view,
        }
        own = [
            path(
                f"<int:booking_id>/{name.replace('_', '-')}/",
                self.admin_site.admin_view(view),
                name=f"bookings_booking_{name}",
            )
            for name, view in views.items()
        ]
        why = path(
            "why-not/", self.admin_site.admin_view(desk.why_not), name="bookings_booking_why_not"
        )
        return [why, *own, *super().get_urls()]

    def _booking(self, request: HttpRequest, booking_id: int, permission: str = "") -> Booking:
        booking = get_object_or_404(Booking, pk=booking_id)
        allowed = self.has_change_permission(request, booking)
        if not allowed or (permission and not request.user.has_perm(permission)):
            raise PermissionDenied
        return booking

    def _ask(
        self,
        request: HttpRequest,
        booking: Booking,
        form: forms.Form,
        act: Callable[[], str],
        **page: Any,
    ) -> HttpResponse:
        """Show `form`; once it is sent and good, do `act` and say what it returns, if anything."""
        back = reverse("staff:bookings_booking_change", args=[booking.pk])
        if request.method == "POST" and form.is_valid():
            try:
                if done := act():
                    messages.success(request, done)
            except (BookingError, payments.PaymentError) as error:
                messages.error(request, str(error))
            return redirect(back)
        return form_page(staff_site, request, form, back=back, **page)

    def cancel_view(self, request: HttpRequest, booking_id: int) -> HttpResponse:
        booking = self._booking(request, booking_id)
        quote = policy.quote(booking, timezone.now())
        back, kept = (money(amount, booking.currency) for amount in (quote.refund, quote.kept))
        form = CancelForm(request.POST or None, terms=f"{back} back, {kept} kept")

        def cancel() -> str:
            chosen = form.cleaned_data["refund"]
            if chosen == CancelForm.TERMS:
                agreed = cancelling.cancel_by_customer(booking.pk, actor=staff_actor(request))
                returned = money(agreed.refund, booking.currency)
                return f"Booking {booking.reference} is cancelled; {returned} goes back."
            by_customer = form.cleaned_data["by_customer"]
            reasons = Booking.CancelReason
            services.cancel(
                booking.pk,
                actor=staff_actor(request),
                reason=reasons.CUSTOMER if by_customer else reasons.BUSINESS,
                refund=chosen == CancelForm.FULL,
            )
            return f"Booking {booking.reference} is cancelled."

        return self._ask(
            request, booking, form, cancel,
            title=f"Cancel {booking.customer_name}, {local_time(booking.starts_at)}?",
            intro=f"The customer is told by e-mail, and the time is free again at once. "
            f"The terms: {quote.text}",
            button="Cancel the booking", danger=True,
        )  # fmt: skip

    def move_view(self, request: HttpRequest, booking_id: int) -> HttpResponse:
        booking = self._booking(request, booking_id)
        form = MoveForm(request.POST or None, starts_at=booking.starts_at)

        def move() -> str:
            resource = form.cleaned_data["resource"]
            try:
                check_move(booking, form.cleaned_data["starts_at"])
            except BeyondMembership as error:
                messages.warning(request, f"{error} It was moved all the same.")
            moved = changes.reschedule(
                booking.pk,
                starts_at=form.cleaned_data["starts_at"],
                resource_id=resource.pk if resource else None,
                actor=staff_actor(request),
            )
            return f"{booking.customer_name} now comes on {local_time(moved.starts_at)}."

        return self._ask(
            request, booking, form, move,
            title=f"Move {booking.customer_name}, {local_time(booking.starts_at)}",
            intro="The customer is told by e-mail. What was paid moves along.", button="Move",
        )  # fmt: skip

    def alter_view(self, request: HttpRequest, booking_id: int) -> HttpResponse:
        return changing.alter(request, self._booking(request, booking_id), staff_actor(request))

    def complete_view(self, request: HttpRequest, booking_id: int) -> HttpResponse:
        booking = self._booking(request, booking_id)

        def complete() -> str:
            services.complete(booking.pk, actor=staff_actor(request))
            return f"{booking.customer_name} was here."

        return self._ask(
            request, booking, forms.Form(request.POST or None), complete,
            title=f"Was {booking.customer_name} here?",
            intro="What was paid ahead is yours from now on.", button="Yes, completed",
        )  # fmt: skip

    def no_show_view(self, request: HttpRequest, booking_id: int) -> HttpResponse:
        booking = self._booking(request, booking_id)

        def mark() -> str:
            services.mark_no_show(booking.pk, actor=staff_actor(request))
            return f"{booking.customer_name} did not come."

        return self._ask(
            request, booking, forms.Form(request.POST or None), mark,
            title=f"Did {booking.customer_name} not come?",
            intro="What was paid ahead is kept. A fee on the card on file is a step of its own.",
            button="Did not come", danger=True,
        )  # fmt: skip

    def fee_view(self, request: HttpRequest, booking_id: int) -> HttpResponse:
        booking = self._booking(request, booking_id, "payments.add_paymentsession")
        fee = money(booking.chargeable_fee, booking.currency)
        if fee_payment(booking) is not None:
            messages.info(request, "This fee was asked for already: see below.")
            return redirect("staff:bookings_booking_change", booking.pk)

        def charge() -> str:
            session = charge_fee(booking, actor=staff_actor(request))
            if session.is_paid:
                return f"{fee} was charged."
            if session.status == PaymentSession.Status.FAILED:
                messages.warning(request, _refused(booking, session))
                return ""
            return f"{fee} was asked for; Stripe's answer is still out."

        return self._ask(
            request, booking, forms.Form(request.POST or None), charge,
            title=f"Charge {fee} to the card on file?",
            intro=(
                f"{booking.customer_name} agreed to this {fee_name(booking)} when booking. If the "
                "bank refuses, or wants them to confirm it, they are sent a link to pay it."
            ),
            button=f"Charge {fee}", danger=True,
        )  # fmt: skip

    def balance_view(self, request: HttpRequest, booking_id: int) -> HttpResponse:
        booking = self._booking(request, booking_id, "payments.add_paymentsession")
        form = BalanceForm(
            request.POST or None, amount=amount_due(booking), currency=booking.currency
        )

        def ask() -> str:
            request_balance(
                booking,
                amount=form.cleaned_data["amount"],
                message=form.cleaned_data["message"],
                good_for=timedelta(days=form.cleaned_data["days"]),
                actor=staff_actor(request),
            )
            return f"A payment link is on its way to {booking.customer_email}."

        return self._ask(
            request, booking, form, ask,
            title=f"Ask {booking.customer_name} to pay",
            intro=f"{money(amount_due(booking), booking.currency)} is still to pay.",
            button="Send the link",
        )  # fmt: skip

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Take a booking on the phone, through the same door as everyone's."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return desk.add_booking(request)


def _refused(booking: Booking, session: PaymentSession) -> str:
    """Return what came of charging a card that the bank has not let pay."""
    why = "declined the card"
    if session.failure_code == "authentication_required":
        why = "wants the customer to confirm this payment"
    amount = money(session.amount, session.currency)
    return (
        f"The bank {why}, so nothing was charged. A link to pay the {amount} was sent to "
        f"{booking.customer_email}."
    )
