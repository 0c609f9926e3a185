"""The customer's own booking, by its unguessable link: what they can do with it; cancelling it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache

from bookings import cancelling, changes, held_changes, money, policy
from bookings.errors import BookingError, RefundChanged
from bookings.models import Booking

CHANGED = "What you get back has changed since we showed it to you. Please look at it again."


def _booking(token: str) -> Booking:
    return get_object_or_404(
        Booking.objects.select_related("service", "resource"), access_token=token
    )


def possible_changes(booking: Booking) -> dict[str, Any]:
    """Return what `_changes.html` and the state of a cancelled booking say."""
    now = timezone.now()
    refused = changes.why_not_move(booking, now)
    return {
        "may_move": booking.service_id is not None and not refused,
        "may_cancel": booking.is_confirmed and not cancelling.why_not_cancel(booking, now),
        "why_not_move": refused,
        "free_until": policy.free_until(booking),
        "held_change": held_changes.held_for(booking) if booking.is_confirmed else None,
        "given_back": money.amount_given_back(booking) if booking.is_cancelled else 0,
    }


def fee_owed(booking: Booking) -> dict[str, Any]:
    """Return what the page says of a fee that the terms allow: it may be charged, or was."""
    if not booking.chargeable_fee:
        return {}
    charged = money.fee_payment(booking)
    return {
        "fee": booking.chargeable_fee,
        "fee_name": money.fee_name(booking),
        "fee_is_paid": charged is not None and charged.is_paid,
        "fee_link": money.open_fee_link(booking),
    }


@never_cache
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """What cancelling gives back and what is kept; posting what was shown cancels."""
    booking = _booking(token)
    now = timezone.now()
    if not booking.is_confirmed or cancelling.why_not_cancel(booking, now):
        return redirect("booking", token=token)
    if request.method == "POST":
        try:
            cancelling.cancel_by_customer(booking.pk, expected_refund=_figure_shown(request))
            return redirect("booking", token=token)
        except RefundChanged:
            messages.error(request, CHANGED)
        except BookingError as error:
            messages.error(request, str(error))
            return redirect("booking", token=token)
    quote = policy.quote(booking, timezone.now())
    return render(request, "bookings/cancel.html", {"booking": booking, "quote": quote})


def _figure_shown(request: HttpRequest) -> int:
    """Return the refund that the page has shown; -1, which none is, for anything else."""
    text = request.POST.get("refund", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1
