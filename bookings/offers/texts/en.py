"""The standard texts about vouchers, passes and memberships, in English."""

from notifications.kinds import SIGNATURE, Text

MESSAGES = {
    "voucher": Text(
        "{% if giver %}{{ giver }} has sent you a gift voucher for {{ business_name }}"
        "{% else %}Your gift voucher for {{ business_name }}{% endif %}",
        "Hello{% if recipient_name %} {{ recipient_name }}{% endif %},\n\n"
        "{% if giver %}{{ giver }} gives you{% else %}here is{% endif %} a gift voucher for "
        "{{ business_name }}.\n\n"
        "  {{ amount }}\n  Code {{ code }}\n"
        "{% if expires %}\n  Good until {{ expires }}\n{% endif %}\n"
        "{% if message %}\n\n{{ message }}\n{% endif %}\n"
        "\nType the code when you book: {{ book_link }}\nSee what is left of it: {{ link }}\n"
        + SIGNATURE,
    ),
    "voucher_bought": Text(
        "Your gift voucher is on its way",
        "Hello {{ customer_name }},\n\nthank you. We have sent your gift voucher of {{ amount }} "
        "to {{ recipient_email }}.\n\nSee or print it: {{ link }}\n" + SIGNATURE,
    ),
    "pass": Text(
        "Your pass: {{ pass }}",
        "Hello {{ customer_name }},\n\nhere is your pass for {{ business_name }}.\n\n"
        "  {{ pass }}\n  Code {{ code }}\n"
        "  Good for {{ times }}{% if expires %}, until {{ expires }}{% endif %}\n\n"
        "Type the code when you book, with this e-mail address: {{ book_link }}\n"
        "See what is left of it: {{ link }}\n" + SIGNATURE,
    ),
    "membership_welcome": Text(
        "Welcome: {{ membership }}",
        "Hello {{ customer_name }},\n\nwelcome to {{ business_name }}.\n\n"
        "  {{ membership }}\n  Code {{ code }}\n  {{ price }} {{ every }}\n"
        "{% if times %}\n  Good for {{ times }} now\n{% else %}\n  Book as often as you like\n"
        "{% endif %}\n{% if period_end %}\n  Renews on {{ period_end }}\n{% endif %}\n"
        "\nBook with it, see what is left, change your card or cancel: {{ link }}\n"
        "Keep this link to yourself: whoever has it can use your membership.\n" + SIGNATURE,
    ),
    "membership_unpaid": Text(
        "Your payment for {{ membership }} did not go through",
        "Hello {{ customer_name }},\n\nwe could not take {{ price }} for {{ membership }}: your "
        "bank declined the payment.\n\n"
        "Please give us another card, it takes a minute: {{ link }}\n\n"
        "The new period's credits come as soon as the payment is through.\n" + SIGNATURE,
    ),
    "membership_cancelled": Text(
        "Cancelled: {{ membership }}",
        "Hello {{ customer_name }},\n\n{{ membership }} is cancelled. Nothing more will be charged"
        "{% if period_end %}, and you can use it until {{ period_end }}{% endif %}.\n\n"
        "Changed your mind? Until then you can keep it: {{ link }}\n" + SIGNATURE,
    ),
    "membership_ended": Text(
        "Your membership has ended: {{ membership }}",
        "Hello {{ customer_name }},\n\n{{ membership }} has ended, and nothing more will be "
        "charged.\n\nWhat is left of it: {{ link }}\n" + SIGNATURE,
    ),
}
#: How often something can be used: once, and more often.
TIMES = ("{} time", "{} times")
#: How often a membership is paid: each one, and every so many.
EVERY = {
    "week": ("per week", "every {} weeks"),
    "month": ("per month", "every {} months"),
    "year": ("per year", "every {} years"),
}
#: What there is to see in a preview.
SAMPLES = {"pass": "Ten classes", "wish": "Happy birthday!", "membership": "Eight classes a month"}
