"""Money and times as this business's customers read them."""

from datetime import date, datetime

from babel.dates import format_date, format_datetime
from django import template

from tenants.currencies import format_amount
from tenants.current import current_tenant

register = template.Library()


def _babel_locale() -> str:
    language, _, territory = current_tenant().locale.partition("-")
    return f"{language}_{territory.upper()}" if territory else language


@register.filter
def money(amount: int, currency: str = "") -> str:
    """Return minor units of `currency` (the business's own, if empty) with their sign."""
    tenant = current_tenant()
    return format_amount(amount, currency or tenant.currency, tenant.locale)


@register.filter
def local_time(value: datetime) -> str:
    """Return an instant as "Tuesday, 1 December 2026 at 10:00" on the business's clocks."""
    local = value.astimezone(current_tenant().zone)
    return f"{local_date(local.date())}, {clock(value)}"


@register.filter
def local_date(value: date) -> str:
    """Return a day as "Tue 1 December 2026" in the business's language."""
    return str(format_date(value, format="EEE d MMMM y", locale=_babel_locale()))


@register.filter
def clock(value: datetime) -> str:
    """Return an instant's time of day, short, on the business's clocks."""
    local = value.astimezone(current_tenant().zone)
    pattern = "h:mm a" if current_tenant().locale == "en-us" else "HH:mm"
    return str(format_datetime(local, pattern, locale=_babel_locale()))
