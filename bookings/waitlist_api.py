"""The API of the waitlist. The token in the address is the credential of one entry."""

from datetime import date, time
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.fields import StrictBooleanField, StrictCharField, StrictIntegerField
from access.permissions import IsAnyone
from bookings import services, waitlist
from bookings.api_fields import InstantField
from bookings.errors import InvalidBooking
from bookings.models import Resource, Service, WaitlistEntry
from bookings.waitlist import Wish
from tenants.current import current_tenant


class DayField(StrictCharField):
    """A day: ISO 8601, returned as a date."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return date.fromisoformat(super().to_internal_value(data))
        except ValueError:
            raise serializers.ValidationError("Must be a day such as 2027-03-01.") from None


class ClockField(StrictCharField):
    """A time of day on the business's clocks: "09:30", returned as a time."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            found = time.fromisoformat(super().to_internal_value(data))
            if found.tzinfo is not None:
                raise ValueError(data)
        except ValueError:
            raise serializers.ValidationError("Must be a time such as 09:30.") from None
        return found


class CustomerFields(serializers.Serializer[Any]):
    """Who it is for, and what."""

    customer_name = StrictCharField(max_length=200)
    customer_email = StrictCharField(max_length=254)
    customer_phone = StrictCharField(required=False, allow_blank=True, max_length=40)
    service_name = StrictCharField(max_length=120)
    party_size = StrictIntegerField(required=False, default=1, min_value=1, max_value=1000)
    resource_id = StrictIntegerField(required=False, min_value=1, max_value=2**63 - 1)

    def validate_customer_name(self, value: str) -> str:
        if not value.isprintable():
            raise serializers.ValidationError("Must not contain control characters.")
        return value

    def validate_customer_email(self, value: str) -> str:
        return str(serializers.EmailField().run_validation(value))


class WaitFields(CustomerFields):
    booking_date = InstantField(required=False)
    first_day = DayField(required=False)
    last_day = DayField(required=False)
    from_time = ClockField(required=False)
    until_time = ClockField(required=False)


def service_named(name: str, **only: Any) -> Service:
    """Return an active service; raises InvalidBooking."""
    service = Service.objects.filter(name__iexact=name, is_active=True, **only).first()
    if service is None:
        raise InvalidBooking(
            "service_name: this business has no such service", field="service_name"
        )
    return service


def check_resource(resource_id: int | None) -> None:
    """Raise InvalidBooking unless it is one of the business's, or none."""
    if (
        resource_id is not None
        and not Resource.objects.filter(pk=resource_id, is_active=True).exists()
    ):
        raise InvalidBooking("resource_id: no such resource", field="resource_id")


def described(entry: WaitlistEntry) -> dict[str, Any]:
    """Return an entry as its holder sees it; an offer's booking with its token."""
    body: dict[str, Any] = {
        "waitlist_token": entry.token,
        "status": entry.status,
        "service_name": entry.service.name,
        "party_size": entry.party_size,
        "first_day": entry.first_day.isoformat(),
        "last_day": entry.last_day.isoformat(),
        "url": f"{current_tenant().url}/waitlist/{entry.token}/",
        "offer": None,
    }
    booking = entry.offered_booking
    if booking is not None and entry.offer_expires_at is not None and entry.is_open:
        body["offer"] = {
            "booking_date": booking.starts_at.isoformat(),
            "expires_at": entry.offer_expires_at.isoformat(),
            "total_amount_pence": booking.total_amount,
            "deposit_amount_pence": booking.deposit_amount,
            "currency": booking.currency,
        }
    return body


class WaitlistView(APIView):
    """``POST /api/bookings/waitlist/``: anyone may wait for what is full."""

    permission_classes = [IsAnyone]

    def post(self, request: Request) -> Response:
        fields = WaitFields(data=request.data)
        fields.is_valid(raise_exception=True)
        asked = dict(fields.validated_data)
        service = service_named(asked.pop("service_name"), is_online=True)
        check_resource(asked.get("resource_id"))
        starts_at = asked.pop("booking_date", None)
        entry = waitlist.join(Wish(service=service, starts_at=starts_at, **asked))
        return Response(described(entry), status=201)


class EntryView(APIView):
    """``/api/bookings/waitlist/{token}/``: GET where one stands, DELETE to leave."""

    permission_classes = [IsAnyone]

    def get(self, request: Request, token: str) -> Response:
        return Response(described(waitlist.entry_by(token)))

    def delete(self, request: Request, token: str) -> Response:
        return Response(described(waitlist.leave(token)))


class LeaveView(APIView):
    """``POST .../leave/``: the same as DELETE, for those who can only post."""

    permission_classes = [IsAnyone]

    def post(self, request: Request, token: str) -> Response:
        return Response(described(waitlist.leave(token)))


class AcceptFields(serializers.Serializer[Any]):
    accept_terms = StrictBooleanField(required=False, default=False)


class AcceptView(APIView):
    """``POST .../accept/``: take the offered place; with a deposit, where to pay it."""

    permission_classes = [IsAnyone]

    def post(self, request: Request, token: str) -> Response:
        waitlist.entry_by(token)
        fields = AcceptFields(data=request.data)
        fields.is_valid(raise_exception=True)
        booking = waitlist.accept(token, terms_accepted=fields.validated_data["accept_terms"])
        body: dict[str, Any] = {
            "booking_id": booking.pk,
            "status": booking.status,
            "reference": booking.reference,
            "booking_token": booking.access_token,
        }
        if booking.is_pending:
            session = services.start_payment(booking, own_hosts=current_tenant().hosts)
            body |= {
                "checkout_url": session.checkout_url,
                "payment_session_id": str(session.pk),
            }
        return Response(body)
