"""What bookings does when its payments change; all inside the payment's transaction."""

from contextlib import suppress

from django.urls import reverse

from access.actors import STRIPE, SYSTEM
from bookings import held_changes, jobs, money, services
from bookings.descriptions import described
from bookings.models import Booking
from events.services import record
from payments.models import PaymentSession, SavedCard
from payments.payables import PayableHandler, register
from payments.services import PaymentsDisabled, request_payment, request_refund


def booking_named(payable_id: str) -> Booking | None:
    """Return the booking that a payment names; an API caller may name anything."""
    return (
        Booking.objects.filter(pk=int(payable_id[:18])).first() if payable_id.isdecimal() else None
    )


def booking_for(session: PaymentSession) -> Booking | None:
    """Return the booking whose deposit a payment is, or whose card it saves; else None.

    Where both are asked for, one payment does both. An API caller may ask for other sums in a
    booking's name; they settle no deposit and leave no card.
    """
    booking = booking_named(session.payable_id)
    if booking is None:
        return None
    if session.purpose == PaymentSession.Purpose.CARD_SETUP:
        return booking if booking.requires_card and not booking.deposit_amount else None
    is_deposit = (booking.deposit_amount, booking.currency) == (session.amount, session.currency)
    return booking if is_deposit and session.saves_card == booking.requires_card else None


class AboutBooking(PayableHandler):
    """Anything that is paid for a booking."""

    def describe(self, payable_id: str) -> str:
        booking = booking_named(payable_id)
        return f"{booking.reference} {booking.customer_name}" if booking else payable_id

    def staff_address(self, payable_id: str) -> str:
        booking = booking_named(payable_id)
        return reverse("staff:bookings_booking_change", args=[booking.pk]) if booking else ""


@register
class Deposit(AboutBooking):
    """A booking waits for its deposit, for the card that is left, or for both at once."""

    type = money.DEPOSIT

    def on_paid(self, session: PaymentSession) -> None:
        """Confirm the booking, or give the money back when its time is gone."""
        booking = booking_for(session)
        if booking is None or services.confirm(booking.pk, actor=STRIPE):
            return
        if session.amount_refundable:
            request_refund(
                payment_session_id=str(session.pk),
                reason="The time was no longer available",
                actor=SYSTEM,
                idempotency_key=f"unavailable:{session.pk}",
            )
        record("booking.paid_too_late", booking, services.event_data(booking), SYSTEM)
        jobs.send_mail.enqueue(booking_id=booking.pk, message="paid_too_late")

    def on_card_saved(self, session: PaymentSession, card: SavedCard) -> None:
        booking = booking_for(session)
        if booking is not None:
            services.confirm(booking.pk, actor=STRIPE)

    def on_processing(self, session: PaymentSession) -> None:
        booking = booking_for(session)
        if booking is not None:
            services.keep_while_processing(booking.pk)

    def on_failed(self, session: PaymentSession, *, is_final: bool) -> None:
        """A declined card may be followed by a better one; a failed bank debit is the end."""
        booking = booking_for(session)
        if booking is not None and is_final:
            services.release_after_payment_ended(booking.pk, Booking.CancelReason.PAYMENT_FAILED)

    def on_canceled(self, session: PaymentSession) -> None:
        booking = booking_for(session)
        if booking is not None:
            services.release_after_payment_ended(booking.pk, Booking.CancelReason.HOLD_EXPIRED)


@register
class Change(AboutBooking):
    """The difference that a change of a booking costs, or the card that it wants."""

    type = money.CHANGE

    def on_paid(self, session: PaymentSession) -> None:
        """Make the change, or give the money back when it can't be made any more."""
        change = held_changes.change_of(session)
        if change is None or held_changes.apply_paid(change.pk, actor=STRIPE):
            return
        if session.amount_refundable:
            request_refund(
                payment_session_id=str(session.pk),
                reason="The change was no longer possible",
                actor=SYSTEM,
                idempotency_key=f"unavailable:{session.pk}",
            )
        booking = change.booking
        record("booking.change_paid_too_late", booking, services.event_data(booking), SYSTEM)
        jobs.send_mail.enqueue(
            booking_id=booking.pk,
            message="change_not_made",
            details={"payment": str(session.pk), "paid_more": str(session.amount)},
        )

    def on_card_saved(self, session: PaymentSession, card: SavedCard) -> None:
        """Make the change; too late for that, nothing may be charged to the card."""
        change = held_changes.change_of(session)
        if change is not None:
            held_changes.apply_paid(change.pk, actor=STRIPE)

    def on_processing(self, session: PaymentSession) -> None:
        change = held_changes.change_of(session)
        if change is not None:
            held_changes.keep_while_processing(change.pk)

    def on_failed(self, session: PaymentSession, *, is_final: bool) -> None:
        """A declined card may be followed by a better one; a failed bank debit is the end."""
        change = held_changes.change_of(session)
        if change is not None and is_final:
            held_changes.release_after_payment_ended(change)

    def on_canceled(self, session: PaymentSession) -> None:
        change = held_changes.change_of(session)
        if change is not None:
            held_changes.release_after_payment_ended(change)


@register
class Balance(AboutBooking):
    """The rest of the price, paid by a link: it changes nothing about the booking."""

    type = money.BALANCE


@register
class Fee(AboutBooking):
    """A fee under the accepted terms, charged to the card on file."""

    type = money.FEE

    def on_failed(self, session: PaymentSession, *, is_final: bool) -> None:
        """The bank wants the customer to confirm, or refuses the card: send them a link."""
        booking = booking_named(session.payable_id)
        if booking is None or session.purpose != PaymentSession.Purpose.SAVED_CARD:
            return
        # Switched off since the charge was sent: it has failed all the same.
        with suppress(PaymentsDisabled):
            request_payment(
                payable_type=self.type,
                payable_id=booking.pk,
                amount=session.amount,
                currency=session.currency,
                description=session.description,
                customer_email=booking.customer_email,
                customer_name=booking.customer_name,
                message=described("card_declined"),
                tax_rate=session.tax_rate,
                actor=SYSTEM,
            )
