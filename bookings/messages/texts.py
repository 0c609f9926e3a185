"""The standard texts, by language; a language without its own gets the English ones."""

from dataclasses import dataclass

from bookings.messages.formats import language
from bookings.models import MessageTemplate
from tenants.current import current_tenant

FALLBACK_LOCALE = "en-gb"


@dataclass(frozen=True)
class Text:
    """A message's words in the language of bookings.messages.language."""

    subject: str
    body: str
    sms: str = ""


_EN_BOOKING = """\
  {{ service }}
  {{ time }}
{% if with %}
  With {{ with }}
{% endif %}
  Reference {{ reference }}
"""
_EN_PRICE = """\
Price: {{ total }}
{% if deposit %}
Deposit: {{ deposit }}
To pay on the day: {{ remaining }}
{% endif %}
"""
_EN_END = """\
{% if address %}

{{ business_name }}, {{ address }}
{% endif %}
{% if phone %}
{{ phone }}
{% endif %}
"""
_EN_CHANGE = """\
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
_DE_CHANGE = """\
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
_DE_BOOKING = """\
  {{ service }}
  {{ time }}
{% if with %}
  Bei: {{ with }}
{% endif %}
  Buchungsnummer {{ reference }}
"""
_DE_PRICE = """\
Preis: {{ total }}
{% if deposit %}
Anzahlung: {{ deposit }}
Vor Ort zu zahlen: {{ remaining }}
{% endif %}
"""
_DE_END = _EN_END

ENGLISH = {
    "confirmed": Text(
        "Booked: {{ service }}, {{ time }}",
        "Hello {{ customer_name }},\n\nyour booking at {{ business_name }} is confirmed.\n\n"
        f"{_EN_BOOKING}\n{_EN_PRICE}\n"
        "See your booking: {{ link }}\nAdd to your calendar: {{ calendar_link }}\n" + _EN_END,
        "{{ business_name }}: booked, {{ service }}, {{ time }}. {{ link }}",
    ),
    "reminder": Text(
        "Reminder: {{ service }}, {{ time }}",
        "Hello {{ customer_name }},\n\nwe look forward to seeing you at {{ business_name }}.\n\n"
        f"{_EN_BOOKING}\n"
        "{% if remaining %}\nTo pay on the day: {{ remaining }}\n\n{% endif %}\n"
        "See or change your booking: {{ link }}\n" + _EN_END,
        "{{ business_name }}: see you for {{ service }}, {{ time }}. {{ link }}",
    ),
    "rescheduled": Text(
        "{% if old_time %}Moved: {{ service }}, now {{ time }}"
        "{% else %}Changed: {{ service }}, {{ time }}{% endif %}",
        "Hello {{ customer_name }},\n\nyour booking at {{ business_name }} has "
        "{% if old_time %}moved{% else %}changed{% endif %}.\n\n"
        f"{_EN_BOOKING}\n{_EN_CHANGE}\n"
        "See your booking: {{ link }}\nAdd to your calendar: {{ calendar_link }}\n" + _EN_END,
        "{{ business_name }}: {% if old_time %}moved{% else %}changed{% endif %}, {{ service }} is "
        "now {{ time }}. {{ link }}",
    ),
    "cancelled": Text(
        "Cancelled: {{ service }}, {{ time }}",
        "Hello {{ customer_name }},\n\nyour booking at {{ business_name }} is cancelled"
        "{% if was_not_paid %}, because the deposit was not paid in time{% endif %}"
        "{% if payment_failed %}, because the payment failed{% endif %}.\n\n"
        f"{_EN_BOOKING}\n"
        "Book again: {{ book_link }}\n",
    ),
    "paid_too_late": Text(
        "Refunded: {{ service }}, {{ time }}",
        "Hello {{ customer_name }},\n\nyour payment of {{ deposit }} to {{ business_name }} "
        "arrived after the time it was for had been given away. We are sending all of it back to "
        "you.\n\n"
        f"{_EN_BOOKING}\n"
        "Book another time: {{ book_link }}\n",
    ),
    "change_not_made": Text(
        "Refunded: the change of {{ service }}",
        "Hello {{ customer_name }},\n\nyour payment of {{ paid_more }} to {{ business_name }} for "
        "changing your booking arrived too late, so nothing was changed. We are sending all of it "
        "back to you.\n\n"
        "Your booking is as it was:\n\n"
        f"{_EN_BOOKING}\n"
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
        f"{_EN_BOOKING}\n{_EN_PRICE}\n"
        "{% if pay_until %}\nWe hold it until {{ pay_until }}.\n{% endif %}\n"
        "Pay here: {{ link }}\n" + _EN_END,
        "{{ business_name }}: please pay {{ deposit }} for {{ service }}, {{ time }}."
        "{% if pay_until %} Held until {{ pay_until }}.{% endif %} {{ link }}",
    ),
    "review": Text(
        "How was it? {{ service }} at {{ business_name }}",
        "Hello {{ customer_name }},\n\nthank you for coming to {{ business_name }} on {{ date }}. "
        "We would be glad if you told others how it was.\n\n"
        "Write a review: {{ review_link }}\n",
    ),
}

