"""Money, in the business's own schema: its Stripe account, payments, events, books."""

from payments.models.account import CURRENCY_CHOICES, StripeAccount
from payments.models.balance import BalanceTransaction, Payout
from payments.models.card import SavedCard
from payments.models.dispute import Dispute
from payments.models.inbox import StripeEvent
from payments.models.ledger import Account, LedgerEntry
from payments.models.payment import (
    Customer,
    PaymentSession,
    Refund,
    Transaction,
    new_token,
)
from payments.models.reconciliation import ReconciliationReport
from payments.models.request import PaymentRequest
from payments.models.subscription import Subscription, SubscriptionInvoice
from tenants.currencies import MAX_AMOUNT

__all__ = [
    "CURRENCY_CHOICES",
    "MAX_AMOUNT",
    "Account",
    "BalanceTransaction",
    "Customer",
    "Dispute",
    "LedgerEntry",
    "PaymentRequest",
    "PaymentSession",
    "Payout",
    "ReconciliationReport",
    "Refund",
    "SavedCard",
    "StripeAccount",
    "StripeEvent",
    "Subscription",
    "SubscriptionInvoice",
    "Transaction",
    "new_token",
]
