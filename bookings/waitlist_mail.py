"""E-mails to who waits, and about bookings that repeat."""

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
    """Send the dates of a series that are booked, with a copy to the business."""
    series = BookingSeries.objects.filter(pk=series_id).first()
    if series is None:
        return
    confirmed = series.bookings.filter(status=Booking.Status.CONFIRMED).order_by("starts_at")
    if not confirmed:
        return
    context = {"series": series, "bookings": confirmed, "business": current_tenant()}
    send_mail(
        f"Booked: {series.service.name}, {series.rhythm}",
        render_to_string("bookings/mail/series.txt", context),
        to=[series.customer_email],
        copy_to_business=True,
    )
