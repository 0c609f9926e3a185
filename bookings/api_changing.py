"""The API of changing what was booked: what it would cost, doing it, paying the difference."""

from dataclasses import replace
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from access.actors import CUSTOMER
from access.fields import MoneyField, StrictBooleanField, StrictCharField, StrictIntegerField
from bookings import changes, held_changes, money, plans
from bookings.agreements import Given
from bookings.api import OneBookingView
from bookings.api_availability import question_shown
from bookings.api_changes import actor_for, resource_named
from bookings.api_fields import InstantField
from bookings.choices import check_add_ons, check_more_services
from bookings.errors import BookingClosed, InvalidBooking
from bookings.models import Booking, BookingChange, Service
from bookings.plans import Plan, Wish
from payments import services as payments
from payments.models import PaymentSession
from tenants.current import current_tenant


class ChangeFields(serializers.Serializer[Any]):
    booking_date = InstantField(required=False)
    service_name = StrictCharField(required=False, max_length=120)
    more_services = serializers.ListField(
        child=StrictCharField(max_length=120), required=False, max_length=5
    )
    party_size = StrictIntegerField(required=False, min_value=1, max_value=1000)
    add_ons = serializers.ListField(
        child=StrictCharField(max_length=80), required=False, max_length=20
    )
    resource = StrictCharField(required=False, max_length=100)
    preview = StrictBooleanField(required=False, default=False)
    expected_total_pence = MoneyField(required=False, min_value=0)
    expected_due_now_pence = MoneyField(required=False, min_value=0)
    expected_refund_pence = MoneyField(required=False, min_value=0)
    ask_for_payment = StrictBooleanField(required=False, default=False)
    refund = StrictBooleanField(required=False, default=True)
    answers = serializers.DictField(
        child=StrictCharField(max_length=500, allow_blank=True), required=False, default=dict
    )
    accept_consent = StrictBooleanField(required=False, default=False)
    accept_terms = StrictBooleanField(required=False, default=False)
    success_url = StrictCharField(required=False, max_length=2000)
    cancel_url = StrictCharField(required=False, max_length=2000)


class ChangeView(OneBookingView):
    """``.../change/``: GET says what waits for its payment, POST changes the booking."""

    def get(self, request: Request, booking_id: int) -> Response:
        booking = held_changes.settle(self.booking(request, booking_id))
        change = booking.changes.first()
        return Response(_state(booking) | {"change": _shown(change) if change else None})

    def post(self, request: Request, booking_id: int) -> Response:
        booking = self.booking(request, booking_id)
        fields = ChangeFields(data=request.data)
        fields.is_valid(raise_exception=True)
        asked = fields.validated_data
        for name in ("success_url", "cancel_url"):
            if name in asked:
                payments.checked_return_url(
                    asked[name], field=name, own_hosts=current_tenant().hosts
                )
        wish = _wish(booking, asked)
        actor = actor_for(request, self)
        by_customer = actor.kind == CUSTOMER.kind
        collects = by_customer or asked["ask_for_payment"]
        gives_back = by_customer or asked["refund"]
        paid = money.payments_ahead(booking)
        if asked["preview"] and by_customer:
            # What it will ask for need not be given yet.
            wish = replace(wish, given=None)
        plan = plans.make(booking, wish, paid, collects=collects, gives_back=gives_back)
        if asked["preview"]:
            if by_customer:
                plans.check_for_customer(booking, plan, timezone.now())
            return Response(_planned(booking, plan))
        outcome = changes.change(
            booking.pk,
            wish,
            actor=actor,
            expected=_expected(asked, plan),
            collects=collects,
            gives_back=gives_back,
        )
        body = _state(outcome.booking)
        if outcome.held is None:
            return Response(body | {"refund_pence": plan.goes_back, "change": None})
        session = held_changes.start_payment(
            outcome.held,
            own_hosts=current_tenant().hosts,
            success_url=asked.get("success_url", ""),
            cancel_url=asked.get("cancel_url", ""),
        )
        return Response(body | {"change": _shown(outcome.held, session)})


