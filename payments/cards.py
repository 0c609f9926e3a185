"""Cards on file: charge one while its owner is away, and what to do when the bank says no."""

from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from access.actors import SYSTEM, Actor
from payments import transitions
from payments.asked import checked_amount
from payments.checkouts import (
    SWITCHED_OFF,
    account_that_takes_payments,
    insert_once,
    stripe_metadata,
)
from payments.errors import (
    CardDeclined,
    GatewayRejected,
    GatewayUnavailable,
    InvalidPayment,
    NoCardOnFile,
)
from payments.gateway import Gateway
from payments.models import PaymentSession, SavedCard, StripeAccount
from payments.outcomes import get_payment_session
from payments.stripe_objects import Card, PaymentIntent
from tenants.current import current_tenant


def saved_card_for(payable_type: str, payable_id: str | int) -> SavedCard | None:
    """Return the card that a customer has left for a payable, or None."""
    return SavedCard.objects.all().given_for(payable_type, payable_id).first()


def fetch(payment_session_id: str) -> None:
    """Ask Stripe for the card that has paid and keep it, once; does nothing when it is there.

    Raises GatewayUnavailable, GatewayRejected or NoCardOnFile when Stripe shows none yet.
    """
    session = get_payment_session(payment_session_id)
    if SavedCard.objects.filter(payment_session=session).exists():
        return
    if not session.stripe_checkout_session_id:
        raise NoCardOnFile("Stripe has not told us yet of the page on which this was paid.")
    gateway = Gateway(StripeAccount.objects.current())
    checkout = gateway.retrieve_checkout_session(session.stripe_checkout_session_id)
    if checkout.card is None or not checkout.card.customer_id:
        raise NoCardOnFile("Stripe shows no card for this payment yet.")
    with transaction.atomic():
        locked = PaymentSession.objects.select_for_update().get(pk=session.pk)
        transitions.keep_card(locked, checkout.card)


def charge_saved_card(
    card: SavedCard,
    *,
    payable_type: str,
    payable_id: str | int,
    amount: int,
    description: str,
    idempotency_key: str,
    tax_rate: Decimal = Decimal(0),
    actor: Actor = SYSTEM,
) -> PaymentSession:
    """Charge `amount` minor units, in the currency the card was given for; return the payment.

    Its status is ``succeeded``, ``failed`` (the bank wants the customer, or refused: send them a
    link with `request_payment`), or ``pending`` while Stripe's answer is out: a job finds out.
    The same `idempotency_key` is the same charge. Whether the customer has agreed to it is the
    caller's to know. Raises NoCardOnFile, InvalidPayment; PaymentsDisabled for a new charge.
    """
    if not card.is_active:
        raise NoCardOnFile("This card may not be charged any more.")
    if checked_amount(amount) == 0:
        raise InvalidPayment("Amount must be > 0", field="amount_pence")
    if not PaymentSession.objects.filter(idempotency_key=idempotency_key).exists():
        account_that_takes_payments(SWITCHED_OFF)
    setup = card.payment_session
    session = PaymentSession(
        purpose=PaymentSession.Purpose.SAVED_CARD,
        payable_type=payable_type,
        payable_id=str(payable_id),
        description=description[:200],
        amount=amount,
        currency=setup.currency,
        livemode=setup.livemode,
        tax_rate=tax_rate,
        idempotency_key=idempotency_key,
        request_fingerprint=f"{card.pk}:{amount}:{setup.currency}",
        metadata={"card": str(card.pk)},
    )
    session = _reserve(session, card, actor)
    if session.status == PaymentSession.Status.CREATED:
        try:
            send(str(session.pk))
        except GatewayUnavailable:
            pass  # Unknown, not failed: the job finds out.
    session.refresh_from_db()
    return session


@transaction.atomic
def _reserve(session: PaymentSession, card: SavedCard, actor: Actor) -> PaymentSession:
    """Insert the charge once, with the job that makes sure it is sent."""
    from payments.jobs import send_charge

    kept = insert_once(session, None, actor)
    if kept.pk == session.pk:
        PaymentSession.objects.filter(pk=kept.pk).update(customer=card.customer)
        send_charge.enqueue(payment_session_id=str(kept.pk))
    return kept


def send(payment_session_id: str) -> None:
    """Make a reserved charge happen at Stripe, or learn that it has happened.

    Raises GatewayUnavailable when that stays unknown.
    """
    session = get_payment_session(payment_session_id)
    if session.status not in (PaymentSession.Status.CREATED, PaymentSession.Status.PENDING):
        return
    card = SavedCard.objects.select_related("customer").get(pk=session.metadata["card"])
    gateway = Gateway(StripeAccount.objects.current())
    try:
        intent = _already_made(gateway, session, card) or gateway.charge_card(
            amount=session.amount,
            currency=session.currency,
            card=_stripe_card(card),
            metadata=stripe_metadata(session),
            description=session.description,
            idempotency_key=f"{current_tenant().original_name}:charge:{session.pk}",
        )
    except CardDeclined as declined:
        _mark_declined(session, declined.code, declined.payment_intent_id)
    except GatewayRejected as error:
        _mark_declined(session, error.code, "")
    else:
        _apply(session, intent)


def _stripe_card(card: SavedCard) -> Card:
    return Card(
        id=card.stripe_payment_method_id,
        customer_id=card.customer.stripe_customer_id or "",
        brand=card.brand,
        last4=card.last4,
        expires_month=card.expires_month,
        expires_year=card.expires_year,
    )


def _already_made(
    gateway: Gateway, session: PaymentSession, card: SavedCard
) -> PaymentIntent | None:
    """Find the charge at Stripe, in case an earlier call went through unheard.

    Idempotency keys live a day at Stripe; after that only this look-up prevents a second charge.
    """
    customer_id = card.customer.stripe_customer_id or ""
    made = gateway.list_payment_intents(customer_id=customer_id)
    try:
        return next((told for told in made if told.payment_session_id == str(session.pk)), None)
    except GatewayRejected as error:
        if not error.is_about_key:
            raise
        # It says nothing about what an earlier call has done.
        raise GatewayUnavailable("Stripe would not say what became of the charge.") from None


@transaction.atomic
def _apply(session: PaymentSession, intent: PaymentIntent) -> None:
    locked = PaymentSession.objects.select_for_update().get(pk=session.pk)
    if intent.status == "succeeded":
        transitions.apply_payment_intent(locked, intent, timezone.now())
    else:
        transitions.mark_failed(locked, intent.failure_code or intent.status, is_final=True)


@transaction.atomic
def _mark_declined(session: PaymentSession, code: str, payment_intent_id: str) -> None:
    locked = PaymentSession.objects.select_for_update().get(pk=session.pk)
    transitions.adopt_payment_intent(locked, payment_intent_id)
    transitions.mark_failed(locked, code, is_final=True)
    locked.save_changes()
