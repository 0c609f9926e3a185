"""The standard texts about a booking, in German."""

from notifications.kinds import SIGNATURE, Text

_CHANGE = """\
{% if old_time %}
  Bisher: {{ old_time }}
{% endif %}
{% if old_service %}
  Bisher: {{ old_service }}
{% endif %}
{% if old_people %}
  Personen: {{ people }} statt {{ old_people }}
{% endif %}
{% if old_total %}
  Preis: {{ total }} statt {{ old_total }}
{% endif %}
{% if paid_more %}
  Für die Änderung bezahlt: {{ paid_more }}
{% endif %}
{% if goes_back %}
  Sie erhalten zurück: {{ goes_back }}
{% endif %}
"""
_BOOKING = """\
  {{ service }}
  {{ time }}
{% if with %}
  Bei: {{ with }}
{% endif %}
  Buchungsnummer {{ reference }}
"""
_PRICE = """\
Preis: {{ total }}
{% if deposit %}
Anzahlung: {{ deposit }}
Vor Ort zu zahlen: {{ remaining }}
{% endif %}
"""

MESSAGES = {
    "confirmed": Text(
        "Gebucht: {{ service }}, {{ time }}",
        "Guten Tag {{ customer_name }},\n\nIhre Buchung bei {{ business_name }} ist bestätigt.\n\n"
        f"{_BOOKING}\n{_PRICE}\n"
        "Ihre Buchung: {{ link }}\nIn den Kalender: {{ calendar_link }}\n" + SIGNATURE,
        "{{ business_name }}: gebucht, {{ service }}, {{ time }}. {{ link }}",
    ),
    "reminder": Text(
        "Erinnerung: {{ service }}, {{ time }}",
        "Guten Tag {{ customer_name }},\n\nwir freuen uns auf Sie bei {{ business_name }}.\n\n"
        f"{_BOOKING}\n"
        "{% if remaining %}\nVor Ort zu zahlen: {{ remaining }}\n\n{% endif %}\n"
        "Buchung ansehen oder ändern: {{ link }}\n" + SIGNATURE,
        "{{ business_name }}: bis bald, {{ service }}, {{ time }}. {{ link }}",
    ),
    "rescheduled": Text(
        "{% if old_time %}Verschoben: {{ service }}, jetzt {{ time }}"
        "{% else %}Geändert: {{ service }}, {{ time }}{% endif %}",
        "Guten Tag {{ customer_name }},\n\nIhre Buchung bei {{ business_name }} wurde "
        "{% if old_time %}verschoben{% else %}geändert{% endif %}.\n\n"
        f"{_BOOKING}\n{_CHANGE}\n"
        "Ihre Buchung: {{ link }}\nIn den Kalender: {{ calendar_link }}\n" + SIGNATURE,
        "{{ business_name }}: {% if old_time %}verschoben{% else %}geändert{% endif %}, "
        "{{ service }} jetzt {{ time }}. {{ link }}",
    ),
    "cancelled": Text(
        "Storniert: {{ service }}, {{ time }}",
        "Guten Tag {{ customer_name }},\n\nIhre Buchung bei {{ business_name }} ist storniert"
        "{% if was_not_paid %}, weil die Anzahlung nicht rechtzeitig einging{% endif %}"
        "{% if payment_failed %}, weil die Zahlung fehlgeschlagen ist{% endif %}.\n\n"
        f"{_BOOKING}\n"
        "Neu buchen: {{ book_link }}\n",
    ),
    "paid_too_late": Text(
        "Erstattet: {{ service }}, {{ time }}",
        "Guten Tag {{ customer_name }},\n\nIhre Zahlung von {{ deposit }} an {{ business_name }} "
        "kam erst an, als der Termin schon vergeben war. Wir erstatten Ihnen den ganzen Betrag.\n\n"
        f"{_BOOKING}\n"
        "Anderen Termin buchen: {{ book_link }}\n",
    ),
    "change_not_made": Text(
        "Erstattet: die Änderung von {{ service }}",
        "Guten Tag {{ customer_name }},\n\nIhre Zahlung von {{ paid_more }} an {{ business_name }} "
        "für die Änderung Ihrer Buchung kam zu spät an. Geändert wurde nichts, und wir erstatten "
        "Ihnen den ganzen Betrag.\n\n"
        "Ihre Buchung ist, wie sie war:\n\n"
        f"{_BOOKING}\n"
        "Ihre Buchung: {{ link }}\n",
    ),
    "waitlist_offer": Text(
        "Ein Platz ist frei: {{ service }}, {{ time }}",
        "Guten Tag {{ customer_name }},\n\nbei {{ business_name }} ist ein Platz frei, auf den Sie "
        "gewartet haben.\n\n"
        "  {{ service }}\n  {{ time }}\n\n"
        "{% if offer_until %}\nWir halten ihn für Sie frei bis {{ offer_until }}.\n{% endif %}\n"
        "Platz annehmen: {{ link }}\n",
        "{{ business_name }}: ein Platz ist frei, {{ service }}, {{ time }}."
        "{% if offer_until %} Für Sie bis {{ offer_until }}.{% endif %} {{ link }}",
    ),
    "pay_deposit": Text(
        "Bitte um Anzahlung: {{ service }}, {{ time }}",
        "Guten Tag {{ customer_name }},\n\nwir halten diesen Termin bei {{ business_name }} für "
        "Sie frei. Mit der Anzahlung gehört er Ihnen.\n\n"
        f"{_BOOKING}\n{_PRICE}\n"
        "{% if pay_until %}\nWir halten ihn frei bis {{ pay_until }}.\n{% endif %}\n"
        "Hier bezahlen: {{ link }}\n" + SIGNATURE,
        "{{ business_name }}: bitte {{ deposit }} anzahlen für {{ service }}, {{ time }}."
        "{% if pay_until %} Frei gehalten bis {{ pay_until }}.{% endif %} {{ link }}",
    ),
    "review": Text(
        "Wie war es? {{ service }} bei {{ business_name }}",
        "Guten Tag {{ customer_name }},\n\ndanke für Ihren Besuch bei {{ business_name }} am "
        "{{ date }}. Wir würden uns freuen, wenn Sie anderen davon erzählen.\n\n"
        "Bewertung schreiben: {{ review_link }}\n",
    ),
    "series": Text(
        "{% if dates_to_pay %}Bitte um Anzahlung{% else %}Gebucht{% endif %}: {{ service }}, "
        "{{ rhythm }}",
        "Guten Tag {{ customer_name }},\n"
        "{% if dates %}\n\nIhre Buchungen bei {{ business_name }} sind bestätigt: {{ service }}, "
        "{{ rhythm }}.\n\n{{ dates }}\n{% endif %}\n"
        "{% if dates_to_pay %}\n\n{% if dates %}Diese Termine warten noch auf Ihre Anzahlung"
        "{% else %}diese Termine bei {{ business_name }} warten auf Ihre Anzahlung: {{ service }}, "
        "{{ rhythm }}{% endif %}. Jeder gehört Ihnen, sobald seine Anzahlung bezahlt ist.\n\n"
        "{{ dates_to_pay }}\n{% endif %}\n" + SIGNATURE,
    ),
    "series_cancelled": Text(
        "Storniert: {{ service }}, {{ rhythm }}",
        "Guten Tag {{ customer_name }},\n\ndiese Buchungen bei {{ business_name }} sind "
        "storniert:\n\n{{ service }}\n\n{{ dates }}\n\n"
        "Was Sie von Ihren Zahlungen zurückerhalten, steht auf der Seite jeder Buchung.\n\n"
        "Neu buchen: {{ book_link }}\n",
    ),
    "waiting": Text(
        "Auf der Warteliste: {{ service }}",
        "Guten Tag {{ customer_name }},\n\nSie stehen auf der Warteliste von {{ business_name }}. "
        "Sobald ein Platz frei wird, schreiben wir Ihnen.\n\n"
        "  {{ service }}\n  {{ waiting_for }}\n"
        "{% if people %}\n  {{ people }} Personen\n{% endif %}\n"
        "\nWarteliste ansehen oder verlassen: {{ link }}\n",
    ),
}