class GiveUpView(OneBookingView):
    """``POST .../change/give-up/``: the booking stays as it is, and the new place is free."""

    def post(self, request: Request, booking_id: int) -> Response:
        booking = self.booking(request, booking_id)
        if not BookingChange.objects.held().filter(booking=booking).exists():
            raise BookingClosed("No change of this booking waits for its payment.")
        return Response(_state(held_changes.withdraw(booking.pk, actor=actor_for(request, self))))


def _wish(booking: Booking, asked: dict[str, Any]) -> Wish:
    """Return what is asked for; raises InvalidBooking, naming the field."""
    services = None
    if "service_name" in asked or "more_services" in asked:
        services = _services(booking, asked)
    extras = None
    if "add_ons" in asked:
        extras = check_add_ons(services or plans.sold(booking).services, asked["add_ons"])
    return Wish(
        asked.get("booking_date"),
        resource_named(asked["resource"]) if "resource" in asked else None,
        asked.get("party_size"),
        services,
        extras,
        Given(asked["answers"], asked["accept_consent"], asked["accept_terms"]),
    )


def _services(booking: Booking, asked: dict[str, Any]) -> tuple[Service, ...]:
    now = plans.sold(booking).services
    first = now[0] if now else None
    if "service_name" in asked:
        named = Service.objects.filter(name__iexact=asked["service_name"], is_active=True)
        first = named.first()
    if first is None:
        raise InvalidBooking(
            "service_name: this business has no such service", field="service_name"
        )
    if "more_services" in asked:
        return (first, *check_more_services(first, asked["more_services"]))
    return (first, *now[1:])


def _expected(asked: dict[str, Any], plan: Plan) -> tuple[int, int] | None:
    """Return the figures that the caller has shown; what they left out is taken as it is."""
    names = ("expected_total_pence", "expected_due_now_pence", "expected_refund_pence")
    if not any(name in asked for name in names):
        return None
    due = asked.get(names[1], plan.amount_due) - asked.get(names[2], plan.goes_back)
    return asked.get(names[0], plan.total), due


def _state(booking: Booking) -> dict[str, Any]:
    return {
        "booking_id": booking.pk,
        "status": booking.status,
        "service_name": booking.service_name,
        "booking_date": booking.starts_at.isoformat(),
        "ends_at": booking.ends_at.isoformat(),
        "resource": booking.resource.name if booking.resource else None,
        "party_size": booking.party_size,
        "total_amount_pence": booking.total_amount,
        "deposit_amount_pence": booking.deposit_amount,
        "currency": booking.currency,
    }


def _planned(booking: Booking, plan: Plan) -> dict[str, Any]:
    return {
        "booking_id": booking.pk,
        "service_name": plan.name,
        "booking_date": plan.starts_at.isoformat(),
        "party_size": plan.party_size,
        "old_total_amount_pence": booking.total_amount,
        "total_amount_pence": plan.total,
        "due_now_pence": plan.amount_due,
        "refund_pence": plan.goes_back,
        "currency": booking.currency,
        "note": plan.note,
        **({"asks": _asked(plan)} if plan.asks else {}),
    }


def _asked(plan: Plan) -> dict[str, Any]:
    """Return what has to be given before it happens."""
    return {
        "wants_card": plan.wants_card,
        "card_terms": plan.asks.card_terms,
        "consent_text": plan.asks.consent,
        "questions": [question_shown(one) for one in plan.asks.questions],
    }


def _shown(change: BookingChange, session: PaymentSession | None = None) -> dict[str, Any]:
    until = change.hold_expires_at
    body: dict[str, Any] = {
        "status": change.status,
        "service_name": change.service_name,
        "booking_date": change.starts_at.isoformat(),
        "party_size": change.party_size,
        "total_amount_pence": change.total_amount,
        "due_now_pence": change.amount_due,
        "wants_card": change.wants_card,
        "refund_pence": change.amount_back,
        "hold_expires_at": until.isoformat() if until else None,
    }
    if session is not None:
        body |= {
            "checkout_url": session.checkout_url,
            "payment_session_id": str(session.pk),
        }
    return body
