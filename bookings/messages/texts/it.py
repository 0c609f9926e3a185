"""The standard texts about a booking, in Italian."""

from notifications.kinds import SIGNATURE, Text

_BOOKING = """\
  {{ service }}
  {{ time }}
{% if with %}
  Con: {{ with }}
{% endif %}
  Codice prenotazione {{ reference }}
"""
_PRICE = """\
Prezzo: {{ total }}
{% if deposit %}
Acconto: {{ deposit }}
Da pagare sul posto: {{ remaining }}
{% endif %}
"""
_CHANGE = """\
{% if old_time %}
  Prima: {{ old_time }}
{% endif %}
{% if old_service %}
  Prima: {{ old_service }}
{% endif %}
{% if old_people %}
  Persone: {{ people }} invece di {{ old_people }}
{% endif %}
{% if old_total %}
  Prezzo: {{ total }} invece di {{ old_total }}
{% endif %}
{% if paid_more %}
  Pagato per la modifica: {{ paid_more }}
{% endif %}
{% if goes_back %}
  Rimborso: {{ goes_back }}
{% endif %}
"""
MESSAGES = {
    "confirmed": Text(
        "Prenotazione confermata: {{ service }}, {{ time }}",
        "Buongiorno {{ customer_name }},\n\nla sua prenotazione presso {{ business_name }} è "
        "confermata.\n\n"
        f"{_BOOKING}\n{_PRICE}\n"
        "La sua prenotazione: {{ link }}\nAggiungere al calendario: {{ calendar_link }}\n"
        + SIGNATURE,
        "{{ business_name }}: prenotazione confermata, {{ service }}, {{ time }}. {{ link }}",
    ),
    "reminder": Text(
        "Promemoria: {{ service }}, {{ time }}",
        "Buongiorno {{ customer_name }},\n\nla aspettiamo presso {{ business_name }}.\n\n"
        f"{_BOOKING}\n"
        "{% if remaining %}\nDa pagare sul posto: {{ remaining }}\n\n{% endif %}\n"
        "Vedere o modificare la prenotazione: {{ link }}\n" + SIGNATURE,
        "{{ business_name }}: la aspettiamo, {{ service }}, {{ time }}. {{ link }}",
    ),
    "rescheduled": Text(
        "{% if old_time %}Prenotazione spostata: {{ service }}, ora {{ time }}"
        "{% else %}Prenotazione modificata: {{ service }}, {{ time }}{% endif %}",
        "Buongiorno {{ customer_name }},\n\nla sua prenotazione presso {{ business_name }} è stata "
        "{% if old_time %}spostata{% else %}modificata{% endif %}.\n\n"
        f"{_BOOKING}\n{_CHANGE}\n"
        "La sua prenotazione: {{ link }}\nAggiungere al calendario: {{ calendar_link }}\n"
        + SIGNATURE,
        "{{ business_name }}: prenotazione {% if old_time %}spostata{% else %}modificata"
        "{% endif %}, {{ service }}, ora {{ time }}. {{ link }}",
    ),
    "cancelled": Text(
        "Prenotazione annullata: {{ service }}, {{ time }}",
        "Buongiorno {{ customer_name }},\n\nla sua prenotazione presso {{ business_name }} è stata "
        "annullata"
        "{% if was_not_paid %}, perché l’acconto non è stato pagato in tempo{% endif %}"
        "{% if payment_failed %}, perché il pagamento non è riuscito{% endif %}.\n\n"
        f"{_BOOKING}\n"
        "Prenotare di nuovo: {{ book_link }}\n",
    ),
    "paid_too_late": Text(
        "Rimborso: {{ service }}, {{ time }}",
        "Buongiorno {{ customer_name }},\n\nil suo pagamento di {{ deposit }} a "
        "{{ business_name }} è arrivato quando l’orario non era più disponibile. Le rimborsiamo "
        "l’intero importo.\n\n"
        f"{_BOOKING}\n"
        "Prenotare un altro orario: {{ book_link }}\n",
    ),
    "change_not_made": Text(
        "Rimborso della modifica: {{ service }}",
        "Buongiorno {{ customer_name }},\n\nil suo pagamento di {{ paid_more }} a "
        "{{ business_name }} per modificare la prenotazione è arrivato troppo tardi, quindi non è "
        "stato modificato nulla. Le rimborsiamo l’intero importo.\n\n"
        "La sua prenotazione resta com’era:\n\n"
        f"{_BOOKING}\n"
        "La sua prenotazione: {{ link }}\n",
    ),
    "waitlist_offer": Text(
        "Si è liberato un posto: {{ service }}, {{ time }}",
        "Buongiorno {{ customer_name }},\n\npresso {{ business_name }} si è liberato il posto che "
        "aspettava.\n\n"
        "  {{ service }}\n  {{ time }}\n\n"
        "{% if offer_until %}\nLo teniamo per lei fino a {{ offer_until }}.\n{% endif %}\n"
        "Prenotarlo: {{ link }}\n",
        "{{ business_name }}: si è liberato un posto, {{ service }}, {{ time }}."
        "{% if offer_until %} È suo fino a {{ offer_until }}.{% endif %} {{ link }}",
    ),
    "pay_deposit": Text(
        "Acconto da pagare: {{ service }}, {{ time }}",
        "Buongiorno {{ customer_name }},\n\nteniamo per lei questo orario presso "
        "{{ business_name }}. Sarà suo non appena l’acconto sarà pagato.\n\n"
        f"{_BOOKING}\n{_PRICE}\n"
        "{% if pay_until %}\nLo teniamo per lei fino a {{ pay_until }}.\n{% endif %}\n"
        "Pagare qui: {{ link }}\n" + SIGNATURE,
        "{{ business_name }}: acconto di {{ deposit }} da pagare per {{ service }}, {{ time }}."
        "{% if pay_until %} Riservato fino a {{ pay_until }}.{% endif %} {{ link }}",
    ),
    "review": Text(
        "Com’è andata? {{ service }} presso {{ business_name }}",
        "Buongiorno {{ customer_name }},\n\ngrazie per la sua visita di {{ date }} presso "
        "{{ business_name }}. Ci farebbe piacere se raccontasse ad altri com’è andata.\n\n"
        "Scrivere una recensione: {{ review_link }}\n",
    ),
    "series": Text(
        "{% if dates_to_pay %}Acconto da pagare{% else %}Prenotazioni confermate{% endif %}: "
        "{{ service }}, {{ rhythm }}",
        "Buongiorno {{ customer_name }},\n"
        "{% if dates %}\n\nle sue prenotazioni presso {{ business_name }} sono confermate: "
        "{{ service }}, {{ rhythm }}.\n\n{{ dates }}\n{% endif %}\n"
        "{% if dates_to_pay %}\n\n{% if dates %}Queste date attendono ancora il suo acconto"
        "{% else %}queste date presso {{ business_name }} attendono il suo acconto: "
        "{{ service }}, {{ rhythm }}{% endif %}. Ognuna sarà sua non appena il relativo acconto "
        "sarà pagato.\n\n"
        "{{ dates_to_pay }}\n{% endif %}\n" + SIGNATURE,
    ),
    "series_cancelled": Text(
        "Prenotazioni annullate: {{ service }}, {{ rhythm }}",
        "Buongiorno {{ customer_name }},\n\nqueste prenotazioni presso {{ business_name }} sono "
        "state annullate:\n\n{{ service }}\n\n{{ dates }}\n\n"
        "Sulla pagina di ogni prenotazione trova quanto le viene rimborsato.\n\n"
        "Prenotare di nuovo: {{ book_link }}\n",
    ),
    "waiting": Text(
        "In lista d’attesa: {{ service }}",
        "Buongiorno {{ customer_name }},\n\nora è in lista d’attesa presso {{ business_name }}. Le "
        "scriveremo non appena si libererà un posto.\n\n"
        "  {{ service }}\n  {{ waiting_for }}\n"
        "{% if people %}\n  {{ people }} persone\n{% endif %}\n"
        "\nVedere la sua posizione o lasciare la lista d’attesa: {{ link }}\n",
    ),
}

