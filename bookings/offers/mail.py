"""E-mails with a voucher or a pass, in the business's name and words."""

from bookings.models import Pass, Voucher
from bookings.offers.messages import bought_words, pass_words, voucher_words
from notifications.sending import send


def send_prepaid(kind: str, pk: int) -> None:
    """Send the voucher or pass, unless it has ended meanwhile."""
    model: type[Voucher | Pass] = Voucher if kind == "voucher" else Pass
    item = model.objects.filter(pk=pk, status=model.Status.ACTIVE).first()
    if isinstance(item, Voucher):
        _send_voucher(item)
    elif isinstance(item, Pass):
        _send_pass(item)


def _send_voucher(voucher: Voucher) -> None:
    """Send it to whom it is for, and tell who has bought it."""
    buyer = voucher.customer_email
    send("voucher", lambda locale: voucher_words(voucher, locale),
         to=[voucher.recipient_email or buyer])  # fmt: skip
    if voucher.recipient_email and voucher.recipient_email.lower() != buyer.lower():
        send("voucher_bought", lambda locale: bought_words(voucher, locale), to=[buyer])


def _send_pass(item: Pass) -> None:
    send("pass", lambda locale: pass_words(item, locale), to=[item.customer_email])
