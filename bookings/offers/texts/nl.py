"""The standard texts about vouchers, passes and memberships, in Dutch."""

from notifications.kinds import SIGNATURE, Text

MESSAGES = {
    "voucher": Text(
        "{% if giver %}{{ giver }} geeft u een cadeaubon voor {{ business_name }}"
        "{% else %}Uw cadeaubon voor {{ business_name }}{% endif %}",
        "Goedendag{% if recipient_name %} {{ recipient_name }}{% endif %},\n\n"
        "{% if giver %}{{ giver }} geeft u{% else %}Hier is{% endif %} een cadeaubon voor "
        "{{ business_name }}.\n\n"
        "  {{ amount }}\n  Code {{ code }}\n"
        "{% if expires %}\n  Geldig tot {{ expires }}\n{% endif %}\n"
        "{% if message %}\n\n{{ message }}\n{% endif %}\n"
        "\nVul de code in wanneer u boekt: {{ book_link }}\nTegoed bekijken: {{ link }}\n"
        + SIGNATURE,
    ),
    "voucher_bought": Text(
        "Uw cadeaubon is onderweg",
        "Beste {{ customer_name }},\n\nBedankt. Wij hebben uw cadeaubon van {{ amount }} naar "
        "{{ recipient_email }} gestuurd.\n\nBekijken of afdrukken: {{ link }}\n" + SIGNATURE,
    ),
    "pass": Text(
        "Uw strippenkaart: {{ pass }}",
        "Beste {{ customer_name }},\n\nHier is uw strippenkaart voor {{ business_name }}.\n\n"
        "  {{ pass }}\n  Code {{ code }}\n"
        "  Goed voor {{ times }}{% if expires %}, tot {{ expires }}{% endif %}\n\n"
        "Vul de code in wanneer u boekt, met dit e-mailadres: {{ book_link }}\n"
        "Tegoed bekijken: {{ link }}\n" + SIGNATURE,
    ),
    "membership_welcome": Text(
        "Welkom: {{ membership }}",
        "Beste {{ customer_name }},\n\nWelkom bij {{ business_name }}.\n\n"
        "  {{ membership }}\n  Code {{ code }}\n  {{ price }} {{ every }}\n"
        "{% if times %}\n  Nu goed voor {{ times }}\n{% else %}\n  Boek zo vaak u wilt\n"
        "{% endif %}\n{% if period_end %}\n  Wordt verlengd op {{ period_end }}\n{% endif %}\n"
        "\nBoeken, tegoed bekijken, kaart wijzigen of opzeggen: {{ link }}\n"
        "Houd deze link voor uzelf: wie hem heeft, kan uw abonnement gebruiken.\n" + SIGNATURE,
    ),
    "membership_unpaid": Text(
        "Uw betaling voor {{ membership }} is mislukt",
        "Beste {{ customer_name }},\n\nWij konden {{ price }} voor uw abonnement "
        "‘{{ membership }}’ niet afschrijven: uw bank heeft de betaling geweigerd.\n\n"
        "Geef alstublieft een andere kaart op, dat kost maar een minuut: {{ link }}\n\n"
        "Uw tegoed voor de nieuwe periode krijgt u zodra de betaling binnen is.\n" + SIGNATURE,
    ),
    "membership_cancelled": Text(
        "Opgezegd: {{ membership }}",
        "Beste {{ customer_name }},\n\nUw abonnement ‘{{ membership }}’ is opgezegd. Er wordt "
        "niets meer afgeschreven{% if period_end %}, en u kunt het gebruiken tot {{ period_end }}"
        "{% endif %}.\n\n"
        "Van gedachten veranderd? Tot die tijd kunt u het nog behouden: {{ link }}\n" + SIGNATURE,
    ),
    "membership_ended": Text(
        "Uw abonnement is beëindigd: {{ membership }}",
        "Beste {{ customer_name }},\n\nUw abonnement ‘{{ membership }}’ is beëindigd en er wordt "
        "niets meer afgeschreven.\n\nTegoed bekijken: {{ link }}\n" + SIGNATURE,
    ),
}
#: How often something can be used: once, and more often.
TIMES = ("{} keer", "{} keer")
#: How often a membership is paid: each one, and every so many.
EVERY = {
    "week": ("per week", "elke {} weken"),
    "month": ("per maand", "elke {} maanden"),
    "year": ("per jaar", "elke {} jaar"),
}
#: What there is to see in a preview.
SAMPLES = {
    "pass": "Tienrittenkaart",
    "wish": "Van harte gefeliciteerd!",
    "membership": "Acht lessen per maand",
}
