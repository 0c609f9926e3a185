"""Times, money and counts as the readers of a business's messages write them."""

from datetime import date, datetime, time
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal

from tenants.currencies import format_amount
from tenants.current import current_tenant

# Otherwise CLDR's own full day and short time.
_DAYS = {"en-gb": "EEE d MMMM y", "en-us": "EEE, MMMM d, y"}
_CLOCKS = {"de": "HH:mm 'Uhr'"}


def day(value: datetime, locale: str) -> str:
    """Return the day of an instant on the business's clocks: "Dienstag, 1. Dezember 2026"."""
    return calendar_day(value.astimezone(current_tenant().zone).date(), locale)


def calendar_day(value: date, locale: str) -> str:
    """Return a day: "Dienstag, 1. Dezember 2026"."""
    pattern = _DAYS.get(locale) or _babel(locale).date_formats["full"].pattern
    return str(format_date(value, pattern, locale=_babel(locale)))


def clock(value: datetime, locale: str) -> str:
    """Return the time of day of an instant on the business's clocks."""
    local = value.astimezone(current_tenant().zone)
    return str(format_datetime(local, _clock_pattern(locale), locale=_babel(locale)))


def wall_clock(value: time, locale: str) -> str:
    """Return a time of day without a date, such as an opening time."""
    return str(format_time(value, _clock_pattern(locale), locale=_babel(locale)))


def day_and_clock(value: datetime, locale: str) -> str:
    """Return an instant on the business's clocks: "Tue 1 December 2026, 10:00"."""
    return f"{day(value, locale)}, {clock(value, locale)}"


def amount(value: int, currency: str, locale: str) -> str:
    """Return minor units of `currency` with their sign."""
    return format_amount(value, currency, locale)


def number(value: Decimal | int, locale: str) -> str:
    """Return a number without needless zeros: "7,5"."""
    return str(format_decimal(value, locale=_babel(locale)))


def _clock_pattern(locale: str) -> str:
    return _CLOCKS.get(locale) or str(_babel(locale).time_formats["short"].pattern)


def _babel(locale: str) -> Locale:
    return Locale.parse(locale, sep="-")
