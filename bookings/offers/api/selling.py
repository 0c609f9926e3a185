"""Selling through the API: a call that is repeated under its key sells once."""

from collections.abc import Callable
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from access.actors import actor_of
from access.fields import StrictCharField
from bookings.errors import BookingClosed
from payments import services as payments
from payments.models import PaymentSession
from tenants.current import current_tenant


class SaleFields(serializers.Serializer[Any]):
    """Who buys, where the payment page leads back to, and the caller's own name for the sale."""

    customer_name = StrictCharField(max_length=200)
    customer_email = StrictCharField(max_length=254)
    success_url = StrictCharField(required=False, max_length=2000)
    cancel_url = StrictCharField(required=False, max_length=2000)
    idempotency_key = StrictCharField(max_length=200)

    def validate_customer_name(self, value: str) -> str:
        if not value.isprintable():
            raise serializers.ValidationError("Must not contain control characters.")
        return value

    def validate_customer_email(self, value: str) -> str:
        return str(serializers.EmailField().run_validation(value))

    def validate_idempotency_key(self, value: str) -> str:
        return self.validate_customer_name(value)


def asked_for(
    request: Request, fields: type[SaleFields]
) -> tuple[dict[str, Any], Callable[..., dict[str, str | None]]]:
    """Return what to sell, to whom and under which `sale_key`, and how to open its payment page.

    Raises, before anything is written, for a bad field (named) and where payments are off.
    """
    checked = fields(data=request.data)
    checked.is_valid(raise_exception=True)
    asked = dict(checked.validated_data)
    payments.require_payments()
    own_hosts = current_tenant().hosts
    addresses = {name: asked.pop(name) for name in ("success_url", "cancel_url") if name in asked}
    for name, address in addresses.items():
        payments.checked_return_url(address, field=name, own_hosts=own_hosts)

    def open_page(open_checkout: Callable[..., PaymentSession], item: Any) -> dict[str, str | None]:
        """Return where to pay for `item`; nulls where nothing is left to pay."""
        try:
            session = open_checkout(item, own_hosts=own_hosts, actor=actor_of(request), **addresses)
        except BookingClosed:
            return {"checkout_url": None, "payment_session_id": None}
        return {"checkout_url": session.checkout_url, "payment_session_id": str(session.pk)}

    return asked | {"sale_key": asked.pop("idempotency_key")}, open_page
