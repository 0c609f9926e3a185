"""Payments that went through at the sandbox."""

from typing import Any

import pytest

from payments.models import PaymentSession
from payments.services import settle, start_checkout
from tenants.models import Tenant
from tests.stripe_control import Control


@pytest.fixture
def pay(in_alpha: Tenant, stripe: Control) -> Any:
    """Pay an amount at the sandbox and return the payment, its fee known."""

    def make(amount: int, **values: Any) -> PaymentSession:
        number = PaymentSession.objects.count()
        session = start_checkout(
            payable_type="invoice", payable_id=number, amount=amount, idempotency_key=f"k{number}",
            success_url=f"{in_alpha.url}/", cancel_url=f"{in_alpha.url}/",
            own_hosts=in_alpha.hosts, **values,
        )  # fmt: skip
        stripe("pay", session=session.stripe_checkout_session_id)
        return settle(session.pk)

    return make
