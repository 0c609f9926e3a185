"""Times, money and counts as the readers of a business's messages write them."""

from copy import copy
from datetime import date, datetime, time
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_decimal

from tenants.currencies import format_amount
from tenants.current import current_tenant

# Otherwise CLDR's own full day and short time.
_DAYS = {"en-gb": "EEE d MMMM y", "en-us": "EEE, MMMM d, y"}
_CLOCKS = {"de": "HH:mm 'Uhr'", "nl": "HH:mm 'uur'"}
#: The first of a month has an ordinal in French, which CLDR does not know.
_FIRST_DAYS = {"fr": "EEEE d'er' MMMM y"}
_COLONS = {"fr": "\xa0: "}


def day(value: datetime, locale: str) -> str:
    """Return the day of an instant on the business's clocks: "Dienstag, 1. Dezember 2026"."""
    return calendar_day(value.astimezone(current_tenant().zone).date(), locale)


def calendar_day(value: date, locale: str) -> str:
    """Return a day: "Dienstag, 1. Dezember 2026"."""
    own = _FIRST_DAYS.get(locale) if value.day == 1 else None
    pattern = own or _DAYS.get(locale) or _babel(locale).date_formats["full"].pattern
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


def labelled(label: str, value: str, language: str) -> str:
    """Return a line such as "Gesamt: 12,00 €", with a space before the colon in French."""
    return f"{label}{_COLONS.get(language, ': ')}{value}"


def number(value: Decimal | int, locale: str) -> str:
    """Return a number without needless zeros: "7,5"."""
    return str(format_decimal(value, locale=_babel(locale)))


def percent(value: Decimal, locale: str) -> str:
    """Return a rate that is in per cent already: "7.7%", "7,7 %"."""
    pattern = copy(_babel(locale).percent_formats[None])
    pattern.frac_prec = (0, 2)
    return str(pattern.apply(value / 100, _babel(locale)))


def is_one(count: int, locale: str) -> bool:
    """Does `count` take the singular? Zero does in French."""
    return str(_babel(locale).plural_form(count)) == "one"


def _clock_pattern(locale: str) -> str:
    return _CLOCKS.get(locale) or str(_babel(locale).time_formats["short"].pattern)


def _babel(locale: str) -> Locale:
    return Locale.parse(locale, sep="-")
