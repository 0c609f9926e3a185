"""The names a business may have: its label (first part of its host) and its schema.

A schema's name is derived from a label that has passed `validate_label`, never from raw input:
django-tenants accepts ``../../etc`` and ``information_schema``.
"""

import re

from django.core.exceptions import ValidationError

# RFC 1035, section 2.3.1: letters, digits and hyphens, a letter first, no hyphen last. Ours are
# 3 to 41 characters, so that label and schema name have the same bounds.
LABEL = re.compile(r"[a-z](?:[a-z0-9]|-(?!-)){1,39}[a-z0-9]\Z")
SCHEMA_NAME = re.compile(r"[a-z][a-z0-9_]{2,40}\Z")
HOST = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,62}\Z"
)

RESERVED = frozenset(
    """
    about abuse account accounts admin administrator api app apps assets auth autodiscover billing
    blog booking bookings cdn citus console control dashboard demo dev dns docs email events
    extensions ftp ftps git help host hostmaster http https imap info information-schema internal
    intranet invoice invoices localhost login mail manage marketing metrics monitor mta-sts mx news
    ns ns1 ns2 oauth operator owner partner payments platform pop pop3 postgres postmaster private
    prod production public register root sales sandbox security shared signin signup site sites
    smtp sql ssl staff stage staging static stats status store stripe support sys system test
    tenant tenants tillhouse tls tmp webhook webhooks webmail webmaster wpad www www1 www2
    """.split()
)


def validate_label(label: str) -> None:
    """Raise ValidationError unless `label` may be the first part of a business's host."""
    if not LABEL.match(label):
        raise ValidationError(
            f"“{label[:60]}” can't be an address: use 3 to 41 lower-case letters, digits and "
            "single hyphens, starting with a letter and not ending with a hyphen.",
            code="invalid",
        )
    if label in RESERVED or label.startswith(("pg-", "xn--")) or label == "pg":
        raise ValidationError(f"“{label}” is reserved, choose another address.", code="reserved")


def schema_name_for(label: str) -> str:
    """Return the schema of the business called `label`; no two labels share one.

    Raises ValidationError for a label that may not be used.
    """
    validate_label(label)
    return label.replace("-", "_")


def validate_schema_name(name: str) -> None:
    """Raise ValidationError unless `name` may be a business's schema."""
    if not SCHEMA_NAME.match(name):
        raise ValidationError(
            "A schema name has 3 to 41 lower-case letters, digits and underscores.", code="invalid"
        )
    if name.startswith("pg_") or name.replace("_", "-") in RESERVED:
        raise ValidationError(f"“{name}” is a reserved schema name.", code="reserved")


def validate_host(host: str) -> None:
    """Raise ValidationError unless `host` is a lower-case host name without port or path."""
    if not HOST.match(host):
        raise ValidationError(
            f"“{host[:80]}” is not a host name. Write it in lower case, without https:// and "
            "without a port, for example book.example.com.",
            code="invalid",
        )


def validate_time_zone(name: str) -> None:
    """Raise ValidationError unless `name` is in the IANA time zone database."""
    from zoneinfo import available_timezones

    if name not in available_timezones():
        raise ValidationError(
            f"“{name[:60]}” is not a time zone. Use a name such as Europe/London.", code="invalid"
        )
