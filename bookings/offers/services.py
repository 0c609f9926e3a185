"""The front door: what codes do to the price of a booking, and using them.

One discount code and one prepaid a booking; how they are reckoned stands in `quotes`. Whatever uses
them uses both or neither.
"""

from django.db import transaction

from bookings.errors import InvalidBooking
from bookings.models import Booking, Pass, Voucher
from bookings.offers import discounts, prepaid
from bookings.offers.quotes import Applied, Quote, UnknownCode, quote

__all__ = [
    "Applied",
    "Quote",
    "UnknownCode",
    "earn",
    "give_back",
    "quote",
    "redeem",
    "use_again",
]


def redeem(booking: Booking, quote: Quote) -> None:
    """Use what `quote` promised for `booking`, once.

    Call it inside the transaction that inserts the booking, after the insert: resources are
    locked before codes. Raises InvalidBooking (`field` is "code") when somebody else has used it
    up meanwhile; let it roll the booking back.
    """
    if quote.discount_code_id is not None:
        discounts.use(booking, quote.discount_code_id, quote.discount)
    if quote.voucher_id is not None:
        voucher = Voucher.objects.get(pk=quote.voucher_id)
        prepaid.use(booking, voucher, quote.voucher_amount)
    if quote.pass_id is not None:
        prepaid.use(booking, Pass.objects.get(pk=quote.pass_id), quote.pass_credits)


def give_back(booking: Booking) -> None:
    """A booking lapses, or is cancelled within its terms: return what it has used, once.

    Call it inside that transaction, with the booking locked.
    """
    discounts.give_back(booking)
    prepaid.give_back(booking)


def use_again(booking: Booking) -> bool:
    """A lapsed booking is paid after all: use what it was promised; return whether that worked.

    Call it inside the transaction that brings the booking back, with the booking locked.
    """
    try:
        with transaction.atomic():
            discounts.use_again(booking)
            prepaid.use_again(booking)
    except InvalidBooking:
        return False
    return True


def earn(booking: Booking) -> None:
    """A booking has happened, or what was paid for it is kept: its credits are earned.

    Call it inside that transaction, with the booking locked. May be called again.
    """
    prepaid.earn(booking)
