"""The customer's own booking, by its unguessable link: choose another time, or cancel."""

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookings import cancelling, changes, policy
from bookings.errors import BookingError, InvalidBooking, RefundChanged, SlotTaken
from bookings.models import Booking
from bookings.money import amount_given_back
from bookings.picker import times_context
from tenants.current import current_tenant

CHANGED = "What you get back has changed since we showed it to you. Please look at it again."
NOT_OFFERED = "That time is not on offer. Please choose another one."
FASTER = "Somebody was faster: that time is taken. Yours is kept; please choose another."


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
        "given_back": amount_given_back(booking) if booking.is_cancelled else 0,
    }


@require_safe
@never_cache
def change_time(request: HttpRequest, token: str) -> HttpResponse:
    """The times to which a booking can move, its own old time among them."""
    booking = _booking(token)
    wanted = changes.wanted_for(booking)
    if wanted is None or changes.why_not_move(booking, timezone.now()):
        return redirect("booking", token=token)
    near = booking.starts_at.astimezone(current_tenant().zone).date()
    context = times_context(request, wanted, ignoring=booking.pk, near=near)
    context["slots"] = [slot for slot in context["slots"] if slot.starts_at != booking.starts_at]
    template = "bookings/_times.html" if request.htmx else "bookings/change_time.html"  # type: ignore[attr-defined]
    target = reverse("confirm-change", args=[token])
    return render(request, template, {**context, "booking": booking, "target": target})


@never_cache
def confirm_change(request: HttpRequest, token: str) -> HttpResponse:
    """The old and the new time; posting it moves the booking."""
    booking = _booking(token)
    starts_at = _start_asked_for(request)
    if changes.why_not_move(booking, timezone.now()):
        return redirect("booking", token=token)
    if starts_at is None:
        messages.error(request, NOT_OFFERED)
        return redirect("change-time", token=token)
    if request.method == "POST":
        return _move(request, booking, starts_at)
    context = {
        "booking": booking,
        "starts_at": starts_at,
        "day": starts_at.astimezone(current_tenant().zone).date(),
        "free_until": policy.free_until_at(booking, starts_at),
        "is_late": policy.free_until_at(booking, starts_at) < timezone.now(),
    }
    return render(request, "bookings/confirm_change.html", context)


def _start_asked_for(request: HttpRequest) -> datetime | None:
    """Return the time in ``?start=``, an aware one to come, else None."""
    try:
        starts_at = datetime.fromisoformat(request.GET.get("start", ""))
        if starts_at.tzinfo is None:
            return None
        starts_at = starts_at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    now = timezone.now()
    return starts_at if now < starts_at < now + changes.FURTHEST_AHEAD else None


def _move(request: HttpRequest, booking: Booking, starts_at: datetime) -> HttpResponse:
    try:
        changes.reschedule(booking.pk, starts_at=starts_at)
    except SlotTaken:
        messages.error(request, FASTER)
        return redirect("change-time", token=booking.access_token)
    except InvalidBooking:
        messages.error(request, NOT_OFFERED)
        return redirect("change-time", token=booking.access_token)
    except BookingError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, "Your booking has moved.")
    return redirect("booking", token=booking.access_token)


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
