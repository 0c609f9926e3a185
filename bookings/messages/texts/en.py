"""The standard texts about a booking, in English."""

from notifications.kinds import SIGNATURE, Text

_BOOKING = """\
  {{ service }}
  {{ time }}
{% if with %}
  With {{ with }}
{% endif %}
  Reference {{ reference }}
"""
_PRICE = """\
Price: {{ total }}
{% if deposit %}
Deposit: {{ deposit }}
To pay on the day: {{ remaining }}
{% endif %}
"""
_CHANGE = """\
{% if old_time %}
  It was: {{ old_time }}
{% endif %}
{% if old_service %}
  It was: {{ old_service }}
{% endif %}
{% if old_people %}
  People: {{ people }} instead of {{ old_people }}
{% endif %}
{% if old_total %}
  Price: {{ total }} instead of {{ old_total }}
{% endif %}
{% if paid_more %}
  Paid for the change: {{ paid_more }}
{% endif %}
{% if goes_back %}
  Goes back to you: {{ goes_back }}
{% endif %}
"""
MESSAGES = {
    "confirmed": Text(
        "Booked: {{ service }}, {{ time }}",
        "Hello {{ customer_name }},\n\nyour booking at {{ business_name }} is confirmed.\n\n"
        f"{_BOOKING}\n{_PRICE}\n"
        "See your booking: {{ link }}\nAdd to your calendar: {{ calendar_link }}\n" + SIGNATURE,
        "{{ business_name }}: booked, {{ service }}, {{ time }}. {{ link }}",
    ),
    "reminder": Text(
        "Reminder: {{ service }}, {{ time }}",
        "Hello {{ customer_name }},\n\nwe look forward to seeing you at {{ business_name }}.\n\n"
        f"{_BOOKING}\n"
        "{% if remaining %}\nTo pay on the day: {{ remaining }}\n\n{% endif %}\n"
        "See or change your booking: {{ link }}\n" + SIGNATURE,
        "{{ business_name }}: see you for {{ service }}, {{ time }}. {{ link }}",
    ),
    "rescheduled": Text(
        "{% if old_time %}Moved: {{ service }}, now {{ time }}"
        "{% else %}Changed: {{ service }}, {{ time }}{% endif %}",
        "Hello {{ customer_name }},\n\nyour booking at {{ business_name }} has "
        "{% if old_time %}moved{% else %}changed{% endif %}.\n\n"
        f"{_BOOKING}\n{_CHANGE}\n"
        "See your booking: {{ link }}\nAdd to your calendar: {{ calendar_link }}\n" + SIGNATURE,
        "{{ business_name }}: {% if old_time %}moved{% else %}changed{% endif %}, {{ service }} is "
        "now {{ time }}. {{ link }}",
    ),
    "cancelled": Text(
        "Cancelled: {{ service }}, {{ time }}",
        "Hello {{ customer_name }},\n\nyour booking at {{ business_name }} is cancelled"
        "{% if was_not_paid %}, because the deposit was not paid in time{% endif %}"
        "{% if payment_failed %}, because the payment failed{% endif %}.\n\n"
        f"{_BOOKING}\n"
        "Book again: {{ book_link }}\n",
    ),
    "paid_too_late": Text(
        "Refunded: {{ service }}, {{ time }}",
        "Hello {{ customer_name }},\n\nyour payment of {{ deposit }} to {{ business_name }} "
        "arrived after the time it was for had been given away. We are sending all of it back to "
        "you.\n\n"
        f"{_BOOKING}\n"
        "Book another time: {{ book_link }}\n",
    ),
    "change_not_made": Text(
        "Refunded: the change of {{ service }}",
        "Hello {{ customer_name }},\n\nyour payment of {{ paid_more }} to {{ business_name }} for "
        "changing your booking arrived too late, so nothing was changed. We are sending all of it "
        "back to you.\n\n"
        "Your booking is as it was:\n\n"
        f"{_BOOKING}\n"
        "See your booking: {{ link }}\n",
    ),
    "waitlist_offer": Text(
        "A place is free: {{ service }}, {{ time }}",
        "Hello {{ customer_name }},\n\na place that you were waiting for at {{ business_name }} is "
        "free.\n\n"
        "  {{ service }}\n  {{ time }}\n\n"
        "{% if offer_until %}\nWe keep it for you until {{ offer_until }}.\n{% endif %}\n"
        "Take it: {{ link }}\n",
        "{{ business_name }}: a place is free, {{ service }}, {{ time }}."
        "{% if offer_until %} Yours until {{ offer_until }}.{% endif %} {{ link }}",
    ),
    "pay_deposit": Text(
        "Please pay your deposit: {{ service }}, {{ time }}",
        "Hello {{ customer_name }},\n\nwe hold this time for you at {{ business_name }}. "
        "It is yours once the deposit is paid.\n\n"
        f"{_BOOKING}\n{_PRICE}\n"
        "{% if pay_until %}\nWe hold it until {{ pay_until }}.\n{% endif %}\n"
        "Pay here: {{ link }}\n" + SIGNATURE,
        "{{ business_name }}: please pay {{ deposit }} for {{ service }}, {{ time }}."
        "{% if pay_until %} Held until {{ pay_until }}.{% endif %} {{ link }}",
    ),
    "review": Text(
        "How was it? {{ service }} at {{ business_name }}",
        "Hello {{ customer_name }},\n\nthank you for coming to {{ business_name }} on {{ date }}. "
        "We would be glad if you told others how it was.\n\n"
        "Write a review: {{ review_link }}\n",
    ),
    "series": Text(
        "{% if dates_to_pay %}Waiting for your deposit{% else %}Booked{% endif %}: {{ service }}, "
        "{{ rhythm }}",
        "Hello {{ customer_name }},\n"
        "{% if dates %}\n\nyour bookings at {{ business_name }} are confirmed: {{ service }}, "
        "{{ rhythm }}.\n\n{{ dates }}\n{% endif %}\n"
        "{% if dates_to_pay %}\n\n{% if dates %}These dates still wait for your deposit"
        "{% else %}these dates at {{ business_name }} wait for your deposit: {{ service }}, "
        "{{ rhythm }}{% endif %}. Each is yours once its deposit is paid.\n\n"
        "{{ dates_to_pay }}\n{% endif %}\n" + SIGNATURE,
    ),
    "series_cancelled": Text(
        "Cancelled: {{ service }}, {{ rhythm }}",
        "Hello {{ customer_name }},\n\nthese bookings at {{ business_name }} are cancelled:\n\n"
        "{{ service }}\n\n{{ dates }}\n\n"
        "What goes back of what you have paid is on each booking's own page.\n\n"
        "Book again: {{ book_link }}\n",
    ),
    "waiting": Text(
        "On the waitlist: {{ service }}",
        "Hello {{ customer_name }},\n\nyou are on the waitlist of {{ business_name }}. We write to "
        "you as soon as a place is free.\n\n"
        "  {{ service }}\n  {{ waiting_for }}\n"
        "{% if people %}\n  {{ people }} people\n{% endif %}\n"
        "\nSee where you stand, or leave the waitlist: {{ link }}\n",
    ),
}

