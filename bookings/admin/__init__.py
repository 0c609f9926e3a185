"""The staff's pages, by subject."""

from bookings.admin import bookings, catalogue, dashboard

__all__ = ["bookings", "catalogue", "dashboard"]
