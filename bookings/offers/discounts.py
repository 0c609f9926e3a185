"""Discount codes: who may use one, and using it exactly as often as it allows."""

from datetime import datetime

from django.utils import timezone

from bookings.errors import InvalidBooking
from bookings.models import Booking, DiscountCode, DiscountUse, Service
from tenants.templatetags.business import money

USED_UP = "This code has been used up."


def check(code: DiscountCode, service: Service | None, total: int, email: str) -> None:
    """Raise InvalidBooking, with the reason, unless `code` lowers this price of `total` now."""
    reason = _why_not(code, service, total, email, timezone.now())
    if reason:
        raise InvalidBooking(reason, field="code")


def _why_not(
    code: DiscountCode, service: Service | None, total: int, email: str, now: datetime
) -> str:
    if code.valid_from is not None and now < code.valid_from:
        return "This code is not valid yet."
    if code.valid_until is not None and now >= code.valid_until:
        return "This code has expired."
    if not _covers(code, service):
        return f"This code is not for {service.name if service else 'this booking'}."
    if total < code.minimum_amount:
        return f"This code is for bookings of {money(code.minimum_amount)} and more."
    if code.max_uses is not None and code.used_count >= code.max_uses:
        return USED_UP
    return _why_not_again(code, email)


def is_for(code: DiscountCode, service: Service | None, total: int) -> bool:
    """Does `code` lower a price of `total` for `service`, whenever and by whomever it is used?"""
    return _covers(code, service) and total >= code.minimum_amount


def _covers(code: DiscountCode, service: Service | None) -> bool:
    covered = set(code.services.values_list("pk", flat=True))
    return not covered or (service is not None and service.pk in covered)


def _why_not_again(code: DiscountCode, email: str, *, besides: int = 0) -> str:
    limit = code.max_uses_per_customer
    if limit is None:
        return ""
    uses = DiscountUse.objects.filter(
        code=code, customer_email=email.lower(), given_back_at=None
    ).count()
    if uses - besides < limit:
        return ""
    return "You have used this code already." if limit == 1 else (
        f"You have used this code {limit} times already."
    )  # fmt: skip


def use(booking: Booking, code_id: int, amount: int) -> None:
    """Count a booking's use of a code, once; raises InvalidBooking when it is used up.

    The conditional UPDATE locks the code's row, so that the customer's own uses are counted one
    after the other.
    """
    if DiscountUse.objects.filter(booking=booking).exists():
        return
    _count(code_id, booking.customer_email)
    DiscountUse.objects.create(
        code_id=code_id,
        booking=booking,
        customer_email=booking.customer_email.lower(),
        amount=amount,
    )


def _count(code_id: int, email: str) -> None:
    if not DiscountCode.objects.count_use(code_id):
        raise InvalidBooking(USED_UP, field="code")
    reason = _why_not_again(DiscountCode.objects.get(pk=code_id), email)
    if reason:
        raise InvalidBooking(reason, field="code")


def use_again(booking: Booking) -> None:
    """A lapsed booking comes back: use its code again; raises InvalidBooking when it is used up."""
    given_back = DiscountUse.objects.filter(booking=booking, given_back_at__isnull=False).first()
    if given_back is None:
        return
    _count(given_back.code_id, booking.customer_email)
    DiscountUse.objects.filter(pk=given_back.pk).update(given_back_at=None)


def give_back(booking: Booking) -> None:
    """Give a booking's use back, once."""
    used = DiscountUse.objects.filter(booking=booking, given_back_at=None)
    code_id = used.values_list("code_id", flat=True).first()
    if code_id is not None and used.update(given_back_at=timezone.now()):
        DiscountCode.objects.uncount_use(code_id)