#: What staff are told. Businesses don't edit these.
STAFF = {
    "confirmed": "New booking: {{ service }}, {{ time }}",
    "rescheduled": "{% if old_time %}Moved: {{ service }}, now {{ time }}"
    "{% else %}Changed: {{ service }}, {{ time }}{% endif %}",
    "cancelled": "Cancelled: {{ service }}, {{ time }}",
    "body": "  {{ service }}\n  {{ time }}\n{% if with %}\n  With {{ with }}\n{% endif %}\n"
    f"{_CHANGE}"
    "  {{ customer_name }}\n  Reference {{ reference }}\n\n{{ staff_link }}\n",
}

#: What the list of a series' dates is made of.
SERIES = {
    "weekly": "every week", "every": "every {weeks} weeks", "reference": "reference",
    "kept": "kept for you until {time}", "pay": "Pay here",
}  # fmt: skip

#: What a payment is for.
PAYMENTS = {
    "deposit": "{service}: deposit",
    "card": "{service}: card",
    "difference": "{service}: difference",
    "balance": "{service}, booking {reference}",
    "no_show": "{service}, booking {reference}: no-show fee",
    "late_cancellation": "{service}, booking {reference}: late cancellation fee",
    "card_declined": "We could not charge the card that you left with us.",
    "voucher": "Gift voucher",
    "membership_card": "Card for {membership}",
}
#: What is booked in a preview, where there is no service yet.
HAIRCUT = "Haircut"
