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
from django.utils.html import format_html, format_html_join
from unfold.admin import ModelAdmin
from unfold.decorators import display

from access.actors import staff_actor
from bookings import cancelling, changes, policy, services
from bookings.admin import changing, desk
from bookings.admin_forms import BalanceForm, CancelForm, MoveForm
from bookings.errors import BookingError
from bookings.held_changes import held_for
from bookings.models import Booking
from bookings.money import (
    BALANCE,
    FEE,
    amount_due,
    amount_paid,
    amount_refunded,
    card_of,
    charge_fee,
    fee_name,
    fee_payment,
    latest_payment,
    request_balance,
)
from payments import services as payments
from payments.models import PaymentRequest, PaymentSession
from tenants.admin_sites import form_page, staff_site
from tenants.templatetags.business import local_time, money

STATUS_COLOURS = {
    "CONFIRMED": "success",
    "PENDING_PAYMENT": "warning",
    "CANCELLED": "danger",
    "COMPLETED": "info",
    "NO_SHOW": "danger",
}


@admin.register(Booking, site=staff_site)
class BookingAdmin(ModelAdmin):
    """Time, money and customer are read-only here: they change by what is done, not by typing."""

    list_display = (
        "when", "customer_name", "service_name", "resource", "status_badge", "deposit", "reference"
    )  # fmt: skip
    list_display_links = ("when", "customer_name")
    list_filter = ("status", "resource", "starts_at")
    search_fields = ("reference", "customer_name", "customer_email", "customer_phone")
    list_select_related = ("resource",)
    fields = (
        "reference", "status", "held_until", "what_next", "waiting_change", "when", "sold",
        "party_size", "resource",
        "customer_name", "customer_email", "customer_phone", "guest_name", "notes", "answered",
        "total", "deposit",
        "paid", "given_back", "remaining", "payment", "card", "fee", "links",
        "cancel_reason", "created_at",
    )  # fmt: skip
    readonly_fields = tuple(name for name in fields if name != "notes")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="When", ordering="starts_at")
    def when(self, booking: Booking) -> str:
        return local_time(booking.starts_at)

    @display(description="Status", label=STATUS_COLOURS, ordering="status")
    def status_badge(self, booking: Booking) -> tuple[str, str]:
        return booking.status, booking.get_status_display()

    @display(description="Held until")
    def held_until(self, booking: Booking) -> str:
        return local_time(booking.hold_expires_at) if booking.hold_expires_at else "–"

    @display(description="What")
    def sold(self, booking: Booking) -> str:
        rows = [
            (line.name, f" × {line.quantity}" if line.quantity > 1 else "")
            for line in booking.lines.all()
        ]
        return format_html_join(" + ", "{}{}", rows) or booking.service_name

    @display(description="Answers")
    def answered(self, booking: Booking) -> str:
        rows = [(one["question"], one["answer"]) for one in booking.answers]
        return format_html_join("", "<p>{} {}</p>", rows) or "–"

    @display(description="Price")
    def total(self, booking: Booking) -> str:
        return money(booking.total_amount, booking.currency)

    @display(description="Deposit")
    def deposit(self, booking: Booking) -> str:
        return money(booking.deposit_amount, booking.currency) if booking.deposit_amount else "–"

    @display(description="Paid so far")
    def paid(self, booking: Booking) -> str:
        return money(amount_paid(booking), booking.currency)

    @display(description="Refunded")
    def given_back(self, booking: Booking) -> str:
        refunded = amount_refunded(booking)
        return money(refunded, booking.currency) if refunded else "–"

    @display(description="Still to pay")
    def remaining(self, booking: Booking) -> str:
        if booking.is_cancelled:
            return "–"
        return money(amount_due(booking), booking.currency)

    @display(description="Card on file")
    def card(self, booking: Booking) -> str:
        card = card_of(booking)
        return str(card) if card else "None"

    @display(description="Fee charged")
    def fee(self, booking: Booking) -> str:
        session = fee_payment(booking)
        if session is None:
            return "–"
        url = reverse("staff:payments_paymentsession_change", args=[session.pk])
        text = f"{money(session.amount, session.currency)} {session.status_text.lower()}"
        return format_html('<a class="underline" href="{}">{}</a>', url, text)

    @display(description="Payment links")
    def links(self, booking: Booking) -> str:
        sent = PaymentRequest.objects.filter(
            payable_type__in=(BALANCE, FEE), payable_id=str(booking.pk)
        ).select_related("payment_session")
        if not sent:
            return "None"
        rows = [
            (
                reverse("staff:payments_paymentrequest_change", args=[one.pk]),
                f"{money(one.amount, one.currency)} {one.status}",
            )
            for one in sent
        ]
        return format_html_join(", ", '<a class="underline" href="{}">{}</a>', rows)

    @display(description="Payment")
    def payment(self, booking: Booking) -> str:
        session = latest_payment(booking)
        if session is None:
            return "None"
        url = reverse("staff:payments_paymentsession_change", args=[session.pk])
        return format_html('<a class="underline" href="{}">{}</a>', url, session.status_text)

    @display(description="Change that waits for its payment")
    def waiting_change(self, booking: Booking) -> str:
        change = held_for(booking)
        if change is None:
            return "–"
        due = money(change.amount_due, booking.currency)
        until = change.hold_expires_at
        return (
            f"{change.service_name}, {local_time(change.starts_at)}, {change.party_size} people: "
            f"{due}, {f'until {local_time(until)}' if until else 'on its way'}"
        )

    @display(description="What next")
    def what_next(self, booking: Booking) -> str:
        links = [
            (reverse(f"staff:bookings_booking_{name}", args=[booking.pk]), label)
            for name, label in possible_actions(booking)
        ]
        return format_html_join(" · ", '<a class="underline" href="{}">{}</a>', links) or "–"

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
        """Show `form`; once it is sent and good, do `act` and say what it returns."""
        back = reverse("staff:bookings_booking_change", args=[booking.pk])
        if request.method == "POST" and form.is_valid():
            try:
                messages.success(request, act())
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

        def charge() -> str:
            session = charge_fee(booking, actor=staff_actor(request))
            if session.is_paid:
                return f"{fee} was charged."
            if session.status == PaymentSession.Status.FAILED:
                return "The bank declined the card. The customer was sent a link to pay the fee."
            return f"{fee} was asked for; Stripe's answer is still out."

        return self._ask(
            request, booking, forms.Form(request.POST or None), charge,
            title=f"Charge {fee} to the card on file?",
            intro=(
                f"The customer agreed to this {fee_name(booking)} when they booked. If the bank "
                "wants them to confirm it, they are sent a link."
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


def possible_actions(booking: Booking) -> list[tuple[str, str]]:
    """Return what can be done with a booking now: (name, label)."""
    found = []
    has_begun = booking.starts_at <= timezone.now()
    if booking.is_confirmed and has_begun:
        found += [("complete", "Completed"), ("no_show", "Did not come")]
    if booking.is_confirmed:
        found.append(("move", "Move"))
        if booking.service_id is not None:
            found.append(("alter", "Change people, service or extras"))
    if booking.status in (Booking.Status.PENDING_PAYMENT, Booking.Status.CONFIRMED):
        found.append(("cancel", "Cancel this booking"))
    if booking.chargeable_fee and fee_payment(booking) is None:
        fee = money(booking.chargeable_fee, booking.currency)
        found.append(("fee", f"Charge the {fee_name(booking)} of {fee}"))
    owes = booking.status in (Booking.Status.CONFIRMED, Booking.Status.COMPLETED)
    if owes and amount_due(booking) and payments.payments_enabled():
        found.append(("balance", "Send a payment link"))
    return found
