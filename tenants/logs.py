"""Every log line names the business it is about, and no line holds what opens something."""

import logging
import re

# The unguessable part of a customer's address, of a password link, and tokens in queries.
SECRETS = re.compile(
    r"(/booking/|/password/choose/[^/\s]+/)[^/\s\"?]+|([?&](?:token|session_id)=)[^&\s\"]+"
    r"|\b((?:sk|rk)_(?:test|live)_|whsec_)[A-Za-z0-9_+/=-]+"
)


def redact(text: str) -> str:
    """Return `text` with every token and key replaced by "…"."""
    return SECRETS.sub(lambda found: f"{next(filter(None, found.groups()))}…", text)


class RedactingFormatter(logging.Formatter):
    """A formatter whose lines, tracebacks included, hold no tokens."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class TenantFilter(logging.Filter):
    """Add ``tenant``, the schema's name, to each record; "-" before the database is set up."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            from django.db import connection

            record.tenant = getattr(connection, "schema_name", None) or "-"
        except Exception:  # noqa: BLE001 - a log line must never raise
            record.tenant = "-"
        return True
