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
from bookings.models.changes import BookingChange
from bookings.models.discounts import CodeAttempt, DiscountCode, DiscountUse
from bookings.models.hours import HoursException, OpeningHours
from bookings.models.memberships import Membership, MembershipPlan
from bookings.models.messages import (
    MessageSettings,
    SentMessage,
    SmsAccount,
    StaffPreference,
)
from bookings.models.occupation import Allocation, BlockedTime, TimeRange
from bookings.models.offers import (
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
from bookings.models.series import BookingSeries
from bookings.models.sessions import ClassSeries, ClassSession
from bookings.models.settings import BookingSettings
from bookings.models.waiting import WaitlistEntry

__all__ = [
    "REFERENCE_ALPHABET",
    "REFERENCE_LENGTH",
    "AddOn",
    "Allocation",
    "BlockedTime",
    "Booking",
    "BookingChange",
    "BookingLine",
    "BookingSeries",
    "BookingSettings",
    "ClassSeries",
    "ClassSession",
    "CodeAttempt",
    "DiscountCode",
    "DiscountUse",
    "HoursException",
    "IntakeQuestion",
    "Membership",
    "MembershipPlan",
    "MessageSettings",
    "OpeningHours",
    "Pass",
    "PassMovement",
    "PassType",
    "Prepaid",
    "Requirement",
    "Resource",
    "SentMessage",
    "Service",
    "ServiceCategory",
    "SmsAccount",
    "StaffPreference",
    "TableSet",
    "TimeRange",
    "TurnTime",
    "Voucher",
    "VoucherMovement",
    "VoucherSettings",
    "WaitlistEntry",
    "new_reference",
    "normal_code",
]