#: What staff are told. Businesses don't edit these.
STAFF = {
    "confirmed": "Nuova prenotazione: {{ service }}, {{ time }}",
    "rescheduled": "{% if old_time %}Prenotazione spostata: {{ service }}, ora {{ time }}"
    "{% else %}Prenotazione modificata: {{ service }}, {{ time }}{% endif %}",
    "cancelled": "Prenotazione annullata: {{ service }}, {{ time }}",
    "body": "  {{ service }}\n  {{ time }}\n{% if with %}\n  Con: {{ with }}\n{% endif %}\n"
    f"{_CHANGE}"
    "  {{ customer_name }}\n  Codice prenotazione {{ reference }}\n\n{{ staff_link }}\n",
}

#: What the list of a series' dates is made of.
SERIES = {
    "weekly": "ogni settimana", "every": "ogni {weeks} settimane",
    "reference": "codice prenotazione", "kept": "data riservata per lei fino a {time}",
    "pay": "Pagare qui",
}  # fmt: skip

#: What a payment is for.
PAYMENTS = {
    "deposit": "{service}: acconto",
    "card": "{service}: carta",
    "difference": "{service}: differenza",
    "balance": "{service}, prenotazione {reference}",
    "no_show": "{service}, prenotazione {reference}: penale per mancata presentazione",
    "late_cancellation": "{service}, prenotazione {reference}: penale per cancellazione tardiva",
    "card_declined": "Non siamo riusciti ad addebitare la carta che ci ha lasciato.",
    "voucher": "Buono regalo",
    "membership_card": "Carta per {membership}",
}

#: What is booked in a preview, where there is no service yet.
HAIRCUT = "Taglio di capelli"
