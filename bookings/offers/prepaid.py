"""Vouchers and passes: issued, used, given back, refunded, voided, lapsed.

`left` changes only beside a movement that says why, in one transaction. A row is locked after the
booking that uses it, and no payment is locked while one is held.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from access.actors import STRIPE, SYSTEM, Actor
from bookings.errors import BookingClosed, InvalidBooking
from bookings.models import Booking, Pass, Prepaid, Voucher
from bookings.models.offers import Movement
from events.services import record
from payments import services as payments
from payments.models import Dispute, PaymentSession, Refund

AnyPrepaid = TypeVar("AnyPrepaid", bound=Voucher | Pass)
Kind = Movement.Kind
Status = Prepaid.Status

#: What is paid for at Stripe, by the kind of thing.
PAYABLE_TYPES: dict[type[Prepaid], str] = {Voucher: "voucher", Pass: "pass"}


def payable_type(item: Prepaid) -> str:
    return PAYABLE_TYPES[type(item)]


def event_data(item: Prepaid) -> dict[str, object]:
    """Return what an event says: never the code, which is as good as money."""
    return {"id": item.pk, "status": item.status, "left": item.left, "price": item.price}


def locked(item: AnyPrepaid) -> AnyPrepaid:
    """Return the row as it is now, locked until the end of the transaction."""
    found: AnyPrepaid = type(item).objects.select_for_update().get(pk=item.pk)
    return found


def write_movement(
    item: Prepaid, kind: str, change: int, cause: str, *,
    booking: Booking | None = None, reason: str = "", actor: Actor = SYSTEM,
) -> None:  # fmt: skip
    """Say why `left` changes by `change`; the database refuses the same cause twice."""
    item.movements.create(  # type: ignore[attr-defined]
        kind=kind, change=change, cause=cause, booking=booking, reason=reason[:200],
        actor=actor.label or actor.kind,
    )  # fmt: skip


@transaction.atomic
def issue(
    item: AnyPrepaid, *, cause: str, payment: PaymentSession | None = None, reason: str = "",
    actor: Actor = SYSTEM,
) -> None:  # fmt: skip
    """Make an unpaid voucher or pass good, from now on, and send it; does nothing when it is."""
    from bookings.offers import jobs

    item = locked(item)
    if not item.is_unpaid:
        return
    now = timezone.now()
    item.status, item.left, item.payment = Status.ACTIVE, item.initial, payment
    item.issued_at, item.expires_at = now, item.expiry_from(now)
    item.save(update_fields=["status", "left", "payment", "issued_at", "expires_at"])
    write_movement(item, Kind.ISSUED, item.initial, cause, reason=reason, actor=actor)
    record(f"{payable_type(item)}.issued", item, event_data(item), actor)
    if item.is_sent:
        jobs.send_prepaid.enqueue(kind=payable_type(item), pk=item.pk)


def use(booking: Booking, item: Prepaid, amount: int, *, at: datetime | None = None) -> None:
    """Take `amount` of it for a booking, once; raises InvalidBooking when that is not left.

    `at` is when it had to be good; now, unless the booking was made before.
    """
    if item.used_by(booking):
        return
    if not type(item).objects.take(item.pk, amount, at=at or timezone.now()):
        raise InvalidBooking("This code has just been used for something else.", field="code")
    times = item.movements.filter(booking=booking, kind=Kind.USED).count()  # type: ignore[attr-defined]
    write_movement(item, Kind.USED, -amount, f"booking:{booking.pk}:{times + 1}", booking=booking)


def give_back(booking: Booking) -> None:
    """Put back what a booking has used, once.

    What comes back to a past period of a membership can be used in the present one.
    """
    now = timezone.now()
    for item in used_for(booking):
        item = locked(item)
        used = item.used_by(booking)
        if not used or not item.is_active:
            continue
        if until := item.good_again_until(now):
            _lapse(item)
            item.expires_at, item.closed_at = until, None
        item.left += used
        item.save(update_fields=["left", "expires_at", "closed_at"])
        times = item.movements.filter(booking=booking, kind=Kind.USED).count()
        cause = f"booking:{booking.pk}:{times}"
        write_movement(item, Kind.GIVEN_BACK, used, cause, booking=booking)


def use_again(booking: Booking) -> None:
    """A lapsed booking comes back: take what it used; raises InvalidBooking if that is gone."""
    for item in used_for(booking):
        taken = item.movements.filter(booking=booking, kind=Kind.USED).order_by("-id").first()
        if taken is not None:
            use(booking, item, -taken.change, at=booking.created_at)


def used_for(booking: Booking) -> Iterable[Voucher | Pass]:
    """Return what has ever moved for a booking, in the order in which everyone locks it."""
    yield from Voucher.objects.filter(movements__booking=booking).distinct().order_by("pk")
    yield from Pass.objects.filter(movements__booking=booking).distinct().order_by("pk")


def earn(booking: Booking) -> None:
    """What a booking used is the business's own money now; may be called again."""
    for item in used_for(booking):
        used = item.used_by(booking)
        if used and item.payment_id is not None:
            payments.earn_part_of_payment(
                item.payment_id, amount=item.value_of(used), cause=f"booking:{booking.pk}"
            )


