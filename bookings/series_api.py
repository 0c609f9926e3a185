"""The API of repeating bookings: for API keys and staff."""

from typing import Any

from django.shortcuts import get_object_or_404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.actors import actor_of
from access.fields import MoneyField, StrictBooleanField, StrictCharField, StrictIntegerField
from bookings import services
from bookings.api_fields import InstantField
from bookings.errors import InvalidBooking
from bookings.models import Booking, BookingSeries
from bookings.recurring import Clash, Outcome, Weekly, book_series, cancel_rest, preview
from bookings.waitlist_api import CustomerFields, DayField, check_resource, service_named
from bookings.wishes import BookingRequest, price_of
from payments import services as payments
from tenants.current import current_tenant


class SeriesFields(CustomerFields):
    booking_date = InstantField()
    interval_weeks = StrictIntegerField(required=False, default=1)
    count = StrictIntegerField(required=False)
    until = DayField(required=False)
    total_amount_pence = MoneyField(required=False, min_value=0)
    deposit_amount_pence = MoneyField(required=False, default=0, min_value=0)
    anytime = StrictBooleanField(required=False, default=False)
    preview = StrictBooleanField(required=False, default=False)
    success_url = StrictCharField(required=False, max_length=2000)
    cancel_url = StrictCharField(required=False, max_length=2000)


class SeriesListView(APIView):
    """``POST /api/bookings/series/``: book the dates of a rhythm, and report what clashes."""

    staff_permissions = {"POST": "bookings.add_bookingseries"}

    def post(self, request: Request) -> Response:
        fields = SeriesFields(data=request.data)
        fields.is_valid(raise_exception=True)
        asked = dict(fields.validated_data)
        rule = Weekly(
            asked.pop("interval_weeks"), asked.pop("count", None), asked.pop("until", None)
        )
        is_trial = asked.pop("preview")
        for name in ("success_url", "cancel_url"):
            if name in asked:
                payments.checked_return_url(
                    asked[name], field=name, own_hosts=current_tenant().hosts
                )
        wanted = _request(asked)
        if is_trial:
            return Response(_outcome(preview(wanted, rule), with_bookings=False))
        outcome = book_series(wanted, rule, actor=actor_of(request))
        return Response(_outcome(outcome), status=201 if outcome.series else 409)


def _request(asked: dict[str, Any]) -> BookingRequest:
    """Return what each date is: at the catalogue's price, or at the caller's own."""
    service = service_named(asked.pop("service_name"))
    check_resource(asked.get("resource_id"))
    price = price_of([service], (), asked["party_size"])
    total = asked.pop("total_amount_pence", price.total)
    deposit = asked.pop("deposit_amount_pence")
    if deposit > total:
        raise InvalidBooking(
            "deposit_amount_pence must not be more than total_amount_pence",
            field="deposit_amount_pence",
        )
    return BookingRequest(
        service=service,
        service_name=service.name,
        starts_at=asked.pop("booking_date"),
        total_amount=total,
        deposit_amount=deposit,
        **asked,
    )


def _outcome(outcome: Outcome, *, with_bookings: bool = True) -> dict[str, Any]:
    pages = _payment_pages(outcome.booked) if with_bookings else {}
    body: dict[str, Any] = {
        "booked": [
            _booked(booking, with_bookings) | pages.get(booking.pk, {})
            for booking in outcome.booked
        ],
        "clashes": [_clashed(clash) for clash in outcome.clashes],
    }
    if outcome.series is not None:
        body["series_id"] = outcome.series.pk
    elif with_bookings:
        body["error"] = "None of the dates could be booked."
    return body


def _payment_pages(booked: list[Booking]) -> dict[int, dict[str, str]]:
    """Open the page on which each date's deposit is paid; return what is said of it, by booking.

    Once Stripe fails, the rest is left to the bookings' own pages, and the date that it failed for
    is given up, as every booking is.
    """
    pages = {}
    for booking in booked:
        if not booking.is_pending:
            continue
        try:
            session = services.start_payment(booking, own_hosts=current_tenant().hosts)
        except payments.PaymentError:
            booking.refresh_from_db()
            break
        pages[booking.pk] = {
            "checkout_url": session.checkout_url,
            "payment_session_id": str(session.pk),
        }
    return pages


def _booked(booking: Booking, with_booking: bool) -> dict[str, Any]:
    """Return one date; a deposit can be paid on the booking's own page as well."""
    body: dict[str, Any] = {"booking_date": booking.starts_at.isoformat()}
    if with_booking:
        body |= {
            "booking_id": booking.pk,
            "reference": booking.reference,
            "status": booking.status,
            "booking_token": booking.access_token,
            "url": f"{current_tenant().url}/booking/{booking.access_token}/",
        }
    return body


def _clashed(clash: Clash) -> dict[str, Any]:
    return {
        "day": clash.day.isoformat(),
        "code": clash.code,
        "reason": clash.reason,
        "alternatives": [slot.starts_at.isoformat() for slot in clash.alternatives],
    }


class CancelFields(serializers.Serializer[Any]):
    from_day = DayField()
    refund = StrictBooleanField(required=False, default=False)


class CancelView(APIView):
    """``POST /api/bookings/series/{id}/cancel/``: end a series from a day on."""

    staff_permissions = {"POST": "bookings.change_bookingseries"}

    def post(self, request: Request, series_id: int) -> Response:
        fields = CancelFields(data=request.data)
        fields.is_valid(raise_exception=True)
        series = get_object_or_404(BookingSeries, pk=min(series_id, 2**63 - 1))
        ended = cancel_rest(series, actor=actor_of(request), **fields.validated_data)
        return Response({"cancelled": [booking.pk for booking in ended]})
