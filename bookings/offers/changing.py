"""What the codes that a booking has used do when something else is booked in its place.

A code stays with its booking, whatever became of it since: it is not asked again whether it is
still good or has uses left. A discount is reckoned anew from the new price, and falls away where
the code is not for that. Then a voucher pays as much of what is left as it can, what it need not
pay goes back on it; a pass pays for the new number of people, or falls away where it is not for
the service.
"""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from bookings.errors import InvalidBooking
from bookings.models import Booking, DiscountUse, Pass, Prepaid, Service, Voucher
from bookings.offers import discounts, prepaid, quotes
from bookings.offers.quotes import Quote
from tenants.templatetags.business import money


def requote(
    booking: Booking, service: Service | None, party_size: int, total: int, deposit: int
) -> Quote:
    """Return what `booking` would cost as something else, with the codes that it has used.

    `total` and `deposit` are the catalogue's, in minor units. `sentence` says what becomes of the
    codes; empty without one. Raises InvalidBooking when a pass has too little left.
    """
    quoted = Quote(total, deposit)
    use = DiscountUse.objects.filter(booking=booking, given_back_at=None).first()
    if use is not None and discounts.is_for(use.code, service, total):
        quoted = quotes.discounted(quoted, use.code, service, party_size)
    elif use is not None:
        code = use.code.code
        quoted = quoted.noting(code, "discount code", f"{code} is not for this, so it falls away.")
    used = _used(booking)
    if used is None:
        return quoted
    item, amount = used
    if isinstance(item, Voucher):
        pays = min(amount + _more(item), quoted.total)
        return quotes.paid_by_voucher(quoted, item, pays, f"Your voucher pays {money(pays)}.")
    return _with_pass(quoted, item, amount, service, party_size)


def _used(booking: Booking) -> tuple[Voucher | Pass, int] | None:
    """Return what is prepaid and pays for `booking`, and how much of it."""
    found = ((item, item.used_by(booking)) for item in prepaid.used_for(booking))
    return next(((item, amount) for item, amount in found if amount), None)


def _more(item: Prepaid) -> int:
    """Return what could be used of it beyond what is used already."""
    is_good = item.is_active and not item.is_expired(timezone.now())
    return item.left if is_good else 0


def _with_pass(
    quoted: Quote, item: Pass, used: int, service: Service | None, party_size: int
) -> Quote:
    if service is None or not item.pays_for(service):
        return quoted.noting(
            item.code, item.word, f"Your {item.word} is not for this, so it falls away."
        )
    good_for = used + _more(item)
    if good_for < party_size:
        raise InvalidBooking(
            f"party_size: the {item.word} that pays for this booking is good for {good_for}",
            field="party_size",
        )
    return quotes.paid_by_credits(quoted, item, service, party_size, code=item.code, what=item.word)


@dataclass(frozen=True)
class Offered:
    """What its codes do for a booking as it is now, in minor units."""

    discount: int
    credit: int


def reuse(booking: Booking, wanted: Offered, *, had_credit: int) -> Offered:
    """Have a booking that has become another use its codes for that; return what came of it.

    Call it inside the transaction of the change, with the booking locked and its new party size
    set; `had_credit` is what its voucher or pass paid before. What somebody else has used up of
    that meanwhile is left to pay on the day.
    """
    if wanted.discount:
        DiscountUse.objects.filter(booking=booking, given_back_at=None).update(
            amount=wanted.discount
        )
    else:
        discounts.give_back(booking)
    used = _used(booking)
    if used is None:
        return Offered(wanted.discount, 0)
    item, before = used
    amount = wanted.credit
    if isinstance(item, Pass):
        amount = booking.party_size if wanted.credit else 0
    if amount == before:
        return wanted
    try:
        with transaction.atomic():
            prepaid.give_back(booking)
            if amount:
                prepaid.use(booking, item, amount, at=booking.created_at)
    except InvalidBooking:
        return Offered(wanted.discount, min(had_credit, wanted.credit))
    return wanted
