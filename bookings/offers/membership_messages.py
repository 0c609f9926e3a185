"""The kinds of message about memberships: what each may say."""

from datetime import timedelta

from django.utils import timezone

from bookings.models import Membership
from bookings.offers.membership_credits import credits_left
from bookings.offers.memberships import page_of
from bookings.offers.messages import CODE, OFFERS, times
from bookings.offers.texts import LANGUAGES
from notifications import formats
from notifications.kinds import Kind, standard_texts
from notifications.texts import in_language
from payments.models import Subscription
from tenants.current import current_tenant


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
    one, several = in_language(LANGUAGES, locale).EVERY[unit]
    return one if count == 1 else several.format(count)


def _sample(locale: str) -> dict[str, str]:
    membership = Membership(
        code="7K2MPXQ49ABC", access_token="sample",  # noqa: S106 - leads nowhere
        name=in_language(LANGUAGES, locale).SAMPLES["membership"],
        price=6000, currency=current_tenant().currency,
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


def _kind(name: str, title: str, *, has_link: bool) -> Kind:
    return Kind(
        name, title, OFFERS, says=_MEMBER, texts=standard_texts(LANGUAGES, name), sample=_sample,
        required=(("link",),) if has_link else (),
    )  # fmt: skip


KINDS = [
    _kind("membership_welcome", "Welcome to a membership", has_link=True),
    _kind("membership_unpaid", "Membership not paid", has_link=True),
    _kind("membership_cancelled", "Membership cancelled", has_link=False),
    _kind("membership_ended", "Membership ended", has_link=False),
]
