"""What happened to a business's money in a period, in words that a bookkeeper reads."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from payments import ledger
from payments.models import Account, LedgerEntry
from tenants.currencies import decimal_amount

CLEARING = Account.STRIPE_CLEARING
COLUMNS = (
    "date", "kind", "description", "from_account", "to_account", "amount", "currency",
    "balance_at_stripe", "payment", "stripe_id",
)  # fmt: skip


@dataclass(frozen=True)
class Period:
    """Whole days, the last one included, on the clocks of `zone`."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def starts_at(self) -> datetime:
        return datetime.combine(self.first, time(), self.zone)

    @property
    def ends_at(self) -> datetime:
        return datetime.combine(self.last + timedelta(days=1), time(), self.zone)


@dataclass(frozen=True)
class Statement:
    """One currency's movements; amounts in minor units."""

    currency: str
    opening: int
    movements: dict[str, int]
    closing: int
    deposits_held: int
    earned: int


def statements(period: Period) -> list[Statement]:
    """Return a statement for each currency that had a balance or a movement."""
    opening = ledger.balances(before=period.starts_at)
    closing = ledger.balances(before=period.ends_at)
    currencies = sorted({currency for _, currency in closing})
    return [_statement(period, currency, opening, closing) for currency in currencies]


def _statement(
    period: Period,
    currency: str,
    opening: dict[tuple[str, str], int],
    closing: dict[tuple[str, str], int],
) -> Statement:
    def moved(account: str) -> int:
        return closing.get((account, currency), 0) - opening.get((account, currency), 0)

    movements: dict[str, int] = {}
    for entry in entries(period).filter(currency=currency):
        effect = entry.effect_on(CLEARING)
        if effect:
            movements[entry.kind] = movements.get(entry.kind, 0) + effect
    return Statement(
        currency=currency,
        opening=opening.get((CLEARING, currency), 0),
        movements=movements,
        closing=closing.get((CLEARING, currency), 0),
        deposits_held=-closing.get((Account.CUSTOMER_DEPOSITS, currency), 0),
        earned=-moved(Account.REVENUE) - moved(Account.REFUNDS),
    )


def entries(period: Period) -> QuerySet[LedgerEntry]:
    """Return the ledger entries of a period in the order in which they happened."""
    return (
        LedgerEntry.objects.of_current_mode()
        .filter(occurred_at__gte=period.starts_at, occurred_at__lt=period.ends_at)
        .order_by("occurred_at", "id")
    )


class Writable(Protocol):
    def write(self, text: str, /) -> object: ...


def rows(period: Period) -> Iterator[dict[str, str]]:
    """Yield every entry as text, with the balance at Stripe after it."""
    balance = {
        currency: amount
        for (account, currency), amount in ledger.balances(before=period.starts_at).items()
        if account == CLEARING
    }
    for entry in entries(period).iterator():
        balance[entry.currency] = balance.get(entry.currency, 0) + entry.effect_on(CLEARING)
        yield {
            "date": entry.occurred_at.astimezone(period.zone).isoformat(timespec="seconds"),
            "kind": entry.kind,
            "description": harmless(entry.description),
            "from_account": entry.credit,
            "to_account": entry.debit,
            "amount": decimal_amount(entry.amount, entry.currency),
            "currency": entry.currency,
            "balance_at_stripe": decimal_amount(balance[entry.currency], entry.currency),
            "payment": str(entry.payment_session_id or ""),
            "stripe_id": entry.source_id,
        }


def write_csv(period: Period, out: Writable) -> None:
    """Write the entries of `period` as CSV with a header (RFC 4180)."""
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    for row in rows(period):
        writer.writerow(row)


def harmless(text: str) -> str:
    """Return `text` so that a spreadsheet does not run it as a formula.

    Source: owasp.org/www-community/attacks/CSV_Injection.
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
