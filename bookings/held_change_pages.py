"""The customer pays for a change that waits, or leaves its card, or gives it up."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from bookings import held_changes
from bookings.errors import BookingError
from bookings.models import Booking, BookingChange
from payments.services import PaymentError
from tenants.current import current_tenant

UNAVAILABLE = (
    "The payment could not be started, so nothing was changed and nothing was charged. Please try "
    "again in a few minutes."
)
TOO_LATE = "Your booking is as it was. If you have paid for the change, the money goes back to you."


def booking_of(token: str) -> Booking:
    """Return the booking of an unguessable link, or answer 404."""
    return get_object_or_404(
        Booking.objects.select_related("service", "resource"), access_token=token
    )


def go_and_pay(request: HttpRequest, booking: Booking) -> HttpResponse:
    """Go to the page on which what waits for `booking` is paid, or its card left."""
    change = held_changes.held_for(booking)
    if change is None:
        return redirect("booking", token=booking.access_token)
    try:
        session = held_changes.start_payment(change, own_hosts=current_tenant().hosts)
    except BookingError as error:
        messages.error(request, str(error))
    except PaymentError:
        messages.error(request, UNAVAILABLE)
    else:
        return redirect(session.checkout_url)
    return redirect("booking", token=booking.access_token)


@require_POST
@never_cache
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Go (back) to the page on which the difference is paid, or the card left."""
    return go_and_pay(request, booking_of(token))


@require_safe
@never_cache
def paid(request: HttpRequest, token: str) -> HttpResponseBase:
    """Back from Stripe: believe what Stripe says, not the address."""
    booking = held_changes.settle(booking_of(token))
    change = booking.changes.first()
    if change is not None and change.status == BookingChange.Status.APPLIED:
        what = "Your card is saved" if change.wants_card else "Your payment is in"
        messages.success(request, f"{what}, and your booking has changed.")
    elif change is not None and not change.is_held:
        messages.info(request, TOO_LATE)
    return redirect("booking", token=token)


@require_safe
@never_cache
def unpaid(request: HttpRequest, token: str) -> HttpResponse:
    """Back from Stripe without paying: the new place is still held for a while."""
    held_changes.settle(booking_of(token))
    return redirect("booking", token=token)


@require_POST
@never_cache
def give_up(request: HttpRequest, token: str) -> HttpResponse:
    """Give up a change that has not been paid; the booking stays as it is."""
    try:
        held_changes.withdraw(booking_of(token).pk)
        messages.info(request, "Nothing was changed.")
    except BookingError as error:
        messages.error(request, str(error))
    return redirect("booking", token=token)
