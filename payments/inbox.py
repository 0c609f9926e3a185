"""The inbox: store what Stripe tells us, then act on it once.

An event is committed before anything is done with it, so it can't be lost; it is acted on in one
transaction, so its effects come together or not at all; a failure is written down outside that
transaction, and a job tries again.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import models, transaction
from django.utils import timezone

from payments import transitions
from payments.errors import EventMismatch, GatewayRejected
from payments.gateway import Gateway
from payments.models import PaymentSession, StripeAccount, StripeEvent
from payments.stripe_objects import (
    Charge,
    CheckoutSession,
    PaymentIntent,
    StripeObject,
    StripeRefund,
)
from tenants.current import current_schema

logger = logging.getLogger(__name__)

FIRST_RETRY = timedelta(seconds=15)


class NotOurs(Exception):
    """The event is about something this business did not start here."""


def store(payload: dict[str, Any]) -> StripeEvent:
    """Keep a verified event, once however often it is delivered, and return its row.

    With it comes a job that acts on the event in case this process is killed before it has.
    """
    from payments.jobs import process_stripe_event

    now = timezone.now()
    happened = datetime.fromtimestamp(payload.get("created") or now.timestamp(), UTC)
    with transaction.atomic():
        event, is_new = StripeEvent.objects.get_or_create(
            event_id=payload["id"],
            defaults={
                "type": payload["type"],
                "api_version": str(payload.get("api_version") or "")[:50],
                "livemode": payload.get("livemode") is True,
                "payload": payload,
                "created_at": happened,
            },
        )
        if is_new:
            process_stripe_event.enqueue(event_pk=event.pk, at=now + FIRST_RETRY)
    return event


def receive(payload: dict[str, Any]) -> None:
    """Store an event and act on it now; whatever goes wrong from here on is ours to retry."""
    event = store(payload)
    if event.status in StripeEvent.SETTLED:
        return
    try:
        process(event.pk)
    except Exception:
        logger.exception("Event %s failed, it will be retried", event.event_id)


def process(event_pk: int) -> None:
    """Act on a stored event, unless that has been done or is being done right now.

    An exception of a handler leaves none of its effects behind; it is noted on the event and
    raised again.
    """
    event = StripeEvent.objects.get(pk=event_pk)
    if event.status in StripeEvent.SETTLED:
        return
    try:
        plan = _plan(event)
        with transaction.atomic():
            _apply(event_pk, plan)
    except Exception as error:
        # Outside the rolled-back transaction, so the reason survives.
        StripeEvent.objects.filter(pk=event_pk).exclude(status__in=StripeEvent.SETTLED).update(
            status=StripeEvent.Status.FAILED,
            attempts=models.F("attempts") + 1,
            error=f"{type(error).__name__}: {error}"[:1000],
        )
        raise


Apply = Callable[[PaymentSession], object]


@dataclass(frozen=True)
class Plan:
    """Which payment an event is about, and what to do with it once it is locked."""

    find: dict[str, str]
    apply: Apply


def _plan(event: StripeEvent) -> Plan | EventMismatch | None:
    """Read the event and ask Stripe for what it leaves out, before any lock is taken."""
    handler = HANDLERS.get(event.type)
    if handler is None:
        return None
    try:
        _check_mode(event)
        return handler(event.payload["data"]["object"])
    except NotOurs:
        return None
    except EventMismatch as mismatch:
        return mismatch


def _check_mode(event: StripeEvent) -> None:
    account = StripeAccount.objects.current()
    if event.livemode != account.livemode:
        modes = {True: "live", False: "test"}
        raise EventMismatch(
            f"a {modes[event.livemode]} event for an account in {modes[account.livemode]} mode"
        )


def _apply(event_pk: int, plan: Plan | EventMismatch | None) -> None:
    event = StripeEvent.objects.select_for_update(skip_locked=True).filter(pk=event_pk).first()
    if event is None or event.status in StripeEvent.SETTLED:
        return
    event.status, event.error = StripeEvent.Status.PROCESSED, ""
    if isinstance(plan, EventMismatch):
        event.status, event.error = StripeEvent.Status.FLAGGED, str(plan)
    elif plan is None or (session := _locked_session(plan.find)) is None:
        event.status = StripeEvent.Status.IGNORED
    else:
        try:
            with transaction.atomic():
                plan.apply(session)
        except EventMismatch as mismatch:
            event.status, event.error = StripeEvent.Status.FLAGGED, str(mismatch)
    if event.status == StripeEvent.Status.FLAGGED:
        logger.error("Event %s contradicts our records: %s", event.event_id, event.error)
    event.attempts += 1
    event.processed_at = timezone.now()
    event.save(update_fields=["status", "error", "attempts", "processed_at"])


def _locked_session(find: dict[str, str]) -> PaymentSession | None:
    """Lock and return the payment that has the first known of the ids in `find`."""
    for field, value in find.items():
        session = PaymentSession.objects.select_for_update().filter(**{field: value}).first()
        if session is not None:
            return session
    return None


def _ids(schema: str, payment_session_id: str, **stripe_ids: str) -> dict[str, str]:
    """Return by which ids to look for a payment: ours from the metadata, then Stripe's.

    Raises NotOurs for an object that another business, on the same Stripe account, has made.
    """
    if schema and schema != current_schema():
        raise NotOurs
    found = {field: value for field, value in stripe_ids.items() if value}
    try:
        return {"pk": str(UUID(payment_session_id)), **found} if payment_session_id else found
    except ValueError:
        return found


def _checkout_session(data: StripeObject) -> tuple[CheckoutSession, dict[str, str]]:
    checkout = CheckoutSession.read(data)
    ids = _ids(checkout.schema, checkout.payment_session_id, stripe_checkout_session_id=checkout.id)
    return checkout, ids


def checkout_session_completed(data: StripeObject) -> Plan:
    checkout, ids = _checkout_session(data)
    return Plan(ids, lambda session: transitions.apply_checkout_session(session, checkout))


def checkout_session_expired(data: StripeObject) -> Plan:
    checkout, ids = _checkout_session(data)

    def apply(session: PaymentSession) -> None:
        transitions.adopt_checkout_session(session, checkout)
        transitions.mark_canceled(session)

    return Plan(ids, apply)


def checkout_session_async_payment_failed(data: StripeObject) -> Plan:
    checkout, ids = _checkout_session(data)

    def apply(session: PaymentSession) -> None:
        transitions.adopt_checkout_session(session, checkout)
        transitions.mark_failed(session, transitions.ASYNC_PAYMENT_FAILED, is_final=True)

    return Plan(ids, apply)


def _payment_intent(data: StripeObject) -> tuple[PaymentIntent, dict[str, str]]:
    intent = PaymentIntent.read(data)
    ids = _ids(intent.schema, intent.payment_session_id, stripe_payment_intent_id=intent.id)
    return intent, ids


def payment_intent_succeeded(data: StripeObject) -> Plan:
    intent, ids = _payment_intent(data)
    return Plan(ids, lambda session: transitions.apply_payment_intent(session, intent))


def payment_intent_payment_failed(data: StripeObject) -> Plan:
    intent, ids = _payment_intent(data)
    return Plan(ids, lambda session: transitions.mark_failed(session, intent.failure_code))


def charge_refunded(data: StripeObject) -> Plan:
    """A charge no longer carries its refunds, so Stripe is asked for them."""
    charge = Charge.read(data)
    ids = _ids(
        charge.schema, charge.payment_session_id, stripe_payment_intent_id=charge.payment_intent_id
    )
    if not any(PaymentSession.objects.filter(**{field: id}).exists() for field, id in ids.items()):
        raise NotOurs
    refunds = _refunds_of(charge, data)
    return Plan(ids, lambda session: transitions.apply_charge(session, charge, refunds))


def _refunds_of(charge: Charge, data: StripeObject) -> list[StripeRefund]:
    carried = (data.get("refunds") or {}).get("data")
    if carried:
        return [StripeRefund.read(refund) for refund in carried]
    try:
        return Gateway(StripeAccount.objects.current()).list_refunds(
            payment_intent_id=charge.payment_intent_id
        )
    except GatewayRejected as error:
        raise EventMismatch(f"Stripe would not list the refunds of {charge.id}") from error


HANDLERS: dict[str, Callable[[StripeObject], Plan]] = {
    "checkout.session.completed": checkout_session_completed,
    "checkout.session.expired": checkout_session_expired,
    "checkout.session.async_payment_succeeded": checkout_session_completed,
    "checkout.session.async_payment_failed": checkout_session_async_payment_failed,
    "payment_intent.succeeded": payment_intent_succeeded,
    "payment_intent.payment_failed": payment_intent_payment_failed,
    "charge.refunded": charge_refunded,
}
