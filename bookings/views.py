"""A customer's own booking: pay, come back, look, give up. Works without JavaScript."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from access.actors import CUSTOMER
from bookings import money, services
from bookings.errors import BookingClosed
from bookings.forms import FindForm
from bookings.models import Booking
from bookings.own_pages import fee_owed, possible_changes
from payments.services import PaymentError
from tenants.current import current_tenant


def go_and_pay(request: HttpRequest, booking: Booking) -> HttpResponse:
    """Send the browser to the page on which the deposit is paid."""
    try:
        session = services.start_payment(booking, own_hosts=current_tenant().hosts)
    except BookingClosed:
        return redirect("booking", token=booking.access_token)
    except PaymentError:
        booking.refresh_from_db()
        return render(
            request, "bookings/payment_unavailable.html", {"booking": booking}, status=502
        )
    return redirect(session.checkout_url)


def _booking(token: str) -> Booking:
    return get_object_or_404(Booking, access_token=token)


@require_safe
@never_cache
def booking_page(request: HttpRequest, token: str) -> HttpResponse:
    """A customer's own booking, by its unguessable link."""
    booking = _booking(token)
    payment = money.latest_payment(booking)
    context = {
        "booking": booking,
        "payment": payment,
        "sums": money.sums_of(booking),
        "again": _address_to_choose_again(booking),
        **possible_changes(booking),
        **fee_owed(booking),
    }
    return render(request, "bookings/booking.html", context)


def _address_to_choose_again(booking: Booking) -> str:
    """Return where its service's other times are, on the same day; the start page without any."""
    service = booking.service
    if service is None or not (service.is_active and service.is_online):
        return reverse("landing")
    day = booking.starts_at.astimezone(current_tenant().zone).date()
    return f"{reverse('choose-time', args=[service.slug])}?date={day.isoformat()}"


@require_POST
@never_cache
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Go (back) to the page on which the deposit is paid."""
    return go_and_pay(request, _booking(token))


@require_safe
@never_cache
def payment_return(request: HttpRequest, token: str) -> HttpResponse:
    """Back from Stripe: believe what Stripe says, not the address, and look again by itself."""
    booking = services.settle(_booking(token))
    if not _is_waiting(booking):
        return redirect("booking", token=token)
    return render(request, "bookings/return.html", _waiting_context(request, booking))


@require_safe
@never_cache
def payment_status(request: HttpRequest, token: str) -> HttpResponseBase:
    """The part of the return page that asks again until the payment is settled."""
    booking = services.settle(_booking(token))
    if not _is_waiting(booking):
        response = HttpResponse()
        response["HX-Redirect"] = f"/booking/{token}/"
        return response
    return render(request, "bookings/_waiting.html", _waiting_context(request, booking))


def _is_waiting(booking: Booking) -> bool:
    """Is it worth asking again soon? Not once it is settled, and not while a bank takes days."""
    if not booking.is_pending:
        return False
    payment = money.latest_payment(booking)
    return payment is not None and not payment.is_processing


def _waiting_context(request: HttpRequest, booking: Booking) -> dict[str, Any]:
    try:
        tries = min(int(request.GET.get("tries", "0")), 1000)
    except ValueError:
        tries = 0
    return {
        "booking": booking,
        "tries": max(tries, 0) + 1,
        # Two seconds at first, then ever less often.
        "wait": 2 if tries < 15 else 10,
        "slow": tries >= 15,
    }


@require_safe
@never_cache
def unpaid(request: HttpRequest, token: str) -> HttpResponse:
    """Back from Stripe without paying: the time is still held for a while."""
    booking = services.settle(_booking(token))
    if not booking.is_pending or booking.hold_has_ended:
        return redirect("booking", token=token)
    return render(request, "bookings/unpaid.html", {"booking": booking})


@require_POST
@never_cache
def give_up(request: HttpRequest, token: str) -> HttpResponse:
    """Cancel a booking that has not been paid."""
    booking = _booking(token)
    if booking.is_pending:
        try:
            services.give_up(booking.pk, actor=CUSTOMER)
        except BookingClosed as error:
            messages.info(request, str(error))
    return redirect("booking", token=token)


@never_cache
def find(request: HttpRequest) -> HttpResponse:
    """Find a booking again by its reference and e-mail address."""
    form = FindForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        booking = Booking.objects.filter(
            reference=form.cleaned_data["reference"],
            customer_email__iexact=form.cleaned_data["email"],
        ).first()
        if booking is not None:
            return redirect("booking", token=booking.access_token)
        # The same answer whether the reference or the address is wrong.
        form.add_error(None, "We found no booking with this reference and e-mail address.")
    return render(request, "bookings/find.html", {"form": form})
