"""The standard texts about a booking, in Dutch."""

from notifications.kinds import SIGNATURE, Text

_BOOKING = """\
  {{ service }}
  {{ time }}
{% if with %}
  Bij: {{ with }}
{% endif %}
  Boekingsnummer {{ reference }}
"""
_PRICE = """\
Prijs: {{ total }}
{% if deposit %}
Aanbetaling: {{ deposit }}
Ter plaatse te betalen: {{ remaining }}
{% endif %}
"""
_CHANGE = """\
{% if old_time %}
  Eerst: {{ old_time }}
{% endif %}
{% if old_service %}
  Eerst: {{ old_service }}
{% endif %}
{% if old_people %}
  Personen: {{ people }} in plaats van {{ old_people }}
{% endif %}
{% if old_total %}
  Prijs: {{ total }} in plaats van {{ old_total }}
{% endif %}
{% if paid_more %}
  Betaald voor de wijziging: {{ paid_more }}
{% endif %}
{% if goes_back %}
  Terugbetaling: {{ goes_back }}
{% endif %}
"""
MESSAGES = {
    "confirmed": Text(
        "Geboekt: {{ service }}, {{ time }}",
        "Beste {{ customer_name }},\n\nUw boeking bij {{ business_name }} is bevestigd.\n\n"
        f"{_BOOKING}\n{_PRICE}\n"
        "Uw boeking bekijken: {{ link }}\nIn uw agenda zetten: {{ calendar_link }}\n" + SIGNATURE,
        "{{ business_name }}: geboekt, {{ service }}, {{ time }}. {{ link }}",
    ),
    "reminder": Text(
        "Herinnering: {{ service }}, {{ time }}",
        "Beste {{ customer_name }},\n\nWij zien u graag bij {{ business_name }}.\n\n"
        f"{_BOOKING}\n"
        "{% if remaining %}\nTer plaatse te betalen: {{ remaining }}\n\n{% endif %}\n"
        "Uw boeking bekijken of wijzigen: {{ link }}\n" + SIGNATURE,
        "{{ business_name }}: wij zien u graag, {{ service }}, {{ time }}. {{ link }}",
    ),
    "rescheduled": Text(
        "{% if old_time %}Verplaatst: {{ service }}, nu {{ time }}"
        "{% else %}Gewijzigd: {{ service }}, {{ time }}{% endif %}",
        "Beste {{ customer_name }},\n\nUw boeking bij {{ business_name }} is "
        "{% if old_time %}verplaatst{% else %}gewijzigd{% endif %}.\n\n"
        f"{_BOOKING}\n{_CHANGE}\n"
        "Uw boeking bekijken: {{ link }}\nIn uw agenda zetten: {{ calendar_link }}\n" + SIGNATURE,
        "{{ business_name }}: {% if old_time %}verplaatst{% else %}gewijzigd{% endif %}, "
        "{{ service }}, nu {{ time }}. {{ link }}",
    ),
    "cancelled": Text(
        "Geannuleerd: {{ service }}, {{ time }}",
        "Beste {{ customer_name }},\n\nUw boeking bij {{ business_name }} is geannuleerd"
        "{% if was_not_paid %}, omdat de aanbetaling niet op tijd is betaald{% endif %}"
        "{% if payment_failed %}, omdat de betaling is mislukt{% endif %}.\n\n"
        f"{_BOOKING}\n"
        "Opnieuw boeken: {{ book_link }}\n",
    ),
    "paid_too_late": Text(
        "Terugbetaald: {{ service }}, {{ time }}",
        "Beste {{ customer_name }},\n\nUw betaling van {{ deposit }} aan {{ business_name }} kwam "
        "binnen toen dit tijdstip al vergeven was. Wij betalen u het hele bedrag terug.\n\n"
        f"{_BOOKING}\n"
        "Een ander tijdstip boeken: {{ book_link }}\n",
    ),
    "change_not_made": Text(
        "Terugbetaald: de wijziging van {{ service }}",
        "Beste {{ customer_name }},\n\nUw betaling van {{ paid_more }} aan {{ business_name }} "
        "voor het wijzigen van uw boeking kwam te laat binnen, dus er is niets gewijzigd. Wij "
        "betalen u het hele bedrag terug.\n\n"
        "Uw boeking is zoals die was:\n\n"
        f"{_BOOKING}\n"
        "Uw boeking bekijken: {{ link }}\n",
    ),
    "waitlist_offer": Text(
        "Er is een plaats vrij: {{ service }}, {{ time }}",
        "Beste {{ customer_name }},\n\nBij {{ business_name }} is een plaats vrijgekomen waarop u "
        "wachtte.\n\n"
        "  {{ service }}\n  {{ time }}\n\n"
        "{% if offer_until %}\nWij houden die voor u vrij tot {{ offer_until }}.\n{% endif %}\n"
        "Plaats boeken: {{ link }}\n",
        "{{ business_name }}: er is een plaats vrij, {{ service }}, {{ time }}."
        "{% if offer_until %} Voor u tot {{ offer_until }}.{% endif %} {{ link }}",
    ),
    "pay_deposit": Text(
        "Graag uw aanbetaling: {{ service }}, {{ time }}",
        "Beste {{ customer_name }},\n\nWij houden dit tijdstip bij {{ business_name }} voor u "
        "vrij. Zodra de aanbetaling is betaald, is het van u.\n\n"
        f"{_BOOKING}\n{_PRICE}\n"
        "{% if pay_until %}\nWij houden het vrij tot {{ pay_until }}.\n{% endif %}\n"
        "Hier betalen: {{ link }}\n" + SIGNATURE,
        "{{ business_name }}: graag {{ deposit }} aanbetalen voor {{ service }}, {{ time }}."
        "{% if pay_until %} Vrijgehouden tot {{ pay_until }}.{% endif %} {{ link }}",
    ),
    "review": Text(
        "Hoe was het? {{ service }} bij {{ business_name }}",
        "Beste {{ customer_name }},\n\nBedankt voor uw bezoek aan {{ business_name }} op "
        "{{ date }}. Wij zouden het fijn vinden als u anderen vertelt hoe het was.\n\n"
        "Een beoordeling schrijven: {{ review_link }}\n",
    ),
    "series": Text(
        "{% if dates_to_pay %}Graag uw aanbetaling{% else %}Geboekt{% endif %}: {{ service }}, "
        "{{ rhythm }}",
        "Beste {{ customer_name }},\n"
        "{% if dates %}\n\nUw boekingen bij {{ business_name }} zijn bevestigd: {{ service }}, "
        "{{ rhythm }}.\n\n{{ dates }}\n{% endif %}\n"
        "{% if dates_to_pay %}\n\n{% if dates %}Deze data wachten nog op uw aanbetaling"
        "{% else %}Deze data bij {{ business_name }} wachten op uw aanbetaling: {{ service }}, "
        "{{ rhythm }}{% endif %}. Elke datum is van u zodra de aanbetaling ervoor is betaald.\n\n"
        "{{ dates_to_pay }}\n{% endif %}\n" + SIGNATURE,
    ),
    "series_cancelled": Text(
        "Geannuleerd: {{ service }}, {{ rhythm }}",
        "Beste {{ customer_name }},\n\nDeze boekingen bij {{ business_name }} zijn "
        "geannuleerd:\n\n{{ service }}\n\n{{ dates }}\n\n"
        "Wat u van uw betalingen terugkrijgt, staat op de pagina van elke boeking.\n\n"
        "Opnieuw boeken: {{ book_link }}\n",
    ),
    "waiting": Text(
        "Op de wachtlijst: {{ service }}",
        "Beste {{ customer_name }},\n\nU staat op de wachtlijst van {{ business_name }}. Zodra er "
        "een plaats vrijkomt, laten wij het u weten.\n\n"
        "  {{ service }}\n  {{ waiting_for }}\n"
        "{% if people %}\n  {{ people }} personen\n{% endif %}\n"
        "\nUw plaats bekijken of de wachtlijst verlaten: {{ link }}\n",
    ),
}

