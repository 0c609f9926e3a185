"""The standard texts about offers: a module for each language, with the same names in each."""

from typing import Protocol

from bookings.offers.texts import de, en, es, fr, it, nl
from notifications.kinds import Text


class Language(Protocol):
    """What the module of a language has."""

    #: What customers get, by the kind of message.
    MESSAGES: dict[str, Text]
    #: How often something can be used: once, and more often.
    TIMES: tuple[str, str]
    #: How often a membership is paid, by the unit: each one, and every so many.
    EVERY: dict[str, tuple[str, str]]
    #: What there is to see in a preview.
    SAMPLES: dict[str, str]


LANGUAGES: dict[str, Language] = {
    "en": en,
    "de": de,
    "fr": fr,
    "es": es,
    "it": it,
    "nl": nl,
}
