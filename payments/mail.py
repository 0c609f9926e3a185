"""E-mails about money, in the business's name."""

from django.template.loader import render_to_string
from django.utils import timezone

from access.models import User
from payments.models import Dispute, PaymentRequest, PaymentSession, Refund, Transaction
from payments.models.payment import included_tax
from payments.requests import link_of
from tenants.current import current_tenant
from tenants.mail import send_mail
from tenants.templatetags.business import local_time, money


def people_for_money() -> list[str]:
    """Return whom to write to about money: the business's address, else its owners."""
    tenant = current_tenant()
    if tenant.contact_email:
        return [tenant.contact_email]
    owners = User.objects.filter(role=User.Role.OWNER, is_active=True)
    return list(owners.values_list("email", flat=True))


def send_dispute(dispute_pk: int, status: str) -> None:
    """Tell the business that a dispute has reached `status`; nothing if it has moved on since."""
    dispute = Dispute.objects.select_related("payment_session").get(pk=dispute_pk)
    people = people_for_money()
    if dispute.status != status or not people:
        return
    amount = money(dispute.amount, dispute.currency)
    context = {
        "dispute": dispute,
        "amount": amount,
        "due": local_time(dispute.evidence_due_by) if dispute.evidence_due_by else "",
        "link": f"{current_tenant().url}/admin/payments/dispute/{dispute.pk}/change/",
        "business": current_tenant(),
    }
    subject = f"Payment disputed: {amount}, {dispute.status_text.lower()}"
    send_mail(subject, render_to_string("payments/mail/dispute.txt", context), to=people)


def send_payment_link(request_pk: int) -> None:
    """Send a customer the link on which they can pay; nothing once there is nothing to pay."""
    request = PaymentRequest.objects.select_related("payment_session").get(pk=request_pk)
    if not request.is_open:
        return
    context = {
        "request": request,
        "amount": money(request.amount, request.currency),
        "link": link_of(request),
        "until": local_time(request.expires_at),
        "business": current_tenant(),
    }
    send_mail(
        f"Please pay {context['amount']}: {request.description}",
        render_to_string("payments/mail/payment_link.txt", context),
        to=[request.customer_email],
    )
    PaymentRequest.objects.filter(pk=request.pk).update(sent_at=timezone.now())


def send_receipt(payment_session_id: str) -> None:
    """Send the receipt of a payment to whoever paid it."""
    session = PaymentSession.objects.select_related("customer").get(pk=payment_session_id)
    if session.customer is None or not session.is_paid:
        return
    amount = money(session.amount, session.currency)
    send_mail(
        f"Receipt: {amount} to {current_tenant().name}",
        render_to_string("payments/mail/receipt.txt", receipt_context(session)),
        to=[session.customer.email],
    )


def send_refund_note(refund_id: str) -> None:
    """Tell whoever paid that money is on its way back."""
    refund = Refund.objects.select_related("payment_session__customer").get(pk=refund_id)
    session = refund.payment_session
    if session.customer is None or refund.status != Refund.Status.SUCCEEDED:
        return
    amount = money(refund.amount, refund.currency)
    tax = included_tax(refund.amount, session.tax_rate)
    context = {
        **receipt_context(session),
        "refund": refund,
        "refunded": amount,
        "refunded_tax": money(tax, refund.currency) if tax else "",
    }
    send_mail(
        f"Refund: {amount} from {current_tenant().name}",
        render_to_string("payments/mail/refund.txt", context),
        to=[session.customer.email],
    )


def receipt_context(session: PaymentSession) -> dict[str, object]:
    """Return what a receipt says, on paper and by e-mail."""
    tax = session.tax_amount
    return {
        "session": session,
        "business": current_tenant(),
        "number": receipt_number(session),
        "amount": money(session.amount, session.currency),
        "refunded_so_far": money(session.amount_refunded, session.currency)
        if session.amount_refunded
        else "",
        "tax": money(tax, session.currency) if tax else "",
        "tax_rate": f"{session.tax_rate.normalize():f}",
        "before_tax": money(session.amount - tax, session.currency),
        "paid_at": local_time(session.succeeded_at or session.created_at),
        "link": f"{current_tenant().url}/receipt/{session.pk}/{session.access_token}/",
    }


def receipt_number(session: PaymentSession) -> str:
    """Return a number that is unique in the business: the year and the payment's own number."""
    paid = Transaction.objects.get(payment_session=session)
    when = (session.succeeded_at or session.created_at).astimezone(current_tenant().zone)
    return f"{when.year}-{paid.pk:06d}"
