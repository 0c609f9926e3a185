"""The kinds of message about money: what each may say."""

from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from notifications import formats
from notifications.kinds import Group, Kind, standard_texts
from notifications.texts import in_language
from payments.models import PaymentRequest, PaymentSession
from payments.receipts import Receipt, refund_text, written
from payments.texts import LANGUAGES
from tenants.current import current_tenant

MONEY = Group(20, "Payments")
_ABOUT_PAYMENT = {
    "customer_name": "who paid; may be empty",
    "description": "what was paid for",
    "number": "the receipt's number",
    "paid_at": "day and time of the payment",
    "link": "the receipt as a page to print",
}


def receipt_words(session: PaymentSession, receipt: Receipt) -> dict[str, str]:
    """Return what the receipt of a payment may say."""
    return {
        "customer_name": session.customer.name if session.customer else "",
        "receipt": receipt.text,
        "amount": receipt.amount,
        "description": receipt.what,
        "number": receipt.number,
        "paid_at": receipt.paid_at,
        "link": receipt.link,
    }


def refund_words(
    session: PaymentSession, receipt: Receipt, amount: int, locale: str
) -> dict[str, str]:
    """Return what may be said of `amount` minor units of a payment that go back."""
    words = receipt_words(session, receipt)
    return {
        **{name: words[name] for name in _ABOUT_PAYMENT},
        "refund": refund_text(receipt, session, amount, locale),
        "amount": formats.amount(amount, session.currency, locale),
        "paid": receipt.amount,
    }


def payment_link_words(request: PaymentRequest, link: str, locale: str) -> dict[str, str]:
    """Return what may be said of a payment that is asked for on `link`."""
    return {
        "customer_name": request.customer_name,
        "amount": formats.amount(request.amount, request.currency, locale),
        "description": request.description,
        "message": request.message,
        "until": formats.day_and_clock(request.expires_at, locale),
        "link": link,
    }


def _sample_payment(locale: str) -> tuple[PaymentSession, Receipt]:
    session = PaymentSession(
        description=in_language(LANGUAGES, locale).HAIRCUT,
        amount=11900, tax_rate=Decimal(19),
        currency=current_tenant().currency, succeeded_at=timezone.now(),
        access_token="sample",  # noqa: S106 - leads nowhere
    )  # fmt: skip
    number = f"{timezone.now():%Y}-000042"
    return session, written(session, number, 0, locale)


def _sample_receipt(locale: str) -> dict[str, str]:
    return {**receipt_words(*_sample_payment(locale)), "customer_name": "Ada Byron"}


def _sample_refund(locale: str) -> dict[str, str]:
    words = refund_words(*_sample_payment(locale), 5950, locale)
    return {**words, "customer_name": "Ada Byron"}


def _sample_payment_link(locale: str) -> dict[str, str]:
    request = PaymentRequest(
        customer_name="Ada Byron", amount=11900, currency=current_tenant().currency,
        description=in_language(LANGUAGES, locale).HAIRCUT,
        expires_at=timezone.now() + timedelta(days=7),
    )  # fmt: skip
    return payment_link_words(request, f"{current_tenant().url}/pay/sample/", locale)


KINDS = [
    Kind(
        "receipt", "Receipt", MONEY,
        says={
            "receipt": "the receipt itself: number, day, what for, tax, total and your details",
            "amount": "what was paid",
            **_ABOUT_PAYMENT,
        },
        texts=standard_texts(LANGUAGES, "receipt"),
        sample=_sample_receipt, required=(("receipt",),),
    ),
    Kind(
        "refund", "Refund", MONEY,
        says={
            "refund": "the figures: what for, receipt, what was paid, what goes back, the tax in "
            "it, and your details",
            "amount": "what goes back",
            "paid": "what was paid",
            **_ABOUT_PAYMENT,
        },
        texts=standard_texts(LANGUAGES, "refund"),
        sample=_sample_refund, required=(("refund",),),
    ),
    Kind(
        "payment_link", "Payment link", MONEY,
        says={
            "link": "where to pay",
            "customer_name": "who is asked to pay; may be empty",
            "amount": "what is to be paid",
            "description": "what it is for",
            "message": "what you have written to this customer; may be empty",
            "until": "until when the link is good",
        },
        texts=standard_texts(LANGUAGES, "payment_link"),
        sample=_sample_payment_link, required=(("link",),),
    ),
]  # fmt: skip
