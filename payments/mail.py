"""E-mails about money, in the business's name."""

from django.template.loader import render_to_string

from access.models import User
from payments.models import Dispute
from tenants.current import current_tenant
from tenants.mail import send_mail
from tenants.templatetags.business import local_time, money


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
    amount = money(dispute.amount, dispute.currency)
    context = {
        "dispute": dispute,
        "amount": amount,
        "due": local_time(dispute.evidence_due_by) if dispute.evidence_due_by else "",
        "link": f"{current_tenant().url}/admin/payments/dispute/{dispute.pk}/change/",
        "business": current_tenant(),
    }
    subject = f"Payment disputed: {amount}, {dispute.status_text.lower()}"
    send_mail(subject, render_to_string("payments/mail/dispute.txt", context), to=people)
