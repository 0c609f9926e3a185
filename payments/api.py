"""The payments API: open a checkout, read a payment. The webhook is in `payments.webhooks`."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.actors import actor_of
from access.authentication import holder_token
from access.fields import IdentifierField, MoneyField, StrictCharField
from access.permissions import IsMemberOrHolder, is_member
from payments import services
from payments.errors import AlreadyPaid, InvalidPayment, PaymentNotFound
from payments.models import PaymentSession, Refund
from tenants.current import current_tenant

NOT_YOURS = "Send an API key of this business, or the token of this payment."


class CustomerFields(serializers.Serializer[Any]):
    email = StrictCharField(required=False, max_length=254)
    name = StrictCharField(required=False, allow_blank=True, max_length=200)
    phone = StrictCharField(required=False, allow_blank=True, max_length=40)


class CheckoutFields(serializers.Serializer[Any]):
    payable_type = StrictCharField(max_length=50)
    payable_id = IdentifierField()
    amount_pence = MoneyField()
    currency = StrictCharField(required=False, max_length=3)
    customer = CustomerFields(required=False)
    success_url = StrictCharField(max_length=2000)
    cancel_url = StrictCharField(max_length=2000)
    metadata = serializers.DictField(required=False)
    idempotency_key = StrictCharField(max_length=255)

    def validate_amount_pence(self, value: int) -> int:
        if value < 0:
            raise serializers.ValidationError("Amount must be >= 0")
        return value


class CheckoutView(APIView):
    """``POST /api/payments/checkout/``"""

    permission_classes = [IsMemberOrHolder]
    staff_permissions = {"POST": "payments.add_paymentsession"}

    def post(self, request: Request) -> Response:
        fields = CheckoutFields(data=request.data)
        fields.is_valid(raise_exception=True)
        asked = fields.validated_data
        token = None
        if not is_member(request, self):
            token = _token_for_retry(request, asked)
        session = services.start_checkout(
            payable_type=asked["payable_type"],
            payable_id=asked["payable_id"],
            amount=asked["amount_pence"],
            currency=asked.get("currency"),
            customer=services.CustomerDetails(**asked.get("customer", {})),
            success_url=asked["success_url"],
            cancel_url=asked["cancel_url"],
            metadata=asked.get("metadata"),
            idempotency_key=asked["idempotency_key"],
            own_hosts=current_tenant().hosts,
            access_token=token,
            actor=actor_of(request),
        )
        return Response(
            {
                "checkout_url": session.checkout_url,
                "payment_session_id": str(session.pk),
                "status": session.status,
                "payment_token": session.access_token,
            }
        )


def _token_for_retry(request: Request, asked: dict[str, Any]) -> str:
    """Return the caller's token if it holds this payable: it may then try the same sum again."""
    token = holder_token(request)
    currency = (asked.get("currency") or services.default_currency()).upper()
    held = PaymentSession.objects.filter(
        access_token=token, payable_type=asked["payable_type"], payable_id=asked["payable_id"]
    )
    if not held.filter(amount=asked["amount_pence"], currency=currency).exists():
        raise NotAuthenticated(NOT_YOURS)
    if held.filter(status__in=PaymentSession.PAID).exists():
        raise AlreadyPaid("This has been paid already.")
    return token


class StatusView(APIView):
    """``GET /api/payments/status/{payment_session_id}/``"""

    permission_classes = [IsMemberOrHolder]
    staff_permissions = {"GET": "payments.view_paymentsession"}

    def get(self, request: Request, payment_session_id: str) -> Response:
        session = self._readable(request, payment_session_id)
        return Response(
            {
                "payment_session_id": str(session.pk),
                "payable_type": session.payable_type,
                "payable_id": session.payable_id,
                "status": session.status,
                "amount_pence": session.amount,
                "amount_refunded_pence": session.amount_refunded,
                "amount_refundable_pence": session.amount_refundable,
                "currency": session.currency,
                "is_processing": session.is_processing,
                "is_disputed": session.is_disputed,
            }
        )

    def _readable(self, request: Request, payment_session_id: str) -> PaymentSession:
        """Return the payment; a caller who is no member must hold its token."""
        if is_member(request, self):
            return services.get_payment_session(payment_session_id)
        try:
            session = services.get_payment_session(payment_session_id)
        except PaymentNotFound:
            raise NotAuthenticated(NOT_YOURS) from None
        if session.access_token != holder_token(request):
            raise NotAuthenticated(NOT_YOURS)
        return session


class RefundFields(serializers.Serializer[Any]):
    payment_session_id = StrictCharField(max_length=64)
    amount_pence = MoneyField(required=False, min_value=1)
    currency = StrictCharField(required=False, max_length=3)
    reason = StrictCharField(required=False, allow_blank=True, max_length=200)
    idempotency_key = StrictCharField(required=False, max_length=200)


class RefundsView(APIView):
    """``POST /api/payments/refunds/``: give money back, all that is left without an amount."""

    staff_permissions = {"POST": "payments.add_refund"}

    def post(self, request: Request) -> Response:
        fields = RefundFields(data=request.data)
        fields.is_valid(raise_exception=True)
        asked = fields.validated_data
        session = services.get_payment_session(asked["payment_session_id"])
        if asked.get("currency", session.currency).upper() != session.currency:
            raise InvalidPayment(f"currency must be {session.currency}", field="currency")
        key = asked.get("idempotency_key")
        refund = services.refund_payment(
            payment_session_id=str(session.pk),
            amount=asked.get("amount_pence"),
            reason=asked.get("reason", ""),
            idempotency_key=f"api:{key}" if key else None,
            actor=actor_of(request),
        )
        return Response(refund_body(refund), status=201)


class RefundView(APIView):
    """``GET /api/payments/refunds/{refund_id}/``"""

    staff_permissions = {"GET": "payments.view_refund"}

    def get(self, request: Request, refund_id: str) -> Response:
        return Response(refund_body(services.get_refund(refund_id)))


def refund_body(refund: Refund) -> dict[str, Any]:
    """Return what the API says of a refund, and what is left of its payment."""
    session = PaymentSession.objects.get(pk=refund.payment_session_id)
    return {
        "refund_id": str(refund.pk),
        "payment_session_id": str(session.pk),
        "status": refund.status,
        "amount_pence": refund.amount,
        "currency": refund.currency,
        "reason": refund.reason,
        "failure_reason": refund.failure_reason,
        "amount_refunded_pence": session.amount_refunded,
        "amount_refundable_pence": session.amount_refundable,
    }
