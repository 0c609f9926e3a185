"""Whatever is wrong with a call: a 4xx that names the field, and nothing written."""

from typing import Any

import pytest
from django.test import Client

from bookings.models import Booking
from payments.models import Customer, PaymentSession, StripeAccount
from tenants.models import Tenant
from tests.contract.api import BOOKINGS, PAYMENTS, Api, booking_body, checkout_body

pytestmark = pytest.mark.django_db

HUGE = 10**40
HOSTILE: list[Any] = [
    None, True, False, -1, 0.5, HUGE, "", " ", "\u202e", "x" * 5000, [], {}, [1], {"a": 1},
    "'; DROP TABLE access_user; --", "<script>", "2027", "not-a-date", "١٢٣",
]  # fmt: skip
# What each field takes, of the above: these are asserted to be good elsewhere, or harmless text.
TEXT = {"'; DROP TABLE access_user; --", "<script>", "2027", "not-a-date", "١٢٣", "\u202e"}
GOOD: dict[str, set[Any]] = {
    "payable_type": TEXT - {"\u202e"},
    "payable_id": TEXT - {"\u202e"},
    "customer_name": TEXT - {"\u202e"},
    "customer_phone": TEXT | {"", " "},
    "notes": TEXT | {"", " "},
    "service_name": TEXT - {"\u202e"},
    "idempotency_key": TEXT - {"\u202e"},
}


def is_good(field: str, value: Any) -> bool:
    if isinstance(value, str):
        return value in GOOD.get(field, set())
    return (field == "customer" and value in ({}, {"a": 1})) or (
        field == "metadata" and value in ({}, {"a": 1})
    ) or (field == "payable_id" and value == -1)  # fmt: skip


def cases(body: dict[str, Any]) -> list[tuple[str, Any]]:
    return [(field, value) for field in body for value in HOSTILE if not is_good(field, value)]


def nothing_written() -> bool:
    rows = (Booking, PaymentSession, Customer)
    return not any(model.objects.exists() for model in rows)


@pytest.fixture
def api(alpha: Tenant, write_key: str, account: StripeAccount) -> Api:
    return Api(alpha, write_key)


def test_a_bad_value_in_a_checkout_is_a_400_that_names_the_field(api: Api) -> None:
    for field, value in cases(checkout_body()):
        response = api.checkout(**{field: value})
        named = "Amount" if field == "amount_pence" and value == -1 else field
        assert 400 <= response.status_code < 500, (field, value)
        assert named in response.json()["error"], (field, value, response.json())
        assert nothing_written(), (field, value)


def test_a_bad_value_in_a_booking_is_a_400_that_names_the_field(api: Api) -> None:
    for field, value in cases(booking_body()):
        if field == "deposit_amount_pence" and value is None:
            continue
        response = api.book(**{field: value})
        assert 400 <= response.status_code < 500, (field, value, response.content)
        assert field in response.json()["error"], (field, value, response.json())
        assert nothing_written(), (field, value)


@pytest.mark.parametrize(
    "date",
    [
        "2020-01-01T10:00:00+00:00", "2099-01-01T10:00:00+00:00", "2027-03-01T10:00:00",
        "2027-03-01", "2027-02-30T10:00:00+00:00", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00Z",
        "2027-03-01T25:00:00+00:00", "tomorrow", "2027-03-01T10:00:00+99:00", "1e400",
    ],
)  # fmt: skip
def test_a_time_that_cannot_be_is_refused(api: Api, date: str) -> None:
    response = api.book(booking_date=date)
    assert response.status_code == 400
    assert "booking_date" in response.json()["error"]
    assert nothing_written()


def test_more_deposit_than_price_is_refused(api: Api) -> None:
    response = api.book(total_amount_pence=100, deposit_amount_pence=101)
    assert response.status_code == 400
    assert "deposit_amount_pence" in response.json()["error"]
    assert nothing_written()


BODIES: list[bytes] = [
    b"", b"[]", b"[1]", b"null", b'"text"', b"1", b"{", b"\xff\xfe\x00", b'{"a": NaN}',
    b'{"a": Infinity}', b"[" * 100_000, b'{"a":' * 100_000, b'{"notes": "\\ud800"}',
    b'{"notes": "\\u0000"}', b'{"n": ' + b"9" * 10_000 + b"}", b'{"a": 1e999}',
]  # fmt: skip
PATHS = [
    BOOKINGS,
    f"{PAYMENTS}/checkout/",
    f"{BOOKINGS}1/confirm-payment/",
    f"{BOOKINGS}1/payment-cancel/",
    f"{BOOKINGS}1/cancel/",
    f"{BOOKINGS}1/reschedule/",
]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize(
    "content_type", ["application/json", "text/plain", "multipart/form-data; boundary=x", "x"]
)
def test_a_body_that_is_none_is_a_4xx(
    api: Api, write_key: str, path: str, body: bytes, content_type: str
) -> None:
    response = Client(HTTP_HOST="alpha.localhost").post(
        path, body, content_type=content_type, headers={"Authorization": f"Bearer {write_key}"}
    )
    assert 400 <= response.status_code < 500
    assert response.json()["error"]
    assert nothing_written()


@pytest.mark.parametrize("path", PATHS[:2])
def test_a_body_over_one_megabyte_is_a_413(api: Api, path: str) -> None:
    response = api.post(path, booking_body(notes="x" * (1024 * 1024)))
    assert response.status_code == 413
    assert "1 MB" in response.json()["error"]


def test_a_chunked_body_is_a_411_that_says_what_to_send(in_alpha: Tenant) -> None:
    response = Client(HTTP_HOST="alpha.localhost").post(
        BOOKINGS, b"", content_type="application/json", headers={"Transfer-Encoding": "chunked"}
    )
    assert response.status_code == 411
    assert "Content-Length" in response.json()["error"]


def test_an_answer_is_json_whatever_is_asked_for(api: Api, write_key: str) -> None:
    for accept in ("application/xml", "text/html", "x", ""):
        response = Client(HTTP_HOST="alpha.localhost").get(
            f"{BOOKINGS}1/", headers={"Accept": accept, "Authorization": f"Bearer {write_key}"}
        )
        assert (response.status_code, response.json()["error"]) == (404, "Booking not found")


@pytest.mark.parametrize(
    "authorization",
    ["Bearer", "Bearer ", "Bearer a b", "Basic x", "bearer \u00e9", "Bearer " + "x" * 9999,
     "Bearer .", "Bearer a.", "Bearer \x7f", "Token x", "Bearer '\";--"],
)  # fmt: skip
def test_a_garbage_authorization_is_a_401(in_alpha: Tenant, authorization: str) -> None:
    client = Client(HTTP_HOST="alpha.localhost")
    for path in (f"{BOOKINGS}1/", f"{PAYMENTS}/status/x/"):
        response = client.get(path, headers={"Authorization": authorization})
        assert response.status_code == 401
        assert response.json()["error"]
        assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_another_method_is_a_405(api: Api, write_key: str, method: str) -> None:
    response = getattr(Client(HTTP_HOST="alpha.localhost"), method)(
        BOOKINGS, headers={"Authorization": f"Bearer {write_key}"}
    )
    assert response.status_code == 405
    assert response.json()["error"]


def test_an_unknown_address_under_api_answers_with_json(in_alpha: Tenant) -> None:
    response = Client(HTTP_HOST="alpha.localhost").get("/api/nothing/")
    assert response.status_code == 404
    assert response.json() == {"error": "Not found"}
