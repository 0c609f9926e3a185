"""The kinds of message about one booking: what each may say, and while it is in which state."""

from dataclasses import dataclass
from typing import Any

from bookings.messages.texts import LANGUAGES
from bookings.messages.words import sample_words
from notifications import kinds
from notifications.kinds import Group, standard_texts

BOOKINGS = Group(10, "Bookings")
WAITING = Group(40, "Waitlist")

#: What every message about a booking may say.
PLACEHOLDERS = {
    "customer_name": "who booked",
    "guest_name": "who comes, where the customer booked for someone else",
    "people": "how many come",
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
class Kind(kinds.Kind):
    """A kind of message about a booking, named as the callers of the job name it."""

    #: The states of a booking in which the message is still true.
    statuses: tuple[str, ...] = ()
    has_calendar: bool = False
    #: Whether it may go by text message too: the name of a field of MessageSettings.
    sms_setting: str = ""
    #: Who of the staff hears of it: the name of a field of StaffPreference.
    staff_field: str = ""
    copy_to_business: bool = False
    #: Better never than twice.
    at_most_once: bool = False


def _kind(
    name: str,
    title: str,
    statuses: tuple[str, ...],
    *,
    extra: dict[str, str] | None = None,
    group: Group = BOOKINGS,
    **more: Any,
) -> Kind:
    """Return a kind that may say `extra` beyond PLACEHOLDERS."""
    return Kind(
        name=name, title=title, group=group, says={**PLACEHOLDERS, **(extra or {})},
        texts=standard_texts(LANGUAGES, name), sample=sample_words, statuses=statuses,
        has_sms="sms_setting" in more, **more,
    )  # fmt: skip


_LIVE = ("CONFIRMED",)

KINDS = {
    kind.name: kind
    for kind in [
        _kind(
            "confirmed", "Confirmation", _LIVE, has_calendar=True,
            sms_setting="sms_confirmations", staff_field="new", copy_to_business=True,
        ),
        _kind(
            "reminder", "Reminder", _LIVE, sms_setting="sms_reminders", at_most_once=True,
        ),
        _kind(
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
        _kind(
            "cancelled", "Cancellation", ("CANCELLED",),
            extra={
                "was_not_paid": "“yes” if the deposit was not paid in time",
                "payment_failed": "“yes” if the payment failed",
            },
            has_calendar=True, staff_field="cancelled", copy_to_business=True,
        ),
        _kind("paid_too_late", "Paid too late", ("CANCELLED",), copy_to_business=True),
        _kind(
            "change_not_made", "Change paid too late",
            ("CONFIRMED", "CANCELLED", "COMPLETED", "NO_SHOW"),
            extra={"paid_more": "what was paid for the change, all of which goes back"},
            copy_to_business=True,
        ),
        _kind(
            "waitlist_offer", "Waitlist offer", ("PENDING_PAYMENT",), group=WAITING,
            extra={"offer_until": "until when the place is kept; empty if without an end"},
            required=(("link",),), sms_setting="sms_confirmations",
        ),
        _kind(
            "pay_deposit", "Payment link for a deposit", ("PENDING_PAYMENT",),
            extra={"pay_until": "until when the time is held"},
            required=(("link",),), sms_setting="sms_confirmations",
        ),
        _kind(
            "review", "Review request", ("COMPLETED",),
            extra={"review_link": "where a review is written"}, at_most_once=True,
        ),
    ]
}  # fmt: skip
