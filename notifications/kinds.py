"""The kinds of message that the platform sends. Each app registers its own when it starts."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

LONGEST_NAME = 20
Words = Callable[[str], Mapping[str, str]]


@dataclass(frozen=True)
class Text:
    """A message's words in the language of notifications.language."""

    subject: str
    body: str
    sms: str = ""


@dataclass(frozen=True, order=True)
class Group:
    """What the staff find a kind of message under; those with a small `position` come first."""

    position: int
    title: str


#: What every message may say.
BUSINESS = {
    "business_name": "your business's name",
    "address": "your address",
    "phone": "your telephone number",
}


#: How the standard texts end, in every language.
SIGNATURE = """\
{% if address %}

{{ business_name }}, {{ address }}
{% endif %}
{% if phone %}
{{ phone }}
{% endif %}
"""


@dataclass(frozen=True)
class Kind:
    """A kind of message. Every placeholder stands for plain text, empty where it doesn't apply."""

    #: Unique on the platform, at most LONGEST_NAME characters.
    name: str
    title: str
    group: Group
    #: What it may say beyond BUSINESS, each with what it means.
    says: Mapping[str, str]
    #: The standard texts by language, "en" at least.
    texts: Mapping[str, Text]
    #: Returns a value for every placeholder, for a locale, to show what a customer would get.
    sample: Words
    #: Of each of these the text has to say at least one, whatever else it says.
    required: tuple[tuple[str, ...], ...] = field(default=())
    #: May it go by text message too?
    has_sms: bool = False

    @property
    def placeholders(self) -> dict[str, str]:
        """Return what the texts may say, each with what it means."""
        return {**self.says, **BUSINESS}


class Language(Protocol):
    """A module of an app's standard texts in one language."""

    #: By the kind of message.
    MESSAGES: dict[str, Text]


def standard_texts(languages: Mapping[str, Language], name: str) -> dict[str, Text]:
    """Return the texts of the kind called `name`; raises KeyError if a language lacks it."""
    return {code: language.MESSAGES[name] for code, language in languages.items()}


#: Every kind by its name.
KINDS: dict[str, Kind] = {}


def register(kinds: Iterable[Kind]) -> None:
    """Make `kinds` known; raises ValueError for a name that is taken or too long."""
    for kind in kinds:
        if len(kind.name) > LONGEST_NAME:
            raise ValueError(f"{kind.name} has more than {LONGEST_NAME} characters.")
        if KINDS.setdefault(kind.name, kind) is not kind:
            raise ValueError(f"There are two kinds of message called {kind.name}.")


def grouped() -> list[tuple[str, list[Kind]]]:
    """Return all kinds under their groups' titles, as people look for them."""
    groups = sorted({kind.group for kind in KINDS.values()})
    return [
        (group.title, [kind for kind in KINDS.values() if kind.group == group]) for group in groups
    ]
