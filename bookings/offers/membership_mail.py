"""E-mails about a membership, in the business's name."""

from django.template.loader import render_to_string

from bookings.models import Membership
from bookings.offers.membership_credits import credits_left
from bookings.offers.memberships import page_of
from payments.models import SubscriptionInvoice
from tenants.current import current_tenant
from tenants.mail import send_mail
from tenants.templatetags.business import local_time, money

SUBJECTS = {
    "welcome": "Welcome: {name}",
    "payment_failed": "Your payment for {name} did not go through",
    "cancelled": "Cancelled: {name}",
    "ended": "Your membership has ended: {name}",
}


def send_membership(pk: int, message: str, invoice_id: str = "") -> None:
    """Send one of SUBJECTS, unless it is not true any more."""
    membership = Membership.objects.select_related("subscription").get(pk=pk)
    still_true = {
        "welcome": True,
        "payment_failed": membership.is_running and not _is_paid(invoice_id),
        "cancelled": membership.is_ending,
        "ended": membership.has_ended,
    }
    if not still_true[message]:
        return
    ends = membership.renews_at
    context = {
        "membership": membership,
        "business": current_tenant(),
        "price": money(membership.price, membership.currency),
        "left": credits_left(membership),
        "ends": local_time(ends) if ends else "",
        "link": page_of(membership),
    }
    send_mail(
        SUBJECTS[message].format(name=membership.name),
        render_to_string(f"bookings/offers/mail/membership_{message}.txt", context),
        to=[membership.customer_email],
    )


def _is_paid(invoice_id: str) -> bool:
    return SubscriptionInvoice.objects.filter(stripe_invoice_id=invoice_id).exists()
