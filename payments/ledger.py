"""The business's books: what each movement of money posts, and what the accounts hold.

Money that comes in for something still to happen is owed to the customer: it waits in
`customer_deposits` until `earn` moves it to `revenue`. Everything else is revenue at once. What
Stripe's own lines say (fees, disputes, payouts, other activity) is posted from them, so that
`stripe_clearing` ends up equal to the balance at Stripe, to the smallest unit.

Every function here runs inside the transaction of the change that it books, and may be called
again for the same Stripe object: it is booked once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, Sum

from payments.errors import EventMismatch
from payments.models import (
    Account,
    LedgerEntry,
    PaymentSession,
    Refund,
    StripeAccount,
    Transaction,
)
from payments.stripe_objects import BalanceLine
from tenants.statements import insert

Kind = LedgerEntry.Kind
CLEARING = Account.STRIPE_CLEARING
#: How the description of a line begins that is not what its payment says.
CONTRADICTS = "Contradicts its payment"

#: Which account a line of Stripe's balance belongs to, by its reporting category.
#: Source: docs.stripe.com/reports/reporting-categories.
ACCOUNT_OF_CATEGORY = {
    "dispute": (Kind.DISPUTE, Account.DISPUTES),
    "dispute_reversal": (Kind.DISPUTE, Account.DISPUTES),
    "payout": (Kind.PAYOUT, Account.BANK),
    "payout_reversal": (Kind.PAYOUT, Account.BANK),
    "fee": (Kind.FEE, Account.FEES),
}


@dataclass(frozen=True)
class Line:
    """An entry before it is posted: `amount` minor units into `debit`, out of `credit`.

    A negative amount moves the other way; nothing is posted for 0.
    """

    kind: str
    source_id: str
    debit: str
    credit: str
    amount: int
    currency: str
    occurred_at: datetime
    session: PaymentSession | None = None
    description: str = ""
    # What it books has been written just now, under a lock: it can't be in the books yet.
    is_first: bool = False


def post(line: Line) -> None:
    """Write `line` unless it is there; raises EventMismatch where the books say something else."""
    if line.amount == 0:
        return
    debit, credit = (line.debit, line.credit) if line.amount > 0 else (line.credit, line.debit)
    entry = LedgerEntry(
        kind=line.kind,
        source_id=line.source_id,
        debit=debit,
        credit=credit,
        amount=abs(line.amount),
        currency=line.currency,
        livemode=line.session.livemode if line.session else _livemode(),
        payment_session=line.session,
        description=(line.description or (line.session.description if line.session else ""))[:200],
        occurred_at=line.occurred_at,
    )
    if line.is_first:
        insert(entry)
        return
    LedgerEntry.objects.bulk_create([entry], ignore_conflicts=True)
    posted = LedgerEntry.objects.get(kind=line.kind, source_id=line.source_id)
    if (posted.amount, posted.currency) != (entry.amount, entry.currency):
        raise EventMismatch(
            f"{line.source_id} is in the books with {posted.amount} {posted.currency}, "
            f"not {entry.amount} {entry.currency}"
        )


def _livemode() -> bool:
    return StripeAccount.objects.current().livemode


def post_payment(transaction: Transaction, occurred_at: datetime) -> None:
    """The customer's money is in Stripe's hands."""
    session = transaction.payment_session
    post(
        Line(
            Kind.PAYMENT,
            transaction.stripe_object_id,
            CLEARING,
            Account.CUSTOMER_DEPOSITS if session.is_deposit else Account.REVENUE,
            transaction.amount,
            transaction.currency,
            occurred_at,
            session,
            is_first=True,
        )
    )


def post_refund(refund: Refund, occurred_at: datetime) -> None:
    """Money goes back: out of the deposit while it is still owed, else against revenue."""
    session = refund.payment_session
    source_id = refund.stripe_refund_id or ""
    if LedgerEntry.objects.filter(kind=Kind.REFUND, source_id=source_id).exists():
        return
    owed = deposit_held(session)
    account = Account.CUSTOMER_DEPOSITS if owed >= refund.amount else Account.REFUNDS
    post(
        Line(
            Kind.REFUND, source_id, account, CLEARING, refund.amount, refund.currency,
            occurred_at, session, refund.reason,
        )
    )  # fmt: skip


def reverse_refund(refund: Refund, occurred_at: datetime) -> None:
    """A refund came back: undo what `post_refund` did, if it did."""
    source_id = refund.stripe_refund_id or ""
    posted = LedgerEntry.objects.filter(kind=Kind.REFUND, source_id=source_id).first()
    if posted is None:
        return
    post(
        Line(
            Kind.REFUND_REVERSAL, source_id, posted.credit, posted.debit, posted.amount,
            posted.currency, occurred_at, posted.payment_session,
        )
    )  # fmt: skip
    session = refund.payment_session
    # What is earned bit by bit is owed again.
    earned_as_a_whole = Q(kind=Kind.EARNED, source_id__startswith=f"{session.pk}:")
    if session.ledger_entries.filter(earned_as_a_whole).exists():
        earn(session, occurred_at)


def deposit_held(session: PaymentSession) -> int:
    """What of a deposit is still owed to the customer, in minor units."""
    entries = LedgerEntry.objects.filter(payment_session=session)
    return -sum(entry.effect_on(Account.CUSTOMER_DEPOSITS) for entry in entries)


def earn(session: PaymentSession, occurred_at: datetime) -> None:
    """What the deposit was for has happened, or it is kept: what is left of it is revenue.

    What is on its way back to the customer stays theirs.
    """
    returning = session.refunds.filter(status=Refund.Status.REQUESTED)
    on_its_way = returning.aggregate(total=Sum("amount"))["total"] or 0
    held = deposit_held(session)
    held -= min(on_its_way, max(held, 0))
    times = session.ledger_entries.filter(kind=Kind.EARNED).count()
    post(
        Line(
            Kind.EARNED, f"{session.pk}:{times + 1}", Account.CUSTOMER_DEPOSITS, Account.REVENUE,
            held, session.currency, occurred_at, session,
        )
    )  # fmt: skip


def earn_part(session: PaymentSession, amount: int, cause: str, occurred_at: datetime) -> int:
    """Part of what a deposit was for has happened: `amount` minor units of it are revenue.

    Return how much `cause` has earned of it: less when less is still owed. It earns once.
    """
    source_id = f"{session.pk}/{cause}"
    earned = session.ledger_entries.filter(kind=Kind.EARNED, source_id=source_id).first()
    if earned is not None:
        return earned.amount
    part = max(min(amount, deposit_held(session)), 0)
    post(
        Line(
            Kind.EARNED, source_id, Account.CUSTOMER_DEPOSITS, Account.REVENUE, part,
            session.currency, occurred_at, session,
        )
    )  # fmt: skip
    return part


def post_fee(line: BalanceLine, session: PaymentSession | None) -> None:
    """What Stripe keeps of a movement."""
    post(
        Line(
            Kind.FEE, f"{line.id}:fee", Account.FEES, CLEARING, line.fee, line.currency,
            line.created, session,
        )
    )  # fmt: skip


def post_conversion(line: BalanceLine, session: PaymentSession, gross: int) -> None:
    """Stripe settled `gross`, in the payment's currency, as another amount of another currency."""
    post(
        Line(
            Kind.CONVERTED_FROM, line.id, Account.CONVERSION, CLEARING, gross, session.currency,
            line.created, session,
        )
    )  # fmt: skip
    post(
        Line(
            Kind.CONVERTED_TO, line.id, CLEARING, Account.CONVERSION, line.amount, line.currency,
            line.created, session,
        )
    )  # fmt: skip


