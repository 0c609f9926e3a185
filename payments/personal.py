"""What payments hold on customers. The books are kept as they are written, as the law wants."""

from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.dispatch import receiver

from payments.models import (
    BalanceTransaction,
    Customer,
    Dispute,
    LedgerEntry,
    PaymentRequest,
    PaymentSession,
    Payout,
    ReconciliationReport,
    Refund,
    SavedCard,
    StripeAccount,
    StripeEvent,
    Subscription,
    SubscriptionInvoice,
    Transaction,
)
from payments.under_way import under_way
from tenants.personal import ERASED, Person, declare
from tenants.signals import customer_leaving

# --- Nothing on customers ---

declare(
    StripeAccount,
    keep="id is_only_row publishable_key livemode stripe_account_id charges_enabled known_accounts "
    "connected_at stripe_webhook_endpoint_id default_currency payments_enabled return_origins "
    "updated_at",
    internal="secret_key webhook_secret previous_webhook_secret",
)
declare(
    Payout,
    keep="id stripe_payout_id amount currency livemode status is_automatic arrives_on created_at "
    "contained_amount",
)
declare(
    ReconciliationReport,
    keep="id started_at finished_at livemode since events_recovered events_finished "
    "payments_settled refunds_settled lines_booked payouts_matched problems",
)

# --- The customer, and what they paid ---


def customers(person: Person) -> QuerySet[Customer]:
    return Customer.objects.filter(email__iexact=person.email)


def paid_by(person: Person) -> Q:
    """Their payments: by their address, or on a link that was sent there."""
    return Q(customer__email__iexact=person.email) | Q(request__customer_email__iexact=person.email)


def payments(person: Person) -> QuerySet[PaymentSession]:
    return PaymentSession.objects.filter(paid_by(person))


def _found(person: Person) -> dict[str, list[Any]]:
    return {"payment_session__in": person.keys(PaymentSession)}


declare(
    Customer, title="Customer", rows=customers, keep="id created_at",
    erase={
        "email": lambda row, person: f"erased-{row.pk}@erased.invalid",
        "name": "", "phone": "", "stripe_customer_id": None,
    },
)  # fmt: skip

#: What of a payment is personal, for those who know of further payments of a person.
PAYMENT: dict[str, Any] = {
    "metadata": lambda row, person: {k: v for k, v in row.metadata.items() if k == "card"},
    "success_url": "",
    "cancel_url": "",
    "checkout_url": "",
    "idempotency_key": lambda row, person: f"erased:{row.pk}",
    "request_fingerprint": "",
    "description": lambda row, person: ERASED if hasattr(row, "request") else row.description,
}
PAYMENT_INTERNAL = "access_token"
declare(
    PaymentSession, title="Payments", rows=payments, erase=PAYMENT, internal=PAYMENT_INTERNAL,
    keep="id payable_type payable_id purpose amount tax_rate currency status is_processing "
    "is_deposit saves_card livemode customer stripe_checkout_session_id stripe_payment_intent_id "
    "checkout_expires_at failure_code created_at updated_at succeeded_at",
)  # fmt: skip
declare(
    PaymentRequest, title="Payment links",
    rows=lambda person: PaymentRequest.objects.filter(customer_email__iexact=person.email),
    erase={"customer_name": "", "customer_email": "", "message": "", "description": ERASED},
    keep="id payable_type payable_id amount currency tax_rate expires_at cancelled_at "
    "payment_session sent_at created_by created_at",
    internal="token",
)  # fmt: skip
declare(
    Transaction, title="Money received", follows=True,
    rows=lambda person: Transaction.objects.filter(**_found(person)),
    keep="id payment_session amount currency stripe_object_id stripe_charge_id fee net "
    "settled_currency stripe_balance_transaction_id created_at",
)  # fmt: skip
declare(
    Refund, title="Refunds", follows=True,
    rows=lambda person: Refund.objects.filter(**_found(person)),
    erase={"reason": ""},
    keep="id payment_session amount currency status actor_kind is_external stripe_refund_id "
    "stripe_balance_transaction_id failure_reason created_at updated_at",
    internal="actor_label idempotency_key",
)  # fmt: skip
declare(
    Dispute, title="Disputes", follows=True,
    rows=lambda person: Dispute.objects.filter(**_found(person)),
    keep="id stripe_dispute_id payment_session amount currency reason status evidence_due_by "
    "created_at closed_at",
)  # fmt: skip
declare(
    Subscription, title="Subscriptions", follows=True,
    rows=lambda person: Subscription.objects.filter(**_found(person)),
    keep="id payment_session interval interval_count status stripe_subscription_id "
    "current_period_start current_period_end cancel_at_period_end ended_at created_at",
    internal="asked_at",
)  # fmt: skip
declare(
    SubscriptionInvoice, title="Invoices of subscriptions", follows=True,
    rows=lambda person: SubscriptionInvoice.objects.filter(**_found(person)),
    keep="id subscription payment_session stripe_invoice_id billing_reason period_start "
    "period_end created_at",
)  # fmt: skip
declare(
    SavedCard, title="Cards", follows=True,
    rows=lambda person: SavedCard.objects.filter(customer__in=person.keys(Customer)),
    erase={
        "stripe_payment_method_id": lambda row, person: f"erased-{row.pk}",
        "brand": "", "last4": "", "expires_month": None, "expires_year": None, "is_active": False,
    },
    keep="id customer payment_session created_at",
)  # fmt: skip
# The books, and Stripe's side of them. Staff are told not to write names into descriptions.
declare(
    LedgerEntry,
    keep="id kind source_id debit credit amount currency livemode payment_session description "
    "occurred_at recorded_at",
)
declare(
    BalanceTransaction,
    keep="id stripe_balance_transaction_id payment_session category source_id description amount "
    "fee net currency livemode payout created_at",
)

