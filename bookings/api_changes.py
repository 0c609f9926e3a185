"""The API of what happens to a booking after it was made: cancel it, move it, and on what terms."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.actors import CUSTOMER, Actor, actor_of
from access.fields import MoneyField, StrictCharField
from access.permissions import is_member
from bookings import cancelling, changes, policy
from bookings.api import OneBookingView
from bookings.api_fields import InstantField
from bookings.errors import InvalidBooking
from bookings.models import Booking, Resource


def actor_for(request: Request, view: OneBookingView) -> Actor:
    """Return who asks: whoever gets in by the booking's token alone is the customer."""
    return actor_of(request) if is_member(request, view) else CUSTOMER


class CancellationView(OneBookingView):
    """``GET .../cancellation/``: what cancelling now would give back, and why."""

    def get(self, request: Request, booking_id: int) -> Response:
        booking = self.booking(request, booking_id)
        now = timezone.now()
        quote = policy.quote(booking, now)
        refused = cancelling.why_not_cancel(booking, now)
        return Response(
            {
                "booking_id": booking.pk,
                "status": booking.status,
                "may_cancel": not refused,
                "may_reschedule": not changes.why_not_move(booking, now),
                "refund_pence": 0 if refused else quote.refund,
                "kept_pence": quote.paid if refused else quote.kept,
                "fee_pence": 0 if refused else quote.fee,
                "currency": booking.currency,
                "code": "closed" if refused else quote.code,
                "reason": refused or " ".join(filter(None, [quote.text, quote.fee_text])),
                "free_until": quote.free_until.isoformat(),
                "partial_refund_until": quote.partial_until.isoformat(),
                "late_refund_percent": quote.percent,
            }
        )


class CancelFields(serializers.Serializer[Any]):
    expected_refund_pence = MoneyField(required=False, default=None, min_value=0)


class CancelView(OneBookingView):
    """``POST .../cancel/``: as the customer wants it, on the terms that they accepted."""

    def post(self, request: Request, booking_id: int) -> Response:
        booking = self.booking(request, booking_id)
        fields = CancelFields(data=request.data)
        fields.is_valid(raise_exception=True)
        quote = cancelling.cancel_by_customer(
            booking.pk,
            expected_refund=fields.validated_data["expected_refund_pence"],
            actor=actor_for(request, self),
        )
        return Response(
            {
                "booking_id": booking.pk,
                "status": Booking.Status.CANCELLED,
                "refund_pence": quote.refund,
                "kept_pence": quote.kept,
                "currency": quote.currency,
            }
        )


class RescheduleFields(serializers.Serializer[Any]):
    booking_date = InstantField()
    resource = StrictCharField(required=False, max_length=100)


class RescheduleView(OneBookingView):
    """``POST .../reschedule/``: the new time is taken before the old one is freed."""

    def post(self, request: Request, booking_id: int) -> Response:
        booking = self.booking(request, booking_id)
        fields = RescheduleFields(data=request.data)
        fields.is_valid(raise_exception=True)
        asked = fields.validated_data
        booking = changes.reschedule(
            booking.pk,
            starts_at=asked["booking_date"],
            resource_id=resource_named(asked["resource"]) if "resource" in asked else None,
            actor=actor_for(request, self),
        )
        return Response(
            {
                "booking_id": booking.pk,
                "status": booking.status,
                "booking_date": booking.starts_at.isoformat(),
                "ends_at": booking.ends_at.isoformat(),
                "resource": booking.resource.name if booking.resource else None,
            }
        )


def resource_named(name: str) -> int:
    """Return the id of the person or thing called `name`; raises InvalidBooking."""
    found = Resource.objects.filter(name__iexact=name, is_active=True).first()
    if found is None:
        raise InvalidBooking("resource: there is nobody and nothing of that name", field="resource")
    return found.pk
