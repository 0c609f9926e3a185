"""Nobody finds a code by trying: after some wrong ones an address is refused for a while."""

from contextlib import suppress

from axes.helpers import get_client_ip_address
from django.core.cache import cache
from django.http import HttpRequest

from bookings.errors import InvalidBooking
from bookings.models import Service
from bookings.offers import services
from bookings.offers.services import Quote, UnknownCode

WRONG_CODES = 10
SECONDS = 15 * 60


def quote_for(
    request: HttpRequest,
    service: Service | None,
    party_size: int,
    total: int,
    deposit: int,
    *,
    code: str,
    customer_email: str,
) -> Quote:
    """Return `services.quote` for a visitor of a page; count wrong codes against their address.

    Raises InvalidBooking (`field` is "code") also when there were too many.
    """
    key = f"wrong-codes:{get_client_ip_address(request)}"
    if code.strip() and cache.get(key, 0) >= WRONG_CODES:
        raise InvalidBooking(
            "Too many wrong codes. Please wait a quarter of an hour, or go on without one.",
            field="code",
        )
    try:
        return services.quote(
            service, party_size, total, deposit, code=code, customer_email=customer_email
        )
    except UnknownCode:
        cache.add(key, 0, SECONDS)
        # The count may end just here: then this try is the first of the next.
        with suppress(ValueError):
            cache.incr(key)
        raise
