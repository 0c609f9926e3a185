"""What bookings does in the background. Every job may be late, run twice, or be killed."""

from datetime import date, timedelta

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


@tenant_task("bookings.send_mail")
def send_mail(*, booking_id: int, message: str) -> None:
    """Tell the customer, and where it concerns them the business, by e-mail."""
    from bookings import mail

    mail.send(booking_id, message)


@tenant_task("bookings.offer_waitlist")
def offer_waitlist(
    *, session_id: int | None = None, first_day: str = "", last_day: str = ""
) -> None:
    """Offer what has come free, in a class or on some days, to those who wait."""
    from bookings import offers

    if session_id is not None:
        offers.offer_seats(session_id)
    else:
        offers.offer_days(date.fromisoformat(first_day), date.fromisoformat(last_day))


@tenant_task("bookings.tell_waiting")
def tell_waiting(*, entry_id: int) -> None:
    """Send somebody who has begun to wait the link by which they can leave."""
    from bookings import mail

    mail.send_waiting(entry_id)


@tenant_task("bookings.tell_of_series")
def tell_of_series(*, series_id: int) -> None:
    """Send the dates of a series, in one e-mail."""
    from bookings import mail

    mail.send_series(series_id)


@periodically("bookings.sweep_waitlists", cron="23 * * * *", within=timedelta(minutes=50))
@tenant_task("bookings.sweep_waitlist")
def sweep_waitlist() -> None:
    """Offer what came free in another way, and end the waits whose time has come."""
    from bookings import offers

    offers.sweep()
