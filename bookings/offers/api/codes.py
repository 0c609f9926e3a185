"""``POST /api/codes/check/``: what a code would do to the price of a booking."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.fields import StrictCharField, StrictIntegerField
from access.permissions import IsAnyone
from bookings.api_fields import InstantField
from bookings.choices import wanted_by
from bookings.models import normal_code
from bookings.offers.guessing import quote_for
from bookings.waitlist_api import service_named
from bookings.wishes import price_of
from tenants.current import current_tenant


class CheckFields(serializers.Serializer[Any]):
    code = StrictCharField(max_length=40)
    customer_email = StrictCharField(max_length=254)
    service_name = StrictCharField(max_length=120)
    booking_date = InstantField(required=False)
    party_size = StrictIntegerField(required=False, default=1, min_value=1, max_value=1000)
    add_ons = serializers.ListField(
        child=StrictCharField(max_length=80), required=False, default=list, max_length=20
    )
    more_services = serializers.ListField(
        child=StrictCharField(max_length=120), required=False, default=list, max_length=5
    )

    def validate_code(self, value: str) -> str:
        if not normal_code(value):
            raise serializers.ValidationError("Must hold letters or digits.")
        return value

    def validate_customer_email(self, value: str) -> str:
        return str(serializers.EmailField().run_validation(value))


class CheckView(APIView):
    """For anyone, as on the page: nothing is used up, and wrong codes are counted."""

    permission_classes = [IsAnyone]

    def post(self, request: Request) -> Response:
        fields = CheckFields(data=request.data)
        fields.is_valid(raise_exception=True)
        asked = dict(fields.validated_data)
        code, email = asked.pop("code"), asked.pop("customer_email")
        starts_at = asked.pop("booking_date", None)
        wanted = wanted_by(service_named(asked.pop("service_name"), is_online=True), **asked)
        price = price_of(wanted.services, wanted.add_ons, wanted.party_size)
        quote = quote_for(
            request._request, wanted.service, wanted.party_size, price.total, price.deposit,
            codes=[code], customer_email=email, starts_at=starts_at,
        )  # fmt: skip
        return Response(
            {
                "text": quote.sentence,
                "paid_by": next((one.what for one in quote.applied if not one.is_discount), None),
                "price_pence": price.total,
                "discount_amount_pence": quote.discount,
                "total_amount_pence": quote.total,
                "credit_amount_pence": quote.credit,
                "credits": quote.pass_credits,
                "deposit_amount_pence": quote.deposit,
                "remaining_amount_pence": quote.remaining,
                "currency": current_tenant().currency,
            }
        )
