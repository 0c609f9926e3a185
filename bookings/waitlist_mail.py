"""E-mails to who waits, and about bookings that repeat, in the business's words."""

from datetime import datetime

from bookings.messages.series import cancelled_words, series_words
from bookings.messages.waiting import waiting_words
from bookings.models import Booking, BookingSeries, MessageSettings, WaitlistEntry
from notifications.kinds import Words
from notifications.sending import send


def send_waiting(entry_id: int) -> None:
    """Tell somebody that they are on the waitlist, while they are."""
    entry = WaitlistEntry.objects.waiting().filter(pk=entry_id).first()
    if entry is None:
        return
    send("waiting", lambda locale: waiting_words(entry, locale), to=[entry.customer_email])


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
    _send("series", lambda locale: series_words(series, confirmed, unpaid, locale), series)


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
    _send("series_cancelled", lambda locale: cancelled_words(series, cancelled, locale), series)


def _send(name: str, words: Words, series: BookingSeries) -> None:
    is_copied = MessageSettings.objects.current().copy_to_business
    send(name, words, to=[series.customer_email], copy_to_business=is_copied)
