"""``/api/vouchers/``: between which amounts they are sold, what was sold, and selling one."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access.fields import MoneyField, StrictCharField
from access.permissions import IsAnyone
from bookings.errors import InvalidBooking
from bookings.models import Voucher, VoucherSettings
from bookings.models.offers import STATES
from bookings.offers import purchases
from bookings.offers.api import described
from bookings.offers.api.listing import choice, page
from bookings.offers.api.selling import SaleFields, asked_for
from bookings.offers.api.views import OneSoldView
from tenants.current import current_tenant


class VoucherRulesView(APIView):
    """``GET /api/vouchers/rules/``: for anyone."""

    permission_classes = [IsAnyone]

    def get(self, request: Request) -> Response:
        rules = VoucherSettings.objects.current()
        return Response(
            {
                "is_sold_online": purchases.sells_vouchers(),
                "minimum_amount_pence": rules.minimum_amount,
                "maximum_amount_pence": rules.maximum_amount,
                "currency": current_tenant().currency,
                "valid_days": rules.valid_days,
            }
        )


class VoucherSaleFields(SaleFields):
    amount_pence = MoneyField(min_value=1)
    recipient_name = StrictCharField(required=False, allow_blank=True, max_length=200)
    recipient_email = StrictCharField(required=False, allow_blank=True, max_length=254)
    message = StrictCharField(required=False, allow_blank=True, max_length=500)

    def validate_recipient_name(self, value: str) -> str:
        return self.validate_customer_name(value)

    def validate_recipient_email(self, value: str) -> str:
        return value and str(serializers.EmailField().run_validation(value))


class VouchersView(APIView):
    """``/api/vouchers/``: GET lists those that were sold or given, POST sells one."""

    staff_permissions = {"GET": "bookings.view_voucher", "POST": "bookings.add_voucher"}

    def get(self, request: Request) -> Response:
        state = choice(request, "status", STATES)
        found = Voucher.objects.all()
        if state:
            found = found.in_state(state, timezone.now())
        return Response(page(request, found, "vouchers", described.voucher))

    def post(self, request: Request) -> Response:
        asked, open_page = asked_for(request, VoucherSaleFields)
        try:
            sold = purchases.start_voucher(amount=asked.pop("amount_pence"), **asked)
        except InvalidBooking as error:
            raise InvalidBooking(f"amount_pence: {error}", field="amount_pence") from None
        paying = open_page(purchases.open_checkout, sold)
        sold.refresh_from_db()
        body: dict[str, Any] = {
            "voucher_id": sold.pk,
            "status": sold.state,
            "voucher_token": sold.access_token,
            **paying,
        }
        return Response(body, status=201)


class VoucherView(OneSoldView):
    """``GET /api/vouchers/{voucher_id}/``: with its movements, having asked Stripe if unpaid."""

    staff_permissions = {"GET": "bookings.view_voucher"}

    def get(self, request: Request, voucher_id: int) -> Response:
        item = purchases.settle(self.one(request, Voucher.objects.all(), voucher_id, "voucher"))
        body = described.voucher(item) | {"movements": described.movements(item)}
        return Response(body if item.is_unpaid else body | self.code_of(request, item))
