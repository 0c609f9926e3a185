"""The bookings API."""

from dataclasses import replace
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.actors import actor_of
from access.authentication import holder_token
from access.fields import MoneyField, StrictBooleanField, StrictCharField, StrictIntegerField
from access.models import APIKey
from access.permissions import IsAnyone, IsMemberOrHolder, is_member
from bookings import agreements, money, services
from bookings.api_fields import InstantField
from bookings.availability import is_offered
from bookings.choices import check_answers, wanted_by
from bookings.errors import BookingClosed, BookingNotFound, InvalidBooking
from bookings.models import Booking, Service
from bookings.offers.guessing import quote_for
from bookings.offers.services import Quote
from bookings.wishes import BookingRequest, price_of
from payments import services as payments
from payments.models import PaymentSession
from tenants.current import current_tenant

NOT_YOURS = "Send an API key of this business, or the token of this booking."


class BookingFields(serializers.Serializer[Any]):
    customer_name = StrictCharField(max_length=200)
    customer_email = StrictCharField(max_length=254)
    customer_phone = StrictCharField(required=False, allow_blank=True, max_length=40)
    service_name = StrictCharField(max_length=120)
    booking_date = InstantField()
    total_amount_pence = MoneyField(min_value=0)
    deposit_amount_pence = MoneyField(required=False, default=0, min_value=0)
    notes = StrictCharField(required=False, allow_blank=True, max_length=2000)
    success_url = StrictCharField(required=False, max_length=2000)
    cancel_url = StrictCharField(required=False, max_length=2000)
    accept_terms = StrictBooleanField(required=False, default=False)
    code = StrictCharField(required=False, allow_blank=True, max_length=40)
    codes = serializers.ListField(
        child=StrictCharField(max_length=40, allow_blank=True), required=False, max_length=2
    )
    accept_consent = StrictBooleanField(required=False, default=False)
    party_size = StrictIntegerField(required=False, default=1, min_value=1, max_value=1000)
    resource = StrictCharField(required=False, allow_blank=True, max_length=100)
    add_ons = serializers.ListField(
        child=StrictCharField(max_length=80), required=False, default=list, max_length=20
    )
    more_services = serializers.ListField(
        child=StrictCharField(max_length=120), required=False, default=list, max_length=5
    )
    guest_name = StrictCharField(required=False, allow_blank=True, max_length=200)
    answers = serializers.DictField(
        child=StrictCharField(max_length=500, allow_blank=True), required=False, default=dict
    )

    def validate_customer_name(self, value: str) -> str:
        if not value.isprintable():
            raise serializers.ValidationError("Must not contain control characters.")
        return value

    def validate_guest_name(self, value: str) -> str:
        return self.validate_customer_name(value)

    def validate_service_name(self, value: str) -> str:
        return self.validate_customer_name(value)

    def validate_customer_email(self, value: str) -> str:
        return str(serializers.EmailField().run_validation(value))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("code") and attrs.get("codes"):
            raise serializers.ValidationError({"codes": "Send either code or codes, not both."})
        if attrs["deposit_amount_pence"] > attrs["total_amount_pence"]:
            raise serializers.ValidationError(
                {"deposit_amount_pence": "Must not be more than total_amount_pence."}
            )
        return attrs


class BookingsView(APIView):
    """``POST /api/bookings/``: anyone may book from the catalogue, at its prices."""

    permission_classes = [IsAnyone]

    def post(self, request: Request) -> Response:
        fields = BookingFields(data=request.data)
        fields.is_valid(raise_exception=True)
        asked = fields.validated_data
        try:
            wanted = booking_request(asked, request)
            booking = services.book(wanted, actor=actor_of(request))
        except InvalidBooking as error:
            if error.field == "code" and asked.get("codes"):
                error.field = "codes"
            raise
        return Response(_created(booking, wanted), status=201)


