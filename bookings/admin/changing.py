"""Staff change what was booked: they see what it costs before they do it."""

from collections.abc import Iterable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from access.actors import Actor
from bookings import changes, plans
from bookings.change_forms import AlterForm
from bookings.errors import BookingError, InvalidBooking
from bookings.models import Booking
from bookings.money import amount_paid, payments_ahead
from bookings.plans import Plan
from payments.services import PaymentError
from tenants.admin_sites import form_page, staff_site
from tenants.templatetags.business import local_time, money


def alter(request: HttpRequest, booking: Booking, actor: Actor) -> HttpResponse:
    """Ask what a booking shall be, show what that costs, and change it once that was seen."""
    back = reverse("staff:bookings_booking_change", args=[booking.pk])
    typed = request.POST.copy()
    form = AlterForm(typed or None, booking=booking)
    plan: Plan | None = None
    if request.method == "POST" and form.is_valid():
        try:
            plan = plans.make(
                booking, form.wish, payments_ahead(booking),
                collects=False, gives_back=form.cleaned_data["gives_back"],
            )  # fmt: skip
            shown = f"{form.fingerprint}|{plan.figures}"
            if form.cleaned_data["seen"] == shown:
                return _change(request, booking, form, plan, actor, back)
            typed["seen"] = shown
        except InvalidBooking as error:
            plan = None
            form.add_error(form.field_for(error.field), str(error))
    return form_page(
        staff_site, request, form, title=f"Change {booking.customer_name}'s booking",
        intro=(
            "The customer is told by e-mail. Money above the new deposit goes back; what is "
            "missing is due on the day, or by a payment link."
        ),
        button="Change the booking" if plan else "Show what it costs",
        facts=_facts(booking, plan), back=back,
    )  # fmt: skip


def _change(
    request: HttpRequest, booking: Booking, form: AlterForm, plan: Plan, actor: Actor, back: str
) -> HttpResponse:
    try:
        changes.change(
            booking.pk, form.wish, actor=actor, expected=plan.figures, collects=False,
            gives_back=form.cleaned_data["gives_back"],
        )  # fmt: skip
    except (BookingError, PaymentError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{booking.customer_name}'s booking has changed.")
    return redirect(back)


def _facts(booking: Booking, plan: Plan | None) -> Iterable[tuple[str, str]]:
    """Yield what a change would do, a line for each thing."""
    if plan is None:
        return
    yield "What", plan.name
    yield "When", local_time(plan.starts_at)
    yield "People", str(plan.party_size)
    before, after = (
        money(amount, booking.currency) for amount in (booking.total_amount, plan.total)
    )
    yield "Price", f"{after} instead of {before}"
    if plan.goes_back:
        yield "Goes back to the customer", money(plan.goes_back, booking.currency)
    left = plan.total - plan.offered.credit - amount_paid(booking) + plan.goes_back
    yield "To pay on the day", money(max(left, 0), booking.currency)
    if plan.note:
        yield "The code", plan.note
