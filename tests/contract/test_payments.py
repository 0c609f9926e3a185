"""The contract, call by call: payments."""

import uuid

import pytest

from payments.models import PaymentSession, StripeAccount
from payments.services import settle
from tenants.models import Tenant
from tests.contract.api import PAYMENTS, Api
from tests.stripe_control import Control

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(alpha: Tenant, write_key: str) -> Api:
    return Api(alpha, write_key)


def session_id(checkout_url: str) -> str:
    return checkout_url.rsplit("/", 1)[-1]


def test_a_checkout_answers_with_its_page_and_session(api: Api, stripe: Control) -> None:
    response = api.checkout()
    assert response.status_code == 200
    body = response.json()
    assert body["status"] == "pending"
    assert body["checkout_url"].startswith(stripe.base.replace("127.0.0.1", "localhost"))
    session = PaymentSession.objects.get(pk=body["payment_session_id"])
    assert isinstance(body["payment_session_id"], str)
    assert (session.amount, session.currency, session.payable_id) == (1500, "GBP", "7")


def test_what_stripe_is_told(api: Api, stripe: Control) -> None:
    sent = {"order": "A-1", "payment_session_id": "forged", "tillhouse_schema": "beta"}
    body = api.checkout(metadata=sent).json()
    (told,) = stripe("sessions")
    assert told["id"] == session_id(body["checkout_url"])
    assert (told["amount_total"], told["currency"]) == (1500, "gbp")
    assert told["success_url"] == "http://alpha.localhost:8000/ok?s={CHECKOUT_SESSION_ID}"
    assert told["customer_email"] == "ann@example.com"
    assert told["metadata"] == {
        "order": "A-1",
        "payable_type": "invoice",
        "payable_id": "7",
        "payment_session_id": body["payment_session_id"],
        "tillhouse_schema": "alpha",
    }


@pytest.mark.parametrize("payable_id", [7, "7", "order-9/ä"])
def test_a_payable_id_is_a_string_or_an_integer(
    api: Api, stripe: Control, payable_id: str | int
) -> None:
    body = api.checkout(payable_id=payable_id).json()
    status = api.get(f"{PAYMENTS}/status/{body['payment_session_id']}/").json()
    assert status["payable_id"] == str(payable_id)


def test_the_same_key_and_payload_give_the_same_session(api: Api, stripe: Control) -> None:
    first, second = api.checkout().json(), api.checkout().json()
    assert first == second
    assert PaymentSession.objects.count() == 1
    assert len(stripe("sessions")) == 1


@pytest.mark.parametrize(
    "change", [{"amount_pence": 1501}, {"currency": "EUR"}, {"payable_id": 8}, {"metadata": {}}]
)
def test_the_same_key_with_another_payload_is_a_409(
    api: Api, stripe: Control, change: dict[str, object]
) -> None:
    api.checkout()
    response = api.checkout(**change)
    assert response.status_code == 409
    assert "idempotency_key" in response.json()["error"]
    assert PaymentSession.objects.get().amount == 1500


def test_optional_fields_may_be_left_out(api: Api, stripe: Control) -> None:
    response = api.checkout(currency=..., customer=..., metadata=...)
    assert response.status_code == 200
    assert PaymentSession.objects.get().currency == "GBP"


def test_nothing_to_pay_is_allowed(api: Api, stripe: Control) -> None:
    body = api.checkout(amount_pence=0).json()
    stripe("pay", session=session_id(body["checkout_url"]))
    assert settle(body["payment_session_id"]).status == "succeeded"


def test_switched_off_it_says_so(api: Api, account: StripeAccount) -> None:
    account.payments_enabled = False
    account.save()
    response = api.checkout()
    assert response.status_code == 400
    assert response.json()["error"] == "Payments are not enabled for this instance"
    assert not PaymentSession.objects.exists()


@pytest.mark.parametrize(
    "body", ["{", "nonsense", b"\xff\xfe", '{"a": NaN}', "[" * 100_000, '{"a":"\\ud800"}']
)
def test_what_is_no_json_is_called_so(api: Api, account: StripeAccount, body: str | bytes) -> None:
    response = api.post(f"{PAYMENTS}/checkout/", body)
    assert response.status_code == 400
    assert response.json()["error"] == "Invalid JSON"


def test_missing_fields_are_named(api: Api, account: StripeAccount) -> None:
    response = api.checkout(payable_type=..., amount_pence=..., idempotency_key=...)
    assert response.status_code == 400
    assert response.json()["error"] == (
        "Missing required fields: payable_type, amount_pence, idempotency_key"
    )


def test_a_negative_amount_is_refused(api: Api, account: StripeAccount) -> None:
    response = api.checkout(amount_pence=-1)
    assert response.status_code == 400
    assert "Amount must be >= 0" in response.json()["error"]


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "500", "times": 9},
        {"kind": "429", "times": 9},
        {"kind": "timeout_before", "times": 9},
    ],
)
def test_a_processor_that_fails_is_a_502_in_our_words(
    api: Api, stripe: Control, fault: dict[str, object]
) -> None:
    stripe("fault", path="checkout/sessions", **fault)
    response = api.checkout()
    assert response.status_code == 502
    assert response.json()["error"] == (
        "The payment processor could not be reached. Please try again."
    )
    stripe("clear_faults")
    again = api.checkout()
    assert again.status_code == 200
    assert len(stripe("sessions")) == 1
    assert PaymentSession.objects.count() == 1


