"""Why a booking call was refused."""

from tenants.errors import TillhouseError


class BookingError(TillhouseError):
    """The root of what this app raises."""


class InvalidBooking(BookingError):
    """A value can't be used; `field` names it."""


class BeyondMembership(InvalidBooking):
    """A membership pays only for what starts earlier; the message says before when."""

    code = "beyond_membership"


class SlotTaken(BookingError):
    code = "slot_taken"
    status = 409


class BookingNotFound(BookingError):
    code = "booking_not_found"
    status = 404


class BookingClosed(BookingError):
    """The booking's status does not allow this any more."""

    code = "booking_closed"
    status = 409


class TooLate(BookingError):
    """The accepted terms do not let the customer change the booking by themselves any more."""

    code = "too_late"
    status = 409


class RefundChanged(BookingError):
    """What goes back is not what the caller has been shown: `refund_pence` says what does."""

    code = "refund_changed"
    status = 409


class PriceChanged(BookingError):
    """A change costs not what the caller has been shown: the response says what it does."""

    code = "price_changed"
    status = 409


class WaitlistRefused(BookingError):
    """There is nothing to wait for, or somebody waits already."""

    code = "waitlist_refused"
    status = 409


class WaitlistEntryNotFound(BookingError):
    code = "waitlist_entry_not_found"
    status = 404
