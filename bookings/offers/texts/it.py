"""The standard texts about vouchers, passes and memberships, in Italian."""

from notifications.kinds import SIGNATURE, Text

MESSAGES = {
    "voucher": Text(
        "{% if giver %}{{ giver }} le regala un buono per {{ business_name }}"
        "{% else %}Il suo buono regalo per {{ business_name }}{% endif %}",
        "Buongiorno{% if recipient_name %} {{ recipient_name }}{% endif %},\n\n"
        "{% if giver %}{{ giver }} le regala{% else %}ecco{% endif %} un buono per "
        "{{ business_name }}.\n\n"
        "  {{ amount }}\n  Codice {{ code }}\n"
        "{% if expires %}\n  Valido fino a {{ expires }}\n{% endif %}\n"
        "{% if message %}\n\n{{ message }}\n{% endif %}\n"
        "\nInserisca il codice al momento della prenotazione: {{ book_link }}\n"
        "Vedere il credito residuo: {{ link }}\n" + SIGNATURE,
    ),
    "voucher_bought": Text(
        "Il suo buono regalo è stato inviato",
        "Buongiorno {{ customer_name }},\n\ngrazie. Abbiamo inviato il suo buono regalo di "
        "{{ amount }} a {{ recipient_email }}.\n\nVederlo o stamparlo: {{ link }}\n" + SIGNATURE,
    ),
    "pass": Text(
        "Il suo carnet: {{ pass }}",
        "Buongiorno {{ customer_name }},\n\necco il suo carnet per {{ business_name }}.\n\n"
        "  {{ pass }}\n  Codice {{ code }}\n"
        "  Valido per {{ times }}{% if expires %}, fino a {{ expires }}{% endif %}\n\n"
        "Inserisca il codice al momento della prenotazione, con questo indirizzo e-mail: "
        "{{ book_link }}\n"
        "Vedere quanto resta: {{ link }}\n" + SIGNATURE,
    ),
    "membership_welcome": Text(
        "Le diamo il benvenuto: {{ membership }}",
        "Buongiorno {{ customer_name }},\n\nle diamo il benvenuto presso {{ business_name }}.\n\n"
        "  {{ membership }}\n  Codice {{ code }}\n  {{ price }} {{ every }}\n"
        "{% if times %}\n  Valido al momento per {{ times }}\n{% else %}\n  Prenoti tutte le volte "
        "che vuole\n{% endif %}\n"
        "{% if period_end %}\n  Si rinnova {{ period_end }}\n{% endif %}\n"
        "\nPrenotare, vedere quanto resta, cambiare carta o disdire: {{ link }}\n"
        "Tenga per sé questo link: chi lo possiede può usare il suo abbonamento.\n" + SIGNATURE,
    ),
    "membership_unpaid": Text(
        "Il pagamento per {{ membership }} non è riuscito",
        "Buongiorno {{ customer_name }},\n\nnon siamo riusciti ad addebitare {{ price }} per il "
        "suo abbonamento «{{ membership }}»: la sua banca ha rifiutato il pagamento.\n\n"
        "Indichi un’altra carta, basta un minuto: {{ link }}\n\n"
        "Il credito del nuovo periodo sarà disponibile non appena il pagamento sarà riuscito.\n"
        + SIGNATURE,
    ),
    "membership_cancelled": Text(
        "Abbonamento disdetto: {{ membership }}",
        "Buongiorno {{ customer_name }},\n\nil suo abbonamento «{{ membership }}» è stato "
        "disdetto. Non le verrà addebitato altro{% if period_end %} e può usarlo fino a "
        "{{ period_end }}{% endif %}.\n\n"
        "Ha cambiato idea? Fino ad allora può mantenerlo: {{ link }}\n" + SIGNATURE,
    ),
    "membership_ended": Text(
        "Il suo abbonamento è terminato: {{ membership }}",
        "Buongiorno {{ customer_name }},\n\nil suo abbonamento «{{ membership }}» è terminato e "
        "non le verrà addebitato altro.\n\nVedere quanto resta: {{ link }}\n" + SIGNATURE,
    ),
}
#: How often something can be used: once, and more often.
TIMES = ("{} utilizzo", "{} utilizzi")
#: How often a membership is paid: each one, and every so many.
EVERY = {
    "week": ("a settimana", "ogni {} settimane"),
    "month": ("al mese", "ogni {} mesi"),
    "year": ("all’anno", "ogni {} anni"),
}
#: What there is to see in a preview.
SAMPLES = {
    "pass": "Carnet da dieci lezioni",
    "wish": "Buon compleanno!",
    "membership": "Otto lezioni al mese",
}
