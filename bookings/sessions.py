"""Single classes: put on the timetable, change, cancel."""

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from access.actors import SYSTEM, Actor
from bookings.allocating import take
from bookings.claims import lock_resources
from bookings.errors import BookingClosed, InvalidBooking, SlotTaken
from bookings.models import Booking, ClassSession
from events.services import record
from tenants.templatetags.business import local_time

UNIQUE_VIOLATION = "23505"
# Not `seats_taken`: bookings move it meanwhile.
CHANGEABLE = ("service", "instructor", "starts_at", "ends_at", "capacity")
LIVE = (Booking.Status.PENDING_PAYMENT, Booking.Status.CONFIRMED)


@transaction.atomic
def schedule(session: ClassSession, *, actor: Actor = SYSTEM) -> ClassSession:
    """Save a class, new or changed, and take its instructor's time; it ends when the service does.

    Raises SlotTaken when the instructor is booked or the class is there already, and
    InvalidBooking, by field, for a change that people who have booked would not know of.
    """
    session.ends_at = session.starts_at + session.service.duration
    if session.instructor is not None:
        lock_resources([session.instructor.pk])
    is_new = session.pk is None
    if not is_new:
        _refuse_surprises(session)
    _save(session)
    session.allocations.all().delete()
    if session.instructor is not None:
        starts_at, ends_at = occupied(session)
        take(session.instructor, starts_at, ends_at, class_session=session)
    record(f"class_session.{'created' if is_new else 'changed'}", session, _facts(session), actor)
    return session


def occupied(session: ClassSession) -> tuple[datetime, datetime]:
    """Return from when to when a class keeps its instructor, buffers included."""
    service = session.service
    return (
        session.starts_at - timedelta(minutes=service.buffer_before_minutes),
        session.ends_at + timedelta(minutes=service.buffer_after_minutes),
    )


def _refuse_surprises(session: ClassSession) -> None:
    stored = ClassSession.objects.select_for_update().get(pk=session.pk)
    if stored.is_cancelled:
        raise BookingClosed("This class is cancelled.")
    moved = (stored.starts_at, stored.service_id) != (session.starts_at, session.service_id)
    if moved and stored.seats_taken:
        raise InvalidBooking(
            f"{stored.seats_taken} have booked this class: it can't be moved. "
            "Cancel it and add another one.",
            field="starts_at",
        )
    if session.capacity < stored.seats_taken:
        raise InvalidBooking(f"{stored.seats_taken} have booked already.", field="capacity")


def _save(session: ClassSession) -> None:
    try:
        with transaction.atomic():
            session.save(update_fields=CHANGEABLE if session.pk else None)
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", None) != UNIQUE_VIOLATION:
            raise
        at = local_time(session.starts_at)
        raise SlotTaken(f"{session.service} takes place on {at} already.") from error


def cancel_session(session: ClassSession, actor: Actor) -> None:
    """Call a class off: its instructor is free at once, its bookings are cancelled and paid back.

    The bookings are cancelled by a job that is enqueued with it, so that none is forgotten.
    """
    from bookings import jobs

    with transaction.atomic():
        stored = ClassSession.objects.select_for_update().get(pk=session.pk)
        if stored.is_cancelled:
            return
        call_off(stored)
        record("class_session.cancelled", stored, _facts(stored), actor)
        jobs.cancel_bookings_of_session.enqueue(
            session_id=stored.pk, actor_kind=actor.kind, actor_label=actor.label
        )
    session.cancelled_at = stored.cancelled_at


def call_off(session: ClassSession) -> None:
    """Mark a locked session as cancelled and free its instructor."""
    session.cancelled_at = timezone.now()
    session.save(update_fields=["cancelled_at"])
    session.allocations.all().delete()


def cancel_bookings(session_id: int, actor: Actor) -> None:
    """Cancel whatever is still booked on a cancelled class, and pay it back. May run twice."""
    from bookings import services

    live = Booking.objects.filter(
        class_session=session_id, class_session__cancelled_at__isnull=False, status__in=LIVE
    )
    for booking_id in list(live.values_list("pk", flat=True)):
        try:
            services.cancel(
                booking_id, actor=actor, reason=Booking.CancelReason.BUSINESS, refund=True
            )
        except BookingClosed:
            # Somebody was faster.
            continue


def _facts(session: ClassSession) -> dict[str, object]:
    return {
        "session_id": session.pk,
        "service_name": session.service.name,
        "starts_at": session.starts_at.isoformat(),
        "capacity": session.capacity,
    }
