"""The standard texts about money, in German."""

from notifications.kinds import Text
from payments.texts.sender import SENDER

MESSAGES = {
    "receipt": Text(
        "Quittung: {{ amount }} an {{ business_name }}",
        "Vielen Dank für Ihre Zahlung.\n\n{{ receipt }}\n\nZum Ausdrucken: {{ link }}\n",
    ),
    "refund": Text(
        "Erstattung: {{ amount }} von {{ business_name }}",
        "Wir haben Ihnen {{ amount }} Ihrer Zahlung erstattet, auf demselben Weg, auf dem Sie "
        "bezahlt haben. Bis das Geld bei Ihnen ist, dauert es bei den meisten Banken fünf bis "
        "zehn Tage.\n\n{{ refund }}\n",
    ),
    "payment_link": Text(
        "Bitte bezahlen Sie {{ amount }}: {{ description }}",
        "Guten Tag{% if customer_name %} {{ customer_name }}{% endif %},\n\n"
        "{{ business_name }} bittet Sie um die Zahlung von {{ amount }} für: {{ description }}\n"
        "{% if message %}\n\n{{ message }}\n{% endif %}\n"
        "\nHier bezahlen, bis {{ until }}:\n{{ link }}\n" + SENDER,
    ),
}
#: What the receipt itself is made of.
RECEIPT = {
    "title": "Quittung", "paid_at": "Bezahlt", "what": "Für", "paid": "Bezahlt",
    "total": "Gesamt", "before_tax": "Netto", "refunded": "Erstattet",
    "including": "darin", "tax": "MwSt.", "tax_number": "Steuernummer",
}  # fmt: skip
#: What the business is told of a contested payment.
DISPUTE = Text(
    "Zahlung angefochten: {{ amount }}, {{ status }}",
    "Die Bank eines Kunden ficht eine Zahlung an {{ business_name }} an.\n\n"
    "Zahlung: {{ description }}\nBetrag: {{ amount }}\n"
    "{% if reason %}\nGrund: {{ reason }}\n{% endif %}\nStand: {{ status }}\n"
    "{% if due %}\n\nSenden Sie Ihre Nachweise vor {{ due }}, in Ihrem Stripe-Dashboard unter "
    "„Zahlungsanfechtungen“. Ohne sie entscheidet die Bank für den Kunden.\n{% endif %}\n\n"
    "{{ link }}\n",
)
#: Of its statuses and reasons: docs.stripe.com/api/disputes/object.
DISPUTE_WORDS = {
    "warning_needs_response": "Anfrage: Antwort nötig",
    "warning_under_review": "Anfrage: wird geprüft",
    "warning_closed": "Anfrage erledigt",
    "needs_response": "Nachweise nötig",
    "under_review": "wird geprüft",
    "won": "gewonnen",
    "lost": "verloren",
    "prevented": "abgewendet",
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
#: What is paid for in a preview.
HAIRCUT = "Haarschnitt"
