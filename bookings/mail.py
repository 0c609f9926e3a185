"""E-mails about a booking, in the business's name."""

from dataclasses import dataclass

from django.template.loader import render_to_string

from bookings.models import Booking, BookingSeries, WaitlistEntry
from tenants.current import current_tenant
from tenants.mail import send_mail
from tenants.templatetags.business import local_time, money


@dataclass(frozen=True)
class Message:
    """A kind of e-mail: its subject, and in which states of the booking it still makes sense."""

    subject: str
    statuses: tuple[str, ...]
    to_business: bool = True


MESSAGES = {
    "confirmed": Message("Booked: {service}, {time}", (Booking.Status.CONFIRMED,)),
    "cancelled": Message("Cancelled: {service}, {time}", (Booking.Status.CANCELLED,)),
    "waitlist_offer": Message(
        "A place is free: {service}, {time}", (Booking.Status.PENDING_PAYMENT,), to_business=False
    ),
    "paid_too_late": Message("Refunded: {service}, {time}", (Booking.Status.CANCELLED,)),
}


def send(booking_id: int, name: str) -> None:
    """Send the message called `name` to the customer, with a copy to the business."""
    booking = Booking.objects.filter(pk=booking_id).first()
    message = MESSAGES[name]
    if booking is None or booking.status not in message.statuses:
        return
    tenant = current_tenant()
    context = {
        "booking": booking,
        "business": tenant,
        "link": f"{tenant.url}/booking/{booking.access_token}/",
        "total": money(booking.total_amount, booking.currency),
        "deposit": money(booking.deposit_amount, booking.currency),
        "remaining": money(booking.remaining_amount, booking.currency),
        "time": local_time(booking.starts_at),
    }
    subject = message.subject.format(service=booking.service_name, time=context["time"])
    send_mail(
        subject,
        render_to_string(f"bookings/mail/{name}.txt", context),
        to=[booking.customer_email],
        copy_to_business=message.to_business,
    )


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