#: What staff are told. Businesses don't edit these.
STAFF = {
    "confirmed": "Nieuwe boeking: {{ service }}, {{ time }}",
    "rescheduled": "{% if old_time %}Verplaatst: {{ service }}, nu {{ time }}"
    "{% else %}Gewijzigd: {{ service }}, {{ time }}{% endif %}",
    "cancelled": "Geannuleerd: {{ service }}, {{ time }}",
    "body": "  {{ service }}\n  {{ time }}\n{% if with %}\n  Bij: {{ with }}\n{% endif %}\n"
    f"{_CHANGE}"
    "  {{ customer_name }}\n  Boekingsnummer {{ reference }}\n\n{{ staff_link }}\n",
}

#: What the list of a series' dates is made of.
SERIES = {
    "weekly": "elke week", "every": "elke {weeks} weken", "reference": "boekingsnummer",
    "kept": "voor u vrijgehouden tot {time}", "pay": "Hier betalen",
}  # fmt: skip

#: What a payment is for.
PAYMENTS = {
    "deposit": "{service}: aanbetaling",
    "card": "{service}: kaart",
    "difference": "{service}: bijbetaling",
    "balance": "{service}, boeking {reference}",
    "no_show": "{service}, boeking {reference}: kosten voor niet verschijnen",
    "late_cancellation": "{service}, boeking {reference}: kosten voor late annulering",
    "card_declined": "Wij konden de kaart die u bij ons hebt achtergelaten niet belasten.",
    "voucher": "Cadeaubon",
    "membership_card": "Kaart voor {membership}",
}

#: What is booked in a preview, where there is no service yet.
HAIRCUT = "Knipbeurt"
