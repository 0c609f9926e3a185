"""The contract's calls, as a client makes them."""

from typing import Any

from django.test import Client

from tenants.models import Tenant

PAYMENTS = "/api/payments"
BOOKINGS = "/api/bookings/"


class Api:
    """A client of one business; `token` is an API key or the token of a booking or payment."""

    def __init__(self, tenant: Tenant, token: str = "") -> None:
        self._client = Client(HTTP_HOST=tenant.hosts[0])
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **query: str) -> Any:
        return self._client.get(path, query, headers=self._headers)

    def post(self, path: str, body: Any) -> Any:
        return self._client.post(path, body, content_type="application/json", headers=self._headers)

    def checkout(self, **changes: Any) -> Any:
        return self.post(f"{PAYMENTS}/checkout/", checkout_body(**changes))

    def book(self, **changes: Any) -> Any:
        return self.post(BOOKINGS, booking_body(**changes))


def without_nothing(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if value is not ...}


def checkout_body(**changes: Any) -> dict[str, Any]:
    """A good request; a change to ``...`` leaves the field out."""
    return without_nothing(
        {
            "payable_type": "invoice",
            "payable_id": 7,
            "amount_pence": 1500,
            "currency": "GBP",
            "customer": {"email": "ann@example.com", "name": "Ann", "phone": "+44 20 7946 0000"},
            "success_url": "http://alpha.localhost:8000/ok?s={CHECKOUT_SESSION_ID}",
            "cancel_url": "http://alpha.localhost:8000/back",
            "metadata": {"order": "A-1"},
            "idempotency_key": "order-1",
            **changes,
        }
    )


def booking_body(**changes: Any) -> dict[str, Any]:
    """A good request; a change to ``...`` leaves the field out."""
    return without_nothing(
        {
            "customer_name": "Ann Lee",
            "customer_email": "ann@example.com",
            "customer_phone": "+44 20 7946 0000",
            "service_name": "Haircut",
            "booking_date": "2027-03-01T10:00:00+00:00",
            "total_amount_pence": 4500,
            "deposit_amount_pence": 1000,
            "notes": "First visit",
            **changes,
        }
    )
