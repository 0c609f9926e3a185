"""Whose words a message is in, and in which language."""

from collections.abc import Mapping
from typing import TypeVar

from notifications.kinds import Kind, Text
from notifications.models import MessageTemplate
from tenants.current import current_tenant

FALLBACK_LOCALE = "en-gb"
AnyText = TypeVar("AnyText")


def in_language(texts: Mapping[str, AnyText], locale: str = "") -> AnyText:
    """Return what `texts` has in the language of `locale`, else in English.

    Without `locale` it is the business's.
    """
    return texts[locale_for(texts, locale).split("-")[0]]


def locale_for(texts: Mapping[str, object], locale: str = "") -> str:
    """Return `locale` (without it the business's), or that of English if `texts` lack its language.

    So times, money and counts are written as the words around them.
    """
    wanted = locale or current_tenant().locale
    return wanted if wanted.split("-")[0] in texts else FALLBACK_LOCALE


def text_of(kind: Kind) -> tuple[Text, str]:
    """Return a message's words, the business's own first, and the locale they are written in."""
    own = MessageTemplate.objects.filter(kind=kind.name, is_active=True).first()
    return merged(own, kind), locale_of(own, kind)


def merged(own: MessageTemplate | None, kind: Kind) -> Text:
    """Return the business's `own` words, filled up with the standard ones where it has none."""
    standard = in_language(kind.texts)
    if own is None:
        return standard
    return Text(own.subject or standard.subject, own.body or standard.body, own.sms or standard.sms)


def locale_of(own: MessageTemplate | None, kind: Kind) -> str:
    """Return the locale for times and money: the business's, unless its text is the English one."""
    if own is not None and own.body:
        return current_tenant().locale
    return locale_for(kind.texts)
