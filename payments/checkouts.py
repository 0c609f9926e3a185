"""Open payment pages at Stripe."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from access.actors import SYSTEM, Actor
from events.services import record
from payments import transitions
from payments.asked import (
    CustomerDetails,
    checked_amount,
    checked_currency,
    checked_customer,
    checked_metadata,
    checked_return_url,
    fingerprint,
    short_text,
)
from payments.connecting import UNREACHABLE
from payments.errors import (
    GatewayRejected,
    GatewayUnavailable,
    IdempotencyMismatch,
    InvalidPayment,
    PaymentsDisabled,
    ProcessorFailed,
)
from payments.gateway import CheckoutRequest, Gateway
from payments.models import Customer, PaymentSession, StripeAccount
from payments.stripe_objects import SCHEMA_KEY, SESSION_KEY
from tenants.current import current_schema, current_tenant

# Stripe ends a Checkout Session after 30 minutes at the earliest.
SHORTEST_CHECKOUT = timedelta(minutes=31)
LONGEST_CHECKOUT = timedelta(hours=23, minutes=55)
#: What staff read who ask for money while payments are off.
SWITCHED_OFF = "Payments are switched off for this business."


def start_checkout(
    *,
    payable_type: str,
    payable_id: str | int,
    amount: int,
    success_url: str,
    cancel_url: str,
    idempotency_key: str,
    own_hosts: Iterable[str],
    currency: str | None = None,
    description: str = "",
    customer: CustomerDetails | None = None,
    metadata: Mapping[str, Any] | None = None,
    access_token: str | None = None,
    expires_at: datetime | None = None,
    is_deposit: bool = False,
    saves_card: bool = False,
    tax_rate: Decimal = Decimal(0),
    actor: Actor = SYSTEM,
) -> PaymentSession:
    """Ask Stripe for a page on which `amount` minor units can be paid, and return the payment.

    The same `idempotency_key` with the same arguments returns the same payment. The return
    addresses must lead to `own_hosts` or an allow-listed origin; Stripe replaces
    ``{CHECKOUT_SESSION_ID}`` in `success_url`. `expires_at` is stretched to Stripe's bounds. The
    money of a deposit is owed to the customer until `earn_deposits` is called. `tax_rate` is the
    per cent of tax that the amount includes. With `saves_card` only a card pays, and it stays on
    file: `saved_card_for` has it soon after the payment; the customer must have an e-mail address.

    Call it outside any transaction. Raises InvalidPayment (`field` names the argument),
    PaymentsDisabled, IdempotencyMismatch, ProcessorFailed.
    """
    account = account_that_takes_payments()
    if saves_card and not (customer and customer.email):
        raise _nameless()
    session = PaymentSession(
        payable_type=short_text(payable_type, "payable_type", 50),
        payable_id=short_text(str(payable_id), "payable_id", 64),
        description=(description or f"{payable_type} {payable_id}")[:200],
        amount=checked_amount(amount),
        currency=checked_currency(currency or account.default_currency),
        livemode=account.livemode,
        success_url=checked_return_url(success_url, field="success_url", own_hosts=own_hosts),
        cancel_url=checked_return_url(cancel_url, field="cancel_url", own_hosts=own_hosts),
        metadata=checked_metadata(metadata or {}),
        is_deposit=is_deposit,
        saves_card=saves_card,
        tax_rate=tax_rate,
        idempotency_key=short_text(idempotency_key, "idempotency_key", 255),
    )
    if access_token:
        session.access_token = access_token
    return _start(session, account, customer or CustomerDetails(), expires_at, actor)


def start_card_setup(
    *,
    payable_type: str,
    payable_id: str | int,
    customer: CustomerDetails,
    success_url: str,
    cancel_url: str,
    idempotency_key: str,
    own_hosts: Iterable[str],
    description: str = "",
    metadata: Mapping[str, Any] | None = None,
    access_token: str | None = None,
    expires_at: datetime | None = None,
    actor: Actor = SYSTEM,
) -> PaymentSession:
    """Ask Stripe for a page on which a card is saved, and return the payment, of amount 0.

    `signals.card_saved` follows. The customer must have an e-mail address. Arguments and errors
    are otherwise those of `start_checkout`.
    """
    account = account_that_takes_payments()
    if not customer.email:
        raise _nameless()
    session = PaymentSession(
        purpose=PaymentSession.Purpose.CARD_SETUP,
        payable_type=short_text(payable_type, "payable_type", 50),
        payable_id=short_text(str(payable_id), "payable_id", 64),
        description=(description or f"{payable_type} {payable_id}")[:200],
        amount=0,
        currency=account.default_currency,
        livemode=account.livemode,
        success_url=checked_return_url(success_url, field="success_url", own_hosts=own_hosts),
        cancel_url=checked_return_url(cancel_url, field="cancel_url", own_hosts=own_hosts),
        metadata=checked_metadata(metadata or {}),
        idempotency_key=short_text(idempotency_key, "idempotency_key", 255),
    )
    if access_token:
        session.access_token = access_token
    return _start(session, account, customer, expires_at, actor)


def _nameless() -> InvalidPayment:
    return InvalidPayment("customer.email is needed to save a card", field="customer.email")


def account_that_takes_payments(
    refusal: str = "Payments are not enabled for this instance",
) -> StripeAccount:
    """Return this business's account; raises PaymentsDisabled, saying `refusal`, if it is off."""
    account = StripeAccount.objects.current()
    if not account.payments_enabled:
        raise PaymentsDisabled(refusal)
    return account


