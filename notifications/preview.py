"""What a customer would get, shown to whoever writes the text."""

from notifications.kinds import Kind, Text
from notifications.models import MessageTemplate
from notifications.sending import business_words, rendered
from notifications.texts import locale_of, merged


def preview(kind: Kind, template: MessageTemplate) -> Text:
    """Return what `template`'s texts say; raises TemplateProblem for a broken one."""
    own = template if template.is_active else None
    words = {**business_words(), **kind.sample(locale_of(own, kind))}
    return rendered(merged(own, kind), words)
