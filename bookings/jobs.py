"""What bookings does in the background. Every job may be late, run twice, or be killed."""

from datetime import timedelta

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


@periodically("bookings.sweep_everyone", cron="23 * * * *", within=timedelta(minutes=50))
@tenant_task("bookings.sweep", attempts=2)
def sweep() -> None:
    """Complete what has ended, and release holds whose own job was lost."""
    from bookings import sweeps

    try:
        sweeps.complete_ended()
    finally:
        sweeps.release_lost_holds()
