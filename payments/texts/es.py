"""The standard texts about money, in Spanish."""

from notifications.kinds import Text
from payments.texts.sender import SENDER

MESSAGES = {
    "receipt": Text(
        "Recibo: {{ amount }} a {{ business_name }}",
        "Gracias por su pago.\n\n{{ receipt }}\n\nPara imprimir: {{ link }}\n",
    ),
    "refund": Text(
        "Reembolso: {{ amount }} de {{ business_name }}",
        "Le hemos devuelto {{ amount }} de su pago, por el mismo medio con el que pagó. Los bancos "
        "suelen tardar de cinco a diez días.\n\n{{ refund }}\n",
    ),
    "payment_link": Text(
        "Por favor, pague {{ amount }}: {{ description }}",
        "Hola{% if customer_name %}, {{ customer_name }}{% endif %}:\n\n"
        "{{ business_name }} le pide que pague {{ amount }} por: {{ description }}\n"
        "{% if message %}\n\n{{ message }}\n{% endif %}\n"
        "\nPague aquí, hasta el {{ until }}:\n{{ link }}\n" + SENDER,
    ),
}
#: What the receipt itself is made of.
RECEIPT = {
    "title": "Recibo", "paid_at": "Pagado el", "what": "Concepto", "paid": "Pagado",
    "total": "Total", "before_tax": "Base imponible", "refunded": "Devuelto",
    "including": "incluye", "tax": "IVA", "tax_number": "NIF",
}  # fmt: skip
#: What the business is told of a contested payment.
DISPUTE = Text(
    "Pago disputado: {{ amount }}, {{ status }}",
    "El banco de un cliente disputa un pago a {{ business_name }}.\n\n"
    "Pago: {{ description }}\nImporte: {{ amount }}\n"
    "{% if reason %}\nMotivo: {{ reason }}\n{% endif %}\nEstado: {{ status }}\n"
    "{% if due %}\n\nEnvíe sus pruebas antes del {{ due }}, en su Dashboard de Stripe, en "
    "«Disputas». Sin ellas, el banco decide a favor del cliente.\n{% endif %}\n\n{{ link }}\n",
)
#: Of its statuses and reasons: docs.stripe.com/api/disputes/object.
DISPUTE_WORDS = {
    "warning_needs_response": "consulta: respuesta necesaria",
    "warning_under_review": "consulta: en revisión",
    "warning_closed": "consulta cerrada",
    "needs_response": "pruebas necesarias",
    "under_review": "en revisión",
    "won": "ganada",
    "lost": "perdida",
    "prevented": "evitada",
    "bank_cannot_process": "El banco no puede procesar el pago",
    "check_returned": "Cheque devuelto",
    "credit_not_processed": "Abono no recibido",
    "customer_initiated": "A iniciativa del cliente",
    "debit_not_authorized": "Adeudo no autorizado",
    "duplicate": "Pagado dos veces",
    "fraudulent": "Fraude",
    "general": "Motivo general",
    "incorrect_account_details": "Datos bancarios incorrectos",
    "insufficient_funds": "Fondos insuficientes",
    "noncompliant": "Incumple las normas de la red de tarjetas",
    "product_not_received": "Servicio no recibido",
    "product_unacceptable": "Servicio insatisfactorio",
    "subscription_canceled": "La suscripción estaba cancelada",
    "unrecognized": "Pago no reconocido",
}
#: What is paid for in a preview.
HAIRCUT = "Corte de pelo"