def booking_request(asked: dict[str, Any], request: Request) -> BookingRequest:
    """Return what to book: at the catalogue's price, or at an API key's own.

    Raises InvalidBooking with the right figures where a caller without a key states others.
    """
    own_hosts = current_tenant().hosts
    for field in ("success_url", "cancel_url"):
        if field in asked:
            payments.checked_return_url(asked[field], field=field, own_hosts=own_hosts)
    knows_better = isinstance(request.auth, APIKey)
    service = Service.objects.filter(name__iexact=asked["service_name"], is_active=True).first()
    if service is None and not knows_better:
        raise InvalidBooking(
            "service_name: this business has no such service", field="service_name"
        )
    wanted = None
    if service is not None:
        wanted = wanted_by(
            service,
            party_size=asked["party_size"],
            resource=asked.get("resource"),
            add_ons=asked["add_ons"],
            more_services=asked["more_services"],
        )
    booking = BookingRequest(
        customer_name=asked["customer_name"],
        customer_email=asked["customer_email"],
        customer_phone=asked.get("customer_phone", ""),
        guest_name=asked.get("guest_name", ""),
        notes=asked.get("notes", ""),
        answers=check_answers(wanted.services, asked["answers"]) if wanted else (),
        starts_at=asked["booking_date"],
        service=service,
        service_name=service.name if service else asked["service_name"],
        more_services=wanted.services[1:] if wanted else (),
        add_ons=wanted.add_ons if wanted else (),
        party_size=asked["party_size"],
        resource_id=wanted.resource_id if wanted else None,
        total_amount=asked["total_amount_pence"],
        deposit_amount=asked["deposit_amount_pence"],
        success_url=asked.get("success_url", ""),
        cancel_url=asked.get("cancel_url", ""),
        terms_accepted=asked["accept_terms"],
        consent_given=asked["accept_consent"],
    )
    if not knows_better:
        check_against_catalogue(booking)
    codes = asked.get("codes") or [asked.get("code", "")]
    return replace(booking, quote=_quote(request, booking, codes))


def _quote(request: Request, booking: BookingRequest, codes: list[str]) -> Quote | None:
    """Return what codes do to the stated price, wrong ones counted; None without any."""
    if not any(code.strip() for code in codes):
        return None
    return quote_for(
        request._request, booking.service, booking.party_size, booking.total_amount,
        booking.deposit_amount, codes=codes, customer_email=booking.customer_email,
    )  # fmt: skip


def check_against_catalogue(booking: BookingRequest) -> None:
    """Refuse another price, missing consent, or a time that is not offered."""
    service, wanted = booking.service, booking.wanted
    if service is None or wanted is None or not service.is_online:
        raise InvalidBooking("service_name: this can't be booked online", field="service_name")
    price = price_of(wanted.services, wanted.add_ons, wanted.party_size)
    for field, stated, right in (
        ("total_amount_pence", booking.total_amount, price.total),
        ("deposit_amount_pence", booking.deposit_amount, price.deposit),
    ):
        if stated != right:
            raise InvalidBooking(
                f"{field} must be {right} for {price.name}",
                field=field,
                total_amount_pence=price.total,
                deposit_amount_pence=price.deposit,
                currency=current_tenant().currency,
            )
    if service.requires_card and payments.payments_enabled() and not booking.terms_accepted:
        raise agreements.terms_missing(service)
    if service.consent_text and not booking.consent_given:
        raise agreements.consent_missing(service.consent_text)
    if not is_offered(wanted, booking.starts_at, current_tenant().zone, timezone.now()):
        raise InvalidBooking(
            "booking_date is not one of the times at which this service starts",
            field="booking_date",
        )


def _created(booking: Booking, wanted: BookingRequest) -> dict[str, Any]:
    body: dict[str, Any] = {
        "booking_id": booking.pk,
        "status": booking.status,
        "reference": booking.reference,
        "booking_token": booking.access_token,
    }
    if booking.is_pending:
        session = services.start_payment(booking, own_hosts=current_tenant().hosts)
        return body | {
            "checkout_url": session.checkout_url,
            "payment_session_id": str(session.pk),
        }
    without_payment = "Booking confirmed without payment"
    due = booking.deposit_amount
    return body | {"message": "Booking created" if due else without_payment}


class OneBookingView(APIView):
    """The base of the calls about one booking: for members, and for who holds its token."""

    permission_classes = [IsMemberOrHolder]
    staff_permissions = {"GET": "bookings.view_booking", "POST": "bookings.change_booking"}

    def booking(self, request: Request, booking_id: int) -> Booking:
        """Return the booking; to anyone but members an unknown one is like another's."""
        if is_member(request, self):
            return services.get_booking(booking_id)
        try:
            booking = services.get_booking(booking_id)
        except BookingNotFound:
            raise NotAuthenticated(NOT_YOURS) from None
        if booking.access_token != holder_token(request):
            raise NotAuthenticated(NOT_YOURS)
        return booking