GERMAN = {
    "confirmed": Text(
        "Gebucht: {{ service }}, {{ time }}",
        "Guten Tag {{ customer_name }},\n\nIhre Buchung bei {{ business_name }} ist bestätigt.\n\n"
        f"{_DE_BOOKING}\n{_DE_PRICE}\n"
        "Ihre Buchung: {{ link }}\nIn den Kalender: {{ calendar_link }}\n" + _DE_END,
        "{{ business_name }}: gebucht, {{ service }}, {{ time }}. {{ link }}",
    ),
    "reminder": Text(
        "Erinnerung: {{ service }}, {{ time }}",
        "Guten Tag {{ customer_name }},\n\nwir freuen uns auf Sie bei {{ business_name }}.\n\n"
        f"{_DE_BOOKING}\n"
        "{% if remaining %}\nVor Ort zu zahlen: {{ remaining }}\n\n{% endif %}\n"
        "Buchung ansehen oder ändern: {{ link }}\n" + _DE_END,
        "{{ business_name }}: bis bald, {{ service }}, {{ time }}. {{ link }}",
    ),
    "rescheduled": Text(
        "{% if old_time %}Verschoben: {{ service }}, jetzt {{ time }}"
        "{% else %}Geändert: {{ service }}, {{ time }}{% endif %}",
        "Guten Tag {{ customer_name }},\n\nIhre Buchung bei {{ business_name }} wurde "
        "{% if old_time %}verschoben{% else %}geändert{% endif %}.\n\n"
        f"{_DE_BOOKING}\n{_DE_CHANGE}\n"
        "Ihre Buchung: {{ link }}\nIn den Kalender: {{ calendar_link }}\n" + _DE_END,
        "{{ business_name }}: {% if old_time %}verschoben{% else %}geändert{% endif %}, "
        "{{ service }} jetzt {{ time }}. {{ link }}",
    ),
    "cancelled": Text(
        "Storniert: {{ service }}, {{ time }}",
        "Guten Tag {{ customer_name }},\n\nIhre Buchung bei {{ business_name }} ist storniert"
        "{% if was_not_paid %}, weil die Anzahlung nicht rechtzeitig einging{% endif %}"
        "{% if payment_failed %}, weil die Zahlung fehlgeschlagen ist{% endif %}.\n\n"
        f"{_DE_BOOKING}\n"
        "Neu buchen: {{ book_link }}\n",
    ),
    "paid_too_late": Text(
        "Erstattet: {{ service }}, {{ time }}",
        "Guten Tag {{ customer_name }},\n\nIhre Zahlung von {{ deposit }} an {{ business_name }} "
        "kam erst an, als der Termin schon vergeben war. Wir erstatten Ihnen den ganzen Betrag.\n\n"
        f"{_DE_BOOKING}\n"
        "Anderen Termin buchen: {{ book_link }}\n",
    ),
    "change_not_made": Text(
        "Erstattet: die Änderung von {{ service }}",
        "Guten Tag {{ customer_name }},\n\nIhre Zahlung von {{ paid_more }} an {{ business_name }} "
        "für die Änderung Ihrer Buchung kam zu spät an. Geändert wurde nichts, und wir erstatten "
        "Ihnen den ganzen Betrag.\n\n"
        "Ihre Buchung ist, wie sie war:\n\n"
        f"{_DE_BOOKING}\n"
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
        f"{_DE_BOOKING}\n{_DE_PRICE}\n"
        "{% if pay_until %}\nWir halten ihn frei bis {{ pay_until }}.\n{% endif %}\n"
        "Hier bezahlen: {{ link }}\n" + _DE_END,
        "{{ business_name }}: bitte {{ deposit }} anzahlen für {{ service }}, {{ time }}."
        "{% if pay_until %} Frei gehalten bis {{ pay_until }}.{% endif %} {{ link }}",
    ),
    "review": Text(
        "Wie war es? {{ service }} bei {{ business_name }}",
        "Guten Tag {{ customer_name }},\n\ndanke für Ihren Besuch bei {{ business_name }} am "
        "{{ date }}. Wir würden uns freuen, wenn Sie anderen davon erzählen.\n\n"
        "Bewertung schreiben: {{ review_link }}\n",
    ),
}