#: What staff are told. Businesses don't edit these.
STAFF = {
    "confirmed": "Neue Buchung: {{ service }}, {{ time }}",
    "rescheduled": "{% if old_time %}Verschoben: {{ service }}, jetzt {{ time }}"
    "{% else %}Geändert: {{ service }}, {{ time }}{% endif %}",
    "cancelled": "Storniert: {{ service }}, {{ time }}",
    "body": "  {{ service }}\n  {{ time }}\n{% if with %}\n  Bei: {{ with }}\n{% endif %}\n"
    f"{_CHANGE}"
    "  {{ customer_name }}\n  Buchungsnummer {{ reference }}\n\n{{ staff_link }}\n",
}

#: What the list of a series' dates is made of.
SERIES = {
    "weekly": "jede Woche", "every": "alle {weeks} Wochen", "reference": "Buchungsnummer",
    "kept": "für Sie frei gehalten bis {time}", "pay": "Hier bezahlen",
}  # fmt: skip

#: What a payment is for.
PAYMENTS = {
    "deposit": "{service}: Anzahlung",
    "card": "{service}: Karte",
    "difference": "{service}: Aufpreis",
    "balance": "{service}, Buchung {reference}",
    "no_show": "{service}, Buchung {reference}: Gebühr für Nichterscheinen",
    "late_cancellation": "{service}, Buchung {reference}: Gebühr für späte Stornierung",
    "card_declined": "Wir konnten die Karte, die Sie bei uns hinterlegt haben, nicht belasten.",
    "voucher": "Geschenkgutschein",
    "membership_card": "Karte für {membership}",
}
#: What is booked in a preview, where there is no service yet.
HAIRCUT = "Haarschnitt"
