"""The kinds of message about memberships: what each may say, and its standard texts."""

from datetime import timedelta

from django.utils import timezone

from bookings.models import Membership
from bookings.offers.membership_credits import credits_left
from bookings.offers.memberships import page_of
from bookings.offers.messages import CODE, OFFERS, times
from notifications import formats
from notifications.kinds import SIGNATURE, Kind, Text
from notifications.texts import in_language, locale_for
from payments.models import Subscription
from tenants.current import current_tenant

WELCOME = {
    "en": Text(
        "Welcome: {{ membership }}",
        "Hello {{ customer_name }},\n\nwelcome to {{ business_name }}.\n\n"
        "  {{ membership }}\n  Code {{ code }}\n  {{ price }} {{ every }}\n"
        "{% if times %}\n  Good for {{ times }} now\n{% else %}\n  Book as often as you like\n"
        "{% endif %}\n{% if period_end %}\n  Renews on {{ period_end }}\n{% endif %}\n"
        "\nBook with it, see what is left, change your card or cancel: {{ link }}\n"
        "Keep this link to yourself: whoever has it can use your membership.\n" + SIGNATURE,
    ),
    "de": Text(
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
}
UNPAID = {
    "en": Text(
        "Your payment for {{ membership }} did not go through",
        "Hello {{ customer_name }},\n\nwe could not take {{ price }} for {{ membership }}: your "
        "bank declined the payment.\n\n"
        "Please give us another card, it takes a minute: {{ link }}\n\n"
        "The new period's credits come as soon as the payment is through.\n" + SIGNATURE,
    ),
    "de": Text(
        "Ihre Zahlung für {{ membership }} ist fehlgeschlagen",
        "Guten Tag {{ customer_name }},\n\nwir konnten {{ price }} für Ihre Mitgliedschaft "
        "„{{ membership }}“ nicht abbuchen: Ihre Bank hat die Zahlung abgelehnt.\n\n"
        "Bitte geben Sie eine andere Karte an, das dauert nur eine Minute: {{ link }}\n\n"
        "Ihr Guthaben für den neuen Zeitraum erhalten Sie, sobald die Zahlung eingegangen ist.\n"
        + SIGNATURE,
    ),
}
CANCELLED = {
    "en": Text(
        "Cancelled: {{ membership }}",
        "Hello {{ customer_name }},\n\n{{ membership }} is cancelled. Nothing more will be charged"
        "{% if period_end %}, and you can use it until {{ period_end }}{% endif %}.\n\n"
        "Changed your mind? Until then you can keep it: {{ link }}\n" + SIGNATURE,
    ),
    "de": Text(
        "Gekündigt: {{ membership }}",
        "Guten Tag {{ customer_name }},\n\nIhre Mitgliedschaft „{{ membership }}“ ist gekündigt. "
        "Es wird nichts mehr abgebucht{% if period_end %}, und Sie können sie bis "
        "{{ period_end }}, nutzen{% endif %}.\n\n"
        "Anders überlegt? Bis dahin können Sie sie noch behalten: {{ link }}\n" + SIGNATURE,
    ),
}
ENDED = {
    "en": Text(
        "Your membership has ended: {{ membership }}",
        "Hello {{ customer_name }},\n\n{{ membership }} has ended, and nothing more will be "
        "charged.\n\nWhat is left of it: {{ link }}\n" + SIGNATURE,
    ),
    "de": Text(
        "Ihre Mitgliedschaft ist beendet: {{ membership }}",
        "Guten Tag {{ customer_name }},\n\nIhre Mitgliedschaft „{{ membership }}“ ist beendet, und "
        "es wird nichts mehr abgebucht.\n\nIhr restliches Guthaben: {{ link }}\n" + SIGNATURE,
    ),
}
#: How often it is paid: each one, and every so many.
_ONE = {
    "en": {"week": "per week", "month": "per month", "year": "per year"},
    "de": {"week": "pro Woche", "month": "pro Monat", "year": "pro Jahr"},
}
_SEVERAL = {"en": "every {}", "de": "alle {}"}
_EIGHT = {"en": "Eight classes a month", "de": "Acht Kurse im Monat"}


def membership_words(membership: Membership, left: int | None, locale: str) -> dict[str, str]:
    """Return what may be said to a member; `left` is None where there is no limit."""
    ends = membership.renews_at
    return {
        "customer_name": membership.customer_name,
        "membership": membership.name,
        "code": membership.readable_code,
        "price": formats.amount(membership.price, membership.currency, locale),
        "every": _every(membership, locale),
        "left": "" if left is None else str(left),
        "times": "" if left is None else times(left, locale),
        "period_end": formats.day_and_clock(ends, locale) if ends else "",
        "link": page_of(membership),
    }


def words_of(membership: Membership, locale: str) -> dict[str, str]:
    """Return what may be said to a member now."""
    return membership_words(membership, credits_left(membership), locale)


def _every(membership: Membership, locale: str) -> str:
    count, unit = membership.interval_count, membership.interval
    if count == 1:
        return in_language(_ONE, locale)[unit]
    several = formats.duration(count, unit, locale_for(_SEVERAL, locale))
    return in_language(_SEVERAL, locale).format(several)


def _sample(locale: str) -> dict[str, str]:
    membership = Membership(
        code="7K2MPXQ49ABC", access_token="sample",  # noqa: S106 - leads nowhere
        name=in_language(_EIGHT, locale), price=6000, currency=current_tenant().currency,
        customer_name="Ada Byron", credits=8,
        subscription=Subscription(current_period_end=timezone.now() + timedelta(days=30)),
    )  # fmt: skip
    return membership_words(membership, 8, locale)


_MEMBER = {
    "customer_name": "the member",
    "membership": "what it is called",
    "code": CODE,
    "price": "what is paid each time",
    "every": "how often it is paid",
    "left": "how often it can be used now, as a number; empty if there is no limit",
    "times": "how often it can be used now, in words; empty if there is no limit",
    "period_end": "when the period that is paid for ends",
    "link": "the membership's own page",
}


def _kind(name: str, title: str, texts: dict[str, Text], *, has_link: bool) -> Kind:
    return Kind(
        f"membership_{name}", title, OFFERS, says=_MEMBER, texts=texts, sample=_sample,
        required=(("link",),) if has_link else (),
    )  # fmt: skip


KINDS = [
    _kind("welcome", "Welcome to a membership", WELCOME, has_link=True),
    _kind("unpaid", "Membership not paid", UNPAID, has_link=True),
    _kind("cancelled", "Membership cancelled", CANCELLED, has_link=False),
    _kind("ended", "Membership ended", ENDED, has_link=False),
]
