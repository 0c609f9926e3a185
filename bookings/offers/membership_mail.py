"""E-mails about a membership, in the business's name and words."""

from bookings.models import Membership
from bookings.offers.membership_messages import words_of
from notifications.sending import send
from payments.models import SubscriptionInvoice

#: The kind of message for each occasion, as the callers of the job name it.
KIND_OF = {
    "welcome": "membership_welcome",
    "payment_failed": "membership_unpaid",
    "cancelled": "membership_cancelled",
    "ended": "membership_ended",
}


def send_membership(pk: int, message: str, invoice_id: str = "") -> None:
    """Send one of KIND_OF, unless it is not true any more."""
    membership = Membership.objects.select_related("subscription").get(pk=pk)
    still_true = {
        "welcome": True,
        "payment_failed": membership.is_running and not _is_paid(invoice_id),
        "cancelled": membership.is_ending,
        "ended": membership.has_ended,
    }
    if not still_true[message]:
        return
    send(
        KIND_OF[message],
        lambda locale: words_of(membership, locale),
        to=[membership.customer_email],
    )


def _is_paid(invoice_id: str) -> bool:
    return SubscriptionInvoice.objects.filter(stripe_invoice_id=invoice_id).exists()
