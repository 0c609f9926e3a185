"""Offer a free place to someone on a waitlist, who has no booking yet."""

from dataclasses import asdict, dataclass
from datetime import datetime

from django.utils import timezone

from bookings.messages import sms
from bookings.messages.kinds import KINDS
from bookings.messages.words import words_of
from bookings.models import Booking, MessageSettings
from notifications import formats
from notifications.sending import rendered
from notifications.texts import text_of
from tenants.current import current_tenant
from tenants.mail import send_mail

EMAIL, SMS = "email", "sms"


@dataclass(frozen=True)
class Offer:
    """A place offered to someone. Times are ISO 8601, so that a job can carry them."""

    name: str
    email: str
    service_name: str
    starts_at: str
    ends_at: str
    #: Where they take it.
    link: str
    #: Until when it is kept for them; not sent any more after that.
    until: str
    phone: str = ""
    party_size: int = 1


def offer_place(offer: Offer) -> None:
    """Send `offer` from a job, by e-mail and, where the business wants it, by text message."""
    from bookings import jobs

    jobs.send_offer.enqueue(offer=asdict(offer), channel=EMAIL)
    if offer.phone and MessageSettings.objects.current().sms_confirmations:
        jobs.send_offer.enqueue(offer=asdict(offer), channel=SMS)


def send(offer: Offer, channel: str) -> None:
    """Send `offer` now, unless its time has run out; raises when another try may help."""
    if datetime.fromisoformat(offer.until) <= timezone.now():
        return
    text, locale = text_of(KINDS["waitlist_offer"])
    letter = rendered(text, _words(offer, locale))
    if channel == EMAIL:
        send_mail(letter.subject, letter.body, to=[offer.email])
        return
    try:
        sms.send(offer.phone, letter.sms)
    except sms.SmsUnavailable:
        raise
    except sms.SmsError:
        # Refused for good, or perhaps sent: the e-mail is on its way in any case.
        return


def _words(offer: Offer, locale: str) -> dict[str, str]:
    until = datetime.fromisoformat(offer.until)
    booking = Booking(
        service_name=offer.service_name,
        starts_at=datetime.fromisoformat(offer.starts_at),
        ends_at=datetime.fromisoformat(offer.ends_at),
        customer_name=offer.name,
        party_size=offer.party_size,
        total_amount=0,
        currency=current_tenant().currency,
        hold_expires_at=until,
    )
    words = words_of(booking, locale, {})
    return words | {
        "link": offer.link,
        "offer_until": formats.day_and_clock(until, locale),
        "reference": "",
        "total": "",
        "calendar_link": "",
    }
