"""The kinds of message: what each may say, and while the booking is in which state it is true."""

from dataclasses import dataclass, field

#: What every message may say. Each is plain text; the ones that do not apply are empty.
PLACEHOLDERS = {
    "customer_name": "who booked",
    "guest_name": "who comes, where the customer booked for someone else",
    "people": "how many come",
    "business_name": "your business's name",
    "address": "your address",
    "phone": "your telephone number",
    "service": "what is booked",
    "with": "the person, room or table",
    "time": "day and time of the start",
    "date": "day of the start",
    "start_time": "time of day of the start",
    "end_time": "time of day of the end",
    "reference": "the booking's short name",
    "link": "the booking's own page",
    "calendar_link": "the calendar file",
    "book_link": "your booking page",
    "total": "the price",
    "deposit": "the deposit; empty if there is none",
    "remaining": "what is left to pay on the day",
}


@dataclass(frozen=True)
class Kind:
    """A kind of message, named as the callers of the job name it."""

    name: str
    title: str
    #: The states of a booking in which the message is still true.
    statuses: tuple[str, ...]
    #: What it may say beyond PLACEHOLDERS.
    extra: dict[str, str] = field(default_factory=dict)
    has_calendar: bool = False
    #: Whether it may go by text message too: the name of a field of MessageSettings.
    sms_setting: str = ""
    #: Who of the staff hears of it: the name of a field of StaffPreference.
    staff_field: str = ""
    copy_to_business: bool = False
    #: Better never than twice.
    at_most_once: bool = False

    @property
    def placeholders(self) -> dict[str, str]:
        """Return what the texts may say, each with what it means."""
        return {**PLACEHOLDERS, **self.extra}


_LIVE = ("CONFIRMED",)

KINDS = {
    kind.name: kind
    for kind in [
        Kind(
            "confirmed", "Confirmation", _LIVE, has_calendar=True,
            sms_setting="sms_confirmations", staff_field="new", copy_to_business=True,
        ),
        Kind(
            "reminder", "Reminder", _LIVE, sms_setting="sms_reminders", at_most_once=True,
        ),
        Kind(
            "rescheduled", "Change", _LIVE,
            extra={
                "old_time": "when it was before; empty if it is at the same time",
                "old_service": "what was booked before; empty if it is the same",
                "old_people": "how many came before; empty if they are as many",
                "old_total": "the price before; empty if it is the same",
                "paid_more": "what was paid for the change; empty if nothing was",
                "goes_back": "what is refunded; empty if nothing is",
            },
            has_calendar=True, sms_setting="sms_confirmations", staff_field="changed",
            copy_to_business=True,
        ),
        Kind(
            "cancelled", "Cancellation", ("CANCELLED",),
            extra={
                "was_not_paid": "“yes” if the deposit was not paid in time",
                "payment_failed": "“yes” if the payment failed",
            },
            has_calendar=True, staff_field="cancelled", copy_to_business=True,
        ),
        Kind("paid_too_late", "Paid too late", ("CANCELLED",), copy_to_business=True),
        Kind(
            "change_not_made", "Change paid too late",
            ("CONFIRMED", "CANCELLED", "COMPLETED", "NO_SHOW"),
            extra={"paid_more": "what was paid for the change, all of which goes back"},
            copy_to_business=True,
        ),
        Kind(
            "waitlist_offer", "Waitlist offer", ("PENDING_PAYMENT",),
            extra={"offer_until": "until when the place is kept; empty if without an end"},
            sms_setting="sms_confirmations",
        ),
        Kind(
            "pay_deposit", "Payment link for a deposit", ("PENDING_PAYMENT",),
            extra={"pay_until": "until when the time is held"},
            sms_setting="sms_confirmations",
        ),
        Kind(
            "review", "Review request", ("COMPLETED",),
            extra={"review_link": "where a review is written"}, at_most_once=True,
        ),
    ]
}  # fmt: skip
