"""Whatever is wrong with a call about what is sold ahead: a 4xx that names it, nothing written."""

from typing import Any

import pytest
from django.test import Client

from bookings.models import Membership, MembershipPlan, Pass, PassType, Voucher
from payments.models import Customer, PaymentSession, StripeAccount
from tenants.models import Tenant
from tests.bookings.offers import a_service
from tests.contract.api import Api
from tests.contract.test_bad_input import BODIES, HOSTILE, TEXT

pytestmark = pytest.mark.django_db

PERSON = {"customer_name": "Ann Lee", "customer_email": "ann@example.com"}
SALE = {
    **PERSON, "idempotency_key": "order-1",
    "success_url": "http://alpha.localhost:8000/ok", "cancel_url": "http://alpha.localhost:8000/",
}  # fmt: skip
GIFT = {"amount_pence": 2500, "recipient_name": "Bo", "recipient_email": "bo@example.com",
        "message": "Happy birthday"}  # fmt: skip
REQUIRED = {
    "/api/passes/": [*PERSON, "idempotency_key", "pass_type_id"],
    "/api/memberships/": [*PERSON, "idempotency_key", "plan_id"],
    "/api/vouchers/": [*PERSON, "idempotency_key", "amount_pence"],
    "/api/codes/check/": ["code", "customer_email", "service_name"],
}
# What each field takes, of what is hostile elsewhere.
GOOD: dict[str, set[Any]] = {
    "customer_name": TEXT - {"\u202e"},
    "idempotency_key": TEXT - {"\u202e"},
    "recipient_name": (TEXT - {"\u202e"}) | {"", " "},
    "recipient_email": {"", " "},
    "message": TEXT | {"", " "},
    "code": set(),
}


@pytest.fixture
def bodies(in_alpha: Tenant) -> dict[str, dict[str, Any]]:
    a_service()
    ten = PassType.objects.create(name="Ten", price=9000, credits=10)
    plan = MembershipPlan.objects.create(name="Monthly", price=8000, credits=8)
    return {
        "/api/passes/": {**SALE, "pass_type_id": ten.pk},
        "/api/memberships/": {**SALE, "plan_id": plan.pk},
        "/api/vouchers/": {**SALE, **GIFT},
        "/api/codes/check/": {
            "code": "ABCDEFGH", "customer_email": "a@example.com", "service_name": "Yoga",
            "party_size": 1, "add_ons": [], "more_services": [],
        },
    }  # fmt: skip


@pytest.fixture
def api(alpha: Tenant, write_key: str, account: StripeAccount) -> Api:
    return Api(alpha, write_key)


def nothing_written() -> bool:
    rows = (Pass, Voucher, Membership, PaymentSession, Customer)
    return not any(model.objects.exists() for model in rows)


def is_good(field: str, value: Any) -> bool:
    if isinstance(value, str):
        return value in GOOD.get(field, set())
    return field in ("add_ons", "more_services") and value == []


@pytest.mark.parametrize("path", REQUIRED)
def test_a_missing_field_is_named(api: Api, bodies: dict[str, Any], path: str) -> None:
    for field in REQUIRED[path]:
        body = {name: value for name, value in bodies[path].items() if name != field}
        answer = api.post(path, body)
        assert (answer.status_code, answer.json()["error"]) == (
            400, f"Missing required fields: {field}",
        )  # fmt: skip
    assert nothing_written()


@pytest.mark.parametrize("path", REQUIRED)
def test_a_bad_value_is_a_400_that_names_the_field(
    api: Api, bodies: dict[str, Any], path: str
) -> None:
    for field in bodies[path]:
        for value in HOSTILE:
            if is_good(field, value):
                continue
            answer = api.post(path, {**bodies[path], field: value})
            assert 400 <= answer.status_code < 500, (field, value, answer.content)
            said = answer.json()
            assert field in said["error"] or said.get("field") == field, (field, value, said)
            assert nothing_written(), (field, value)


@pytest.mark.parametrize("path", [*REQUIRED, "/api/memberships/1/cancel/"])
@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_body_that_is_none_is_a_4xx(api: Api, write_key: str, path: str, body: bytes) -> None:
    answer = Client(HTTP_HOST="alpha.localhost").post(
        path, body, content_type="application/json",
        headers={"Authorization": f"Bearer {write_key}"},
    )  # fmt: skip
    assert 400 <= answer.status_code < 500
    assert answer.json()["error"]
    assert nothing_written()


@pytest.mark.parametrize("path", list(REQUIRED)[:3])
@pytest.mark.parametrize("field", ["success_url", "cancel_url"])
@pytest.mark.parametrize(
    "url", ["http://evil.example/", "javascript:alert(1)", "//evil.example", "http://beta.localhost/"]
)  # fmt: skip
def test_the_payment_page_leads_back_to_the_business_alone(
    api: Api, bodies: dict[str, Any], path: str, field: str, url: str
) -> None:
    answer = api.post(path, {**bodies[path], field: url})
    assert (answer.status_code, answer.json()["field"]) == (400, field)
    assert nothing_written()
