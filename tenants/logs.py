"""Every log line names the business it is about."""

import logging


class TenantFilter(logging.Filter):
    """Add ``tenant``, the schema's name, to each record; "-" before the database is set up."""

    def filter(self, record: logging.LogRecord) -> bool:
        try:
            from django.db import connection

            record.tenant = getattr(connection, "schema_name", None) or "-"
        except Exception:  # noqa: BLE001 - a log line must never raise
            record.tenant = "-"
        return True
