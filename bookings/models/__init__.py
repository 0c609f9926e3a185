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
from bookings.models.offers import (
    DiscountCode,
    DiscountUse,
    Pass,
    PassMovement,
    PassType,
    Prepaid,
    Voucher,
    VoucherMovement,
    VoucherSettings,
    normal_code,
)
from bookings.models.resources import Resource, TableSet
from bookings.models.sessions import ClassSession
from bookings.models.settings import BookingSettings

__all__ = [
    "REFERENCE_ALPHABET",
    "REFERENCE_LENGTH",
    "AddOn",
    "Allocation",
    "Booking",
    "BookingLine",
    "BookingSettings",
    "ClassSession",
    "DiscountCode",
    "DiscountUse",
    "HoursException",
    "IntakeQuestion",
    "OpeningHours",
    "Pass",
    "PassMovement",
    "PassType",
    "Prepaid",
    "Requirement",
    "Resource",
    "Service",
    "ServiceCategory",
    "TableSet",
    "TimeRange",
    "TurnTime",
    "Voucher",
    "VoucherMovement",
    "VoucherSettings",
    "new_reference",
    "normal_code",
]
