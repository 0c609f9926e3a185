"""The standard texts about money, in Italian."""

from notifications.kinds import Text
from payments.texts.sender import SENDER

MESSAGES = {
    "receipt": Text(
        "Ricevuta: {{ amount }} a {{ business_name }}",
        "Grazie per il suo pagamento.\n\n{{ receipt }}\n\nDa stampare: {{ link }}\n",
    ),
    "refund": Text(
        "Rimborso: {{ amount }} da {{ business_name }}",
        "Le abbiamo rimborsato {{ amount }} del suo pagamento, con lo stesso metodo usato per "
        "pagare. Di solito le banche impiegano da cinque a dieci giorni.\n\n{{ refund }}\n",
    ),
    "payment_link": Text(
        "Richiesta di pagamento di {{ amount }}: {{ description }}",
        "Buongiorno{% if customer_name %} {{ customer_name }}{% endif %},\n\n"
        "{{ business_name }} le chiede di pagare {{ amount }} per: {{ description }}\n"
        "{% if message %}\n\n{{ message }}\n{% endif %}\n"
        "\nPagare qui, entro {{ until }}:\n{{ link }}\n" + SENDER,
    ),
}
#: What the receipt itself is made of.
RECEIPT = {
    "title": "Ricevuta", "paid_at": "Data del pagamento", "what": "Descrizione",
    "paid": "Pagato", "total": "Totale", "before_tax": "Imponibile", "refunded": "Rimborsato",
    "including": "di cui", "tax": "IVA", "tax_number": "Partita IVA",
}  # fmt: skip
#: What the business is told of a contested payment.
DISPUTE = Text(
    "Pagamento contestato: {{ amount }}, {{ status }}",
    "La banca di un cliente contesta un pagamento a {{ business_name }}.\n\n"
    "Pagamento: {{ description }}\nImporto: {{ amount }}\n"
    "{% if reason %}\nMotivo: {{ reason }}\n{% endif %}\nStato: {{ status }}\n"
    "{% if due %}\n\nInvii le prove entro {{ due }}, nella sua Dashboard Stripe, alla voce "
    "«Contestazioni». In loro mancanza la banca decide a favore del cliente.\n{% endif %}\n\n"
    "{{ link }}\n",
)
#: Of its statuses and reasons: docs.stripe.com/api/disputes/object.
DISPUTE_WORDS = {
    "warning_needs_response": "richiesta: risposta necessaria",
    "warning_under_review": "richiesta: in esame",
    "warning_closed": "richiesta chiusa",
    "needs_response": "prove necessarie",
    "under_review": "in esame",
    "won": "vinta",
    "lost": "persa",
    "prevented": "evitata",
    "bank_cannot_process": "La banca non può elaborare il pagamento",
    "check_returned": "Assegno respinto",
    "credit_not_processed": "Accredito non ricevuto",
    "customer_initiated": "Su iniziativa del cliente",
    "debit_not_authorized": "Addebito non autorizzato",
    "duplicate": "Pagato due volte",
    "fraudulent": "Frode",
    "general": "Motivo generico",
    "incorrect_account_details": "Coordinate bancarie errate",
    "insufficient_funds": "Fondi insufficienti",
    "noncompliant": "Contrario alle regole del circuito della carta",
    "product_not_received": "Servizio non ricevuto",
    "product_unacceptable": "Servizio non conforme",
    "subscription_canceled": "L’abbonamento era disdetto",
    "unrecognized": "Pagamento non riconosciuto",
}
#: What is paid for in a preview.
HAIRCUT = "Taglio di capelli"
