"""The standard texts about a booking, in French."""

from notifications.kinds import SIGNATURE, Text

_BOOKING = """\
  {{ service }}
  {{ time }}
{% if with %}
  Avec\xa0: {{ with }}
{% endif %}
  Référence {{ reference }}
"""
_PRICE = """\
Prix\xa0: {{ total }}
{% if deposit %}
Acompte\xa0: {{ deposit }}
À régler sur place\xa0: {{ remaining }}
{% endif %}
"""
_CHANGE = """\
{% if old_time %}
  Auparavant\xa0: {{ old_time }}
{% endif %}
{% if old_service %}
  Auparavant\xa0: {{ old_service }}
{% endif %}
{% if old_people %}
  Personnes\xa0: {{ people }} au lieu de {{ old_people }}
{% endif %}
{% if old_total %}
  Prix\xa0: {{ total }} au lieu de {{ old_total }}
{% endif %}
{% if paid_more %}
  Payé pour la modification\xa0: {{ paid_more }}
{% endif %}
{% if goes_back %}
  Remboursement\xa0: {{ goes_back }}
{% endif %}
"""
MESSAGES = {
    "confirmed": Text(
        "Réservation confirmée\xa0: {{ service }}, {{ time }}",
        "Bonjour {{ customer_name }},\n\nVotre réservation chez {{ business_name }} est "
        "confirmée.\n\n"
        f"{_BOOKING}\n{_PRICE}\n"
        "Voir votre réservation\xa0: {{ link }}\nAjouter à votre agenda\xa0: {{ calendar_link }}\n"
        + SIGNATURE,
        "{{ business_name }}\xa0: réservation confirmée, {{ service }}, {{ time }}. {{ link }}",
    ),
    "reminder": Text(
        "Rappel\xa0: {{ service }}, {{ time }}",
        "Bonjour {{ customer_name }},\n\nNous nous réjouissons de vous accueillir chez "
        "{{ business_name }}.\n\n"
        f"{_BOOKING}\n"
        "{% if remaining %}\nÀ régler sur place\xa0: {{ remaining }}\n\n{% endif %}\n"
        "Voir ou modifier votre réservation\xa0: {{ link }}\n" + SIGNATURE,
        "{{ business_name }}\xa0: rappel de votre réservation, {{ service }}, {{ time }}. "
        "{{ link }}",
    ),
    "rescheduled": Text(
        "{% if old_time %}Réservation déplacée\xa0: {{ service }}, désormais {{ time }}"
        "{% else %}Réservation modifiée\xa0: {{ service }}, {{ time }}{% endif %}",
        "Bonjour {{ customer_name }},\n\nVotre réservation chez {{ business_name }} a été "
        "{% if old_time %}déplacée{% else %}modifiée{% endif %}.\n\n"
        f"{_BOOKING}\n{_CHANGE}\n"
        "Voir votre réservation\xa0: {{ link }}\nAjouter à votre agenda\xa0: {{ calendar_link }}\n"
        + SIGNATURE,
        "{{ business_name }}\xa0: réservation {% if old_time %}déplacée{% else %}modifiée"
        "{% endif %}, {{ service }}, désormais {{ time }}. {{ link }}",
    ),
    "cancelled": Text(
        "Réservation annulée\xa0: {{ service }}, {{ time }}",
        "Bonjour {{ customer_name }},\n\nVotre réservation chez {{ business_name }} est annulée"
        "{% if was_not_paid %}, car l’acompte n’a pas été payé à temps{% endif %}"
        "{% if payment_failed %}, car le paiement a échoué{% endif %}.\n\n"
        f"{_BOOKING}\n"
        "Réserver à nouveau\xa0: {{ book_link }}\n",
    ),
    "paid_too_late": Text(
        "Remboursement\xa0: {{ service }}, {{ time }}",
        "Bonjour {{ customer_name }},\n\nVotre paiement de {{ deposit }} à {{ business_name }} "
        "nous est parvenu alors que ce créneau n’était plus disponible. Nous vous remboursons la "
        "totalité.\n\n"
        f"{_BOOKING}\n"
        "Choisir un autre créneau\xa0: {{ book_link }}\n",
    ),
    "change_not_made": Text(
        "Remboursement de la modification\xa0: {{ service }}",
        "Bonjour {{ customer_name }},\n\nVotre paiement de {{ paid_more }} à {{ business_name }} "
        "pour modifier votre réservation nous est parvenu trop tard\xa0: rien n’a été modifié. "
        "Nous vous remboursons la totalité.\n\n"
        "Votre réservation reste inchangée\xa0:\n\n"
        f"{_BOOKING}\n"
        "Voir votre réservation\xa0: {{ link }}\n",
    ),
    "waitlist_offer": Text(
        "Une place s’est libérée\xa0: {{ service }}, {{ time }}",
        "Bonjour {{ customer_name }},\n\nLa place que vous attendiez chez {{ business_name }} "
        "s’est libérée.\n\n"
        "  {{ service }}\n  {{ time }}\n\n"
        "{% if offer_until %}\nNous vous la gardons jusqu’au {{ offer_until }}.\n{% endif %}\n"
        "Réserver cette place\xa0: {{ link }}\n",
        "{{ business_name }}\xa0: une place est libre, {{ service }}, {{ time }}."
        "{% if offer_until %} Elle est à vous jusqu'au {{ offer_until }}.{% endif %} {{ link }}",
    ),
    "pay_deposit": Text(
        "Acompte à régler\xa0: {{ service }}, {{ time }}",
        "Bonjour {{ customer_name }},\n\nNous vous gardons ce créneau chez {{ business_name }}. "
        "Il est à vous dès que l’acompte est payé.\n\n"
        f"{_BOOKING}\n{_PRICE}\n"
        "{% if pay_until %}\nNous vous le gardons jusqu’au {{ pay_until }}.\n{% endif %}\n"
        "Payer ici\xa0: {{ link }}\n" + SIGNATURE,
        "{{ business_name }}\xa0: merci de régler {{ deposit }} pour {{ service }}, {{ time }}."
        "{% if pay_until %} Créneau gardé jusqu'au {{ pay_until }}.{% endif %} {{ link }}",
    ),
    "review": Text(
        "Votre avis nous intéresse\xa0: {{ service }} chez {{ business_name }}",
        "Bonjour {{ customer_name }},\n\nMerci de votre visite chez {{ business_name }} le "
        "{{ date }}. Nous serions ravis que vous partagiez votre expérience.\n\n"
        "Écrire un avis\xa0: {{ review_link }}\n",
    ),
    "series": Text(
        "{% if dates_to_pay %}Acompte à régler{% else %}Réservations confirmées{% endif %}\xa0: "
        "{{ service }}, {{ rhythm }}",
        "Bonjour {{ customer_name }},\n"
        "{% if dates %}\n\nVos réservations chez {{ business_name }} sont confirmées\xa0: "
        "{{ service }}, {{ rhythm }}.\n\n{{ dates }}\n{% endif %}\n"
        "{% if dates_to_pay %}\n\n{% if dates %}Les dates suivantes attendent encore votre acompte"
        "{% else %}Les dates suivantes chez {{ business_name }} attendent votre acompte\xa0: "
        "{{ service }}, {{ rhythm }}{% endif %}. Chacune est à vous dès que son acompte est "
        "payé.\n\n"
        "{{ dates_to_pay }}\n{% endif %}\n" + SIGNATURE,
    ),
    "series_cancelled": Text(
        "Réservations annulées\xa0: {{ service }}, {{ rhythm }}",
        "Bonjour {{ customer_name }},\n\nLes réservations suivantes chez {{ business_name }} sont "
        "annulées\xa0:\n\n{{ service }}\n\n{{ dates }}\n\n"
        "Ce qui vous est remboursé figure sur la page de chaque réservation.\n\n"
        "Réserver à nouveau\xa0: {{ book_link }}\n",
    ),
    "waiting": Text(
        "Sur la liste d’attente\xa0: {{ service }}",
        "Bonjour {{ customer_name }},\n\nVous êtes sur la liste d’attente chez "
        "{{ business_name }}. Nous vous écrirons dès qu’une place se libérera.\n\n"
        "  {{ service }}\n  {{ waiting_for }}\n"
        "{% if people %}\n  {{ people }} personnes\n{% endif %}\n"
        "\nVoir votre position ou quitter la liste d’attente\xa0: {{ link }}\n",
    ),
}

