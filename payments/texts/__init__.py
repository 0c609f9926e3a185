"""The standard texts about money: a module for each language, with the same names in each."""

from typing import Protocol

from notifications.kinds import Text
from payments.texts import de, en, es, fr, it, nl


class Language(Protocol):
    """What the module of a language has."""

    #: What customers get, by the kind of message.
    MESSAGES: dict[str, Text]
    #: The labels of a receipt.
    RECEIPT: dict[str, str]
    #: What the business is told of a contested payment.
    DISPUTE: Text
    #: A dispute's statuses and reasons; none in English, which Stripe's own names are.
    DISPUTE_WORDS: dict[str, str]
    #: What is paid for in a preview.
    HAIRCUT: str


LANGUAGES: dict[str, Language] = {
    "en": en,
    "de": de,
    "fr": fr,
    "es": es,
    "it": it,
    "nl": nl,
}
