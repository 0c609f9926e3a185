"""What codes do to the price of a booking, worked out before anything is used.

One discount code and one prepaid (a voucher, a pass or a membership) a booking, in this order: the
discount lowers the price, the prepaid pays what it can of that, and the deposit is what is due of
the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from django.utils import timezone

from bookings.errors import InvalidBooking
from bookings.models import (
    DiscountCode,
    Membership,
    Pass,
    Prepaid,
    Service,
    Voucher,
    normal_code,
)
from bookings.offers import discounts, memberships
from tenants.currencies import smallest_charge
from tenants.current import current_tenant
from tenants.templatetags.business import money

#: What a customer may have typed the code of.
Found = DiscountCode | Voucher | Pass | Membership


class UnknownCode(InvalidBooking):
    """Nothing has this code; the same words whatever the reason."""

    def __init__(self) -> None:
        super().__init__("We don't know this code. Please check how it is written.", field="code")


@dataclass(frozen=True)
class Applied:
    """What one code does: `amount` minor units off the price, or paid of it.

    `what` it is, in a word or two, is "discount code", "voucher", "pass" or "membership".
    """

    code: str
    what: str
    amount: int
    sentence: str

    @property
    def is_discount(self) -> bool:
        return self.what == "discount code"


@dataclass(frozen=True)
class Quote:
    """What a booking costs with its codes; amounts are in minor units.

    `total` is the price after the discount; what a voucher or pass pays of it is a credit, and
    lessens what is due when booking (`deposit`) and at the business (`remaining`) alike.
    """

    total: int
    deposit: int
    discount: int = 0
    voucher_amount: int = 0
    pass_credits: int = 0
    pass_amount: int = 0
    discount_code_id: int | None = None
    voucher_id: int | None = None
    pass_id: int | None = None
    # What each code does, in the order in which it is reckoned.
    applied: tuple[Applied, ...] = ()

    @property
    def credit(self) -> int:
        """What a voucher or pass pays of the total."""
        return self.voucher_amount + self.pass_amount

    @property
    def remaining(self) -> int:
        return self.total - self.credit - self.deposit

    @property
    def sentence(self) -> str:
        """What the codes do, for the page; empty without one."""
        return " ".join(one.sentence for one in self.applied)

    @property
    def amounts(self) -> dict[str, int]:
        """What a Booking keeps of it, by the names of its fields."""
        return {
            "total_amount": self.total,
            "deposit_amount": self.deposit,
            "discount_amount": self.discount,
            "credit_amount": self.credit,
        }

    def noting(self, code: str, what: str, sentence: str, amount: int = 0) -> "Quote":
        """Return it with what one more code does."""
        return replace(self, applied=(*self.applied, Applied(code, what, amount, sentence)))


def different_codes(typed: Sequence[str]) -> list[str]:
    """Return the codes as they are kept, each once, without empty ones."""
    return [code for code in dict.fromkeys(normal_code(one) for one in typed) if code]


def quote(
    service: Service | None,
    party_size: int,
    total: int,
    deposit: int,
    *,
    codes: Sequence[str],
    customer_email: str,
) -> Quote:
    """Return what `party_size` people pay with `codes`; as it is with none.

    `total` and `deposit` are the catalogue's, in minor units. Nothing is kept or counted:
    `services.redeem` does that. Raises InvalidBooking (`field` is "code", and `refused_code` among
    its details) with the reason; UnknownCode is the one to count against guessing.
    """
    found = [find(code) for code in different_codes(codes)]
    return quote_with(found, service, party_size, total, deposit, customer_email)


def find(code: str) -> Found:
    """Return what has this code; all are asked, so that the time taken tells nothing.

    Raises UnknownCode.
    """
    found: list[Found | None] = [
        DiscountCode.objects.filter(code=code, is_active=True).first(),
        Voucher.objects.exclude(status=Prepaid.Status.UNPAID).filter(code=code).first(),
        Pass.objects.exclude(status=Prepaid.Status.UNPAID).filter(code=code).first(),
        Membership.objects.select_related("subscription").filter(code=code).first(),
    ]
    for one in found:
        if one is not None:
            return one
    error = UnknownCode()
    error.details["refused_code"] = code
    raise error


def quote_with(
    found: Sequence[Found], service: Service | None, party_size: int, total: int, deposit: int,
    customer_email: str,
) -> Quote:  # fmt: skip
    """Return what was found for some codes does; see `quote`."""
    _check_go_together(found)
    quoted = Quote(total=total, deposit=deposit)
    # The discount first, whatever was typed first.
    for one in sorted(found, key=lambda one: not isinstance(one, DiscountCode)):
        try:
            quoted = _with(one, quoted, service, party_size, customer_email)
        except InvalidBooking as error:
            error.details["refused_code"] = one.code
            raise
    return quoted


def _check_go_together(found: Sequence[Found]) -> None:
    """Raise InvalidBooking for two of a kind, about the second."""
    codes = [one for one in found if isinstance(one, DiscountCode)]
    prepaid = [one for one in found if not isinstance(one, DiscountCode)]
    if len(codes) > 1:
        raise InvalidBooking(
            "A booking takes one discount code. Please leave this one out, or the other.",
            field="code", refused_code=codes[1].code,
        )  # fmt: skip
    if len(prepaid) > 1:
        raise InvalidBooking(
            "A booking takes one voucher, pass or membership. Please leave this one out, or the "
            "other.",
            field="code", refused_code=prepaid[1].code,
        )  # fmt: skip


def _with(
    found: Found, quoted: Quote, service: Service | None, party_size: int, email: str
) -> Quote:
    if isinstance(found, DiscountCode):
        discounts.check(found, service, quoted.total, email)
        return discounted(quoted, found, service, party_size)
    if isinstance(found, Voucher):
        return _with_voucher(quoted, found)
    if isinstance(found, Membership):
        return _with_membership(quoted, found, service, party_size, email)
    return _with_pass(quoted, found, service, party_size, email)


def due_after(deposit: int, credit: int) -> int:
    """Return what is due when booking; a rest that Stripe would refuse waits for the business."""
    rest = max(deposit - credit, 0)
    return rest if rest >= smallest_charge(current_tenant().currency) else 0


# --- Discounts ---


def discounted(
    quoted: Quote, code: DiscountCode, service: Service | None, party_size: int
) -> Quote:
    """Return what is left to pay with a code that is good for this."""
    total, deposit = quoted.total, quoted.deposit
    off = code.off(total)
    rest = total - off
    due = min(deposit, rest)
    # A percentage of the price, or all of it, is one of the lower price.
    if service is not None and deposit == service.deposit_for(total, party_size):
        due = min(due, service.deposit_for(rest, party_size))
    after = replace(
        quoted, total=rest, deposit=due_after(due, 0), discount=off, discount_code_id=code.pk
    )
    return after.noting(code.code, "discount code", f"{code.code} takes {money(off)} off.", off)


# --- What is prepaid ---


def paid_by_voucher(quoted: Quote, voucher: Voucher, pays: int, sentence: str) -> Quote:
    """Return what is left to pay when a voucher pays `pays` of it."""
    after = replace(
        quoted, deposit=due_after(quoted.deposit, pays), voucher_amount=pays,
        voucher_id=voucher.pk if pays else None,
    )  # fmt: skip
    return after.noting(voucher.code, "voucher", sentence, pays)


def paid_by_credits(
    quoted: Quote, credits: Pass, service: Service, party_size: int, *, code: str, what: str,
    after: str = ".",
) -> Quote:  # fmt: skip
    """Return what is left to pay when one credit for each person pays the service.

    What is added to the service is not paid by it; nor is what a discount has taken off. Where
    that has left nothing, no credit is used.
    """
    pays = min(service.price_for(party_size), quoted.total)
    if quoted.discount and not quoted.total:
        return quoted.noting(code, what, f"Nothing is left for your {what} to pay: it is kept.")
    paid = replace(
        quoted, deposit=due_after(quoted.deposit, pays), pass_credits=party_size,
        pass_amount=pays, pass_id=credits.pk,
    )  # fmt: skip
    return paid.noting(code, what, f"Your {what} pays {money(pays)}{after}", pays)


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


def _with_voucher(quoted: Quote, voucher: Voucher) -> Quote:
    _check_good(voucher, "voucher")
    if voucher.currency != current_tenant().currency:
        raise InvalidBooking(f"This voucher is in {voucher.currency}.", field="code")
    pays = min(voucher.left, quoted.total)
    stays = voucher.left - pays
    sentence = f"Your voucher pays {money(pays)}"
    sentence += f"; {money(stays)} stays on it." if stays else "."
    return paid_by_voucher(quoted, voucher, pays, sentence)


def _with_pass(
    quoted: Quote, found: Pass, service: Service | None, party_size: int, email: str
) -> Quote:
    _check_owner(found.customer_email, email, "pass")
    _check_good(found, "pass")
    if service is None or not found.pays_for(service):
        raise _not_for(service, "pass")
    if found.left < party_size:
        raise InvalidBooking(
            f"This pass is good for {found.left} more, and you are {party_size}.", field="code"
        )
    return paid_by_credits(
        quoted, found, service, party_size, code=found.code, what="pass",
        after=f"; {found.left - party_size} left on it after this.",
    )  # fmt: skip


def _with_membership(
    quoted: Quote, found: Membership, service: Service | None, party_size: int, email: str
) -> Quote:
    """The credits of one of its periods pay, as those of a pass do."""
    _check_owner(found.customer_email, email, "membership")
    if service is None or not found.pays_for(service):
        raise _not_for(service, "membership")
    period = memberships.period_for(found, party_size)
    left = memberships.credits_left(found)
    return paid_by_credits(
        quoted, period, service, party_size, code=found.code, what="membership",
        after="." if left is None else f"; {left - party_size} left on it after this.",
    )  # fmt: skip


def _check_owner(owner: str, email: str, what: str) -> None:
    if owner.lower() != email.lower():
        raise InvalidBooking(f"This {what} belongs to another e-mail address.", field="code")


def _not_for(service: Service | None, what: str) -> InvalidBooking:
    name = service.name if service else "this booking"
    return InvalidBooking(f"This {what} is not for {name}.", field="code")