#: What staff are told. Businesses don't edit these.
STAFF = {
    "confirmed": "Nouvelle réservation\xa0: {{ service }}, {{ time }}",
    "rescheduled": "{% if old_time %}Réservation déplacée\xa0: {{ service }}, désormais {{ time }}"
    "{% else %}Réservation modifiée\xa0: {{ service }}, {{ time }}{% endif %}",
    "cancelled": "Réservation annulée\xa0: {{ service }}, {{ time }}",
    "body": "  {{ service }}\n  {{ time }}\n{% if with %}\n  Avec\xa0: {{ with }}\n{% endif %}\n"
    f"{_CHANGE}"
    "  {{ customer_name }}\n  Référence {{ reference }}\n\n{{ staff_link }}\n",
}

#: What the list of a series' dates is made of.
SERIES = {
    "weekly": "chaque semaine", "every": "toutes les {weeks} semaines", "reference": "référence",
    "kept": "date gardée pour vous jusqu’au {time}", "pay": "Payer ici",
}  # fmt: skip

#: What a payment is for.
PAYMENTS = {
    "deposit": "{service}\xa0: acompte",
    "card": "{service}\xa0: carte",
    "difference": "{service}\xa0: supplément",
    "balance": "{service}, réservation {reference}",
    "no_show": "{service}, réservation {reference}\xa0: frais de non-présentation",
    "late_cancellation": "{service}, réservation {reference}\xa0: frais d’annulation tardive",
    "card_declined": "Nous n’avons pas pu débiter la carte que vous nous avez laissée.",
    "voucher": "Bon cadeau",
    "membership_card": "Carte pour {membership}",
}

#: What is booked in a preview, where there is no service yet.
HAIRCUT = "Coupe de cheveux"