def post_line(line: BalanceLine, session: PaymentSession | None) -> None:
    """Book a line of Stripe's balance that is neither a payment nor a refund of ours."""
    kind, account = ACCOUNT_OF_CATEGORY.get(line.category, (Kind.OTHER, Account.OTHER))
    post(
        Line(
            kind, line.id, CLEARING, account, line.amount, line.currency, line.created, session,
            line.description or line.category,
        )
    )  # fmt: skip
    post_fee(line, session)


def open_books(held: Mapping[str, int], at: datetime) -> None:
    """Begin with what Stripe holds for the account that was connected `at` that time.

    What an account connected before it held is taken out, so that only this one's is left.
    """
    moments = f"{'live' if _livemode() else 'test'}:{at.isoformat()}"
    before = {
        currency: amount
        for (account, currency), amount in balances().items()
        if account == CLEARING
    }
    for currency in sorted({*held, *before}):
        change = held.get(currency, 0) - before.get(currency, 0)
        post(Line(
            Kind.OPENING, f"{moments}:{currency}", CLEARING, Account.OTHER, change, currency, at
        ))  # fmt: skip


def post_unmatched(line: BalanceLine, why: str) -> None:
    """Book a line that contradicts our records, so that the books still equal Stripe's."""
    post(
        Line(
            Kind.OTHER, line.id, CLEARING, Account.OTHER, line.amount, line.currency, line.created,
            description=f"{CONTRADICTS}: {why}",
        )
    )  # fmt: skip
    post_fee(line, None)


def balances(*, before: datetime | None = None) -> dict[tuple[str, str], int]:
    """Return {(account, currency): minor units}, debit positive, of all that happened `before`."""
    entries = LedgerEntry.objects.of_current_mode().order_by()
    if before is not None:
        entries = entries.filter(occurred_at__lt=before)
    found: dict[tuple[str, str], int] = {}
    for side, sign in (("debit", 1), ("credit", -1)):
        for account, currency, total in entries.values_list(side, "currency").annotate(
            Sum("amount")
        ):
            key = (account, currency)
            found[key] = found.get(key, 0) + sign * total
    return found
