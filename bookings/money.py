"""What a booking has paid, still owes, and may be charged."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import models

from access.actors import Actor
from bookings.descriptions import described
from bookings.errors import BookingClosed
from bookings.models import Booking
from payments import services as payments
from payments.models import PaymentRequest, PaymentSession, Refund, SavedCard

#: The deposit, or the card that is left instead of one.
DEPOSIT = "booking"
#: What is paid, or the card that is left, to make a booking another one.
CHANGE = "booking_change"
#: What is paid later by a link.
BALANCE = "booking_balance"
#: What a card on file is charged under the accepted terms.
FEE = "booking_fee"
#: What is owed to the customer until they have come.
DEPOSITS = (DEPOSIT, CHANGE)
TOWARDS_PRICE = (*DEPOSITS, BALANCE)


def payments_of(booking: Booking) -> Iterable[PaymentSession]:
    """Return the payments asked for a booking's deposit, newest first."""
    return PaymentSession.objects.filter(payable_type=DEPOSIT, payable_id=str(booking.pk)).order_by(
        "-created_at"
    )


def latest_payment(booking: Booking) -> PaymentSession | None:
    """Return the newest payment of the deposit, or of what a change has added to that."""
    paid = PaymentSession.objects.filter(
        payable_type=CHANGE, payable_id=str(booking.pk), status__in=PaymentSession.PAID
    )
    return paid.order_by("-created_at").first() or next(iter(payments_of(booking)), None)


def payments_ahead(booking: Booking) -> list[PaymentSession]:
    """Return what was paid towards the price and may still be given back, oldest first."""
    return list(_succeeded(booking))


def lock_payments(booking: Booking) -> list[PaymentSession]:
    """Lock a booking's paid payments, before the booking: the order in which everyone locks."""
    return list(_succeeded(booking).select_for_update())


def _succeeded(booking: Booking) -> models.QuerySet[PaymentSession]:
    return PaymentSession.objects.filter(
        payable_type__in=TOWARDS_PRICE,
        payable_id=str(booking.pk),
        currency=booking.currency,
        status=PaymentSession.Status.SUCCEEDED,
    ).order_by("created_at", "pk")


def amount_paid(booking: Booking) -> int:
    """What the customer has paid towards the price and not got back, in minor units."""
    return sum(session.amount - session.amount_refunded for session in _paid_towards(booking))


def amount_refunded(booking: Booking) -> int:
    """What of it the customer has got back, in minor units."""
    return sum(session.amount_refunded for session in _paid_towards(booking))


def _paid_towards(booking: Booking) -> Iterable[PaymentSession]:
    return PaymentSession.objects.filter(
        payable_type__in=TOWARDS_PRICE,
        payable_id=str(booking.pk),
        currency=booking.currency,
        status__in=PaymentSession.PAID,
    )


def amount_given_back(booking: Booking) -> int:
    """What went back of all that was paid ahead, or is on its way, in minor units."""
    refunds = Refund.objects.filter(
        payment_session__payable_type__in=TOWARDS_PRICE,
        payment_session__payable_id=str(booking.pk),
    ).exclude(status=Refund.Status.FAILED)
    return refunds.aggregate(total=models.Sum("amount"))["total"] or 0


def amount_due(booking: Booking) -> int:
    """What is left of the price, in minor units; never negative."""
    return max(booking.total_amount - booking.credit_amount - amount_paid(booking), 0)


@dataclass(frozen=True)
class Sums:
    """What a customer reads of a booking's money, in minor units."""

    paid_later: int
    refunded: int
    due: int


def sums_of(booking: Booking) -> Sums:
    """Return what has moved since the deposit, and what is to pay on the day."""
    later = sum(one.amount for one in _paid_towards(booking) if one.payable_type == BALANCE)
    due = booking.remaining_amount if booking.is_pending else amount_due(booking)
    return Sums(paid_later=later, refunded=amount_refunded(booking), due=due)


def end_open_checkouts(booking: Booking) -> None:
    """End a booking's open checkouts at Stripe; one that turns out to be paid counts.

    Raises ProcessorFailed when Stripe can't be asked.
    """
    asked = PaymentSession.objects.filter(payable_type__in=DEPOSITS, payable_id=str(booking.pk))
    for session in asked.order_by("-created_at"):
        if session.is_open:
            payments.cancel_checkout(session.pk)


