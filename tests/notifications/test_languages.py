"""The standard texts say the same in every language that a business can choose."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from string import Formatter
from typing import Any

import pytest
import time_machine
from django_tenants.utils import tenant_context

from bookings.messages import texts as booking_texts
from bookings.messages.kinds import KINDS as BOOKING_KINDS
from bookings.messages.kinds import PLACEHOLDERS
from bookings.models import Membership
from bookings.offers import texts as offer_texts
from bookings.offers.membership_messages import membership_words
from bookings.offers.messages import times
from notifications.formats import day_and_clock
from notifications.kinds import BUSINESS, KINDS, Text
from notifications.language import check
from notifications.models import MessageTemplate
from notifications.preview import preview
from notifications.sending import rendered
from payments import texts as payment_texts
from payments.models import Dispute, PaymentSession
from tenants.models import LOCALES, Tenant

pytestmark = pytest.mark.django_db

LOCALE_OF = {code.split("-")[0]: code for code, _ in LOCALES}
OTHERS = [language for language in LOCALE_OF if language != "en"]
APPS = {"bookings": booking_texts, "offers": offer_texts, "payments": payment_texts}
#: What may read as it does in English.
SAME = {
    "fr": {"Total"},
    "es": {"Total"},
    "nl": {"per week"},
}
#: Not needed where the language's own word already says that it is about tax: "Netto".
OPTIONAL_FIELDS = {"tax"}
#: Words that none of the other languages has, and that a text might have kept.
ENGLISH = re.compile(
    r"\b(you|yours?|the|and|for|with|hello|booked|booking|cancelled|paid|pay|price|deposit|people|"
    r"reference|receipt|refund(ed)?|until|every|weeks|months?|years?|times?|here|before|including|"
    r"number|VAT|good|voucher|membership|waitlist|change|yes|kept|held|our|reason|amount)\b",
    re.IGNORECASE,
)
LINK = re.compile(r"\S+://\S+|\S+@\S+")


def texts_of(app: str, language: str) -> dict[str, str]:
    """Return every text that an app has in a language, under its address in the module."""
    module, names = APPS[app].LANGUAGES[language], APPS[app].Language.__annotations__
    return dict(_flat({name: getattr(module, name) for name in names}, ""))


def _flat(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Text):
        value = vars(value)
    if isinstance(value, tuple):
        value = dict(enumerate(value))
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _flat(inner, f"{path}.{key}")
    elif value:
        yield path, value


def tags(text: str) -> set[str]:
    return {" ".join(tag.split()) for tag in re.findall(r"\{\{.*?\}\}|\{%.*?%\}", text)}


def fields(text: str) -> set[str]:
    without_tags = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", text)
    return {name for _, name, _, _ in Formatter().parse(without_tags) if name is not None}


def english_words(text: str) -> list[str]:
    return [match[0] for match in ENGLISH.finditer(LINK.sub("", text))]


def room(model: Any, field: str) -> int:
    return int(model._meta.get_field(field).max_length)


@pytest.mark.parametrize("app", APPS)
def test_there_are_texts_for_every_locale(app: str) -> None:
    assert set(APPS[app].LANGUAGES) == set(LOCALE_OF)


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("app", APPS)
def test_a_language_says_all_that_english_says_and_nothing_in_english(
    app: str, language: str
) -> None:
    english = texts_of(app, "en")
    texts = texts_of(app, language)
    #: A dispute's words are Stripe's own in English.
    texts = {path: text for path, text in texts.items() if not path.startswith(".DISPUTE_WORDS")}
    assert set(texts) == set(english)
    for path, text in texts.items():
        assert tags(text) == tags(english[path]), path
        assert fields(text) | OPTIONAL_FIELDS == fields(english[path]) | OPTIONAL_FIELDS, path
        assert text != english[path] or text in SAME.get(language, set()), path
        # Whichever way an `if` goes.
        assert not english_words(re.sub(r"\{.*?\}+", "", text)), path


@pytest.mark.parametrize("language", LOCALE_OF)
def test_what_is_made_of_a_long_name_still_fits(language: str) -> None:
    longest = {"service": "x" * 120, "membership": "x" * 120, "reference": "ABCD2345"}
    for text in booking_texts.LANGUAGES[language].PAYMENTS.values():
        assert len(text.format(**longest)) <= room(PaymentSession, "description")
    for kind in KINDS.values():
        for part, text in vars(kind.texts[language]).items():
            # As the form for a business's own texts takes it.
            assert len(text) <= room(MessageTemplate, part), kind.name


@pytest.mark.parametrize("language", OTHERS)
def test_a_dispute_is_named_in_every_language(language: str) -> None:
    words = payment_texts.LANGUAGES[language].DISPUTE_WORDS
    assert set(Dispute.Status.values) <= set(words)
    assert set(words) == set(payment_texts.LANGUAGES["de"].DISPUTE_WORDS)
    assert not english_words(" ".join(words.values()))


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("name", KINDS)
def test_no_english_word_is_left_in_a_message(beta: Tenant, name: str, language: str) -> None:
    beta.locale = LOCALE_OF[language]
    beta.tax_number = "123"
    with tenant_context(beta), time_machine.travel(datetime(2027, 2, 2, 12, tzinfo=UTC)):
        shown = preview(KINDS[name], MessageTemplate(kind=name))
        for part in (shown.subject, shown.body, shown.sms):
            assert "{" not in part
            assert not english_words(part), part


@pytest.mark.parametrize("language", LOCALE_OF)
def test_staff_are_told_in_the_language_of_the_business(beta: Tenant, language: str) -> None:
    told = booking_texts.LANGUAGES[language].STAFF
    names = [kind.name for kind in BOOKING_KINDS.values() if kind.staff_field]
    assert set(told) == {*names, "body"}
    beta.locale = LOCALE_OF[language]
    with tenant_context(beta):
        for name in names:
            kind = BOOKING_KINDS[name]
            for part in (told[name], told["body"]):
                check(part, {*PLACEHOLDERS, *BOOKING_KINDS["rescheduled"].says, "staff_link"})
            letter = rendered(Text(told[name], told["body"]), kind.sample(beta.locale))
            assert language == "en" or not english_words(letter.subject + letter.body)


@pytest.mark.parametrize("language", LOCALE_OF)
def test_the_business_hears_of_a_dispute_with_all_that_is_known(language: str) -> None:
    letter = payment_texts.LANGUAGES[language].DISPUTE
    for part in (letter.subject, letter.body):
        check(part, {*BUSINESS, "description", "amount", "reason", "status", "due", "link"})


def test_french_puts_no_breakable_space_before_its_punctuation() -> None:
    for app in APPS:
        for path, text in texts_of(app, "fr").items():
            assert not re.search(r"(?<!\xa0)[:;?!»]|«(?!\xa0)", text), path


@pytest.mark.parametrize(
    ("locale", "none", "one", "many"),
    [
        ("en-gb", "0 times", "1 time", "12 times"),
        ("de", "0 Termine", "1 Termin", "12 Termine"),
        ("fr", "0 séance", "1 séance", "12 séances"),
        ("es", "0 sesiones", "1 sesión", "12 sesiones"),
        ("it", "0 utilizzi", "1 utilizzo", "12 utilizzi"),
        ("nl", "0 keer", "1 keer", "12 keer"),
    ],
)
def test_how_often_something_can_be_used(locale: str, none: str, one: str, many: str) -> None:
    assert [times(count, locale) for count in (0, 1, 12)] == [none, one, many]


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("fr", ["par semaine", "toutes les 2 semaines", "tous les 3 mois", "par an"]),
        ("es", ["a la semana", "cada 2 semanas", "cada 3 meses", "al año"]),
        ("it", ["a settimana", "ogni 2 settimane", "ogni 3 mesi", "all’anno"]),
        ("nl", ["per week", "elke 2 weken", "elke 3 maanden", "per jaar"]),
    ],
)
def test_how_often_a_membership_is_paid(in_alpha: Tenant, locale: str, said: list[str]) -> None:
    intervals = [(1, "week"), (2, "week"), (3, "month"), (1, "year")]
    memberships = [
        Membership(name="Abo", price=8000, currency="EUR", interval=unit, interval_count=count)
        for count, unit in intervals
    ]
    assert [membership_words(item, None, locale)["every"] for item in memberships] == said


@pytest.mark.parametrize(
    ("locale", "shown"),
    [
        ("fr", "vendredi 1er janvier 2027, 10:00"),
        ("es", "viernes, 1 de enero de 2027, 10:00"),
        ("it", "venerdì 1 gennaio 2027, 10:00"),
        ("nl", "vrijdag 1 januari 2027, 10:00 uur"),
    ],
)
def test_times_are_written_as_the_words_around_them(
    in_alpha: Tenant, locale: str, shown: str
) -> None:
    assert day_and_clock(datetime(2027, 1, 1, 10, tzinfo=UTC), locale) == shown
