"""Money and times as this business's customers read them."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from babel.dates import format_date, format_datetime, format_time
from django import template

from tenants.currencies import format_amount
from tenants.current import current_tenant

register = template.Library()


def _babel_locale() -> str:
    """The pages are written in English, so their dates are; the business chooses which English."""
    return "en_US" if current_tenant().locale == "en-us" else "en_GB"


@register.filter
def money(amount: int, currency: str = "") -> str:
    """Return minor units of `currency` (the business's own, if empty) with their sign."""
    tenant = current_tenant()
    return format_amount(amount, currency or tenant.currency, tenant.locale)


@register.filter
def local_time(value: datetime) -> str:
    """Return an instant as "Tue 1 December 2026, 10:00" on the business's clocks."""
    local = value.astimezone(current_tenant().zone)
    return f"{local_date(local.date())}, {clock(value)}"


@register.filter
def local_date(value: date) -> str:
    """Return a day as "Tue 1 December 2026"."""
    american = current_tenant().locale == "en-us"
    pattern = "EEE, MMMM d, y" if american else "EEE d MMMM y"
    return str(format_date(value, format=pattern, locale=_babel_locale()))


@register.filter
def clock(value: datetime) -> str:
    """Return an instant's time of day, short, on the business's clocks."""
    local = value.astimezone(current_tenant().zone)
    return str(format_datetime(local, _clock_pattern(), locale=_babel_locale()))


def _clock_pattern() -> str:
    return "h:mm a" if current_tenant().locale == "en-us" else "HH:mm"


@register.filter
def wall_clock(value: time) -> str:
    """Return a time of day without a date, such as an opening time."""
    return str(format_time(value, _clock_pattern(), locale=_babel_locale()))


@register.filter
def weekday_name(value: date) -> str:
    """Return "Tue"."""
    return str(format_date(value, "EEE", locale=_babel_locale()))


@register.filter
def month_name(value: date) -> str:
    """Return "Dec"."""
    return str(format_date(value, "LLL", locale=_babel_locale()))


@register.filter
def part_of_day(value: datetime) -> str:
    """Return the heading under which a time is listed."""
    hour = value.astimezone(current_tenant().zone).hour
    return "Morning" if hour < 12 else "Afternoon" if hour < 17 else "Evening"


@register.filter
def minutes(value: int) -> str:
    """Return a duration in minutes as people say it: "1 h 30 min"."""
    hours, rest = divmod(value, 60)
    parts = [f"{hours} h"] * bool(hours) + [f"{rest} min"] * bool(rest)
    return " ".join(parts)


@register.filter
def days(value: int) -> str:
    """Return a number of days as people say it: "a year", "3 months", "10 days"."""
    if value % 365 == 0:
        return "a year" if value == 365 else f"{value // 365} years"
    if value % 30 == 0:
        return "a month" if value == 30 else f"{value // 30} months"
    return "a day" if value == 1 else f"{value} days"


@register.filter
def place_of_zone(name: str) -> str:
    """Return the place that an IANA time zone is named after: "New York"."""
    return name.rsplit("/", 1)[-1].replace("_", " ")


@register.filter
def total_minutes(lines: Iterable[Any]) -> int:
    """Return how many minutes the lines of a price take together."""
    return sum(line.minutes for line in lines)


@register.filter
def get(values: Mapping[Any, Any], key: Any) -> Any:
    """Return what `values` has for `key`, or None."""
    return values.get(key)
