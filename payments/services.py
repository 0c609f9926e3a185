"""The front door: what other apps and the API ask of payments.

Each thing to do is in the module of its subject; bookings and others import it from here.
"""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from payments import ledger
from payments.asked import CustomerDetails, checked_return_url
from payments.cards import charge_saved_card, saved_card_for
from payments.checkouts import account_that_takes_payments, start_card_setup, start_checkout
from payments.errors import (
    InvalidPayment,
    NoCardOnFile,
    PaymentError,
    PaymentNotFound,
    PaymentsDisabled,
    ProcessorFailed,
    RefundRefused,
)
from payments.models import Dispute, PaymentSession, Refund, StripeAccount
from payments.outcomes import cancel_checkout, get_payment_session, settle
from payments.refunds import refund_payment, request_refund
from payments.requests import request_payment
from payments.subscriptions import (
    LONGEST as LONGEST_INTERVALS,
)
from payments.subscriptions import (
    cancel_at_period_end,
    end_subscription,
    request_card,
    request_end,
    start_subscription,
    subscription_problem,
)

__all__ = [
    "LONGEST_INTERVALS",
    "CustomerDetails",
    "InvalidPayment",
    "NoCardOnFile",
    "PaymentError",
    "PaymentNotFound",
    "PaymentsDisabled",
    "ProcessorFailed",
    "RefundRefused",
    "cancel_at_period_end",
    "cancel_checkout",
    "charge_saved_card",
    "checked_return_url",
    "default_currency",
    "earn_deposits",
    "earn_part_of_deposits",
    "earn_part_of_payment",
    "earn_payment",
    "end_subscription",
    "get_payment_session",
    "get_refund",
    "needs_attention",
    "payments_enabled",
    "refund_payment",
    "request_card",
    "request_end",
    "request_payment",
    "request_refund",
    "require_payments",
    "saved_card_for",
    "settle",
    "start_card_setup",
    "start_checkout",
    "start_subscription",
    "subscription_problem",
]


def payments_enabled() -> bool:
    """Does this business take payments now?"""
    return StripeAccount.objects.filter(payments_enabled=True).exists()


def require_payments() -> None:
    """Raise PaymentsDisabled unless this business takes payments now."""
    account_that_takes_payments()


def default_currency() -> str:
    """Return the currency of this business's account, upper case."""
    return StripeAccount.objects.current().default_currency


def get_refund(refund_id: object) -> Refund:
    """Return the refund; raises PaymentNotFound for an unknown or malformed id."""
    try:
        return Refund.objects.get(pk=UUID(str(refund_id)))
    except (Refund.DoesNotExist, ValueError):
        raise PaymentNotFound("Refund not found") from None


def needs_attention() -> list[tuple[str, str]]:
    """Return what a person should look at: (sentence, address in the staff's admin)."""
    from payments.reconciliation import health

    account = "/admin/payments/stripeaccount/"
    pages = {"events": "/admin/payments/stripeevent/?status__in=dead,flagged"}
    found = [(text, pages.get(code, account)) for code, text in health().items()]
    due = Dispute.objects.all().needing_response().count()
    if due:
        found.append(
            (
                f"{due} disputed payments wait for your evidence."
                if due > 1
                else "A disputed payment waits for your evidence.",
                "/admin/payments/dispute/?status__in=needs_response,warning_needs_response",
            )
        )
    return found


@transaction.atomic
def earn_deposits(payable_type: str, payable_id: str | int) -> None:
    """What was booked has happened, or its deposit is kept: it is the business's own money now.

    May be called again; what has been given back meanwhile is not earned.
    """
    deposits = PaymentSession.objects.select_for_update().filter(
        payable_type=payable_type, payable_id=str(payable_id), is_deposit=True
    )
    now = timezone.now()
    for session in deposits.filter(status__in=PaymentSession.PAID):
        ledger.earn(session, now)


@transaction.atomic
def earn_part_of_deposits(
    payable_type: str, payable_id: str | int, *, amount: int, cause: str
) -> None:
    """`amount` minor units of what was paid ahead have been used up: they are the business's own.

    `cause` names what used them, in at most 200 characters; the same cause earns once. Never more
    is earned than is still owed.
    """
    deposits = PaymentSession.objects.select_for_update().filter(
        payable_type=payable_type, payable_id=str(payable_id), is_deposit=True
    )
    now = timezone.now()
    for session in deposits.filter(status__in=PaymentSession.PAID).order_by("created_at"):
        amount -= ledger.earn_part(session, amount, cause, now)


@transaction.atomic
def earn_payment(payment_session_id: UUID | str) -> None:
    """`earn_deposits` for a single payment, where others were made for the same payable."""
    session = _locked_deposit(payment_session_id)
    if session is not None:
        ledger.earn(session, timezone.now())


@transaction.atomic
def earn_part_of_payment(payment_session_id: UUID | str, *, amount: int, cause: str) -> None:
    """`earn_part_of_deposits` for a single payment."""
    session = _locked_deposit(payment_session_id)
    if session is not None:
        ledger.earn_part(session, amount, cause, timezone.now())


def _locked_deposit(payment_session_id: UUID | str) -> PaymentSession | None:
    deposits = PaymentSession.objects.select_for_update(of=("self",)).filter(
        pk=payment_session_id, is_deposit=True, status__in=PaymentSession.PAID
    )
    return deposits.order_by().first()
