"""Send one planned message, once the reasons for it still hold.

A job may run late, twice, or be killed. What was sent is not sent again. Where a message must
rather be lost than come twice (a reminder, any text message), it is marked as begun, and that
committed, before it goes out; a failure after that is followed by another try only when it is
certain that nothing was sent.
"""

import smtplib
import socket
from collections.abc import Callable
from datetime import datetime

from django.utils import timezone

from access.models import User
from bookings.messages import sms
from bookings.messages.calendar import CONTENT_TYPE, FILE_NAME, calendar_file
from bookings.messages.kinds import KINDS, Kind
from bookings.messages.texts import LANGUAGES
from bookings.messages.words import words_of
from bookings.models import Booking, MessageSettings, SentMessage
from notifications.kinds import Text
from notifications.sending import rendered
from notifications.texts import in_language, locale_for, text_of
from tenants.mail import Attachment, send_mail

Channel = SentMessage.Channel
#: Raised before a mail server has taken anything.
NOT_SENT = (
    ConnectionRefusedError, socket.gaierror, smtplib.SMTPConnectError, smtplib.SMTPHeloError,
    smtplib.SMTPAuthenticationError, smtplib.SMTPRecipientsRefused, smtplib.SMTPSenderRefused,
    sms.SmsUnavailable,
)  # fmt: skip


def deliver(message_id: int) -> None:
    """Send a planned message unless it was sent, or is no longer true. Raises to be tried again."""
    message = SentMessage.objects.select_related("booking__resource").filter(pk=message_id).first()
    if message is None or message.sent_at is not None:
        return
    if not is_still_true(message, timezone.now()):
        _mark(message, problem="No longer true when it was to be sent.")
        return
    if message.channel == Channel.SMS or KINDS[message.kind].at_most_once:
        _send_at_most_once(message)
    else:
        _send(message)
        _mark(message, sent_at=timezone.now())


def is_still_true(message: SentMessage, now: datetime) -> bool:
    """Is the booking still in the state that the message tells of?"""
    booking, kind = message.booking, KINDS[message.kind]
    if booking.status not in kind.statuses:
        return False
    has_moved = message.starts_at != booking.starts_at
    if kind.name == "rescheduled":
        # The next move has a message of its own.
        return not has_moved
    if kind.name == "reminder":
        return not has_moved and now < booking.starts_at
    if kind.name == "waitlist_offer":
        return booking.hold_expires_at is None or now < booking.hold_expires_at
    return True


def _send_at_most_once(message: SentMessage) -> None:
    begun = SentMessage.objects.filter(pk=message.pk, started_at=None)
    if not begun.update(started_at=timezone.now()):
        return
    try:
        _send(message)
    except NOT_SENT as error:
        _mark(message, started_at=None, problem=_shown(error))
        raise
    except sms.SmsRefused as error:
        _mark(message, problem=_shown(error))
    except (OSError, smtplib.SMTPException, sms.SmsError) as error:
        _mark(message, problem=f"Perhaps not sent: {_shown(error)}"[:300])
    else:
        _mark(message, sent_at=timezone.now(), problem="")


def _mark(message: SentMessage, **values: object) -> None:
    SentMessage.objects.filter(pk=message.pk).update(**values)


def _shown(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:300]


def _send(message: SentMessage) -> None:
    channels: dict[str, Callable[[SentMessage, Kind], None]] = {
        Channel.EMAIL: _send_mail,
        Channel.SMS: _send_sms,
        Channel.STAFF: _send_to_staff,
    }
    channels[message.channel](message, KINDS[message.kind])


def _send_mail(message: SentMessage, kind: Kind) -> None:
    booking = message.booking
    letter = _written(message, *text_of(kind))
    copied = kind.copy_to_business and MessageSettings.objects.current().copy_to_business
    send_mail(
        letter.subject,
        letter.body,
        to=[booking.customer_email],
        copy_to_business=copied,
        attachments=_attachments(booking, kind),
    )


def _attachments(booking: Booking, kind: Kind) -> list[Attachment]:
    """Return the calendar file; for a time that never stood in a calendar, nothing."""
    if not kind.has_calendar or (booking.is_cancelled and booking.confirmed_at is None):
        return []
    return [Attachment(FILE_NAME, calendar_file(booking), CONTENT_TYPE)]


def _send_sms(message: SentMessage, kind: Kind) -> None:
    letter = _written(message, *text_of(kind))
    if letter.sms:
        sms.send(message.booking.customer_phone, letter.sms)


def _send_to_staff(message: SentMessage, kind: Kind) -> None:
    user = User.objects.filter(pk=message.user_id or 0, is_active=True).first()
    if user is None:
        return
    told = in_language(LANGUAGES).STAFF
    text = Text(told[kind.name], told["body"])
    letter = _written(message, text, locale_for(LANGUAGES))
    send_mail(letter.subject, letter.body, to=[user.email])


def _written(message: SentMessage, text: Text, locale: str) -> Text:
    return rendered(text, words_of(message.booking, locale, message.details))
