"""The messages about bookings that repeat: one for all dates."""

from collections.abc import Iterable
from datetime import timedelta

from bookings.messages.kinds import BOOKINGS
from bookings.messages.texts import LANGUAGES
from bookings.messages.words import sample_booking
from bookings.models import Booking, BookingSeries, Service
from notifications import formats
from notifications.kinds import Kind, standard_texts
from notifications.texts import in_language
from tenants.current import current_tenant


def series_words(
    series: BookingSeries, bookings: Iterable[Booking], unpaid: Iterable[Booking], locale: str
) -> dict[str, str]:
    """Return what may be said of `series`, its `bookings`, and those that wait for a deposit."""
    return {
        "customer_name": series.customer_name,
        "service": series.service.name,
        "rhythm": _rhythm(series.interval_weeks, locale),
        "dates": "\n\n".join(_date(booking, locale) for booking in bookings),
        "dates_to_pay": "\n\n".join(_date_to_pay(booking, locale) for booking in unpaid),
        "book_link": f"{current_tenant().url}/",
    }


def cancelled_words(
    series: BookingSeries, bookings: Iterable[Booking], locale: str
) -> dict[str, str]:
    """Return what may be said of `bookings` of `series` that are cancelled."""
    words = series_words(series, bookings, [], locale)
    del words["dates_to_pay"]
    return words


def _rhythm(weeks: int, locale: str) -> str:
    pieces = in_language(LANGUAGES, locale).SERIES
    return pieces["weekly"] if weeks == 1 else pieces["every"].format(weeks=weeks)


def _date(booking: Booking, locale: str) -> str:
    return f"{_when(booking, locale)}\n  {_page(booking)}"


def _date_to_pay(booking: Booking, locale: str) -> str:
    pieces, held = in_language(LANGUAGES, locale).SERIES, booking.hold_expires_at
    deposit = formats.amount(booking.deposit_amount, booking.currency, locale)
    if held:
        deposit += f", {pieces['kept'].format(time=formats.day_and_clock(held, locale))}"
    to_pay = formats.labelled(pieces["pay"], _page(booking), locale)
    return f"{_when(booking, locale)}\n  {deposit}\n  {to_pay}"


def _when(booking: Booking, locale: str) -> str:
    starts = formats.day_and_clock(booking.starts_at, locale)
    return f"  {starts}, {in_language(LANGUAGES, locale).SERIES['reference']} {booking.reference}"


def _page(booking: Booking) -> str:
    return f"{current_tenant().url}/booking/{booking.access_token}/"


def _sample_dates() -> tuple[BookingSeries, list[Booking]]:
    bookings = [sample_booking() for _ in range(4)]
    for number, booking in enumerate(bookings):
        booking.starts_at += timedelta(weeks=2 * number)
    first = bookings[0]
    series = BookingSeries(
        customer_name=first.customer_name, service=Service(name=first.service_name),
        interval_weeks=2,
    )  # fmt: skip
    return series, bookings


def _sample_booked(locale: str) -> dict[str, str]:
    series, bookings = _sample_dates()
    return series_words(series, bookings[:2], bookings[2:], locale)


def _sample_cancelled(locale: str) -> dict[str, str]:
    return cancelled_words(*_sample_dates(), locale)


_SERIES = {
    "customer_name": "who booked",
    "service": "what is booked",
    "rhythm": "how often",
    "book_link": "your booking page",
}
_ONE_BY_ONE = "one below the other, each with its reference and its own page"

KINDS = [
    Kind(
        "series", "Repeating bookings", BOOKINGS,
        says={
            **_SERIES,
            "dates": f"the dates that are booked, {_ONE_BY_ONE}; empty if there are none",
            "dates_to_pay": "the dates that wait for their deposit, each with how much, until when "
            "and where to pay; empty if there are none",
        },
        texts=standard_texts(LANGUAGES, "series"),
        sample=_sample_booked, required=(("dates",), ("dates_to_pay",)),
    ),
    Kind(
        "series_cancelled", "Cancellation of repeating bookings", BOOKINGS,
        says={**_SERIES, "dates": f"the dates that are cancelled, {_ONE_BY_ONE}"},
        texts=standard_texts(LANGUAGES, "series_cancelled"),
        sample=_sample_cancelled, required=(("dates",),),
    ),
]  # fmt: skip