def _start(
    session: PaymentSession,
    account: StripeAccount,
    customer: CustomerDetails,
    expires_at: datetime | None,
    actor: Actor,
) -> PaymentSession:
    session.request_fingerprint = fingerprint(session, customer)
    session = insert_once(session, checked_customer(customer), actor)
    if session.status == PaymentSession.Status.CREATED:
        open_at_stripe(session, account, customer, expires_at)
    return session


@transaction.atomic
def insert_once(session: PaymentSession, customer: Customer | None, actor: Actor) -> PaymentSession:
    """Insert `session`, or return the one that already has its idempotency key."""
    if customer is not None:
        Customer.objects.bulk_create([customer], ignore_conflicts=True)
        session.customer = Customer.objects.get(email=customer.email)
    PaymentSession.objects.bulk_create([session], ignore_conflicts=True)
    kept = PaymentSession.objects.get(idempotency_key=session.idempotency_key)
    if kept.pk == session.pk:
        record("payment.created", kept, transitions.event_data(kept), actor)
    elif kept.request_fingerprint != session.request_fingerprint:
        raise IdempotencyMismatch(
            "idempotency_key was used before with another payload", field="idempotency_key"
        )
    return kept


def open_at_stripe(
    session: PaymentSession,
    account: StripeAccount,
    customer: CustomerDetails,
    expires_at: datetime | None,
) -> None:
    """Create the Checkout Session under a key made from our row, and write down the result."""
    is_card_setup = session.purpose == PaymentSession.Purpose.CARD_SETUP
    recurring = _recurring(session)
    stripe_customer_id = ""
    if (is_card_setup or session.saves_card or recurring) and session.customer is not None:
        stripe_customer_id = stripe_customer(session.customer, account)
    request = CheckoutRequest(
        amount=session.amount,
        currency=session.currency,
        description=session.description,
        customer_email=customer.email,
        stripe_customer_id=stripe_customer_id,
        is_card_setup=is_card_setup,
        saves_card=session.saves_card,
        recurring=recurring,
        success_url=session.success_url,
        cancel_url=session.cancel_url,
        metadata=stripe_metadata(session),
        reference=str(session.pk),
        expires_at=_within_stripe_bounds(session.created_at, expires_at),
        idempotency_key=f"{current_tenant().original_name}:checkout:{session.pk}",
    )
    try:
        checkout = Gateway(account).create_checkout_session(request)
    except GatewayUnavailable:
        raise ProcessorFailed(UNREACHABLE) from None
    except GatewayRejected:
        raise ProcessorFailed("The payment processor refused the request.") from None
    with transaction.atomic():
        locked = PaymentSession.objects.select_for_update().get(pk=session.pk)
        transitions.adopt_checkout_session(locked, checkout)
        if locked.status == PaymentSession.Status.CREATED:
            locked.change(status=PaymentSession.Status.PENDING)
        locked.save_changes()
    session.refresh_from_db()


def _recurring(session: PaymentSession) -> tuple[str, int] | None:
    if session.purpose != PaymentSession.Purpose.SUBSCRIPTION:
        return None
    return session.subscription.interval, session.subscription.interval_count


def stripe_metadata(session: PaymentSession) -> dict[str, str]:
    """Return what ties a Stripe object to its payment, after the caller's own metadata."""
    return {
        **session.metadata,
        "payable_type": session.payable_type,
        "payable_id": session.payable_id,
        SCHEMA_KEY: current_schema(),
        SESSION_KEY: str(session.pk),
    }


def stripe_customer(customer: Customer, account: StripeAccount) -> str:
    """Return the customer's id at Stripe, made there at the first time.

    Raises ProcessorFailed when Stripe can't be reached or refuses.
    """
    if customer.stripe_customer_id:
        return customer.stripe_customer_id
    mode = "live" if account.livemode else "test"
    try:
        made = Gateway(account).create_customer(
            email=customer.email,
            name=customer.name,
            idempotency_key=(
                f"{current_tenant().original_name}:customer:{customer.pk}:{mode}:{account.stripe_account_id}"
            ),
        )
    except GatewayUnavailable:
        raise ProcessorFailed(UNREACHABLE) from None
    except GatewayRejected:
        raise ProcessorFailed("The payment processor refused the request.") from None
    Customer.objects.filter(pk=customer.pk, stripe_customer_id=None).update(stripe_customer_id=made)
    customer.stripe_customer_id = made
    return made


def _within_stripe_bounds(created_at: datetime, wanted: datetime | None) -> datetime | None:
    """Return `wanted` moved into what Stripe takes, reckoned from our row's own time.

    The same row gives the same answer on every retry, or the idempotency key would mismatch.
    """
    if wanted is None:
        return None
    return min(max(wanted, created_at + SHORTEST_CHECKOUT), created_at + LONGEST_CHECKOUT)
