"""The staff's pages, by subject."""

from bookings.admin import (
    blocks,
    bookings,
    catalogue,
    classes,
    dashboard,
    hours,
    messages,
    offers,
    resources,
    rules,
)

__all__ = [
    "blocks",
    "bookings",
    "catalogue",
    "classes",
    "dashboard",
    "hours",
    "messages",
    "offers",
    "resources",
    "rules",
]
