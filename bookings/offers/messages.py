"""The kinds of message about vouchers and passes: what each may say."""

from datetime import timedelta

from django.utils import timezone

from bookings.models import Pass, Voucher
from bookings.offers.purchases import page_of
from bookings.offers.texts import LANGUAGES
from notifications import formats
from notifications.kinds import Group, Kind, standard_texts
from notifications.texts import in_language
from tenants.current import current_tenant

OFFERS = Group(30, "Vouchers, passes and memberships")
CODE = "the code to type when booking"


def times(count: int, locale: str) -> str:
    """Return how often something can be used: "10 times"."""
    one, many = in_language(LANGUAGES, locale).TIMES
    return (one if formats.is_one(count, locale) else many).format(formats.number(count, locale))


def voucher_words(voucher: Voucher, locale: str) -> dict[str, str]:
    """Return what may be said to whoever gets a voucher."""
    return {
        "recipient_name": voucher.recipient_name,
        "giver": voucher.customer_name if voucher.recipient_email else "",
        "message": voucher.message,
        "amount": formats.amount(voucher.initial, voucher.currency, locale),
        **_prepaid_words(voucher, locale),
    }


def bought_words(voucher: Voucher, locale: str) -> dict[str, str]:
    """Return what may be said to who has bought a voucher that went to somebody else."""
    return {
        "customer_name": voucher.customer_name,
        "recipient_name": voucher.recipient_name,
        "recipient_email": voucher.recipient_email,
        "amount": formats.amount(voucher.initial, voucher.currency, locale),
        "link": page_of(voucher),
    }


def pass_words(item: Pass, locale: str) -> dict[str, str]:
    """Return what may be said to who has bought a pass."""
    return {
        "customer_name": item.customer_name,
        "pass": item.name,
        "left": str(item.left),
        "times": times(item.left, locale),
        **_prepaid_words(item, locale),
    }


def _prepaid_words(item: Voucher | Pass, locale: str) -> dict[str, str]:
    return {
        "code": item.readable_code,
        "expires": formats.day_and_clock(item.expires_at, locale) if item.expires_at else "",
        "book_link": f"{current_tenant().url}/",
        "link": page_of(item),
    }


def _sample_voucher(locale: str) -> Voucher:
    return Voucher(
        code="7K2MPXQ49ABC", access_token="sample",  # noqa: S106 - leads nowhere
        initial=5000, left=5000, currency=current_tenant().currency, customer_name="Ada Byron",
        customer_email="ada@example.com", recipient_name="Grace Hopper",
        recipient_email="grace@example.com",
        message=in_language(LANGUAGES, locale).SAMPLES["wish"],
        expires_at=timezone.now() + timedelta(days=365),
    )  # fmt: skip


def _sample_words(locale: str) -> dict[str, str]:
    return voucher_words(_sample_voucher(locale), locale)


def _sample_bought(locale: str) -> dict[str, str]:
    return bought_words(_sample_voucher(locale), locale)


def _sample_pass(locale: str) -> dict[str, str]:
    item = Pass(
        code="7K2MPXQ49ABC", access_token="sample",  # noqa: S106 - leads nowhere
        name=in_language(LANGUAGES, locale).SAMPLES["pass"],
        initial=10, left=10, customer_name="Ada Byron",
        expires_at=timezone.now() + timedelta(days=365),
    )  # fmt: skip
    return pass_words(item, locale)


_PREPAID = {
    "code": CODE,
    "link": "its own page, with the code and what is left",
    "expires": "until when it is good; empty if it never expires",
    "book_link": "your booking page",
}
KINDS = [
    Kind(
        "voucher", "Gift voucher", OFFERS,
        says={
            "recipient_name": "who it is for; may be empty",
            "giver": "who gives it; empty if it went to the buyer",
            "message": "what the giver has written; may be empty",
            "amount": "what it is worth",
            **_PREPAID,
        },
        texts=standard_texts(LANGUAGES, "voucher"),
        sample=_sample_words, required=(("code", "link"),),
    ),
    Kind(
        "voucher_bought", "Gift voucher sent on", OFFERS,
        says={
            "customer_name": "who bought it",
            "recipient_name": "who it is for; may be empty",
            "recipient_email": "where it was sent",
            "amount": "what it is worth",
            "link": _PREPAID["link"],
        },
        texts=standard_texts(LANGUAGES, "voucher_bought"),
        sample=_sample_bought,
    ),
    Kind(
        "pass", "Pass", OFFERS,
        says={
            "customer_name": "who bought it",
            "pass": "what it is called",
            "left": "how often it can be used, as a number",
            "times": "how often it can be used, in words",
            **_PREPAID,
        },
        texts=standard_texts(LANGUAGES, "pass"),
        sample=_sample_pass, required=(("code", "link"),),
    ),
]  # fmt: skip
