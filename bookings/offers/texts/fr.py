"""The standard texts about vouchers, passes and memberships, in French."""

from notifications.kinds import SIGNATURE, Text

MESSAGES = {
    "voucher": Text(
        "{% if giver %}{{ giver }} vous offre un bon cadeau chez {{ business_name }}"
        "{% else %}Votre bon cadeau chez {{ business_name }}{% endif %}",
        "Bonjour{% if recipient_name %} {{ recipient_name }}{% endif %},\n\n"
        "{% if giver %}{{ giver }} vous offre{% else %}Voici{% endif %} un bon cadeau chez "
        "{{ business_name }}.\n\n"
        "  {{ amount }}\n  Code {{ code }}\n"
        "{% if expires %}\n  Valable jusqu’au {{ expires }}\n{% endif %}\n"
        "{% if message %}\n\n{{ message }}\n{% endif %}\n"
        "\nSaisissez le code lors de votre réservation\xa0: {{ book_link }}\n"
        "Voir le solde\xa0: {{ link }}\n" + SIGNATURE,
    ),
    "voucher_bought": Text(
        "Votre bon cadeau est en route",
        "Bonjour {{ customer_name }},\n\nMerci. Nous avons envoyé votre bon cadeau de "
        "{{ amount }} à {{ recipient_email }}.\n\nLe voir ou l’imprimer\xa0: {{ link }}\n"
        + SIGNATURE,
    ),
    "pass": Text(
        "Votre carnet\xa0: {{ pass }}",
        "Bonjour {{ customer_name }},\n\nVoici votre carnet chez {{ business_name }}.\n\n"
        "  {{ pass }}\n  Code {{ code }}\n"
        "  Valable pour {{ times }}{% if expires %}, jusqu’au {{ expires }}{% endif %}\n\n"
        "Saisissez le code lors de votre réservation, avec cette adresse e-mail\xa0: "
        "{{ book_link }}\n"
        "Voir ce qu’il en reste\xa0: {{ link }}\n" + SIGNATURE,
    ),
    "membership_welcome": Text(
        "Bienvenue\xa0: {{ membership }}",
        "Bonjour {{ customer_name }},\n\nBienvenue chez {{ business_name }}.\n\n"
        "  {{ membership }}\n  Code {{ code }}\n  {{ price }} {{ every }}\n"
        "{% if times %}\n  Valable actuellement pour {{ times }}\n{% else %}\n  Réservez aussi "
        "souvent que vous le souhaitez\n{% endif %}\n"
        "{% if period_end %}\n  Renouvellement le {{ period_end }}\n{% endif %}\n"
        "\nRéserver, voir ce qu’il en reste, changer de carte ou résilier\xa0: {{ link }}\n"
        "Gardez ce lien pour vous\xa0: toute personne qui l’a peut utiliser votre abonnement.\n"
        + SIGNATURE,
    ),
    "membership_unpaid": Text(
        "Votre paiement pour {{ membership }} n’a pas abouti",
        "Bonjour {{ customer_name }},\n\nNous n’avons pas pu prélever {{ price }} pour votre "
        "abonnement «\xa0{{ membership }}\xa0»\xa0: votre banque a refusé le paiement.\n\n"
        "Merci d’indiquer une autre carte, cela ne prend qu’une minute\xa0: {{ link }}\n\n"
        "Vos séances de la nouvelle période seront disponibles dès que le paiement aura abouti.\n"
        + SIGNATURE,
    ),
    "membership_cancelled": Text(
        "Abonnement résilié\xa0: {{ membership }}",
        "Bonjour {{ customer_name }},\n\nVotre abonnement «\xa0{{ membership }}\xa0» est résilié. "
        "Plus rien ne sera prélevé{% if period_end %}, et vous pouvez l’utiliser jusqu’au "
        "{{ period_end }}{% endif %}.\n\n"
        "Vous avez changé d’avis\xa0? D’ici là, vous pouvez encore le conserver\xa0: {{ link }}\n"
        + SIGNATURE,
    ),
    "membership_ended": Text(
        "Votre abonnement a pris fin\xa0: {{ membership }}",
        "Bonjour {{ customer_name }},\n\nVotre abonnement «\xa0{{ membership }}\xa0» a pris fin et "
        "plus rien ne sera prélevé.\n\nVoir ce qu’il en reste\xa0: {{ link }}\n" + SIGNATURE,
    ),
}
#: How often something can be used: once, and more often.
TIMES = ("{} séance", "{} séances")
#: How often a membership is paid: each one, and every so many.
EVERY = {
    "week": ("par semaine", "toutes les {} semaines"),
    "month": ("par mois", "tous les {} mois"),
    "year": ("par an", "tous les {} ans"),
}
#: What there is to see in a preview.
SAMPLES = {
    "pass": "Carnet de dix cours",
    "wish": "Joyeux anniversaire\xa0!",
    "membership": "Huit cours par mois",
}
