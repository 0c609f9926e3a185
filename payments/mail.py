"""E-mails about money, in the business's name and words."""

from django.utils import timezone

from notifications.sending import send
from payments.messages import payment_link_words, receipt_words, refund_words
from payments.models import PaymentRequest, PaymentSession, Refund
from payments.receipts import receipt_of
from payments.requests import link_of


def send_payment_link(request_pk: int) -> None:
    """Send a customer the link on which they can pay; nothing once there is nothing to pay."""
    request = PaymentRequest.objects.select_related("payment_session").get(pk=request_pk)
    if not request.is_open:
        return
    send(
        "payment_link",
        lambda locale: payment_link_words(request, link_of(request), locale),
        to=[request.customer_email],
    )
    PaymentRequest.objects.filter(pk=request.pk).update(sent_at=timezone.now())


def send_receipt(payment_session_id: str) -> None:
    """Send the receipt of a payment to whoever paid it."""
    session = PaymentSession.objects.select_related("customer").get(pk=payment_session_id)
    if session.customer is None or not session.is_paid:
        return
    send(
        "receipt",
        lambda locale: receipt_words(session, receipt_of(session, locale)),
        to=[session.customer.email],
    )


def send_refund_note(refund_id: str) -> None:
    """Tell whoever paid that money is on its way back."""
    refund = Refund.objects.select_related("payment_session__customer").get(pk=refund_id)
    session = refund.payment_session
    if session.customer is None or refund.status != Refund.Status.SUCCEEDED:
        return
    send(
        "refund",
        lambda locale: refund_words(session, receipt_of(session, locale), refund.amount, locale),
        to=[session.customer.email],
    )
