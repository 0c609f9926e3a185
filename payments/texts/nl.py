"""The standard texts about money, in Dutch."""

from notifications.kinds import Text
from payments.texts.sender import SENDER

MESSAGES = {
    "receipt": Text(
        "Betaalbewijs: {{ amount }} aan {{ business_name }}",
        "Bedankt voor uw betaling.\n\n{{ receipt }}\n\nOm af te drukken: {{ link }}\n",
    ),
    "refund": Text(
        "Terugbetaling: {{ amount }} van {{ business_name }}",
        "Wij hebben u {{ amount }} van uw betaling terugbetaald, op dezelfde manier als u hebt "
        "betaald. Bij de meeste banken duurt dat vijf tot tien dagen.\n\n{{ refund }}\n",
    ),
    "payment_link": Text(
        "Verzoek om {{ amount }} te betalen: {{ description }}",
        "Goedendag{% if customer_name %} {{ customer_name }}{% endif %},\n\n"
        "{{ business_name }} vraagt u {{ amount }} te betalen voor: {{ description }}\n"
        "{% if message %}\n\n{{ message }}\n{% endif %}\n"
        "\nHier betalen, tot {{ until }}:\n{{ link }}\n" + SENDER,
    ),
}
#: What the receipt itself is made of.
RECEIPT = {
    "title": "Betaalbewijs", "paid_at": "Betaald op", "what": "Voor", "paid": "Betaald",
    "total": "Totaal", "before_tax": "Exclusief {tax}", "refunded": "Terugbetaald",
    "including": "waarvan", "tax": "btw", "tax_number": "Btw-nummer",
}  # fmt: skip
#: What the business is told of a contested payment.
DISPUTE = Text(
    "Betaling betwist: {{ amount }}, {{ status }}",
    "De bank van een klant betwist een betaling aan {{ business_name }}.\n\n"
    "Betaling: {{ description }}\nBedrag: {{ amount }}\n"
    "{% if reason %}\nReden: {{ reason }}\n{% endif %}\nStand van zaken: {{ status }}\n"
    "{% if due %}\n\nStuur uw bewijs vóór {{ due }}, in uw Stripe-dashboard onder ‘Chargebacks’. "
    "Zonder bewijs beslist de bank in het voordeel van de klant.\n{% endif %}\n\n{{ link }}\n",
)
#: Of its statuses and reasons: docs.stripe.com/api/disputes/object.
DISPUTE_WORDS = {
    "warning_needs_response": "navraag: antwoord nodig",
    "warning_under_review": "navraag: in behandeling",
    "warning_closed": "navraag afgesloten",
    "needs_response": "bewijs nodig",
    "under_review": "in behandeling",
    "won": "gewonnen",
    "lost": "verloren",
    "prevented": "voorkomen",
    "bank_cannot_process": "De bank kan de betaling niet verwerken",
    "check_returned": "Cheque geretourneerd",
    "credit_not_processed": "Creditering niet ontvangen",
    "customer_initiated": "Op initiatief van de klant",
    "debit_not_authorized": "Incasso niet toegestaan",
    "duplicate": "Dubbel betaald",
    "fraudulent": "Fraude",
    "general": "Algemeen",
    "incorrect_account_details": "Onjuiste rekeninggegevens",
    "insufficient_funds": "Onvoldoende saldo",
    "noncompliant": "In strijd met de regels van het kaartnetwerk",
    "product_not_received": "Dienst niet ontvangen",
    "product_unacceptable": "Dienst niet naar behoren",
    "subscription_canceled": "Abonnement was opgezegd",
    "unrecognized": "Betaling niet herkend",
}
#: What is paid for in a preview.
HAIRCUT = "Knipbeurt"
