"""The standard texts about money, in English."""

from notifications.kinds import Text
from payments.texts.sender import SENDER

MESSAGES = {
    "receipt": Text(
        "Receipt: {{ amount }} to {{ business_name }}",
        "Thank you for your payment.\n\n{{ receipt }}\n\nTo print: {{ link }}\n",
    ),
    "refund": Text(
        "Refund: {{ amount }} from {{ business_name }}",
        "{{ amount }} of your payment is on its way back to you, the way it came. Banks usually "
        "take five to ten days.\n\n{{ refund }}\n",
    ),
    "payment_link": Text(
        "Please pay {{ amount }}: {{ description }}",
        "Hello{% if customer_name %} {{ customer_name }}{% endif %},\n\n"
        "{{ business_name }} asks you to pay {{ amount }} for: {{ description }}\n"
        "{% if message %}\n\n{{ message }}\n{% endif %}\n"
        "\nPay here, until {{ until }}:\n{{ link }}\n" + SENDER,
    ),
}
#: What the receipt itself is made of.
RECEIPT = {
    "title": "Receipt", "paid_at": "Paid", "what": "For", "paid": "Paid", "total": "Total",
    "before_tax": "Before {tax}", "refunded": "Refunded", "including": "including",
    "tax": "VAT", "tax_number": "{tax} number",
}  # fmt: skip
#: What the business is told of a contested payment.
DISPUTE = Text(
    "Payment disputed: {{ amount }}, {{ status }}",
    "A customer's bank contests a payment to {{ business_name }}.\n\n"
    "Payment: {{ description }}\nAmount: {{ amount }}\n"
    "{% if reason %}\nReason: {{ reason }}\n{% endif %}\nState: {{ status }}\n"
    "{% if due %}\n\nSend your evidence before {{ due }}, in your Stripe dashboard under "
    "Disputes. Without it the bank decides for the customer.\n{% endif %}\n\n{{ link }}\n",
)
#: Of its statuses and reasons. Stripe's own names of those are English.
DISPUTE_WORDS: dict[str, str] = {}
#: What is paid for in a preview.
HAIRCUT = "Haircut"
