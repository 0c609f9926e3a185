"""The refunds API, call by call."""

from typing import Any

import pytest

from access.models import APIKey
from payments.models import PaymentSession, Refund
from payments.services import settle, start_checkout
from tenants.models import Tenant
from tests.contract.api import PAYMENTS, Api
from tests.contract.test_bad_input import HOSTILE
from tests.stripe_control import Control

pytestmark = pytest.mark.django_db
REFUNDS = f"{PAYMENTS}/refunds/"


@pytest.fixture
def paid(in_alpha: Tenant, stripe: Control) -> PaymentSession:
    """£100.00 that have been paid."""
    session = start_checkout(
        payable_type="invoice", payable_id=1, amount=10000, idempotency_key="k",
        success_url=f"{in_alpha.url}/", cancel_url=f"{in_alpha.url}/", own_hosts=in_alpha.hosts,
    )  # fmt: skip
    stripe("pay", session=session.stripe_checkout_session_id)
    return settle(session.pk)


@pytest.fixture
def api(in_alpha: Tenant, write_key: str) -> Api:
    return Api(in_alpha, write_key)


def ask(api: Api, paid: PaymentSession, **body: Any) -> Any:
    return api.post(REFUNDS, {"payment_session_id": str(paid.pk), **body})


def test_a_part_with_a_reason(api: Api, paid: PaymentSession, write_key: str) -> None:
    response = ask(api, paid, amount_pence=2500, reason="Late start", currency="gbp")
    body = response.json()
    assert response.status_code == 201
    assert body == {
        "refund_id": body["refund_id"],
        "payment_session_id": str(paid.pk),
        "status": "succeeded",
        "amount_pence": 2500,
        "currency": "GBP",
        "reason": "Late start",
        "failure_reason": "",
        "amount_refunded_pence": 2500,
        "amount_refundable_pence": 7500,
    }
    assert api.get(f"{REFUNDS}{body['refund_id']}/").json() == body
    refund = Refund.objects.get()
    prefix = APIKey.objects.get(name="tests").prefix
    assert (refund.actor_kind, refund.actor_label) == ("api_key", prefix)


def test_parts_net_to_zero_and_one_more_is_refused_without_a_call(
    api: Api, paid: PaymentSession, stripe: Control
) -> None:
    for amount in (3333, 3333, 3334):
        assert ask(api, paid, amount_pence=amount).status_code == 201
    calls = stripe.calls("/v1/refunds")
    response = ask(api, paid, amount_pence=1)
    assert (response.status_code, response.json()["refundable"]) == (409, 0)
    assert stripe.calls("/v1/refunds") == calls
    status = api.get(f"{PAYMENTS}/status/{paid.pk}/").json()
    assert (status["status"], status["amount_refunded_pence"]) == ("refunded", 10000)


def test_all_that_is_left_without_an_amount(api: Api, paid: PaymentSession) -> None:
    ask(api, paid, amount_pence=1)
    assert ask(api, paid).json()["amount_pence"] == 9999


@pytest.mark.parametrize(("amount", "status"), [(0, 400), (-1, 400), (10001, 409)])
def test_an_amount_that_cannot_be_given_back(
    api: Api, paid: PaymentSession, amount: int, status: int
) -> None:
    assert ask(api, paid, amount_pence=amount).status_code == status
    assert not Refund.objects.exists()


def test_another_currency_is_refused(api: Api, paid: PaymentSession) -> None:
    response = ask(api, paid, currency="EUR")
    assert (response.status_code, response.json()["error"]) == (400, "currency must be GBP")
    assert not Refund.objects.exists()


def test_the_same_key_is_the_same_refund_and_another_amount_a_conflict(
    api: Api, paid: PaymentSession
) -> None:
    first = ask(api, paid, amount_pence=100, idempotency_key="r").json()
    again = ask(api, paid, amount_pence=100, idempotency_key="r")
    assert (again.status_code, again.json()["refund_id"]) == (201, first["refund_id"])
    assert ask(api, paid, amount_pence=101, idempotency_key="r").status_code == 409
    assert Refund.objects.count() == 1


def test_a_bad_value_is_a_4xx_that_names_the_field(api: Api, paid: PaymentSession) -> None:
    for field in ("payment_session_id", "amount_pence", "currency", "reason", "idempotency_key"):
        for value in HOSTILE:
            harmless_text = field in ("reason", "idempotency_key") and isinstance(value, str)
            if harmless_text and len(value) < 200 and value != "\u202e":
                continue
            response = ask(api, paid, **{field: value})
            assert 400 <= response.status_code < 500 or field == "reason", (field, value)
            if response.status_code == 400:
                assert field in response.json()["error"], (field, value, response.json())


def test_who_may_refund(in_alpha: Tenant, paid: PaymentSession, read_key: str) -> None:
    assert ask(Api(in_alpha), paid).status_code == 401
    assert ask(Api(in_alpha, paid.access_token), paid).status_code == 401
    assert ask(Api(in_alpha, read_key), paid).status_code == 403
    assert not Refund.objects.exists()


def test_an_unknown_payment_or_refund_is_a_404(api: Api) -> None:
    assert api.post(REFUNDS, {"payment_session_id": "x"}).status_code == 404
    assert api.get(f"{REFUNDS}x/").status_code == 404
