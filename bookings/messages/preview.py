"""What a customer would get, shown to whoever writes the text."""

from dataclasses import dataclass

from bookings.messages.kinds import Kind
from bookings.messages.language import render
from bookings.messages.texts import locale_of, merged
from bookings.messages.words import sample_booking, sample_details, words_of
from bookings.models import MessageTemplate


@dataclass(frozen=True)
class Preview:
    """A message for a sample booking."""

    subject: str
    body: str
    sms: str


def preview(kind: Kind, template: MessageTemplate) -> Preview:
    """Return what `template`'s texts say; raises TemplateProblem for a broken one."""
    own = template if template.is_active else None
    text = merged(own, kind.name)
    booking = sample_booking()
    words = words_of(booking, locale_of(own), sample_details(booking))
    words["review_link"] = words["review_link"] or words["book_link"]
    return Preview(
        subject=" ".join(render(text.subject, words).split()),
        body=render(text.body, words),
        sms=" ".join(render(text.sms, words).split()) if kind.sms_setting else "",
    )
