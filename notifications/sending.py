"""Send a message in the business's words."""

from collections.abc import Iterable, Mapping

from notifications.kinds import KINDS, Text, Words
from notifications.language import render
from notifications.texts import text_of
from tenants.current import current_tenant
from tenants.mail import send_mail


def business_words() -> dict[str, str]:
    """Return the values of kinds.BUSINESS."""
    tenant = current_tenant()
    return {
        "business_name": tenant.name,
        "address": tenant.address,
        "phone": tenant.contact_phone,
    }


def rendered(text: Text, words: Mapping[str, str]) -> Text:
    """Return `text` with its placeholders replaced; subject and text message are one line each."""
    return Text(
        " ".join(render(text.subject, words).split()),
        render(text.body, words),
        " ".join(render(text.sms, words).split()),
    )


def send(name: str, words: Words, *, to: Iterable[str], copy_to_business: bool = False) -> None:
    """E-mail the kind of message called `name`; `words` makes its values for a locale."""
    text, locale = text_of(KINDS[name])
    letter = rendered(text, {**business_words(), **words(locale)})
    send_mail(letter.subject, letter.body, to=to, copy_to_business=copy_to_business)
