"""The staff's pages, by subject."""

from bookings.admin import bookings, catalogue, dashboard, series, waiting

__all__ = ["bookings", "catalogue", "dashboard", "series", "waiting"]
