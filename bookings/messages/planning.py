"""Who is told what: one row and one job per message, made in one transaction, once.

The rows are unique, so planning the same message again plans nothing.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from access.models import User
from bookings.messages.kinds import KINDS, Kind
from bookings.models import Booking, MessageSettings, SentMessage, StaffPreference
from tenants.current import current_tenant

Channel = SentMessage.Channel


def plan(booking_id: int, name: str, *, details: Mapping[str, str] | None = None) -> None:
    """Plan all messages called `name` about a booking; none if it is no longer in that state.

    `details` is what the booking does not know itself; see `words.words_of`.
    """
    kind = KINDS[name]
    booking = Booking.objects.filter(pk=booking_id).first()
    if booking is None or booking.status not in kind.statuses:
        return
    plan_for(booking, kind, key=key_of(booking, kind, details), details=details or {})


def key_of(booking: Booking, kind: Kind, details: Mapping[str, str] | None = None) -> str:
    """Return what tells one occasion for a message from the next: the change it tells of."""
    if kind.name == "rescheduled":
        return f"{booking.starts_at.isoformat()} {booking.updated_at.isoformat()}"
    if kind.name == "change_not_made":
        # Each late payment is told of.
        return (details or {}).get("payment", "")
    if kind.name == "waitlist_offer":
        return booking.hold_expires_at.isoformat() if booking.hold_expires_at else ""
    changed_at: datetime | None = (
        booking.cancelled_at if booking.is_cancelled else booking.confirmed_at
    )
    return changed_at.isoformat() if changed_at else ""


@transaction.atomic
def plan_for(
    booking: Booking, kind: Kind, *, key: str, details: Mapping[str, str] | None = None
) -> None:
    """Make the rows and jobs of a message under `key`, where they are not there yet."""
    settings = MessageSettings.objects.current()
    details = {name: value for name, value in (details or {}).items() if value}
    _make(booking, kind, Channel.EMAIL, key, details)
    by_sms = kind.sms_setting and getattr(settings, kind.sms_setting)
    if by_sms and booking.customer_phone:
        _make(booking, kind, Channel.SMS, key, details)
    for user in _staff_for(kind):
        _make(booking, kind, Channel.STAFF, f"{key} {user.pk}", details, user_id=user.pk)


def _staff_for(kind: Kind) -> list[User]:
    """Return who of the staff wants to hear of this, less the address that gets a copy anyway."""
    if not kind.staff_field:
        return []
    wanting = StaffPreference.objects.filter(**{kind.staff_field: True}, user__is_active=True)
    people = [preference.user for preference in wanting.select_related("user")]
    has_copy = kind.copy_to_business and MessageSettings.objects.current().copy_to_business
    copied = current_tenant().contact_email.lower() if has_copy else ""
    return [user for user in people if user.email != copied]


def _make(
    booking: Booking,
    kind: Kind,
    channel: str,
    key: str,
    details: dict[str, str],
    user_id: int | None = None,
) -> None:
    from bookings import jobs

    message, is_new = SentMessage.objects.get_or_create(
        booking=booking, kind=kind.name, channel=channel, key=key,
        defaults={"starts_at": booking.starts_at, "details": details, "user_id": user_id},
    )  # fmt: skip
    if is_new:
        jobs.deliver_message.enqueue(message_id=message.pk)
