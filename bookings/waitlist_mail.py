"""E-mails to who waits, and about bookings that repeat."""

from datetime import datetime

from django.template.loader import render_to_string

from bookings.models import Booking, BookingSeries, WaitlistEntry
from tenants.current import current_tenant
from tenants.mail import send_mail


def send_waiting(entry_id: int) -> None:
    """Tell somebody that they are on the waitlist, while they are."""
    entry = WaitlistEntry.objects.waiting().filter(pk=entry_id).first()
    if entry is None:
        return
    context = {"entry": entry, "business": current_tenant()}
    send_mail(
        f"On the waitlist: {entry.service.name}",
        render_to_string("bookings/mail/waiting.txt", context),
        to=[entry.customer_email],
    )


def send_series(series_id: int) -> None:
    """Send the dates of a series, those to be paid with where to; with a copy to the business."""
    series = BookingSeries.objects.filter(pk=series_id).first()
    if series is None:
        return
    of_state = {
        state: list(series.bookings.filter(status=state).order_by("starts_at"))
        for state in (Booking.Status.CONFIRMED, Booking.Status.PENDING_PAYMENT)
    }
    confirmed, unpaid = of_state.values()
    if not confirmed and not unpaid:
        return
    context = {
        "series": series, "bookings": confirmed, "unpaid": unpaid, "business": current_tenant(),
    }  # fmt: skip
    state = "Waiting for your deposit" if unpaid else "Booked"
    send_mail(
        f"{state}: {series.service.name}, {series.rhythm}",
        render_to_string("bookings/mail/series.txt", context),
        to=[series.customer_email],
        copy_to_business=True,
    )


def send_cancelled(series_id: int, since: datetime) -> None:
    """Send the dates of a series that the business has cancelled `since` then, in one e-mail."""
    series = BookingSeries.objects.filter(pk=series_id).first()
    if series is None:
        return
    cancelled = series.bookings.filter(
        status=Booking.Status.CANCELLED,
        cancel_reason=Booking.CancelReason.BUSINESS,
        cancelled_at__gte=since,
    ).order_by("starts_at")
    if not cancelled:
        return
    context = {"series": series, "bookings": cancelled, "business": current_tenant()}
    send_mail(
        f"Cancelled: {series.service.name}, {series.rhythm}",
        render_to_string("bookings/mail/series_cancelled.txt", context),
        to=[series.customer_email],
        copy_to_business=True,
    )
