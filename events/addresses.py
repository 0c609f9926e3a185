"""Which addresses a callback may go to: a business must not reach into our own network.

Python's ``is_private`` misses 100.64.0.0/10 and ``is_global`` passes addresses that embed a
private IPv4 one, so the list is explicit. Sources: the IANA IPv4 and IPv6 Special-Purpose Address
Registries (RFC 6890), RFC 6052 (NAT64), RFC 3056 (6to4).
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

REFUSED = [
    ipaddress.ip_network(network)
    for network in """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24
    192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24
    224.0.0.0/4 240.0.0.0/4
    ::/96 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 2002::/16
    3fff::/20 5f00::/16 fc00::/7 fe80::/10 fec0::/10 ff00::/8
    """.split()
]


class AddressRefused(Exception):
    """The address can't be called; the message is safe to show to the business."""


def is_public(address: IPAddress) -> bool:
    """May a callback go to this address?"""
    return not any(address in network for network in REFUSED if network.version == address.version)


def check_url(url: str) -> None:
    """Raise ValidationError unless `url` has the form of a callback's address."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValidationError("This is not a web address.") from None
    private_allowed = settings.WEBHOOK_ALLOW_PRIVATE
    if parts.scheme != "https" and not (private_allowed and parts.scheme == "http"):
        raise ValidationError("The address must start with https://.")
    if not parts.hostname or not url.isascii() or not url.isprintable() or " " in url:
        raise ValidationError("This is not a web address.")
    if parts.username or parts.password or "@" in parts.netloc:
        raise ValidationError("Leave user name and password out of the address.")
    if port not in (None, 443) and not private_allowed:
        raise ValidationError("Only port 443 can be called.")
    try:
        literal = ipaddress.ip_address(parts.hostname)
    except ValueError:
        return
    if not is_public(literal) and not private_allowed:
        raise ValidationError("This address is not on the public internet.")


def resolve(host: str, port: int) -> str:
    """Return the one address to connect to; every address of the name must be public.

    The caller connects to this very address: looking the name up again would let its owner
    answer differently the second time. Raises AddressRefused.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise AddressRefused("The host name could not be found.") from None
    addresses = [str(info[4][0]).split("%", 1)[0] for info in found]
    if not settings.WEBHOOK_ALLOW_PRIVATE and not all(
        is_public(ipaddress.ip_address(address)) for address in addresses
    ):
        raise AddressRefused("The host name leads to an address that is not public.")
    return addresses[0]