@transaction.atomic
def _take_by_hand(item: AnyPrepaid, amount: int, reason: str, actor: Actor) -> int:
    if not type(item).objects.take(item.pk, amount, at=timezone.now()):
        raise BookingClosed("That much is not left on it, or it is not good any more.")
    times = item.movements.filter(kind=Kind.USED).count()
    cause = f"by hand:{times + 1}"
    write_movement(item, Kind.USED, -amount, cause, reason=reason, actor=actor)
    return times + 1


def use_by_hand(item: AnyPrepaid, amount: int, *, reason: str, actor: Actor) -> None:
    """Staff take `amount` of it at the business; raises BookingClosed when that is not left.

    What was paid for it is earned right after, because a payment is locked before what it bought.
    """
    number = _take_by_hand(item, amount, reason, actor)
    if item.payment_id is not None:
        payments.earn_part_of_payment(
            item.payment_id, amount=item.value_of(amount), cause=f"by hand:{number}"
        )


@transaction.atomic
def take_refund(item: AnyPrepaid, session: PaymentSession, refund: Refund) -> None:
    """The money went back: so does what it bought, as far as it is left.

    A refund of the whole payment makes it void; a partial one takes its share.
    """
    item = locked(item)
    if item.payment_id != session.pk or not item.is_active:
        return
    whole = session.status == PaymentSession.Status.REFUNDED
    share = refund.amount * item.initial // max(item.price, 1)
    taken = item.left if whole else min(share, item.left)
    item.left -= taken
    item.status = Status.VOID if whole else item.status
    item.save(update_fields=["left", "status"])
    if taken:
        write_movement(item, Kind.REFUNDED, -taken, f"refund:{refund.pk}", reason=refund.reason)
    if whole:
        record(f"{payable_type(item)}.voided", item, event_data(item))


@transaction.atomic
def contest(item: AnyPrepaid, session: PaymentSession, dispute: Dispute) -> None:
    """Its payment is contested: freeze it until the bank has decided, and end it if it is lost."""
    item = locked(item)
    if item.payment_id != session.pk or not item.is_active:
        return
    if dispute.status == Dispute.Status.LOST:
        void(item, reason="The customer's bank took the payment back", actor=STRIPE)
        return
    if session.is_disputed == (item.frozen_at is not None):
        return
    item.frozen_at = timezone.now() if session.is_disputed else None
    item.save(update_fields=["frozen_at"])
    happened = "frozen" if item.frozen_at else "thawed"
    record(f"{payable_type(item)}.{happened}", item, event_data(item), STRIPE)


@transaction.atomic
def void(item: AnyPrepaid, *, reason: str, actor: Actor) -> None:
    """End a voucher or pass by hand; raises BookingClosed when it is not good any more."""
    item = locked(item)
    if not item.is_active:
        raise BookingClosed(f"This is {item.get_status_display().lower()} already.")
    left = item.left
    item.left, item.status = 0, Status.VOID
    item.save(update_fields=["left", "status"])
    if left:
        write_movement(item, Kind.VOIDED, -left, "void", reason=reason, actor=actor)
    record(f"{payable_type(item)}.voided", item, event_data(item) | {"reason": reason}, actor)


def close_lapsed() -> None:
    """End what has expired: what is left lapses, and its money is the business's own."""
    now = timezone.now()
    for model in (Voucher, Pass):
        for item in model.objects.lapsed(now):
            _close(item, now)


def _close(item: AnyPrepaid, now: datetime) -> None:
    # First and by itself, because a payment is locked before what it bought. Killed in between,
    # the next run does both again, and nothing is earned twice.
    if item.payment_id is not None:
        payments.earn_payment(item.payment_id)
    with transaction.atomic():
        item = locked(item)
        if not item.is_active or item.closed_at is not None:
            return
        _lapse(item)
        item.closed_at = now
        item.save(update_fields=["left", "closed_at"])
        record(f"{payable_type(item)}.expired", item, event_data(item))


def _lapse(item: Prepaid) -> None:
    """What is left of a locked row is gone; the caller saves it."""
    if not item.left:
        return
    times = item.movements.filter(kind=Kind.EXPIRED).count()  # type: ignore[attr-defined]
    write_movement(item, Kind.EXPIRED, -item.left, f"expiry:{times + 1}" if times else "expiry")
    item.left = 0


def sum_of_movements(item: Prepaid) -> int:
    """Return what the movements say is left."""
    total = item.movements.aggregate(sum=Sum("change"))["sum"]  # type: ignore[attr-defined]
    return total or 0
