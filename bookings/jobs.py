"""What bookings does in the background. Every job may be late, run twice, or be killed."""

from datetime import date, datetime, timedelta
from typing import Any

from access.actors import Actor
from tenants.jobs import periodically, tenant_task


@tenant_task("bookings.release_hold", attempts=20, first_wait=5)
def release_hold(*, booking_id: int) -> None:
    """End a booking whose deposit was not paid in time."""
    from bookings import services

    services.release_hold(booking_id)


@tenant_task("bookings.end_checkouts", attempts=12, first_wait=5)
def end_checkouts(*, booking_id: int) -> None:
    """Make sure that nobody can pay any more for a cancelled booking."""
    from bookings import services

    services.end_checkouts(booking_id)


@tenant_task("bookings.release_change", attempts=20, first_wait=5)
def release_change(*, change_id: int) -> None:
    """End a change whose difference was not paid in time."""
    from bookings import held_changes

    held_changes.expire(change_id)


@tenant_task("bookings.end_checkouts_of_change", attempts=12, first_wait=5)
def end_checkouts_of_change(*, change_id: int) -> None:
    """Make sure that nobody can pay any more for a change that was given up."""
    from bookings import held_changes

    held_changes.end_checkouts(change_id)


@tenant_task("bookings.send_mail")
def send_mail(
    *,
    booking_id: int,
    message: str,
    previous_start: str = "",
    details: dict[str, str] | None = None,
) -> None:
    """Tell the customer, and whoever else it concerns; `message` is one of messages.kinds.KINDS.

    `details` says what the booking does not know: for "rescheduled" what it was before, as
    ``previous_...``. Older jobs tell of its time alone, in `previous_start` (ISO 8601).
    """
    from bookings.messages.planning import plan

    plan(booking_id, message, details=details or {"previous_start": previous_start})


@tenant_task("bookings.deliver_message")
def deliver_message(*, message_id: int) -> None:
    """Send one planned message."""
    from bookings.messages.sending import deliver

    deliver(message_id)


@tenant_task("bookings.send_offer")
def send_offer(*, offer: dict[str, Any], channel: str) -> None:
    """Offer a free place to someone who has no booking yet."""
    from bookings.messages.offers import Offer, send

    send(Offer(**offer), channel)


@periodically("bookings.remind_everyone", cron="*/5 * * * *", within=timedelta(minutes=4))
@tenant_task("bookings.remind", attempts=1)
def remind() -> None:
    """Plan the reminders and review requests that are due."""
    from bookings.messages.reminders import plan_due

    plan_due()


@tenant_task("bookings.cancel_bookings_of_session", attempts=12, first_wait=5)
def cancel_bookings_of_session(*, session_id: int, actor_kind: str, actor_label: str) -> None:
    """Cancel and pay back what is booked on a class that was called off."""
    from bookings import sessions

    sessions.cancel_bookings(session_id, Actor(actor_kind, actor_label))


@periodically("bookings.extend_every_class_series", cron="20 2 * * *", within=timedelta(hours=1))
@tenant_task("bookings.extend_class_series", attempts=3)
def extend_class_series() -> None:
    """Put the classes of the weeks that have come into sight on the timetable."""
    from bookings import series

    series.extend_all()


@periodically("bookings.sweep_everyone", cron="23 * * * *", within=timedelta(minutes=50))
@tenant_task("bookings.sweep", attempts=2)
def sweep() -> None:
    """Complete what has ended, release holds whose own job was lost, forget wrong codes."""
    from bookings import sweeps
    from bookings.offers.guessing import forget_old_attempts

    forget_old_attempts()
    try:
        sweeps.complete_ended()
    finally:
        sweeps.release_lost_holds()
        sweeps.release_lost_changes()


@tenant_task("bookings.offer_waitlist")
def offer_waitlist(
    *, session_id: int | None = None, first_day: str = "", last_day: str = ""
) -> None:
    """Offer what has come free, in a class or on some days, to those who wait."""
    from bookings import waitlist_offers

    if session_id is not None:
        waitlist_offers.offer_seats(session_id)
    else:
        waitlist_offers.offer_days(date.fromisoformat(first_day), date.fromisoformat(last_day))


@tenant_task("bookings.tell_waiting")
def tell_waiting(*, entry_id: int) -> None:
    """Send somebody who has begun to wait the link by which they can leave."""
    from bookings import waitlist_mail

    waitlist_mail.send_waiting(entry_id)


@tenant_task("bookings.tell_of_series")
def tell_of_series(*, series_id: int) -> None:
    """Send the dates of a series, in one e-mail."""
    from bookings import waitlist_mail

    waitlist_mail.send_series(series_id)


@periodically("bookings.sweep_waitlists", cron="23 * * * *", within=timedelta(minutes=50))
@tenant_task("bookings.sweep_waitlist")
def sweep_waitlist() -> None:
    """Offer what came free in another way, and end the waits whose time has come."""
    from bookings import waitlist_offers

    waitlist_offers.sweep()


@tenant_task("bookings.tell_of_cancelled")
def tell_of_cancelled(*, series_id: int, since: str) -> None:
    """Send what of a series was cancelled `since` then (ISO 8601), in one e-mail."""
    from bookings import waitlist_mail

    waitlist_mail.send_cancelled(series_id, datetime.fromisoformat(since))