#: What staff are told. Businesses don't edit these.
STAFF = {
    "en": {
        "confirmed": "New booking: {{ service }}, {{ time }}",
        "rescheduled": "{% if old_time %}Moved: {{ service }}, now {{ time }}"
        "{% else %}Changed: {{ service }}, {{ time }}{% endif %}",
        "cancelled": "Cancelled: {{ service }}, {{ time }}",
        "body": "  {{ service }}\n  {{ time }}\n{% if with %}\n  With {{ with }}\n{% endif %}\n"
        f"{_EN_CHANGE}"
        "  {{ customer_name }}\n  Reference {{ reference }}\n\n{{ staff_link }}\n",
    },
    "de": {
        "confirmed": "Neue Buchung: {{ service }}, {{ time }}",
        "rescheduled": "{% if old_time %}Verschoben: {{ service }}, jetzt {{ time }}"
        "{% else %}Geändert: {{ service }}, {{ time }}{% endif %}",
        "cancelled": "Storniert: {{ service }}, {{ time }}",
        "body": "  {{ service }}\n  {{ time }}\n{% if with %}\n  Bei: {{ with }}\n{% endif %}\n"
        f"{_DE_CHANGE}"
        "  {{ customer_name }}\n  Buchungsnummer {{ reference }}\n\n{{ staff_link }}\n",
    },
}

STANDARD = {"en": ENGLISH, "de": GERMAN}


def standard_text(kind: str) -> Text:
    """Return the standard text in the business's language, else in English."""
    return STANDARD.get(language(), ENGLISH)[kind]


def text_of(kind: str) -> tuple[Text, str]:
    """Return a message's words, the business's own first, and the locale they are written in."""
    own = MessageTemplate.objects.filter(kind=kind, is_active=True).first()
    return merged(own, kind), locale_of(own)


def merged(own: MessageTemplate | None, kind: str) -> Text:
    """Return the business's `own` words, filled up with the standard ones where it has none."""
    standard = standard_text(kind)
    if own is None:
        return standard
    return Text(own.subject or standard.subject, own.body or standard.body, own.sms or standard.sms)


def locale_of(own: MessageTemplate | None) -> str:
    """Return the locale for times and money: the business's, unless its text is the English one."""
    has_text = language() in STANDARD or (own is not None and bool(own.body))
    return current_tenant().locale if has_text else FALLBACK_LOCALE


def staff_text(kind: str) -> tuple[Text, str]:
    """Return what staff are told, and the locale it is written in."""
    texts = STAFF.get(language(), STAFF["en"])
    return Text(texts[kind], texts["body"]), locale_of(None)
