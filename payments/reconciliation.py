"""Close every gap that webhooks leave: ask Stripe what happened, and compare its books with ours.

Safe at any time and as often as one likes: it goes through the same inbox, transitions and
ledger as a webhook does, and a second run finds nothing left to do.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from access.actors import SYSTEM
from payments import balances, cards, inbox, invoices, ledger, refunds, transitions
from payments.connecting import webhook_problem
from payments.errors import EventMismatch, GatewayRejected, GatewayUnavailable
from payments.gateway import API_VERSION, Gateway
from payments.handlers import HANDLERS
from payments.models import (
    Account,
    BalanceTransaction,
    LedgerEntry,
    PaymentSession,
    Payout,
    ReconciliationReport,
    Refund,
    StripeAccount,
    StripeEvent,
    Subscription,
)
from payments.stripe_objects import CheckoutSession
from tenants.currencies import decimal_amount
from tenants.current import current_tenant
from tenants.notices import set_notices

logger = logging.getLogger(__name__)

# Stripe's list of events reaches back 30 days.
LONGEST_LOOK_BACK = timedelta(days=30)
# What happened just before the last run may have been listed only after it.
OVERLAP = timedelta(hours=2)
# A webhook that is younger than this is not missing yet.
PATIENCE = timedelta(minutes=5)
# A payment whose page Stripe never told us of can't be paid by anyone after this.
UNOPENED_FOR = timedelta(hours=24)
FEE_EXPECTED_WITHIN = timedelta(days=3)
REPORTS_KEPT = timedelta(days=90)


def reconcile(*, since: datetime | None = None) -> ReconciliationReport | None:
    """Bring the business that is entered up to date with its Stripe account; return the report.

    Looks back to `since`, else to the last run that could ask Stripe. Returns None for a business
    that has no key. A problem is in the report, never raised: the next run tries again.
    """
    account = StripeAccount.objects.current()
    if not account.secret_key:
        set_notices("payments", {})
        return None
    report = ReconciliationReport(since=since or _last_look(account), livemode=account.livemode)
    gateway = Gateway(account)
    try:
        for step in STEPS:
            step(report, gateway)
        report.problems |= _differences()
        if problem := webhook_problem(account, base_url=current_tenant().url):
            report.problems["webhook"] = problem
    except GatewayUnavailable:
        report.problems["unreachable"] = "Stripe could not be reached."
    except GatewayRejected as error:
        report.problems["key"] = f"Stripe refused: {error}"
    report.problems |= _open_questions(report)
    report.finished_at = timezone.now()
    report.save()
    _forget_old()
    set_notices("payments", dict(report.problems))
    return report


def _last_look(account: StripeAccount) -> datetime:
    earliest = timezone.now() - LONGEST_LOOK_BACK
    runs = ReconciliationReport.objects.filter(livemode=account.livemode)
    last = runs.exclude(problems__has_any_keys=["unreachable", "key"]).first()
    if last is not None:
        return max(last.started_at - OVERLAP, earliest)
    return max(account.connected_at or earliest, earliest)


# --- What is asked ---


def _recover_events(report: ReconciliationReport, gateway: Gateway) -> None:
    """Put what happened since into the inbox, the oldest first."""
    listed = list(gateway.list_events(since=report.since, types=HANDLERS))
    known = set(
        StripeEvent.objects.filter(event_id__in=[event["id"] for event in listed]).values_list(
            "event_id", flat=True
        )
    )
    for payload in reversed(listed):
        if payload["id"] not in known:
            inbox.receive(_in_our_version(payload), StripeEvent.Source.RECONCILIATION)
            report.events_recovered += 1


def _finish_events(report: ReconciliationReport, gateway: Gateway) -> None:
    """Act on what was stored and not acted on: its process died, or it failed and is due later."""
    unfinished = StripeEvent.objects.exclude(status__in=StripeEvent.SETTLED)
    for event in unfinished.order_by("created_at", "id"):
        inbox.receive(event.payload)
        event.refresh_from_db(fields=["status"])
        report.events_finished += event.is_settled


def _in_our_version(payload: dict[str, object]) -> dict[str, object]:
    """Return a listed event as our version has it.

    Stripe lists an event in the version that was the account's own at that time. The fields that
    we read are the same in all of them; a webhook in another version is flagged, because that
    endpoint would go on sending it.
    """
    return payload | {"api_version": API_VERSION}


def _settle_payments(report: ReconciliationReport, gateway: Gateway) -> None:
    """Ask about every payment that still waits, and give up those that nobody can pay."""
    waiting = PaymentSession.objects.filter(
        status__in=("created", "pending", "failed"),
        created_at__lt=timezone.now() - PATIENCE,
        livemode=report.livemode,
    )
    for session in waiting.order_by("created_at"):
        before = (session.status, session.is_processing)
        with _one_at_a_time(report, f"payment:{session.pk}", f"payment {session.pk}"):
            after = _settled(session, gateway)
            report.payments_settled += (after.status, after.is_processing) != before


@contextmanager
def _one_at_a_time(report: ReconciliationReport, code: str, what: str) -> Iterator[None]:
    """Report an object that Stripe won't show, so that it does not keep us from the others.

    A key that Stripe refuses is no matter of one object, and ends the run.
    """
    try:
        yield
    except GatewayRejected as error:
        if error.is_about_key:
            raise
        report.problems[code] = f"Stripe would not show the {what} ({error.code})."


def _settled(session: PaymentSession, gateway: Gateway) -> PaymentSession:
    checkout = intent = None
    if (
        session.purpose == PaymentSession.Purpose.SUBSCRIPTION
        and (settled := invoices.settle(session)).is_paid
    ):
        return settled
    can_be_new = session.created_at > timezone.now() - UNOPENED_FOR
    if session.stripe_checkout_session_id:
        checkout = _checkout_of(session, gateway)
        if checkout is None and can_be_new:
            return session
    elif session.stripe_payment_intent_id:
        intent = gateway.retrieve_payment_intent(session.stripe_payment_intent_id)
    elif session.purpose == PaymentSession.Purpose.SAVED_CARD:
        cards.send(str(session.pk))
        session.refresh_from_db()
        return session
    elif can_be_new:
        return session
    with transaction.atomic():
        locked = PaymentSession.objects.select_for_update().get(pk=session.pk)
        try:
            with transaction.atomic():
                if checkout is not None:
                    transitions.apply_checkout_session(locked, checkout, timezone.now())
                elif intent is not None:
                    transitions.apply_payment_intent(locked, intent, timezone.now())
                else:
                    transitions.mark_canceled(locked, SYSTEM)
        except EventMismatch as mismatch:
            logger.error("Payment %s contradicts Stripe: %s", session.pk, mismatch)
    locked.refresh_from_db()
    return locked


def _checkout_of(session: PaymentSession, gateway: Gateway) -> CheckoutSession | None:
    """Return the payment's page as Stripe has it; None where Stripe knows no such page."""
    try:
        return gateway.retrieve_checkout_session(session.stripe_checkout_session_id or "")
    except GatewayRejected as error:
        if error.code != "resource_missing":
            raise
        return None