# --- What Stripe told of them ---


def told_by_stripe(person: Person) -> QuerySet[StripeEvent]:
    """Events that carry their address, or one of the ids that Stripe has for their payments."""
    found = PaymentSession.objects.filter(pk__in=person.keys(PaymentSession))
    ids = {str(key) for key in person.keys(PaymentSession)}
    for names in found.values_list(
        "stripe_checkout_session_id",
        "stripe_payment_intent_id",
        "transaction__stripe_charge_id",
        "customer__stripe_customer_id",
    ):
        ids.update(name for name in names if name)
    wanted = Q(text__icontains=f'"{person.email}"')
    for name in ids:
        wanted |= Q(text__contains=f'"{name}"')
    return StripeEvent.objects.annotate(text=Cast("payload", TextField())).filter(wanted)


def stub(event: StripeEvent, person: Person) -> dict[str, Any]:
    """Return what of an event says that it came, and about what."""
    found = event.payload.get("data", {}).get("object", {})
    return {
        **{name: event.payload.get(name) for name in ("id", "type", "created", "livemode")},
        "data": {"object": {name: found.get(name) for name in ("id", "object")}},
    }


def settled(event: StripeEvent, person: Person) -> str:
    """One that waits for a look can't be acted on any more."""
    status = StripeEvent.Status
    waits = event.status in (status.FLAGGED, status.DEAD)
    return status.IGNORED if waits else event.status


declare(
    StripeEvent, title="What Stripe told of it", rows=told_by_stripe, follows=True,
    erase={"payload": stub, "error": "", "status": settled},
    keep="id event_id type source api_version livemode attempts created_at received_at "
    "processed_at",
)  # fmt: skip


@receiver(customer_leaving)
def settle_first(sender: object, *, person: Person, **kwargs: Any) -> list[str]:
    """Say what of the customer's money is under way."""
    reasons = under_way(paid_by(person))
    links = [
        link
        for link in PaymentRequest.objects.filter(customer_email__iexact=person.email)
        if link.is_open
    ]
    if links:
        reasons.append(f"Payment links that are open: {len(links)}. Cancel them first.")
    contested = Dispute.objects.filter(
        payment_session__in=PaymentSession.objects.filter(paid_by(person))
    ).exclude(status__in=Dispute.FINAL)
    if contested.exists():
        reasons.append("A dispute is undecided: its evidence is needed until the bank decides.")
    return reasons
