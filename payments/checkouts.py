"""Payment pages at Stripe: open one, ask how it went, end it."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from access.actors import SYSTEM, Actor
from events.services import record
from payments import invoices, transitions
from payments.connecting import UNREACHABLE
from payments.errors import (
    EventMismatch,
    GatewayRejected,
    GatewayUnavailable,
    IdempotencyMismatch,
    InvalidPayment,
    PaymentNotFound,
    PaymentsDisabled,
    ProcessorFailed,
)
from payments.gateway import CheckoutRequest, Gateway
from payments.models import MAX_AMOUNT, Customer, PaymentSession, StripeAccount
from payments.return_urls import check_return_url
from payments.stripe_objects import SCHEMA_KEY, SESSION_KEY, CheckoutSession
from tenants.currencies import CURRENCIES
from tenants.current import current_schema, current_tenant

# Stripe: at most 50 keys of 40 characters and values of 500 (docs.stripe.com/metadata); ours
# take some of them.
MAX_METADATA_KEYS = 40
# Stripe ends a Checkout Session after 30 minutes at the earliest.
SHORTEST_CHECKOUT = timedelta(minutes=31)
LONGEST_CHECKOUT = timedelta(hours=23, minutes=55)


@dataclass(frozen=True)
class CustomerDetails:
    email: str = ""
    name: str = ""
    phone: str = ""


def get_payment_session(payment_session_id: object) -> PaymentSession:
    """Return the payment; raises PaymentNotFound for an unknown or malformed id."""
    try:
        return PaymentSession.objects.get(pk=UUID(str(payment_session_id)))
    except (PaymentSession.DoesNotExist, ValueError):
        raise PaymentNotFound("Payment session not found") from None


def checked_return_url(url: object, *, field: str, own_hosts: Iterable[str]) -> str:
    """Return `url` if a checkout may return there; raises InvalidPayment, naming `field`."""
    origins = StripeAccount.objects.current().return_origins
    return check_return_url(url, field=field, own_hosts=own_hosts, origins=origins)


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
    tax_rate: Decimal = Decimal(0),
    actor: Actor = SYSTEM,
) -> PaymentSession:
    """Ask Stripe for a page on which `amount` minor units can be paid, and return the payment.

    The same `idempotency_key` with the same arguments returns the same payment. The return
    addresses must lead to `own_hosts` or an allow-listed origin; Stripe replaces
    ``{CHECKOUT_SESSION_ID}`` in `success_url`. `expires_at` is stretched to Stripe's bounds. The
    money of a deposit is owed to the customer until `earn_deposits` is called. `tax_rate` is the
    per cent of tax that the amount includes.

    Call it outside any transaction. Raises InvalidPayment (`field` names the argument),
    PaymentsDisabled, IdempotencyMismatch, ProcessorFailed.
    """
    account = account_that_takes_payments()
    session = PaymentSession(
        payable_type=short_text(payable_type, "payable_type", 50),
        payable_id=short_text(str(payable_id), "payable_id", 64),
        description=(description or f"{payable_type} {payable_id}")[:200],
        amount=checked_amount(amount),
        currency=checked_currency(currency or account.default_currency),
        livemode=account.livemode,
        success_url=checked_return_url(success_url, field="success_url", own_hosts=own_hosts),
        cancel_url=checked_return_url(cancel_url, field="cancel_url", own_hosts=own_hosts),
        metadata=_checked_metadata(metadata or {}),
        is_deposit=is_deposit,
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
        raise InvalidPayment("customer.email is needed to save a card", field="customer.email")
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
        metadata=_checked_metadata(metadata or {}),
        idempotency_key=short_text(idempotency_key, "idempotency_key", 255),
    )
    if access_token:
        session.access_token = access_token
    return _start(session, account, customer, expires_at, actor)


def account_that_takes_payments() -> StripeAccount:
    account = StripeAccount.objects.current()
    if not account.payments_enabled:
        raise PaymentsDisabled("Payments are not enabled for this instance")
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


def short_text(value: object, field: str, longest: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= longest or not value.isprintable():
        raise InvalidPayment(f"{field} must be 1 to {longest} printable characters", field=field)
    return value


def checked_amount(amount: object) -> int:
    if not isinstance(amount, int) or isinstance(amount, bool):
        raise InvalidPayment("Amount must be a whole number", field="amount_pence")
    if amount < 0:
        raise InvalidPayment("Amount must be >= 0", field="amount_pence")
    if amount > MAX_AMOUNT:
        raise InvalidPayment(f"Amount must be <= {MAX_AMOUNT}", field="amount_pence")
    return amount


def checked_currency(currency: object) -> str:
    if not isinstance(currency, str) or currency.upper() not in CURRENCIES:
        raise InvalidPayment("currency must be an ISO 4217 code such as GBP", field="currency")
    return currency.upper()


def _checked_metadata(metadata: Mapping[str, Any]) -> dict[str, str]:
    if len(metadata) > MAX_METADATA_KEYS:
        raise InvalidPayment(f"metadata has more than {MAX_METADATA_KEYS} keys", field="metadata")
    checked: dict[str, str] = {}
    for key, value in metadata.items():
        usable = isinstance(value, str | int | float | bool)
        if not 0 < len(key) <= 40 or not usable or len(str(value)) > 500:
            raise InvalidPayment(
                "metadata: keys have 1 to 40 characters, values are text or numbers of at most "
                "500 characters",
                field="metadata",
            )
        checked[key] = str(value)
    return checked


def checked_customer(details: CustomerDetails) -> Customer | None:
    """Return the Customer with this e-mail address, made or completed; None without one."""
    if not details.email:
        return None
    try:
        validate_email(details.email)
    except ValidationError:
        raise InvalidPayment(
            "customer.email is not an e-mail address", field="customer.email"
        ) from None
    return Customer(email=details.email.lower(), name=details.name[:200], phone=details.phone[:40])


def fingerprint(session: PaymentSession, customer: CustomerDetails) -> str:
    """Return a hash of everything the caller asked for, to recognise the same request again."""
    names = (
        "payable_type payable_id amount currency success_url cancel_url metadata description"
    ).split()
    asked = {name: getattr(session, name) for name in names} | asdict(customer)
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


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
    if (is_card_setup or recurring) and session.customer is not None:
        stripe_customer_id = stripe_customer(session.customer, account)
    request = CheckoutRequest(
        amount=session.amount,
        currency=session.currency,
        description=session.description,
        customer_email=customer.email,
        stripe_customer_id=stripe_customer_id,
        is_card_setup=is_card_setup,
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


def settle(payment_session_id: object) -> PaymentSession:
    """Ask Stripe what became of an unsettled payment, apply it, and return the payment.

    The return page calls this, so that it need not trust its URL or wait for a webhook. When
    Stripe can't be reached the payment is returned as it is.
    """
    session = get_payment_session(payment_session_id)
    if session.is_paid or not session.stripe_checkout_session_id:
        return session
    if session.purpose == PaymentSession.Purpose.SUBSCRIPTION:
        return invoices.settle(session)
    try:
        checkout = Gateway(StripeAccount.objects.current()).retrieve_checkout_session(
            session.stripe_checkout_session_id
        )
        return _apply(session, checkout)
    except (GatewayUnavailable, GatewayRejected, EventMismatch):
        return session


def cancel_checkout(payment_session_id: object) -> PaymentSession:
    """End the checkout at Stripe so that nobody can pay on it any more; return the payment.

    If it turns out to be paid, the payment wins: the result is ``succeeded``. With a key that
    Stripe refuses the payment stays as it is, a late success would still count. Raises
    ProcessorFailed when Stripe can't be asked; nothing is changed then.
    """
    session = get_payment_session(payment_session_id)
    if session.is_paid or session.status == PaymentSession.Status.CANCELED:
        return session
    if not session.stripe_checkout_session_id:
        return _cancel_unopened(session)
    try:
        return _apply(session, _ended_checkout(session.stripe_checkout_session_id))
    except GatewayUnavailable:
        raise ProcessorFailed(UNREACHABLE) from None
    except GatewayRejected:
        return session


def _ended_checkout(checkout_session_id: str) -> CheckoutSession:
    gateway = Gateway(StripeAccount.objects.current())
    try:
        return gateway.expire_checkout_session(checkout_session_id)
    except GatewayRejected:
        # Only an open session can be expired: this one is complete or expired already.
        return gateway.retrieve_checkout_session(checkout_session_id)


@transaction.atomic
def _cancel_unopened(session: PaymentSession) -> PaymentSession:
    """Cancel a payment whose page Stripe never told us of; a late success would still count."""
    locked = PaymentSession.objects.select_for_update().get(pk=session.pk)
    transitions.mark_canceled(locked, SYSTEM)
    return locked


@transaction.atomic
def _apply(session: PaymentSession, checkout: CheckoutSession) -> PaymentSession:
    locked = PaymentSession.objects.select_for_update().get(pk=session.pk)
    transitions.apply_checkout_session(locked, checkout, timezone.now())
    return locked