class BookingView(OneBookingView):
    """``GET /api/bookings/{booking_id}/``"""

    def get(self, request: Request, booking_id: int) -> Response:
        booking = self.booking(request, booking_id)
        return Response(
            {
                "booking_id": booking.pk,
                "reference": booking.reference,
                "customer_name": booking.customer_name,
                "customer_email": booking.customer_email,
                "service_name": booking.service_name,
                "booking_date": booking.starts_at.isoformat(),
                "total_amount_pence": booking.total_amount,
                "deposit_amount_pence": booking.deposit_amount,
                "discount_amount_pence": booking.discount_amount,
                "credit_amount_pence": booking.credit_amount,
                "party_size": booking.party_size,
                "currency": booking.currency,
                "status": booking.status,
                "notes": booking.notes,
            }
        )


class ConfirmPaymentFields(serializers.Serializer[Any]):
    payment_session_id = StrictCharField(max_length=64)


class ConfirmPaymentView(OneBookingView):
    """``POST /api/bookings/{booking_id}/confirm-payment/``: look whether it is paid, now."""

    def post(self, request: Request, booking_id: int) -> Response:
        booking = self.booking(request, booking_id)
        sent: Any = request.data
        if sent.get("payment_session_id") in (None, ""):
            raise InvalidBooking("payment_session_id required", field="payment_session_id")
        fields = ConfirmPaymentFields(data=request.data)
        fields.is_valid(raise_exception=True)
        session = payment_of(booking, fields.validated_data["payment_session_id"])
        session = payments.settle(session.pk)
        booking.refresh_from_db()
        if booking.is_cancelled and session.is_paid:
            raise BookingClosed("This booking was cancelled; a payment does not revive it.")
        return Response({"booking_id": booking.pk, "status": booking.status, **_paid(session)})


def payment_of(booking: Booking, payment_session_id: str) -> PaymentSession:
    """Return the payment if it is this booking's deposit; raises PaymentNotFound otherwise."""
    session = payments.get_payment_session(payment_session_id)
    if (
        session.payable_type,
        session.payable_id,
        session.amount,
        session.currency,
    ) != (
        money.DEPOSIT,
        str(booking.pk),
        booking.deposit_amount,
        booking.currency,
    ):
        raise payments.PaymentNotFound("Payment session not found")
    return session


def _paid(session: PaymentSession) -> dict[str, str]:
    if session.is_paid:
        return {"message": "Payment confirmed, booking is now confirmed"}
    return {"payment_status": session.status, "message": "Payment not yet completed"}


class PaymentSuccessView(OneBookingView):
    """``GET .../payment-success/?session_id=``: where a browser lands; changes nothing.

    Stripe sends the customer here without any header, so the id of one of the booking's own
    checkouts opens it as well.
    """

    permission_classes = [IsAnyone]

    def get(self, request: Request, booking_id: int) -> Response:
        session_id = request.query_params.get("session_id", "")
        booking = services.get_booking(booking_id)
        if not self._may_see(request, booking, session_id):
            raise BookingNotFound("Booking not found")
        return Response(
            {
                "message": "Thank you. The payment is being confirmed.",
                "booking_id": booking.pk,
                "session_id": session_id,
                "next_step": f"POST /api/bookings/{booking.pk}/confirm-payment/ with the "
                "payment_session_id, or wait for the booking to become CONFIRMED.",
            }
        )

    def _may_see(self, request: Request, booking: Booking, session_id: str) -> bool:
        if is_member(request, self) or booking.access_token == holder_token(request):
            return True
        return any(
            session_id in (str(session.pk), session.stripe_checkout_session_id)
            for session in money.payments_of(booking)
        )


class PaymentCancelView(OneBookingView):
    """``.../payment-cancel/``: reading changes nothing, POST gives the time up."""

    def get(self, request: Request, booking_id: int) -> Response:
        booking = self.booking(request, booking_id)
        return Response(
            {
                "message": "The payment was not completed.",
                "booking_id": booking.pk,
                "status": booking.status,
                "next_step": "POST here to cancel the booking.",
            }
        )

    def post(self, request: Request, booking_id: int) -> Response:
        booking = self.booking(request, booking_id)
        if not booking.is_pending:
            raise BookingClosed("Only a booking that waits for its payment can be given up here.")
        booking = services.give_up(booking.pk, actor=actor_of(request))
        return Response(
            {"booking_id": booking.pk, "status": booking.status, "message": "Booking cancelled"}
        )
