"""What can be had and when, and why not: for anyone who would like to book."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.permissions import IsAnyone
from bookings import availability
from bookings.api_fields import InstantField
from bookings.choices import offered_services, resources_to_choose, wanted_by
from bookings.diary import Wanted
from bookings.errors import InvalidBooking
from bookings.models import IntakeQuestion, Service
from bookings.wishes import price_of, why_deposit
from tenants.current import current_tenant

MOST_DAYS = 62


class ServicesView(APIView):
    """``GET /api/bookings/services/``: what customers can book, with prices in minor units."""

    permission_classes = [IsAnyone]

    def get(self, request: Request) -> Response:
        return Response({"services": [_service(service) for service in offered_services()]})


def _service(service: Service) -> dict[str, Any]:
    return {
        "service_name": service.name,
        "slug": service.slug,
        "kind": service.kind,
        "category": service.category.name if service.category else None,
        "description": service.description,
        "duration_minutes": service.duration_minutes,
        "price_pence": service.price,
        "price_is_per_person": service.price_is_per_person,
        "deposit_pence": service.deposit,
        "deposit_from_people": service.deposit_from_people,
        "currency": current_tenant().currency,
        "party_min": service.party_min,
        "party_max": service.party_max,
        "resources": [
            {"id": one.pk, "name": one.name, "kind": one.kind}
            for one in resources_to_choose(service)
        ],
        "add_ons": [
            {"id": one.pk, "name": one.name, "minutes": one.minutes, "price_pence": one.price}
            for one in service.add_ons.filter(is_active=True)
        ],
        "questions": [question_shown(one) for one in service.questions.all()],
        "consent_text": service.consent_text or None,
    }


def question_shown(question: IntakeQuestion) -> dict[str, Any]:
    return {"question": question.text, "kind": question.kind, "required": question.is_required}


class AvailabilityView(APIView):
    """``GET /api/bookings/availability/?service=&from=&to=``: free times, both days included."""

    permission_classes = [IsAnyone]

    def get(self, request: Request) -> Response:
        wanted = wanted_in(request)
        first = _day(request, "from")
        last = _day(request, "to", default=first)
        if not first <= last <= first + timedelta(days=MOST_DAYS - 1):
            raise InvalidBooking(
                f"to must be the day “from” or up to {MOST_DAYS - 1} days later", field="to"
            )
        tenant = current_tenant()
        slots = availability.free_times(wanted, first, last, tenant.zone, timezone.now())
        price = price_of(wanted.services, wanted.add_ons, wanted.party_size)
        return Response(
            {
                "service_name": wanted.service.name,
                "time_zone": tenant.time_zone,
                "total_amount_pence": price.total,
                "deposit_amount_pence": price.deposit,
                "currency": tenant.currency,
                "slots": [
                    {"starts_at": slot.starts_at.isoformat(), "ends_at": slot.ends_at.isoformat()}
                    for slot in slots
                ],
            }
        )


class ExplainView(APIView):
    """``GET /api/bookings/availability/explain/?service=&booking_date=``: why (not)?"""

    permission_classes = [IsAnyone]

    def get(self, request: Request) -> Response:
        wanted = wanted_in(request)
        starts_at = InstantField().run_validation(request.query_params.get("booking_date", ""))
        reasons = availability.explain(wanted, starts_at, current_tenant().zone, timezone.now())
        return Response(
            {
                "offered": not reasons,
                "reasons": [{"code": one.code, "text": one.text} for one in reasons],
                "deposit": why_deposit(wanted),
            }
        )


def wanted_in(request: Request) -> Wanted:
    """Return what the query asks for; raises InvalidBooking, naming the parameter."""
    asked = request.query_params
    name = asked.get("service", "")
    service = next(
        (one for one in offered_services() if name.lower() in (one.slug, one.name.lower())), None
    )
    if service is None:
        raise InvalidBooking("service: this business has no such service", field="service")
    return wanted_by(
        service,
        party_size=_number(asked.get("party_size", "1"), "party_size"),
        resource=asked.get("resource"),
        add_ons=asked.getlist("add_on"),
        more_services=asked.getlist("more_service"),
    )


def _number(text: str, field: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 4:
        raise InvalidBooking(f"{field} must be a whole number", field=field)
    return int(text)


def _day(request: Request, field: str, default: date | None = None) -> date:
    text = request.query_params.get(field)
    if text is None and default is not None:
        return default
    try:
        day = date.fromisoformat(text or "")
    except ValueError:
        raise InvalidBooking(f"{field} must be a day such as 2027-03-01", field=field) from None
    if not 2000 <= day.year <= 2100:
        raise InvalidBooking(f"{field} is too far away", field=field)
    return day