def earn_deposits(booking_id: int) -> None:
    """What was paid ahead for a booking is the business's own; call it before locking that."""
    for payable_type in DEPOSITS:
        payments.earn_deposits(payable_type, booking_id)


def give_back(
    paid: Sequence[PaymentSession], amount: int, *, reason: str, key: str, actor: Actor
) -> None:
    """Reserve refunds of `amount` in all, out of the first of `paid` first; once for each `key`.

    The payments are locked, and nothing else is yet that is locked after them.
    """
    for session in paid:
        part = min(session.amount_refundable, amount)
        if part:
            payments.request_refund(
                payment_session_id=str(session.pk),
                amount=part,
                reason=reason,
                actor=actor,
                idempotency_key=f"{key}:{session.pk}",
            )
            amount -= part


def open_page(booking: Booking, *, amount: int, saves_card: bool, **asked: Any) -> PaymentSession:
    """Open the page for `amount` minor units, for a card to keep on file, or for both at once.

    With no amount it only saves the card. `asked` and what it raises: see
    `payments.start_checkout`.
    """
    asked |= {
        "payable_id": booking.pk,
        "customer": payments.CustomerDetails(
            booking.customer_email, booking.customer_name, booking.customer_phone
        ),
        "access_token": booking.access_token,
    }
    if not amount:
        return payments.start_card_setup(**asked)
    return payments.start_checkout(
        **asked,
        amount=amount,
        currency=booking.currency,
        is_deposit=True,
        saves_card=saves_card,
        tax_rate=booking.tax_rate,
    )


def request_balance(
    booking: Booking, *, amount: int, message: str, good_for: timedelta, actor: Actor
) -> PaymentRequest:
    """Send the customer a link for `amount` minor units of the price; see `request_payment`."""
    return payments.request_payment(
        payable_type=BALANCE,
        payable_id=booking.pk,
        amount=amount,
        currency=booking.currency,
        description=described("balance", service=booking.service_name, reference=booking.reference),
        customer_email=booking.customer_email,
        customer_name=booking.customer_name,
        message=message,
        good_for=good_for,
        tax_rate=booking.tax_rate,
        actor=actor,
    )


def card_of(booking: Booking) -> SavedCard | None:
    """Return the card that was left for a booking, when it was made or changed."""
    cards = (payments.saved_card_for(one, booking.pk) for one in (CHANGE, DEPOSIT))
    return next((card for card in cards if card is not None), None)


def charge_fee(booking: Booking, *, actor: Actor) -> PaymentSession:
    """Charge the card on file what the accepted terms allow; return the payment.

    Asked again it is the same charge. When the bank declines, the customer is sent a link.
    Raises BookingClosed when the terms allow nothing, NoCardOnFile.
    """
    fee = booking.chargeable_fee
    if not fee:
        raise BookingClosed("The terms that the customer accepted allow no fee for this booking.")
    card = card_of(booking)
    if card is None:
        raise payments.NoCardOnFile("The customer has left no card for this booking.")
    return payments.charge_saved_card(
        card,
        payable_type=FEE,
        payable_id=booking.pk,
        amount=fee,
        description=described(
            "no_show" if booking.status == Booking.Status.NO_SHOW else "late_cancellation",
            service=booking.service_name,
            reference=booking.reference,
        ),
        idempotency_key=f"booking:{booking.pk}:fee:{booking.status}",
        tax_rate=booking.tax_rate,
        actor=actor,
    )


def fee_name(booking: Booking) -> str:
    """Return what the fee is for, in words."""
    missed = booking.status == Booking.Status.NO_SHOW
    return "no-show fee" if missed else "late cancellation fee"


def fee_payment(booking: Booking) -> PaymentSession | None:
    """Return the charge of the fee, if there was one; a paid one first."""
    charges = PaymentSession.objects.filter(payable_type=FEE, payable_id=str(booking.pk))
    return charges.filter(status__in=PaymentSession.PAID).first() or charges.first()


def open_fee_link(booking: Booking) -> PaymentRequest | None:
    """Return the link on which the customer can pay the fee that their card did not."""
    links = PaymentRequest.objects.filter(payable_type=FEE, payable_id=str(booking.pk))
    return next((one for one in links.select_related("payment_session") if one.is_open), None)
