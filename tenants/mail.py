"""E-mails in a business's name."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage

from tenants.current import current_tenant


@dataclass(frozen=True)
class Attachment:
    """A file to send along; `content_type` is a MIME type, parameters included."""

    name: str
    content: bytes
    content_type: str


def send_mail(
    subject: str,
    body: str,
    *,
    to: Iterable[str],
    copy_to_business: bool = False,
    attachments: Iterable[Attachment] = (),
) -> None:
    """Send a plain text mail from the business that is entered; answers go to its own address."""
    tenant = current_tenant()
    own = [tenant.contact_email] if tenant.contact_email else []
    EmailMessage(
        subject=" ".join(subject.split()),
        body=body,
        from_email=f"{_display_name(tenant.name)} <{settings.DEFAULT_FROM_EMAIL}>",
        to=list(to),
        bcc=own if copy_to_business else [],
        reply_to=own,
        attachments=[(one.name, one.content, one.content_type) for one in attachments],
    ).send()


def _display_name(name: str) -> str:
    """Return `name` as a quoted string for a From header (RFC 5322, section 3.2.4)."""
    printable = "".join(character for character in name if character.isprintable())
    return '"' + printable.replace("\\", "").replace('"', "") + '"'
