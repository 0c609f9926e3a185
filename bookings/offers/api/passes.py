"""``/api/passes/``: what is sold, what was sold, and selling one."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.fields import StrictIntegerField
from access.permissions import IsAnyone
from bookings.errors import InvalidBooking
from bookings.models import Pass, PassType
from bookings.models.offers import STATES
from bookings.offers import purchases
from bookings.offers.api import described
from bookings.offers.api.listing import LARGEST_ID, choice, page
from bookings.offers.api.selling import SaleFields, asked_for
from bookings.offers.api.views import OneSoldView


class PassTypesView(APIView):
    """``GET /api/passes/types/``: what customers can buy, for anyone."""

    permission_classes = [IsAnyone]

    def get(self, request: Request) -> Response:
        services = described.Services()
        on_sale = purchases.passes_on_sale().prefetch_related("services")
        return Response({"pass_types": [described.pass_type(one, services) for one in on_sale]})


class PassSaleFields(SaleFields):
    pass_type_id = StrictIntegerField(min_value=1, max_value=LARGEST_ID)


class PassesView(APIView):
    """``/api/passes/``: GET lists those that were sold or given, POST sells one."""

    staff_permissions = {"GET": "bookings.view_pass", "POST": "bookings.add_pass"}

    def get(self, request: Request) -> Response:
        state = choice(request, "status", STATES)
        # A period of a membership is shown with that.
        found = Pass.objects.filter(membership=None)
        if state:
            found = found.in_state(state, timezone.now())
        services = described.Services()
        body = page(request, found, "passes", lambda one: described.customers_pass(one, services))
        return Response(body)

    def post(self, request: Request) -> Response:
        asked, open_page = asked_for(request, PassSaleFields)
        wanted = PassType.objects.filter(pk=asked.pop("pass_type_id"), is_active=True).first()
        if wanted is None:
            raise InvalidBooking("pass_type_id: no such pass is sold", field="pass_type_id")
        sold = purchases.start_pass(wanted, **asked)
        paying = open_page(purchases.open_checkout, sold)
        sold.refresh_from_db()
        body: dict[str, Any] = {
            "pass_id": sold.pk,
            "status": sold.state,
            "pass_token": sold.access_token,
            **paying,
        }
        return Response(body, status=201)


class PassView(OneSoldView):
    """``GET /api/passes/{pass_id}/``: with its movements, having asked Stripe if it is unpaid."""

    staff_permissions = {"GET": "bookings.view_pass"}

    def get(self, request: Request, pass_id: int) -> Response:
        found = Pass.objects.filter(membership=None)
        item = purchases.settle(self.one(request, found, pass_id, "pass"))
        body = described.customers_pass(item, described.Services())
        body["movements"] = described.movements(item)
        return Response(body if item.is_unpaid else body | self.code_of(request, item))
