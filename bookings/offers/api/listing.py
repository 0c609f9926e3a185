"""A list page by page, the newest first."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet
from rest_framework.request import Request

from bookings.errors import InvalidBooking
from tenants.current import current_tenant

MOST = 100
#: More than a page's size and less than the database's own limit for an id.
LARGEST_ID = 2**63 - 1


def page(
    request: Request, found: QuerySet[Any], name: str, describe: Callable[[Any], dict[str, Any]]
) -> dict[str, Any]:
    """Return ``{name: [...], "next": address or None}``.

    ``?limit=`` is 1 to 100, ``?before=`` the id after which the page begins: what is added
    meanwhile moves nothing. ``?customer_email=`` asks for one customer's, whatever its case.
    Raises InvalidBooking, naming the parameter.
    """
    limit = _number(request, "limit", default=50, most=MOST)
    before = _number(request, "before", default=LARGEST_ID, most=LARGEST_ID)
    email = text(request, "customer_email")
    if email:
        found = found.filter(customer_email__iexact=email)
    rows: list[Model] = list(found.filter(pk__lt=before).order_by("-pk")[: limit + 1])
    after = _next(request, rows[limit - 1].pk) if len(rows) > limit else None
    return {name: [describe(row) for row in rows[:limit]], "next": after}


def text(request: Request, name: str) -> str:
    """Return a parameter, "" without it; raises InvalidBooking for what no text is."""
    value: str = request.query_params.get(name, "")
    if len(value) > 254 or "\x00" in value:
        raise InvalidBooking(f"{name} is too long, or holds what no text holds", field=name)
    return value


def choice(request: Request, name: str, choices: tuple[str, ...]) -> str:
    """Return one of `choices`, "" without the parameter; raises InvalidBooking."""
    value = text(request, name)
    if value and value not in choices:
        raise InvalidBooking(f"{name} must be one of {', '.join(choices)}", field=name)
    return value


def _number(request: Request, name: str, *, default: int, most: int) -> int:
    value = request.query_params.get(name, "")
    if not value:
        return default
    number = int(value) if value.isascii() and value.isdecimal() and len(value) < 20 else 0
    if not 1 <= number <= most:
        raise InvalidBooking(f"{name} must be a whole number from 1 to {most}", field=name)
    return number


def _next(request: Request, last: int) -> str:
    """Return the address of the page after the row `last`, with the same filters."""
    query = request.query_params.copy()
    query["before"] = str(last)
    return f"{current_tenant().url}{request.path}?{query.urlencode()}"
