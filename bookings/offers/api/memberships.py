"""``/api/memberships/``: the plans, the members' own, selling, cancelling and keeping one."""

from collections.abc import Callable
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.actors import actor_of
from access.fields import StrictIntegerField
from access.permissions import IsAnyone
from bookings.errors import InvalidBooking
from bookings.models import Membership, MembershipPlan
from bookings.offers import membership_credits, memberships
from bookings.offers.api import described
from bookings.offers.api.listing import LARGEST_ID, choice, page
from bookings.offers.api.selling import SaleFields, asked_for
from bookings.offers.api.views import OneSoldView
from payments.models import Subscription


class PlansView(APIView):
    """``GET /api/memberships/plans/``: what customers can buy, for anyone."""

    permission_classes = [IsAnyone]

    def get(self, request: Request) -> Response:
        services = described.Services()
        on_sale = memberships.on_sale().prefetch_related("services")
        return Response({"plans": [described.plan(one, services) for one in on_sale]})


class MembershipSaleFields(SaleFields):
    plan_id = StrictIntegerField(min_value=1, max_value=LARGEST_ID)


class MembershipsView(APIView):
    """``/api/memberships/``: GET lists them, POST sells one."""

    staff_permissions = {"GET": "bookings.view_membership", "POST": "bookings.add_membership"}

    def get(self, request: Request) -> Response:
        status = choice(request, "status", tuple(Subscription.Status.values))
        found = membership_credits.with_left(Membership.objects.select_related("subscription"))
        if status == Subscription.Status.INCOMPLETE:
            found = memberships.unpaid(found)
        elif status:
            found = found.filter(subscription__status=status)
        services = described.Services()
        body = page(request, found, "memberships", lambda one: described.membership(one, services))
        return Response(body)

    def post(self, request: Request) -> Response:
        asked, open_page = asked_for(request, MembershipSaleFields)
        wanted = MembershipPlan.objects.filter(pk=asked.pop("plan_id"), is_active=True).first()
        if wanted is None:
            raise InvalidBooking("plan_id: no such membership is sold", field="plan_id")
        sold = memberships.start(wanted, **asked)
        paying = open_page(memberships.open_checkout, sold)
        sold = Membership.objects.select_related("subscription").get(pk=sold.pk)
        body: dict[str, Any] = {
            "membership_id": sold.pk,
            "status": sold.status,
            "membership_token": sold.access_token,
            **paying,
        }
        return Response(body, status=201)


class OneMembershipView(OneSoldView):
    staff_permissions = {
        "GET": "bookings.view_membership",
        "POST": "bookings.change_membership",
    }

    def membership(self, request: Request, membership_id: int) -> Membership:
        found = Membership.objects.select_related("subscription")
        return self.one(request, found, membership_id, "membership")

    def answer(self, request: Request, item: Membership) -> Response:
        body = described.membership(item, described.Services())
        body["bookable_until"] = described.time(membership_credits.bookable_until(item))
        periods = item.periods.prefetch_related("movements").order_by("pk")
        body["periods"] = [described.period(one) for one in periods]
        return Response(body if item.is_incomplete else body | self.code_of(request, item))


class MembershipView(OneMembershipView):
    """``GET /api/memberships/{membership_id}/``: with the periods paid and their movements."""

    def get(self, request: Request, membership_id: int) -> Response:
        found = self.membership(request, membership_id)
        return self.answer(request, memberships.settle(found))


class CancelView(OneMembershipView):
    """``POST .../cancel/``: let it end with the period that is paid for."""

    act: Callable[..., None] = staticmethod(memberships.cancel)

    def post(self, request: Request, membership_id: int) -> Response:
        found = self.membership(request, membership_id)
        self.act(found, actor=actor_of(request))
        return self.answer(request, self.membership(request, membership_id))


class KeepView(CancelView):
    """``POST .../keep/``: take the cancellation back while it still runs."""

    act = staticmethod(memberships.keep)
