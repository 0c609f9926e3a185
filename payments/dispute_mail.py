"""E-mails to the business about a contested payment, in its language; it does not edit them."""

from access.models import User
from notifications import formats
from notifications.kinds import Text
from notifications.sending import rendered
from notifications.texts import in_language, locale_for
from payments.models import Dispute
from tenants.current import current_tenant
from tenants.mail import send_mail

TEXTS = {
    "en": Text(
        "Payment disputed: {{ amount }}, {{ status }}",
        "A customer's bank contests a payment to {{ business_name }}.\n\n"
        "Payment: {{ description }}\nAmount: {{ amount }}\n"
        "{% if reason %}\nReason: {{ reason }}\n{% endif %}\nState: {{ status }}\n"
        "{% if due %}\n\nSend your evidence before {{ due }}, in your Stripe dashboard under "
        "Disputes. Without it the bank decides for the customer.\n{% endif %}\n\n{{ link }}\n",
    ),
    "de": Text(
        "Zahlung angefochten: {{ amount }}, {{ status }}",
        "Die Bank eines Kunden ficht eine Zahlung an {{ business_name }} an.\n\n"
        "Zahlung: {{ description }}\nBetrag: {{ amount }}\n"
        "{% if reason %}\nGrund: {{ reason }}\n{% endif %}\nStand: {{ status }}\n"
        "{% if due %}\n\nSenden Sie Ihre Nachweise vor {{ due }}, in Ihrem Stripe-Dashboard unter "
        "„Zahlungsanfechtungen“. Ohne sie entscheidet die Bank für den Kunden.\n{% endif %}\n\n"
        "{{ link }}\n",
    ),
}
_Status = Dispute.Status
#: Stripe's reasons: docs.stripe.com/api/disputes/object, "reason".
GERMAN = {
    _Status.WARNING_NEEDS_RESPONSE: "Anfrage: Antwort nötig",
    _Status.WARNING_UNDER_REVIEW: "Anfrage: wird geprüft",
    _Status.WARNING_CLOSED: "Anfrage erledigt",
    _Status.NEEDS_RESPONSE: "Nachweise nötig",
    _Status.UNDER_REVIEW: "wird geprüft",
    _Status.WON: "gewonnen",
    _Status.LOST: "verloren",
    _Status.PREVENTED: "abgewendet",
    "bank_cannot_process": "Die Bank kann die Zahlung nicht verarbeiten",
    "check_returned": "Scheck zurückgegeben",
    "credit_not_processed": "Gutschrift nicht erhalten",
    "customer_initiated": "Vom Kunden ausgelöst",
    "debit_not_authorized": "Lastschrift nicht genehmigt",
    "duplicate": "Doppelt bezahlt",
    "fraudulent": "Betrug",
    "general": "Allgemein",
    "incorrect_account_details": "Falsche Kontodaten",
    "insufficient_funds": "Konto nicht gedeckt",
    "noncompliant": "Gegen die Regeln der Kartenorganisation",
    "product_not_received": "Leistung nicht erhalten",
    "product_unacceptable": "Leistung mangelhaft",
    "subscription_canceled": "Abonnement war gekündigt",
    "unrecognized": "Zahlung nicht erkannt",
}


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
    letter = rendered(in_language(TEXTS), _words(dispute, locale_for(TEXTS)))
    send_mail(letter.subject, letter.body, to=people)


def _words(dispute: Dispute, locale: str) -> dict[str, str]:
    tenant, due = current_tenant(), dispute.evidence_due_by
    # Stripe may add statuses and reasons that we don't know: those stay English.
    own_words = in_language({"en": {}, "de": GERMAN}, locale)
    return {
        "business_name": tenant.name,
        "description": dispute.payment_session.description,
        "amount": formats.amount(dispute.amount, dispute.currency, locale),
        "reason": own_words.get(dispute.reason, dispute.reason_text),
        "status": own_words.get(dispute.status, dispute.status_text.lower()),
        "due": formats.day_and_clock(due, locale) if due and not dispute.is_final else "",
        "link": f"{tenant.url}/admin/payments/dispute/{dispute.pk}/change/",
    }
