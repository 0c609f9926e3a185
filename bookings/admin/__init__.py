"""The staff's pages, by subject."""

from bookings.admin import (
    blocks,
    bookings,
    catalogue,
    classes,
    dashboard,
    hours,
    memberships,
    messages,
    offers,
    resources,
    rules,
    series,
    waiting,
)

__all__ = [
    "blocks",
    "bookings",
    "catalogue",
    "classes",
    "dashboard",
    "hours",
    "memberships",
    "messages",
    "offers",
    "resources",
    "rules",
    "series",
    "waiting",
]
