"""The inbox: store what Stripe tells us, then act on it once.

An event is committed before anything is done with it, so it can't be lost; it is acted on in one
transaction, so its effects come together or not at all; a failure is written down outside that
transaction, and a job tries again. What keeps failing ends as `dead`, for a person to replay.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from access.actors import Actor
from events.models import WebhookEndpoint
from events.services import record
from payments.errors import EventMismatch
from payments.gateway import API_VERSION
from payments.handlers import HANDLERS, Plan
from payments.lookup import NotOurs, locked_session
from payments.models import StripeAccount, StripeEvent
from tenants.statements import insert_once, together

logger = logging.getLogger(__name__)

FIRST_RETRY = timedelta(seconds=15)
# The first try and eleven by the job: a little more than two hours.
MAX_ATTEMPTS = 12


def store(payload: dict[str, Any], source: str = StripeEvent.Source.WEBHOOK) -> StripeEvent:
    """Keep a verified event, once however often it is delivered, and return its row.

    With it comes a job that acts on the event in case this process is killed before it has.
    """
    from payments.jobs import process_stripe_event

    now = timezone.now()
    happened = datetime.fromtimestamp(payload.get("created") or now.timestamp(), UTC)
    event = StripeEvent(
        event_id=payload["id"],
        type=payload["type"],
        source=source,
        api_version=str(payload.get("api_version") or "")[:50],
        livemode=payload.get("livemode") is True,
        payload=payload,
        created_at=happened,
    )
    job = process_stripe_event.deferral(event_pk="id", at=now + FIRST_RETRY)
    if insert_once(event, "event_id", then=job):
        return event
    # It was delivered before.
    return StripeEvent.objects.get(event_id=payload["id"])


def receive(
    payload: dict[str, Any],
    source: str = StripeEvent.Source.WEBHOOK,
    *,
    account: StripeAccount | None = None,
) -> StripeEvent:
    """Store an event and act on it now; whatever goes wrong from here on is ours to retry.

    `account` is this business's own, where the caller has read it already.
    """
    event = store(payload, source)
    if not event.is_settled:
        try:
            _process(event, account or StripeAccount.objects.current())
        except Exception:
            logger.exception("Event %s failed, it will be retried", event.event_id)
    return event


def process(event_pk: int) -> None:
    """Act on a stored event, unless that has been done or is being done right now.

    An exception of a handler leaves none of its effects behind; it is noted on the event and
    raised again, until the event has failed `MAX_ATTEMPTS` times and is given up.
    """
    event = StripeEvent.objects.filter(pk=event_pk).first()
    if event is not None and not event.is_settled:
        _process(event, StripeAccount.objects.current())


def _process(event: StripeEvent, account: StripeAccount) -> None:
    try:
        plan = _plan(event, account)
        with transaction.atomic():
            _apply(event.pk, plan)
    except EventMismatch as mismatch:
        _flag(event, mismatch)
    except Exception as error:
        if not _note_failure(event.pk, error):
            raise


def _flag(event: StripeEvent, mismatch: EventMismatch) -> None:
    """Keep an event that contradicts our records for a person; its effects are rolled back."""
    logger.error("Event %s contradicts our records: %s", event.event_id, mismatch)
    StripeEvent.objects.filter(pk=event.pk).unsettled().update(
        status=StripeEvent.Status.FLAGGED,
        error=str(mismatch),
        attempts=models.F("attempts") + 1,
        processed_at=timezone.now(),
    )


def _note_failure(event_pk: int, error: Exception) -> bool:
    """Write the reason where the rollback can't take it; return whether that was the last try."""
    StripeEvent.objects.filter(pk=event_pk).unsettled().update(
        status=models.Case(
            models.When(
                attempts__gte=MAX_ATTEMPTS - 1, then=models.Value(StripeEvent.Status.DEAD.value)
            ),
            default=models.Value(StripeEvent.Status.FAILED.value),
        ),
        attempts=models.F("attempts") + 1,
        error=f"{type(error).__name__}: {error}"[:1000],
    )
    is_dead = StripeEvent.objects.filter(pk=event_pk, status=StripeEvent.Status.DEAD).exists()
    if is_dead:
        logger.exception("Event %s is given up", event_pk)
    return is_dead


def replay(event: StripeEvent, *, actor: Actor) -> StripeEvent:
    """Act again on an event that failed or contradicted our records; return it as it is then.

    Safe for any event: effects are keyed on Stripe's objects, so none happens twice.
    """
    with transaction.atomic():
        locked = StripeEvent.objects.select_for_update().get(pk=event.pk)
        locked.status, locked.attempts, locked.error = StripeEvent.Status.RECEIVED, 0, ""
        locked.save(update_fields=["status", "attempts", "error"])
        record("stripe_event.replayed", locked, {"event_id": locked.event_id}, actor)
    return receive(locked.payload)


def forget_expired() -> int:
    """Delete events that were dealt with long ago; return how many."""
    return StripeEvent.objects.all().expired().delete()[0]


def _plan(event: StripeEvent, account: StripeAccount) -> Plan | None:
    """Read the event and ask Stripe for what it leaves out, before any lock is taken.

    None means that it is nothing to us. Raises EventMismatch where it can't be true.
    """
    handler = HANDLERS.get(event.type)
    if handler is None:
        return None
    try:
        _check_origin(event, account)
        return handler(event.payload["data"]["object"], event.created_at)
    except NotOurs:
        return None


def _check_origin(event: StripeEvent, account: StripeAccount) -> None:
    """Raise EventMismatch for an event that `account` can't have sent like this."""
    if event.livemode != account.livemode:
        modes = {True: "live", False: "test"}
        raise EventMismatch(
            f"a {modes[event.livemode]} event for an account in {modes[account.livemode]} mode"
        )
    if event.api_version and event.api_version != API_VERSION:
        raise EventMismatch(
            f"it is written in API version {event.api_version}, the webhook endpoint must use "
            f"{API_VERSION}"
        )
    sender = event.payload.get("account")
    if sender and account.stripe_account_id and sender != account.stripe_account_id:
        raise EventMismatch("it is about another Stripe account")


def _apply(event_pk: int, plan: Plan | None) -> None:
    """Do what `plan` says, unless the event has been, or is being, acted on by someone else."""
    ids = plan.ids if plan else None
    with together():
        outcome = StripeEvent.Status.IGNORED if plan is None else StripeEvent.Status.PROCESSED
        claim = StripeEvent.objects.claim(event_pk, outcome)
        if plan is not None:
            WebhookEndpoint.objects.read_ahead()
        session = locked_session(ids) if ids is not None else None
    if not claim.succeeded or plan is None:
        return
    if ids is not None and session is None:
        # There is no such payment here.
        StripeEvent.objects.filter(pk=event_pk).update(status=StripeEvent.Status.IGNORED)
        return
    plan.apply(session)
