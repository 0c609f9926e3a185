"""E-mails with a voucher or a pass, in the business's name."""

from django.template.loader import render_to_string

from bookings.models import Pass, Voucher
from bookings.offers.purchases import page_of
from tenants.current import current_tenant
from tenants.mail import send_mail
from tenants.templatetags.business import local_time, money


def send_prepaid(kind: str, pk: int) -> None:
    """Send the voucher or pass, unless it has ended meanwhile."""
    model: type[Voucher | Pass] = Voucher if kind == "voucher" else Pass
    item = model.objects.filter(pk=pk, status=model.Status.ACTIVE).first()
    if isinstance(item, Voucher):
        _send_voucher(item)
    elif isinstance(item, Pass):
        _send("pass", f"Your pass: {item.name}", item, to=item.customer_email)


def _send_voucher(voucher: Voucher) -> None:
    business = current_tenant().name
    if not voucher.recipient_email:
        _send("voucher", f"Your gift voucher for {business}", voucher, to=voucher.customer_email)
        return
    subject = f"{voucher.customer_name} has sent you a gift voucher for {business}"
    _send("voucher", subject, voucher, to=voucher.recipient_email)
    if voucher.recipient_email.lower() != voucher.customer_email.lower():
        _send("voucher_bought", "Your gift voucher is on its way", voucher,
              to=voucher.customer_email)  # fmt: skip


def _send(name: str, subject: str, item: Voucher | Pass, *, to: str) -> None:
    tenant = current_tenant()
    context = {
        "item": item,
        "business": tenant,
        "amount": money(item.initial, item.currency),
        "expires": local_time(item.expires_at) if item.expires_at else "",
        "link": page_of(item),
    }
    send_mail(subject, render_to_string(f"bookings/offers/mail/{name}.txt", context), to=[to])
