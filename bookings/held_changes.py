"""Changes that wait for their difference, or a card: held, paid, given up, or not paid in time.

The booking keeps its old place until that is in; the new one is held beside it. Whatever
ends the hold leaves the booking as it was, and money that comes in after that goes back.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from access.actors import CUSTOMER, SYSTEM, Actor
from bookings import claims, money, services, taking
from bookings.becoming import become, seats_of
from bookings.change_rows import place_of, plan_of
from bookings.descriptions import described
from bookings.errors import BookingClosed
from bookings.models import Allocation, Booking, BookingChange
from bookings.plans import Plan
from bookings.records import event_data, get_booking, locked
from events.services import record
from payments import services as payments
from payments.models import PaymentSession
from tenants.current import current_tenant

Status = BookingChange.Status


# --- Held ---


def hold(booking: Booking, plan: Plan, actor: Actor, now: datetime) -> BookingChange:
    """Hold the new place of a locked `booking` beside its old one; raises SlotTaken.

    Call `start_payment` next, outside the transaction.
    """
    from bookings import jobs

    until = min(now + services.hold_time(), booking.starts_at, plan.starts_at)
    change = place_of(booking, plan, now)
    change.hold_expires_at = until
    change.actor_kind, change.actor_label = actor.kind, actor.label
    taking.hold(change, now, end_hold=services.end_stale_hold)
    record("booking.change_held", booking, _event_data(change), actor)
    jobs.release_change.enqueue(change_id=change.pk, at=until)
    return change


def _event_data(change: BookingChange) -> dict[str, object]:
    return event_data(change.booking) | {
        "change_id": change.pk,
        "new_service_name": change.service_name,
        "new_starts_at": change.starts_at.isoformat(),
        "new_party_size": change.party_size,
        "new_total_amount": change.total_amount,
        "amount_due": change.amount_due,
        "wants_card": change.wants_card,
    }


def held_for(booking: Booking) -> BookingChange | None:
    """Return the change of `booking` that can still be paid, or that a bank is paying."""
    change = BookingChange.objects.held().filter(booking=booking).first()
    if change is None or change.hold_expires_at is None:
        return change
    return change if change.hold_expires_at > timezone.now() else None


# --- Paid ---


def sessions_of(change: BookingChange) -> list[PaymentSession]:
    """Return the payments asked for a change, newest first."""
    asked = PaymentSession.objects.filter(
        payable_type=money.CHANGE,
        payable_id=str(change.booking_id),
        metadata__change=str(change.pk),
    )
    return list(asked.order_by("-created_at"))


def change_of(session: PaymentSession) -> BookingChange | None:
    """Return the change that `session` pays for, or leaves the card for; None for all else."""
    number = str(session.metadata.get("change", ""))
    if not number.isdecimal() or not session.payable_id.isdecimal():
        return None
    change = (
        BookingChange.objects.filter(pk=int(number[:18]), booking=int(session.payable_id[:18]))
        .select_related("booking")
        .first()
    )
    if change is None:
        return None
    if session.purpose == PaymentSession.Purpose.CARD_SETUP:
        return change if change.wants_card and not change.amount_due else None
    is_due = (change.amount_due, change.booking.currency) == (session.amount, session.currency)
    return change if is_due and session.saves_card == change.wants_card else None


def start_payment(
    change: BookingChange, *, own_hosts: Iterable[str], success_url: str = "", cancel_url: str = ""
) -> PaymentSession:
    """Open the page on which the difference is paid, or the card left; return the payment.

    Asked again, it returns the same page while that is open, and a new one after. Raises
    BookingClosed when the time to pay is over. When Stripe fails at the first time, the change is
    given up and ProcessorFailed is raised: the booking stays as it is.
    """
    now = timezone.now()
    if not change.is_held or (change.hold_expires_at and change.hold_expires_at <= now):
        raise BookingClosed("The time to pay has run out. Your booking is as it was.")
    earlier = sessions_of(change)
    reusable = next((one for one in earlier if services.is_payable(one, now)), None)
    number = len(earlier) + 1
    key = reusable.idempotency_key if reusable else f"change:{change.pk}:{number}"
    what = described("difference" if change.amount_due else "card", service=change.service_name)
    page = f"{current_tenant().url}/booking/{change.booking.access_token}/change"
    urls = success_url or f"{page}/return/", cancel_url or f"{page}/unpaid/"
    try:
        # The same page again has to be asked for in the same words.
        description = reusable.description if reusable else what
        return _open_payment(change, key, description, own_hosts, urls)
    except Exception:
        if not earlier:
            withdraw(change.booking_id)
        raise


def _open_payment(
    change: BookingChange,
    key: str,
    description: str,
    own_hosts: Iterable[str],
    urls: tuple[str, str],
) -> PaymentSession:
    return money.open_page(
        change.booking,
        amount=change.amount_due,
        saves_card=change.wants_card,
        payable_type=money.CHANGE,
        metadata={"change": str(change.pk)},
        success_url=urls[0],
        cancel_url=urls[1],
        idempotency_key=key,
        own_hosts=own_hosts,
        expires_at=change.hold_expires_at,
        description=description,
    )


@transaction.atomic
def apply_paid(change_id: int, *, actor: Actor) -> bool:
    """The difference is paid, or the card left: make the change; False when it can't be made.

    Call it with the payment locked. The booking stays as it is then, and the money goes back.
    """
    found = BookingChange.objects.get(pk=change_id)
    # Payments before bookings: the order of locking.
    paid = money.lock_payments(found.booking) if found.amount_back else []
    booking, now = locked(found.booking_id), timezone.now()
    change = BookingChange.objects.select_for_update().get(pk=change_id)
    if not change.is_held:
        return False
    has_begun = min(booking.starts_at, change.starts_at) <= now
    called_off = change.class_session is not None and change.class_session.is_cancelled
    if not booking.is_confirmed or has_begun or called_off:
        claims.release_change(change, Status.LAPSED, now)
        return False
    # What was held is the booking's own from here on.
    change.status, change.ended_at = Status.APPLIED, now
    change.save(update_fields=["status", "ended_at"])
    _give_back(change, paid, actor)
    become(booking, plan_of(change), actor, now, take=lambda one: _swap(one, change))
    return True


def _give_back(change: BookingChange, paid: Sequence[PaymentSession], actor: Actor) -> None:
    """Refund what was agreed, as far as it has not gone back meanwhile."""
    above = sum(one.amount_refundable for one in paid) - change.deposit_amount
    money.give_back(
        paid, max(min(change.amount_back, above), 0), reason="Booking changed", actor=actor,
        key=f"booking:{change.booking_id}:change:{change.pk}",
    )  # fmt: skip


def _swap(booking: Booking, change: BookingChange) -> None:
    claims.swap(booking, change, seats_of(booking))
    booking.ends_at = change.ends_at
    booking.resource_id = change.resource_id
    booking.class_session_id = change.class_session_id
    booking.save()


@transaction.atomic
def keep_while_processing(change_id: int) -> None:
    """Hold the new place without an end: a bank is moving the money."""
    found = BookingChange.objects.get(pk=change_id)
    locked(found.booking_id)
    BookingChange.objects.held().filter(pk=change_id).update(hold_expires_at=None)
    Allocation.objects.filter(change=change_id).update(held_until=None)


# --- Not paid ---


def give_up(booking: Booking, *, by_customer: bool) -> None:
    """End the held change of a locked booking, since it becomes another one.

    Raises BookingClosed for a customer whose bank is moving the money for it.
    """
    from bookings import jobs

    for change in BookingChange.objects.held().filter(booking=booking).select_for_update():
        if by_customer and change.hold_expires_at is None:
            raise BookingClosed(
                "Your bank is moving the money for a change. Please wait until it has."
            )
        claims.release_change(change, Status.WITHDRAWN, timezone.now())
        jobs.end_checkouts_of_change.enqueue(change_id=change.pk)


def withdraw(booking_id: int, *, actor: Actor = CUSTOMER) -> Booking:
    """Give the held change of a booking up, for its customer; the booking stays as it is.

    Its payment page is ended afterwards: money that comes in all the same goes back. Raises
    BookingClosed for a customer while a bank is moving the money.
    """
    booking = get_booking(booking_id)
    held = BookingChange.objects.held().filter(booking=booking).first()
    if held is None:
        return booking
    with transaction.atomic():
        booking = locked(booking_id)
        give_up(booking, by_customer=actor.kind == CUSTOMER.kind)
    try:
        end_checkouts(held.pk)
    except payments.ProcessorFailed:
        # The job that `give_up` enqueued keeps trying.
        pass
    return booking


def expire(change_id: int) -> None:
    """End a change that was not paid in time; does nothing when that is no longer so.

    The checkout is ended first, so that a payment in the last second wins. May run late, twice
    or at the same time. Raises ProcessorFailed when Stripe can't be asked.
    """
    stale = BookingChange.objects.filter(pk=change_id).stale(timezone.now())
    found = stale.first()
    if found is None:
        return
    end_checkouts(change_id)
    release(change_id, only_stale=True)


@transaction.atomic
def release(change_id: int, *, only_stale: bool = False) -> None:
    """Free what is held for a change that nobody pays any more; the booking stays as it is."""
    found = BookingChange.objects.get(pk=change_id)
    booking, now = locked(found.booking_id), timezone.now()
    held = BookingChange.objects.filter(pk=change_id)
    held = held.stale(now) if only_stale else held.held()
    change = held.select_for_update().first()
    if change is not None:
        claims.release_change(change, Status.LAPSED, now)
        record("booking.change_lapsed", booking, event_data(booking), SYSTEM)


def release_after_payment_ended(change: BookingChange) -> None:
    """The checkout is over without a payment: give up the change unless another one is open."""
    if not any(one.is_open or one.is_paid for one in sessions_of(change)):
        release(change.pk)


def end_checkouts(change_id: int) -> None:
    """End what is still open at Stripe for a change; one that turns out to be paid counts.

    Raises ProcessorFailed when Stripe can't be asked.
    """
    for session in sessions_of(BookingChange.objects.get(pk=change_id)):
        if session.is_open:
            payments.cancel_checkout(session.pk)


def settle(booking: Booking) -> Booking:
    """Ask Stripe about an unsettled payment for a change and return the booking as it is then."""
    change = BookingChange.objects.held().filter(booking=booking).first()
    if change is not None:
        for session in sessions_of(change):
            if not session.is_paid:
                payments.settle(session.pk)
        booking.refresh_from_db()
    return booking
