"""What offers do in the background. Every job may be late, run twice, or be killed."""

from datetime import timedelta

from tenants.jobs import periodically, tenant_task


@tenant_task("bookings.send_prepaid")
def send_prepaid(*, kind: str, pk: int) -> None:
    """Send a voucher to whom it is for, or a pass to its owner."""
    from bookings.offers import mail

    mail.send_prepaid(kind, pk)


@tenant_task("bookings.send_membership")
def send_membership(*, pk: int, message: str, invoice_id: str = "") -> None:
    """Write to a member: welcome, payment_failed (of that invoice), cancelled or ended."""
    from bookings.offers import membership_mail

    membership_mail.send_membership(pk, message, invoice_id)


@periodically("bookings.close_lapsed_everyone", cron="23 3 * * *", within=timedelta(minutes=50))
@tenant_task("bookings.close_lapsed", attempts=3)
def close_lapsed() -> None:
    """End the vouchers and passes that have expired."""
    from bookings.offers import prepaid

    prepaid.close_lapsed()