def test_an_answer_lost_after_stripe_did_it_makes_no_second_session(
    api: Api, stripe: Control
) -> None:
    stripe("fault", kind="timeout_after", path="checkout/sessions", times=1)
    assert api.checkout().status_code == 502
    assert api.checkout().status_code == 200
    assert len(stripe("sessions")) == 1


def test_a_rejected_key_is_a_502_without_stripes_words(
    api: Api, stripe: Control, account: StripeAccount
) -> None:
    account.secret_key = "sk_test_revoked"
    account.save()
    response = api.checkout()
    assert response.status_code == 502
    assert response.json()["error"] == "The payment processor refused the request."
    assert "revoked" not in response.content.decode()


def test_the_status_of_a_payment(api: Api, stripe: Control) -> None:
    created = api.checkout().json()
    response = api.get(f"{PAYMENTS}/status/{created['payment_session_id']}/")
    assert response.status_code == 200
    assert response.json() == {
        "payment_session_id": created["payment_session_id"],
        "payable_type": "invoice",
        "payable_id": "7",
        "status": "pending",
        "amount_pence": 1500,
        "amount_refunded_pence": 0,
        "amount_refundable_pence": 0,
        "currency": "GBP",
        "is_processing": False,
        "is_disputed": False,
    }


@pytest.mark.parametrize(
    "unknown", ["11111111-1111-4111-8111-111111111111", "1", "x" * 500, "a b", "%F0%9F%94%91"]
)
def test_an_unknown_payment_is_a_404(api: Api, account: StripeAccount, unknown: str) -> None:
    response = api.get(f"{PAYMENTS}/status/{unknown}/")
    assert response.status_code == 404
    assert response.json()["error"] == "Payment session not found"


# --- Who may ---


def test_without_a_key_it_is_a_401(alpha: Tenant, stripe: Control) -> None:
    assert Api(alpha).checkout().status_code == 401
    assert Api(alpha, "nonsense").checkout().status_code == 401
    assert not PaymentSession.objects.exists()


def test_a_read_key_reads_and_opens_no_checkout(
    alpha: Tenant, api: Api, read_key: str, stripe: Control
) -> None:
    created = api.checkout().json()
    reader = Api(alpha, read_key)
    assert reader.get(f"{PAYMENTS}/status/{created['payment_session_id']}/").status_code == 200
    assert reader.checkout(idempotency_key="other").status_code == 403
    assert PaymentSession.objects.count() == 1


def test_the_token_opens_its_payment_only(alpha: Tenant, api: Api, stripe: Control) -> None:
    mine = api.checkout().json()
    other = api.checkout(idempotency_key="order-2").json()
    holder = Api(alpha, mine["payment_token"])
    path = f"{PAYMENTS}/status/{mine['payment_session_id']}/"
    assert holder.get(path).status_code == 200
    assert Api(alpha).get(path, token=mine["payment_token"]).status_code == 200
    assert holder.get(f"{PAYMENTS}/status/{other['payment_session_id']}/").status_code == 401
    assert holder.get(f"{PAYMENTS}/status/{uuid.uuid4()}/").status_code == 401


def test_the_token_may_try_the_same_sum_again_and_no_other(
    alpha: Tenant, api: Api, stripe: Control
) -> None:
    mine = api.checkout().json()
    holder = Api(alpha, mine["payment_token"])
    assert holder.checkout(idempotency_key="again").status_code == 200
    for change in ({"amount_pence": 1}, {"payable_id": 8}, {"currency": "EUR"}):
        assert holder.checkout(idempotency_key="cheap", **change).status_code == 401
    assert PaymentSession.objects.count() == 2


def test_the_token_does_not_pay_twice(alpha: Tenant, api: Api, stripe: Control) -> None:
    mine = api.checkout().json()
    stripe("pay", session=session_id(mine["checkout_url"]))
    settle(mine["payment_session_id"])
    again = Api(alpha, mine["payment_token"]).checkout(idempotency_key="again")
    assert (again.status_code, again.json()["code"]) == (409, "already_paid")
    assert PaymentSession.objects.count() == 1


@pytest.mark.parametrize("field", ["success_url", "cancel_url"])
@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/", "//evil.example/", "javascript:alert(1)", "/relative", "",
        "http://alpha.localhost@evil.example/", "http://evil.example\\@alpha.localhost/",
        "http://alpha.localhost.evil.example/", "http://beta.localhost:8000/", "http://[::1",
        "http://alpha.localhost:99999/", "data:text/html,x", "http://alpha.lo\ncalhost/",
    ],
)  # fmt: skip
def test_a_return_address_elsewhere_is_refused(
    api: Api, account: StripeAccount, field: str, url: str
) -> None:
    response = api.checkout(**{field: url})
    assert response.status_code == 400
    assert field in response.json()["error"]
    assert not PaymentSession.objects.exists()


def test_an_allowed_origin_may_be_returned_to(
    api: Api, stripe: Control, account: StripeAccount
) -> None:
    account.return_origins = ["https://www.example.com"]
    account.save()
    assert api.checkout(success_url="https://www.example.com/thanks").status_code == 200
    refused = api.checkout(idempotency_key="2", success_url="http://www.example.com/thanks")
    assert refused.status_code == 400
