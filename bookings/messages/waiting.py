"""The message to who has joined the waitlist."""

from datetime import timedelta

from bookings.messages.kinds import WAITING
from bookings.messages.texts import LANGUAGES
from bookings.messages.words import sample_booking
from bookings.models import Service, WaitlistEntry
from notifications import formats
from notifications.kinds import Kind, standard_texts
from tenants.current import current_tenant


def waiting_words(entry: WaitlistEntry, locale: str) -> dict[str, str]:
    """Return what may be said to somebody who waits."""
    return {
        "customer_name": entry.customer_name,
        "service": entry.service.name,
        "waiting_for": _waiting_for(entry, locale),
        "people": str(entry.party_size) if entry.party_size > 1 else "",
        "link": f"{current_tenant().url}/waitlist/{entry.token}/",
    }


def _waiting_for(entry: WaitlistEntry, locale: str) -> str:
    """Return the class's time, or the days and times of day that will do."""
    if entry.class_session is not None:
        return formats.day_and_clock(entry.class_session.starts_at, locale)
    days = [formats.calendar_day(entry.first_day, locale)]
    if entry.last_day != entry.first_day:
        days.append(formats.calendar_day(entry.last_day, locale))
    bounds = (entry.from_time, entry.until_time)
    times = [formats.wall_clock(bound, locale) for bound in bounds if bound is not None]
    return ", ".join(" – ".join(span) for span in (days, times) if span)


def _sample(locale: str) -> dict[str, str]:
    booking = sample_booking()
    day = booking.starts_at.date()
    entry = WaitlistEntry(
        service=Service(name=booking.service_name), first_day=day,
        last_day=day + timedelta(days=2), party_size=2, customer_name=booking.customer_name,
        token="sample",  # noqa: S106 - leads nowhere
    )  # fmt: skip
    return waiting_words(entry, locale)


KINDS = [
    Kind(
        "waiting", "On the waitlist", WAITING,
        says={
            "customer_name": "who waits",
            "service": "what they wait for",
            "waiting_for": "the class's time, or the days and times that will do",
            "people": "how many want to come; empty if it is one",
            "link": "where they see where they stand, and leave the waitlist",
        },
        texts=standard_texts(LANGUAGES, "waiting"),
        sample=_sample, required=(("link",),),
    ),
]  # fmt: skip
