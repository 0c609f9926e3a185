"""Times and money as the readers of a business's messages write them."""

from datetime import datetime

from babel import Locale
from babel.dates import format_datetime

from tenants.currencies import format_amount
from tenants.current import current_tenant

# Otherwise CLDR's own full day and short time.
_DAYS = {"en-gb": "EEE d MMMM y", "en-us": "EEE, MMMM d, y"}
_CLOCKS = {"de": "HH:mm 'Uhr'"}


def language() -> str:
    """Return the business's language, "de"."""
    return current_tenant().locale.split("-")[0]


def day(value: datetime, locale: str) -> str:
    """Return the day of an instant on the business's clocks: "Dienstag, 1. Dezember 2026"."""
    pattern = _DAYS.get(locale) or _babel(locale).date_formats["full"].pattern
    return _formatted(value, pattern, locale)


def clock(value: datetime, locale: str) -> str:
    """Return the time of day of an instant on the business's clocks."""
    pattern = _CLOCKS.get(locale) or _babel(locale).time_formats["short"].pattern
    return _formatted(value, pattern, locale)


def day_and_clock(value: datetime, locale: str) -> str:
    """Return an instant on the business's clocks: "Tue 1 December 2026, 10:00"."""
    return f"{day(value, locale)}, {clock(value, locale)}"


def amount(value: int, currency: str, locale: str) -> str:
    """Return minor units of `currency` with their sign."""
    return format_amount(value, currency, locale)


def _formatted(value: datetime, pattern: str, locale: str) -> str:
    local = value.astimezone(current_tenant().zone)
    return str(format_datetime(local, pattern, locale=_babel(locale)))


def _babel(locale: str) -> Locale:
    return Locale.parse(locale, sep="-")
