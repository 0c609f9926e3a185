"""The staff's pages, by subject."""

from bookings.admin import bookings, catalogue, dashboard, offers

__all__ = ["bookings", "catalogue", "dashboard", "offers"]
