"""What a payment is for, in the business's language: customers read it on Stripe's pages too."""

from notifications.texts import in_language

_TEXTS = {
    "en": {
        "deposit": "{service}: deposit",
        "card": "{service}: card",
        "difference": "{service}: difference",
        "balance": "{service}, booking {reference}",
        "no_show": "{service}, booking {reference}: no-show fee",
        "late_cancellation": "{service}, booking {reference}: late cancellation fee",
        "card_declined": "We could not charge the card that you left with us.",
        "voucher": "Gift voucher",
        "membership_card": "Card for {membership}",
    },
    "de": {
        "deposit": "{service}: Anzahlung",
        "card": "{service}: Karte",
        "difference": "{service}: Aufpreis",
        "balance": "{service}, Buchung {reference}",
        "no_show": "{service}, Buchung {reference}: Gebühr für Nichterscheinen",
        "late_cancellation": "{service}, Buchung {reference}: Gebühr für späte Stornierung",
        "card_declined": "Wir konnten die Karte, die Sie bei uns hinterlegt haben, nicht belasten.",
        "voucher": "Geschenkgutschein",
        "membership_card": "Karte für {membership}",
    },
}


def described(what: str, **names: str) -> str:
    """Return one of the texts above with its `names` filled in."""
    return in_language(_TEXTS)[what].format(**names)
