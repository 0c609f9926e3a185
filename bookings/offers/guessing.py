"""Nobody finds a code by trying: after some wrong ones an address is refused for a while."""

from collections.abc import Sequence
from datetime import timedelta

from axes.helpers import get_client_ip_address
from django.http import HttpRequest
from django.utils import timezone

from bookings.errors import InvalidBooking
from bookings.models import CodeAttempt, Service
from bookings.offers import quotes
from bookings.offers.quotes import Quote, UnknownCode

WRONG_CODES = 10
COUNTED_FOR = timedelta(minutes=15)


def quote_for(
    request: HttpRequest,
    service: Service | None,
    party_size: int,
    total: int,
    deposit: int,
    *,
    codes: Sequence[str],
    customer_email: str,
) -> Quote:
    """Return `quotes.quote` for a visitor of a page; count wrong codes against their address.

    The count holds over all processes. Raises InvalidBooking (`field` is "code") also when there
    were too many.
    """
    address = get_client_ip_address(request) or ""
    found = [_find(code, address) for code in quotes.different_codes(codes)]
    return quotes.quote_with(found, service, party_size, total, deposit, customer_email)


def _find(code: str, address: str) -> quotes.Found:
    """Return what has this code.

    A try is written down before its code is looked at, so that many at once don't slip through,
    and struck out unless the code is wrong.
    """
    attempt = _write_down(address)
    is_wrong = False
    try:
        if _counted_with(attempt) > WRONG_CODES:
            raise InvalidBooking(
                "Too many wrong codes. Please wait a quarter of an hour, or go on without one.",
                field="code",
                refused_code=code,
            )
        return quotes.find(code)
    except UnknownCode:
        is_wrong = True
        raise
    finally:
        if not is_wrong:
            attempt.delete()


def _write_down(address: str) -> CodeAttempt:
    return CodeAttempt.objects.create(address=address[:45], tried_at=timezone.now())


def _counted_with(attempt: CodeAttempt) -> int:
    """Return how many tries of the same address count, this one included."""
    since = attempt.tried_at - COUNTED_FOR
    return CodeAttempt.objects.filter(address=attempt.address, tried_at__gt=since).count()


def forget_old_attempts() -> None:
    """Delete what does not count any more; may run twice, or late."""
    CodeAttempt.objects.filter(tried_at__lte=timezone.now() - COUNTED_FOR).delete()
