"""The front door: what a code does to the price of a booking, and using it.

One code a booking: a discount code lowers the price; a voucher or a pass pays it. `total` is the
price after the discount; what a voucher or pass pays of it is a credit, and lessens what is due
when booking and at the business alike.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from bookings.errors import InvalidBooking
from bookings.models import (
    Booking,
    DiscountCode,
    Membership,
    Pass,
    Prepaid,
    Service,
    Voucher,
    normal_code,
)
from bookings.offers import discounts, membership_credits, prepaid
from tenants.currencies import smallest_charge
from tenants.current import current_tenant
from tenants.templatetags.business import money


class UnknownCode(InvalidBooking):
    """Nothing has this code; the same words whatever the reason."""

    def __init__(self) -> None:
        super().__init__("We don't know this code. Please check how it is written.", field="code")


@dataclass(frozen=True)
class Quote:
    """What a booking costs with a code; amounts are in minor units.

    `deposit` is the money due when booking, `remaining` at the business. `sentence` says what the
    code does, for the page; empty without one.
    """

    total: int
    deposit: int
    discount: int = 0
    voucher_amount: int = 0
    pass_credits: int = 0
    pass_amount: int = 0
    sentence: str = ""
    discount_code_id: int | None = None
    voucher_id: int | None = None
    pass_id: int | None = None
    # What pays, in a word: voucher, pass, membership.
    paid_by: str = ""

    @property
    def credit(self) -> int:
        """What a voucher or pass pays of the total."""
        return self.voucher_amount + self.pass_amount

    @property
    def remaining(self) -> int:
        return self.total - self.credit - self.deposit

    @property
    def amounts(self) -> dict[str, int]:
        """What a Booking keeps of it, by the names of its fields."""
        return {
            "total_amount": self.total,
            "deposit_amount": self.deposit,
            "discount_amount": self.discount,
            "credit_amount": self.credit,
        }


def quote(
    service: Service | None,
    party_size: int,
    total: int,
    deposit: int,
    *,
    code: str,
    customer_email: str,
    starts_at: datetime | None = None,
) -> Quote:
    """Return what `party_size` people pay with `code`; as it is with an empty one.

    `total` and `deposit` are the catalogue's, in minor units; `starts_at` (aware), where known,
    is as late as a membership pays for. Nothing is kept or counted: `redeem` does that. Raises
    InvalidBooking (`field` is "code") with the reason; UnknownCode is the one to count against
    guessing.
    """
    wanted = normal_code(code)
    if not wanted:
        return Quote(total=total, deposit=deposit)
    found = _find(wanted)
    if isinstance(found, DiscountCode):
        discounts.check(found, service, total, customer_email)
        return discounted(found, service, party_size, total, deposit)
    if isinstance(found, Voucher):
        return _with_voucher(found, total, deposit)
    if isinstance(found, Membership):
        return _with_membership(
            found, service, party_size, total, deposit, customer_email, starts_at
        )
    return _with_pass(found, service, party_size, total, deposit, customer_email)


def _find(code: str) -> DiscountCode | Voucher | Pass | Membership:
    """Return what has this code. All are asked, so that the time taken tells nothing."""
    found = [
        DiscountCode.objects.filter(code=code, is_active=True).first(),
        Voucher.objects.exclude(status=Prepaid.Status.UNPAID).filter(code=code).first(),
        Pass.objects.exclude(status=Prepaid.Status.UNPAID).filter(code=code).first(),
        Membership.objects.select_related("subscription").filter(code=code).first(),
    ]
    for one in found:
        if one is not None:
            return one
    raise UnknownCode


def due_after(deposit: int, credit: int) -> int:
    """Return what is due when booking; a rest that Stripe would refuse waits for the business."""
    rest = max(deposit - credit, 0)
    return rest if rest >= smallest_charge(current_tenant().currency) else 0


def discounted(
    code: DiscountCode, service: Service | None, party_size: int, total: int, deposit: int
) -> Quote:
    """Return what is left to pay with a code that is good for this."""
    off = code.off(total)
    rest = total - off
    due = min(deposit, rest)
    # A percentage of the price, or all of it, is one of the lower price.
    if service is not None and deposit == service.deposit_for(total, party_size):
        due = min(due, service.deposit_for(rest, party_size))
    return Quote(
        total=rest, deposit=due_after(due, 0), discount=off, discount_code_id=code.pk,
        sentence=f"{code.code} takes {money(off)} off.",
    )  # fmt: skip


def _check_good(item: Prepaid, what: str) -> None:
    if item.status == Prepaid.Status.VOID:
        raise InvalidBooking(f"This {what} is not valid any more.", field="code")
    if item.frozen_at is not None:
        raise InvalidBooking(
            f"The payment of this {what} is contested, so it can't be used now.", field="code"
        )
    if item.is_expired(timezone.now()):
        raise InvalidBooking(f"This {what} has expired.", field="code")
    if not item.left:
        raise InvalidBooking(f"This {what} has been used up.", field="code")


def _with_voucher(voucher: Voucher, total: int, deposit: int) -> Quote:
    _check_good(voucher, "voucher")
    if voucher.currency != current_tenant().currency:
        raise InvalidBooking(f"This voucher is in {voucher.currency}.", field="code")
    pays = min(voucher.left, total)
    stays = voucher.left - pays
    return Quote(
        total=total, deposit=due_after(deposit, pays), voucher_amount=pays,
        voucher_id=voucher.pk if pays else None, paid_by="voucher",
        sentence=f"Your voucher pays {money(pays)}"
        + (f"; {money(stays)} stays on it." if stays else "."),
    )  # fmt: skip


def _with_pass(
    found: Pass, service: Service | None, party_size: int, total: int, deposit: int, email: str
) -> Quote:
    """A pass pays one credit for each person, and the service alone: not what is added to it."""
    _check_owner(found.customer_email, email, "pass")
    _check_good(found, "pass")
    if service is None or not found.pays_for(service):
        raise _not_for(service, "pass")
    if found.left < party_size:
        raise InvalidBooking(
            f"This pass is good for {found.left} more, and you are {party_size}.", field="code"
        )
    left = found.left - party_size
    return _paid_by_credits(
        found, service, party_size, total, deposit, "pass", f"; {left} left on it after this."
    )


def _with_membership(
    found: Membership, service: Service | None, party_size: int, total: int, deposit: int,
    email: str, starts_at: datetime | None,
) -> Quote:  # fmt: skip
    """The credits of one of its periods pay, as those of a pass do."""
    _check_owner(found.customer_email, email, "membership")
    if service is None or not found.pays_for(service):
        raise _not_for(service, "membership")
    period = membership_credits.period_for(found, party_size, starts_at)
    left = membership_credits.credits_left(found)
    after = "." if left is None else f"; {left - party_size} left on it after this."
    return _paid_by_credits(period, service, party_size, total, deposit, "membership", after)


def _check_owner(owner: str, email: str, what: str) -> None:
    if owner.lower() != email.lower():
        raise InvalidBooking(f"This {what} belongs to another e-mail address.", field="code")


def _not_for(service: Service | None, what: str) -> InvalidBooking:
    name = service.name if service else "this booking"
    return InvalidBooking(f"This {what} is not for {name}.", field="code")


def _paid_by_credits(
    credits: Pass, service: Service, party_size: int, total: int, deposit: int, what: str,
    after: str,
) -> Quote:  # fmt: skip
    pays = min(service.price_for(party_size), total)
    return Quote(
        total=total, deposit=due_after(deposit, pays), pass_credits=party_size, pass_amount=pays,
        pass_id=credits.pk, paid_by=what, sentence=f"Your {what} pays {money(pays)}{after}",
    )  # fmt: skip


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
