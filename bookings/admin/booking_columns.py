"""What staff see of a booking, in the list and on its own page."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from unfold.decorators import display

from bookings.held_changes import held_for
from bookings.models import Booking
from bookings.money import (
    BALANCE,
    FEE,
    amount_due,
    amount_paid,
    amount_refunded,
    card_of,
    fee_name,
    fee_payment,
    latest_payment,
)
from payments import services as payments
from payments.models import PaymentRequest
from tenants.templatetags.business import local_time, money

STATUS_COLOURS = {
    "CONFIRMED": "success",
    "PENDING_PAYMENT": "warning",
    "CANCELLED": "danger",
    "COMPLETED": "info",
    "NO_SHOW": "danger",
}


class BookingColumns:
    """The columns and lines of a ModelAdmin of bookings."""

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

    @display(description="Agreed to")
    def agreed(self, booking: Booking) -> str:
        rows = [
            (one["service"], one["text"], one["version"], local_time(_moment(one)))
            for one in booking.consents_given
        ]
        return format_html_join("", "<p>{}: {} (version {}, {})</p>", rows) or "–"

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
        if booking.is_cancelled or booking.status == Booking.Status.NO_SHOW:
            return "–"
        return money(amount_due(booking), booking.currency)

    @display(description="Card on file")
    def card(self, booking: Booking) -> str:
        card = card_of(booking)
        return str(card) if card else "None"

    @display(description="Fee")
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

    @display(description="Booked")
    def booked_at(self, booking: Booking) -> str:
        return local_time(booking.created_at)

    @display(description="Cancelled")
    def cancelled_because(self, booking: Booking) -> str:
        return booking.get_cancel_reason_display() or "–"


def _moment(consent: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(consent["at"])


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
