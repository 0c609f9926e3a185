"""Links on which a customer pays what staff ask for: the rest of a booking, or anything else."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from access.actors import CUSTOMER, SYSTEM, Actor
from events.services import record
from payments import asked, checkouts, outcomes
from payments.errors import InvalidPayment, RequestClosed
from payments.models import PaymentRequest, PaymentSession
from tenants.current import current_tenant

GOOD_FOR = timedelta(days=7)
LONGEST = timedelta(days=90)


def request_payment(
    *,
    payable_type: str,
    payable_id: str | int,
    amount: int,
    description: str,
    customer_email: str,
    customer_name: str = "",
    message: str = "",
    good_for: timedelta = GOOD_FOR,
    tax_rate: Decimal = Decimal(0),
    currency: str | None = None,
    actor: Actor = SYSTEM,
) -> PaymentRequest:
    """Send the customer a link on which `amount` minor units can be paid; return the request.

    Safe inside a larger transaction: the mail is a job. Raises InvalidPayment (`field` names the
    argument) or PaymentsDisabled.
    """
    from payments.jobs import send_payment_link

    account = checkouts.account_that_takes_payments(checkouts.SWITCHED_OFF)
    if asked.checked_amount(amount) == 0:
        raise InvalidPayment("Amount must be more than nothing", field="amount")
    try:
        validate_email(customer_email)
    except ValidationError:
        raise InvalidPayment("This is not an e-mail address", field="customer_email") from None
    with transaction.atomic():
        request = PaymentRequest.objects.create(
            payable_type=payable_type,
            payable_id=str(payable_id),
            description=description[:200],
            amount=amount,
            currency=asked.checked_currency(currency or account.default_currency),
            tax_rate=tax_rate,
            customer_name=customer_name[:200],
            customer_email=customer_email,
            message=message[:500],
            expires_at=timezone.now() + min(good_for, LONGEST),
            created_by=actor.label,
        )
        record("payment_request.created", request, event_data(request), actor)
        send_payment_link.enqueue(request_pk=request.pk)
    return request


def event_data(request: PaymentRequest) -> dict[str, object]:
    return {
        "payable_type": request.payable_type,
        "payable_id": request.payable_id,
        "amount": request.amount,
        "currency": request.currency,
    }


def link_of(request: PaymentRequest) -> str:
    """Return the address that the customer gets."""
    return f"{current_tenant().url}/pay/{request.token}/"


def resend(request: PaymentRequest, *, actor: Actor) -> None:
    """Send the link again, good for as long as a new one; raises RequestClosed when it is over."""
    from payments.jobs import send_payment_link

    with transaction.atomic():
        locked = PaymentRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
        if locked.is_paid or locked.is_processing or locked.cancelled_at:
            raise RequestClosed(f"This payment link is {locked.status}.")
        locked.expires_at = max(locked.expires_at, timezone.now() + GOOD_FOR)
        locked.save(update_fields=["expires_at"])
        record("payment_request.resent", locked, event_data(locked), actor)
        send_payment_link.enqueue(request_pk=locked.pk)


def cancel(request: PaymentRequest, *, actor: Actor) -> None:
    """Withdraw a link, and end the checkout that may be open on it.

    Raises RequestClosed when it is paid already, ProcessorFailed when Stripe can't be asked.
    """
    if request.payment_session_id:
        outcomes.cancel_checkout(request.payment_session_id)
    with transaction.atomic():
        locked = PaymentRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
        if locked.is_paid or locked.is_processing:
            raise RequestClosed(f"This payment link is {locked.status}.")
        locked.cancelled_at = timezone.now()
        locked.save(update_fields=["cancelled_at"])
        record("payment_request.cancelled", locked, event_data(locked), actor)


def open_checkout(request: PaymentRequest, *, own_hosts: Iterable[str]) -> PaymentSession:
    """Return the payment whose page the customer is sent to: one at a time on one link.

    Raises RequestClosed when there is nothing to pay on it, and what `start_checkout` raises.
    """
    request = settle(request)
    if not request.is_open:
        raise RequestClosed(f"This payment link is {request.status}.")
    page = link_of(request)
    session = checkouts.start_checkout(
        payable_type=request.payable_type,
        payable_id=request.payable_id,
        amount=request.amount,
        currency=request.currency,
        description=request.description,
        customer=asked.CustomerDetails(request.customer_email, request.customer_name),
        success_url=f"{page}?back=paid",
        cancel_url=page,
        idempotency_key=_key_for(request),
        own_hosts=own_hosts,
        tax_rate=request.tax_rate,
        actor=CUSTOMER,
    )
    PaymentRequest.objects.filter(pk=request.pk).update(payment_session=session)
    return session


def _key_for(request: PaymentRequest) -> str:
    """Return the key of the checkout that is open on the link, else of the next one.

    Two tabs get the same page, so that nobody pays twice.
    """
    prefix = f"request:{request.pk}:"
    earlier = PaymentSession.objects.filter(
        payable_type=request.payable_type,
        payable_id=request.payable_id,
        idempotency_key__startswith=prefix,
    )
    newest = earlier.order_by("-created_at").first()
    if newest is not None and _can_still_be_paid(newest):
        return newest.idempotency_key
    return f"{prefix}{earlier.count() + 1}"


def _can_still_be_paid(session: PaymentSession) -> bool:
    ends = session.checkout_expires_at
    return session.is_open and (ends is None or ends > timezone.now())


def settle(request: PaymentRequest) -> PaymentRequest:
    """Ask Stripe about an unsettled payment on the link; return the request as it is then."""
    known = PaymentRequest.objects.select_related("payment_session")
    request = known.get(pk=request.pk)
    if request.payment_session_id is None or request.is_paid:
        return request
    outcomes.settle(request.payment_session_id)
    return known.get(pk=request.pk)
