"""The staff's pages, by subject."""

from bookings.admin import bookings, catalogue, dashboard, messages

__all__ = ["bookings", "catalogue", "dashboard", "messages"]