def _ask_about_subscriptions(report: ReconciliationReport, gateway: Gateway) -> None:
    """Ask about every subscription that is not paid up: it was renewed, declined, or has ended."""
    overdue = Subscription.objects.all().overdue(timezone.now())
    for subscription in overdue.filter(payment_session__livemode=report.livemode):
        stripe_id = subscription.stripe_subscription_id
        before = (subscription.status, subscription.current_period_end)
        with _one_at_a_time(report, f"subscription:{stripe_id}", f"subscription {stripe_id}"):
            try:
                after = invoices.catch_up(subscription)
            except EventMismatch as mismatch:
                logger.error("Subscription %s contradicts Stripe: %s", stripe_id, mismatch)
            else:
                report.payments_settled += (after.status, after.current_period_end) != before


def _settle_refunds(report: ReconciliationReport, gateway: Gateway) -> None:
    """Ask about every refund whose outcome is unknown."""
    waiting = Refund.objects.filter(
        status=Refund.Status.REQUESTED, payment_session__livemode=report.livemode
    )
    for refund in waiting.order_by("created_at"):
        with _one_at_a_time(report, f"refund:{refund.pk}", f"refund {refund.stripe_refund_id}"):
            _settle_refund(refund, gateway)
        refund.refresh_from_db()
        report.refunds_settled += refund.status != Refund.Status.REQUESTED


def _settle_refund(refund: Refund, gateway: Gateway) -> None:
    if refund.stripe_refund_id is None:
        refunds.send(str(refund.pk))
        return
    told = gateway.retrieve_refund(refund.stripe_refund_id)
    with transaction.atomic():
        session = PaymentSession.objects.select_for_update().get(pk=refund.payment_session_id)
        transitions.apply_refund(session, told)


def _book_lines(report: ReconciliationReport, gateway: Gateway) -> None:
    """Take over the lines of Stripe's balance since, the oldest first; compare the known ones."""
    account = StripeAccount.objects.current()
    since = max(report.since, account.connected_at or report.since)
    for line in reversed(list(gateway.list_balance_transactions(since=since))):
        known = BalanceTransaction.objects.filter(stripe_balance_transaction_id=line.id).first()
        if known is None:
            report.lines_booked += balances.take_over(line)
        elif (known.amount, known.fee, known.currency) != (line.amount, line.fee, line.currency):
            report.problems[f"line:{line.id}"] = (
                f"Stripe's line {line.id} is not what it was when it was booked."
            )
    unsettled = balances.unsettled().filter(payment_session__livemode=report.livemode)
    for paid in unsettled.exclude(stripe_charge_id=None):
        charge_id = paid.stripe_charge_id or ""
        with _one_at_a_time(report, f"charge:{charge_id}", f"charge {charge_id}"):
            charge = gateway.retrieve_charge(charge_id)
            if charge.balance_transaction_id:
                line = gateway.retrieve_balance_transaction(charge.balance_transaction_id)
                report.lines_booked += balances.take_over(line)


