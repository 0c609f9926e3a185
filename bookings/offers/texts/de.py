"""The standard texts about vouchers, passes and memberships, in German."""

from notifications.kinds import SIGNATURE, Text

MESSAGES = {
    "voucher": Text(
        "{% if giver %}{{ giver }} schenkt Ihnen einen Gutschein für {{ business_name }}"
        "{% else %}Ihr Geschenkgutschein für {{ business_name }}{% endif %}",
        "Guten Tag{% if recipient_name %} {{ recipient_name }}{% endif %},\n\n"
        "{% if giver %}{{ giver }} schenkt Ihnen einen Gutschein für {{ business_name }}."
        "{% else %}hier ist Ihr Geschenkgutschein für {{ business_name }}.{% endif %}\n\n"
        "  {{ amount }}\n  Code {{ code }}\n"
        "{% if expires %}\n  Gültig bis {{ expires }}\n{% endif %}\n"
        "{% if message %}\n\n{{ message }}\n{% endif %}\n"
        "\nGeben Sie den Code bei der Buchung ein: {{ book_link }}\n"
        "Guthaben ansehen: {{ link }}\n" + SIGNATURE,
    ),
    "voucher_bought": Text(
        "Ihr Geschenkgutschein ist unterwegs",
        "Guten Tag {{ customer_name }},\n\nvielen Dank. Wir haben Ihren Geschenkgutschein über "
        "{{ amount }} an {{ recipient_email }} geschickt.\n\n"
        "Ansehen oder drucken: {{ link }}\n" + SIGNATURE,
    ),
    "pass": Text(
        "Ihre Mehrfachkarte: {{ pass }}",
        "Guten Tag {{ customer_name }},\n\nhier ist Ihre Mehrfachkarte für {{ business_name }}.\n\n"
        "  {{ pass }}\n  Code {{ code }}\n"
        "  Gültig für {{ times }}{% if expires %}, bis {{ expires }}{% endif %}\n\n"
        "Geben Sie den Code bei der Buchung ein, mit dieser E-Mail-Adresse: {{ book_link }}\n"
        "Guthaben ansehen: {{ link }}\n" + SIGNATURE,
    ),
    "membership_welcome": Text(
        "Willkommen: {{ membership }}",
        "Guten Tag {{ customer_name }},\n\nwillkommen bei {{ business_name }}.\n\n"
        "  {{ membership }}\n  Code {{ code }}\n  {{ price }} {{ every }}\n"
        "{% if times %}\n  Zurzeit gültig für {{ times }}\n{% else %}\n  Buchen Sie, so oft Sie "
        "möchten\n{% endif %}\n"
        "{% if period_end %}\n  Verlängert sich am {{ period_end }}\n{% endif %}\n"
        "\nBuchen, Guthaben ansehen, Karte ändern oder kündigen: {{ link }}\n"
        "Behalten Sie diesen Link für sich: Wer ihn hat, kann Ihre Mitgliedschaft nutzen.\n"
        + SIGNATURE,
    ),
    "membership_unpaid": Text(
        "Ihre Zahlung für {{ membership }} ist fehlgeschlagen",
        "Guten Tag {{ customer_name }},\n\nwir konnten {{ price }} für Ihre Mitgliedschaft "
        "„{{ membership }}“ nicht abbuchen: Ihre Bank hat die Zahlung abgelehnt.\n\n"
        "Bitte geben Sie eine andere Karte an, das dauert nur eine Minute: {{ link }}\n\n"
        "Ihr Guthaben für den neuen Zeitraum erhalten Sie, sobald die Zahlung eingegangen ist.\n"
        + SIGNATURE,
    ),
    "membership_cancelled": Text(
        "Gekündigt: {{ membership }}",
        "Guten Tag {{ customer_name }},\n\nIhre Mitgliedschaft „{{ membership }}“ ist gekündigt. "
        "Es wird nichts mehr abgebucht{% if period_end %}, und Sie können sie bis "
        "{{ period_end }}, nutzen{% endif %}.\n\n"
        "Anders überlegt? Bis dahin können Sie sie noch behalten: {{ link }}\n" + SIGNATURE,
    ),
    "membership_ended": Text(
        "Ihre Mitgliedschaft ist beendet: {{ membership }}",
        "Guten Tag {{ customer_name }},\n\nIhre Mitgliedschaft „{{ membership }}“ ist beendet, und "
        "es wird nichts mehr abgebucht.\n\nIhr restliches Guthaben: {{ link }}\n" + SIGNATURE,
    ),
}
#: How often something can be used: once, and more often.
TIMES = ("{} Termin", "{} Termine")
#: How often a membership is paid: each one, and every so many.
EVERY = {
    "week": ("pro Woche", "alle {} Wochen"),
    "month": ("pro Monat", "alle {} Monate"),
    "year": ("pro Jahr", "alle {} Jahre"),
}
#: What there is to see in a preview.
SAMPLES = {
    "pass": "Zehnerkarte",
    "wish": "Alles Gute zum Geburtstag!",
    "membership": "Acht Kurse im Monat",
}
