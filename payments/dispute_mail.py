"""E-mails to the business about a contested payment, in its language; it does not edit them."""

from access.models import User
from notifications import formats
from notifications.sending import rendered
from notifications.texts import in_language, locale_for
from payments.models import Dispute
from payments.texts import LANGUAGES
from tenants.current import current_tenant
from tenants.mail import send_mail


def people_for_money() -> list[str]:
    """Return whom to write to about money: the business's address, else its owners."""
    tenant = current_tenant()
    if tenant.contact_email:
        return [tenant.contact_email]
    owners = User.objects.filter(role=User.Role.OWNER, is_active=True)
    return list(owners.values_list("email", flat=True))


def send_dispute(dispute_pk: int, status: str) -> None:
    """Tell the business that a dispute has reached `status`; nothing if it has moved on since."""
    dispute = Dispute.objects.select_related("payment_session").get(pk=dispute_pk)
    people = people_for_money()
    if dispute.status != status or not people:
        return
    letter = rendered(in_language(LANGUAGES).DISPUTE, _words(dispute, locale_for(LANGUAGES)))
    send_mail(letter.subject, letter.body, to=people)


def _words(dispute: Dispute, locale: str) -> dict[str, str]:
    tenant, due = current_tenant(), dispute.evidence_due_by
    # Stripe may add statuses and reasons that we don't know: those stay English.
    own_words = in_language(LANGUAGES, locale).DISPUTE_WORDS
    return {
        "business_name": tenant.name,
        "description": dispute.payment_session.description,
        "amount": formats.amount(dispute.amount, dispute.currency, locale),
        "reason": own_words.get(dispute.reason, dispute.reason_text),
        "status": own_words.get(dispute.status, dispute.status_text.lower()),
        "due": formats.day_and_clock(due, locale) if due and not dispute.is_final else "",
        "link": f"{tenant.url}/admin/payments/dispute/{dispute.pk}/change/",
    }
