"""Time, in the business's own schema: what it offers, on what, when, and who has booked it."""

from bookings.models.booking import (
    REFERENCE_ALPHABET,
    REFERENCE_LENGTH,
    Booking,
    BookingLine,
    new_reference,
)
from bookings.models.catalogue import (
    AddOn,
    IntakeQuestion,
    Requirement,
    Service,
    ServiceCategory,
    TurnTime,
)
from bookings.models.hours import HoursException, OpeningHours
from bookings.models.occupation import Allocation, TimeRange
from bookings.models.resources import Resource, TableSet
from bookings.models.series import BookingSeries
from bookings.models.sessions import ClassSession
from bookings.models.settings import BookingSettings
from bookings.models.waiting import WaitlistEntry

__all__ = [
    "REFERENCE_ALPHABET",
    "REFERENCE_LENGTH",
    "AddOn",
    "Allocation",
    "Booking",
    "BookingLine",
    "BookingSeries",
    "BookingSettings",
    "ClassSession",
    "HoursException",
    "IntakeQuestion",
    "OpeningHours",
    "Requirement",
    "Resource",
    "Service",
    "ServiceCategory",
    "TableSet",
    "TimeRange",
    "TurnTime",
    "WaitlistEntry",
    "new_reference",
]