def _match_payouts(report: ReconciliationReport, gateway: Gateway) -> None:
    """Ask what each payout contains; Stripe knows that only of automatic ones."""
    for told in gateway.list_payouts(since=report.since):
        balances.apply_payout(told)
    unmatched = Payout.objects.filter(
        livemode=report.livemode, is_automatic=True, contained_amount=None,
        status__in=("paid", "in_transit"),
    )  # fmt: skip
    for payout in unmatched:
        what = f"contents of payout {payout.stripe_payout_id}"
        with _one_at_a_time(report, f"payout:{payout.pk}", what):
            balances.match_payout(payout, gateway)
            report.payouts_matched += 1


STEPS: tuple[Callable[[ReconciliationReport, Gateway], None], ...] = (
    _recover_events,
    _finish_events,
    _settle_payments,
    _ask_about_subscriptions,
    _settle_refunds,
    _book_lines,
    _match_payouts,
)


# --- What is compared ---


def _differences() -> dict[str, str]:
    """Return where our books and Stripe's lines disagree: {code: sentence}."""
    live = StripeAccount.objects.current().livemode
    ours = {
        currency: amount
        for (account, currency), amount in ledger.balances().items()
        if account == Account.STRIPE_CLEARING
    }
    theirs = dict(
        BalanceTransaction.objects.filter(livemode=live)
        .order_by()
        .values_list("currency")
        .annotate(Sum("net"))
    )
    for entry in LedgerEntry.objects.of_current_mode().filter(kind=LedgerEntry.Kind.OPENING):
        ours[entry.currency] -= entry.effect_on(Account.STRIPE_CLEARING)
    for currency, amount in _not_yet_in_stripes_balance(live).items():
        ours[currency] = ours.get(currency, 0) - amount
    return {
        f"balance:{currency}": (
            f"Our books hold {decimal_amount(ours.get(currency, 0), currency)} {currency} where "
            f"Stripe's lines add up to {decimal_amount(theirs.get(currency, 0), currency)}."
        )
        for currency in sorted({*ours, *theirs})
        if ours.get(currency, 0) != theirs.get(currency, 0)
    }


def _not_yet_in_stripes_balance(live: bool) -> dict[str, int]:
    """What we have booked and Stripe has not written a line for yet, by currency."""
    waiting: dict[str, int] = {}
    for paid in balances.unsettled().filter(payment_session__livemode=live):
        waiting[paid.currency] = waiting.get(paid.currency, 0) + paid.amount
    sent = Refund.objects.filter(
        status=Refund.Status.SUCCEEDED,
        stripe_balance_transaction_id=None,
        payment_session__livemode=live,
    )
    for refund in sent:
        waiting[refund.currency] = waiting.get(refund.currency, 0) - refund.amount
    return waiting


def _open_questions(report: ReconciliationReport) -> dict[str, str]:
    """Return what needs a person although Stripe could be asked."""
    found: dict[str, str] = {}
    late = StripeEvent.objects.filter(
        source=StripeEvent.Source.RECONCILIATION,
        received_at__gte=report.started_at - timedelta(hours=24),
        created_at__lt=report.started_at - PATIENCE,
    ).count()
    if late:
        found["webhooks_missing"] = (
            f"{late} events of the last day had not arrived by webhook and were fetched from "
            "Stripe. Check the webhook endpoint in Stripe's dashboard."
        )
    stuck = StripeEvent.objects.all().needing_attention().count()
    if stuck:
        found["events"] = f"{stuck} of Stripe's events could not be acted on and need a look."
    expected = timezone.now() - FEE_EXPECTED_WITHIN
    unsettled = balances.unsettled().filter(created_at__lt=expected).count()
    if unsettled:
        found["fees_missing"] = f"Stripe has not settled {unsettled} payments within three days."
    unmatched = LedgerEntry.objects.filter(
        kind=LedgerEntry.Kind.OTHER, description__startswith=ledger.CONTRADICTS
    ).count()
    if unmatched:
        found["unmatched"] = f"{unmatched} lines of Stripe's balance contradict their payments."
    return found


def _forget_old() -> None:
    inbox.forget_expired()
    ReconciliationReport.objects.filter(started_at__lt=timezone.now() - REPORTS_KEPT).delete()


def health() -> dict[str, str]:
    """Return what the last run found wrong with this business's payments: {code: sentence}."""
    last = ReconciliationReport.objects.first()
    return dict(last.problems) if last else {}
