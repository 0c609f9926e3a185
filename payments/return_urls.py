"""Where a customer may be sent after paying: never to a stranger's site.

An address that anyone could choose would make every payment page an open redirect that starts on
the business's own, trusted host.
"""

import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from payments.errors import InvalidPayment

MAX_LENGTH = 2000
# Control characters, spaces and backslashes: browsers and urlsplit read them differently.
SUSPICIOUS = re.compile(r"[\x00-\x20\x7f\\]")


def origin_of(url: str) -> str | None:
    """Return the origin (scheme, host, port) of an absolute http(s) `url`, or None."""
    if len(url) > MAX_LENGTH or SUSPICIOUS.search(url):
        return None
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return None
    return f"{parts.scheme}://{parts.hostname}" + (f":{port}" if port else "")


def check_return_url(
    url: object, *, field: str, own_hosts: Iterable[str], origins: Iterable[str]
) -> str:
    """Return `url` if it leads to one of the business's hosts or allow-listed origins.

    Raises InvalidPayment, naming `field`, otherwise.
    """
    origin = origin_of(url) if isinstance(url, str) else None
    if origin is None:
        raise InvalidPayment(
            f"{field} must be an absolute http(s) address of at most {MAX_LENGTH} characters.",
            field=field,
        )
    if urlsplit(origin).hostname not in set(own_hosts) and origin not in set(origins):
        raise InvalidPayment(
            f"{field} must lead to this business's own host or to an allowed return origin.",
            field=field,
        )
    return str(url)
