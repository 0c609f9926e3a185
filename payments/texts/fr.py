"""The standard texts about money, in French."""

from notifications.kinds import Text
from payments.texts.sender import SENDER

MESSAGES = {
    "receipt": Text(
        "Reçu\xa0: {{ amount }} à {{ business_name }}",
        "Merci de votre paiement.\n\n{{ receipt }}\n\nÀ imprimer\xa0: {{ link }}\n",
    ),
    "refund": Text(
        "Remboursement\xa0: {{ amount }} par {{ business_name }}",
        "Nous vous avons remboursé {{ amount }} de votre paiement, par le moyen que vous aviez "
        "utilisé pour payer. La plupart des banques mettent cinq à dix jours.\n\n{{ refund }}\n",
    ),
    "payment_link": Text(
        "Merci de régler {{ amount }}\xa0: {{ description }}",
        "Bonjour{% if customer_name %} {{ customer_name }}{% endif %},\n\n"
        "{{ business_name }} vous demande de régler {{ amount }} pour\xa0: {{ description }}\n"
        "{% if message %}\n\n{{ message }}\n{% endif %}\n"
        "\nPayer ici, jusqu’au {{ until }}\xa0:\n{{ link }}\n" + SENDER,
    ),
}
#: What the receipt itself is made of.
RECEIPT = {
    "title": "Reçu", "paid_at": "Payé le", "what": "Pour", "paid": "Payé", "total": "Total",
    "before_tax": "Montant HT", "refunded": "Remboursé", "including": "dont",
    "tax": "TVA", "tax_number": "N° {tax}",
}  # fmt: skip
#: What the business is told of a contested payment.
DISPUTE = Text(
    "Paiement contesté\xa0: {{ amount }}, {{ status }}",
    "La banque d’un client conteste un paiement à {{ business_name }}.\n\n"
    "Paiement\xa0: {{ description }}\nMontant\xa0: {{ amount }}\n"
    "{% if reason %}\nMotif\xa0: {{ reason }}\n{% endif %}\nÉtat\xa0: {{ status }}\n"
    "{% if due %}\n\nEnvoyez vos justificatifs avant le {{ due }}, dans votre Dashboard Stripe, "
    "sous «\xa0Litiges\xa0». Sans eux, la banque tranche en faveur du client.\n{% endif %}\n\n"
    "{{ link }}\n",
)
#: Of its statuses and reasons: docs.stripe.com/api/disputes/object.
DISPUTE_WORDS = {
    "warning_needs_response": "demande\xa0: réponse requise",
    "warning_under_review": "demande\xa0: en cours d’examen",
    "warning_closed": "demande close",
    "needs_response": "justificatifs requis",
    "under_review": "en cours d’examen",
    "won": "gagné",
    "lost": "perdu",
    "prevented": "évité",
    "bank_cannot_process": "La banque ne peut pas traiter le paiement",
    "check_returned": "Chèque rejeté",
    "credit_not_processed": "Avoir non reçu",
    "customer_initiated": "À l’initiative du client",
    "debit_not_authorized": "Prélèvement non autorisé",
    "duplicate": "Payé deux fois",
    "fraudulent": "Fraude",
    "general": "Motif général",
    "incorrect_account_details": "Coordonnées bancaires erronées",
    "insufficient_funds": "Provision insuffisante",
    "noncompliant": "Non conforme aux règles du réseau de cartes",
    "product_not_received": "Prestation non reçue",
    "product_unacceptable": "Prestation non conforme",
    "subscription_canceled": "Abonnement déjà résilié",
    "unrecognized": "Paiement non reconnu",
}
#: What is paid for in a preview.
HAIRCUT = "Coupe de cheveux"
