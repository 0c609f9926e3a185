"""The standard texts about bookings: a module for each language, with the same names in each."""

from typing import Protocol

from bookings.messages.texts import de, en, es, fr, it, nl
from notifications.kinds import Text


class Language(Protocol):
    """What the module of a language has."""

    #: What customers get, by the kind of message.
    MESSAGES: dict[str, Text]
    #: What staff are told: a subject by the kind of message, and the "body" of them all.
    STAFF: dict[str, str]
    #: What the lists of a series' dates are made of.
    SERIES: dict[str, str]
    #: What a payment is for.
    PAYMENTS: dict[str, str]
    #: What is booked in a preview.
    HAIRCUT: str


LANGUAGES: dict[str, Language] = {
    "en": en,
    "de": de,
    "fr": fr,
    "es": es,
    "it": it,
    "nl": nl,
}
