"""The sandbox behaves as Stripe does, towards Stripe's own SDK."""

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import stripe

from tests.stripe_control import Control

SessionMaker = Callable[..., Any]


def client(control: Control, key: str = "sk_test_one") -> Any:
    addresses: Any = {"api": control.base}
    return stripe.StripeClient(key, base_addresses=addresses, max_network_retries=0).v1


@pytest.fixture
def api(stripe_control: Control) -> Any:
    return client(stripe_control)


def session_params(**changes: Any) -> dict[str, Any]:
    return {
        "mode": "payment",
        "success_url": "http://shop.localhost/ok?s={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://shop.localhost/back",
        "metadata": {"order": "1"},
        "payment_intent_data": {"metadata": {"order": "1"}},
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": "gbp",
                    "unit_amount": 1000,
                    "product_data": {"name": "Chair"},
                },
            }
        ],
        **changes,
    }


def paid(api: Any, control: Control) -> Any:
    session = api.checkout.sessions.create(session_params())
    control("pay", session=session.id)
    return api.checkout.sessions.retrieve(session.id)


def test_a_session_is_open_and_has_no_payment_intent_yet(api: Any) -> None:
    session = api.checkout.sessions.create(session_params())
    assert (session.status, session.payment_status, session.payment_intent) == (
        "open", "unpaid", None,
    )  # fmt: skip
    assert (session.amount_total, session.currency, session.livemode) == (1000, "gbp", False)
    assert session.id in session.url


def test_paying_makes_intent_charge_and_after_a_while_a_fee(
    api: Any, stripe_control: Control
) -> None:
    session = paid(api, stripe_control)
    assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
    intent = api.payment_intents.retrieve(session.payment_intent, {"expand": ["latest_charge"]})
    assert (intent.status, intent.amount_received) == ("succeeded", 1000)
    assert intent.latest_charge.metadata["order"] == "1"
    stripe_control.wait_until_idle()
    charge = api.charges.retrieve(intent.latest_charge.id, {"expand": ["balance_transaction"]})
    line = charge.balance_transaction
    assert (line.amount, line.fee, line.net) == (1000, 35, 965)


def test_events_are_told_in_full(api: Any, stripe_control: Control) -> None:
    paid(api, stripe_control)
    stripe_control.wait_until_idle()
    types = [event.type for event in api.events.list({"limit": 100}).data]
    assert sorted(types) == [
        "charge.succeeded",
        "charge.updated",
        "checkout.session.completed",
        "payment_intent.created",
        "payment_intent.succeeded",
    ]


def test_only_an_open_session_can_be_expired(api: Any, stripe_control: Control) -> None:
    session = api.checkout.sessions.create(session_params())
    assert api.checkout.sessions.expire(session.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="open"):
        api.checkout.sessions.expire(session.id)
    with pytest.raises(stripe.InvalidRequestError):
        api.checkout.sessions.expire(paid(api, stripe_control).id)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"mode": "party"}, "mode"),
        ({"success_url": ""}, "success_url"),
        ({"success_url": "nowhere"}, "success_url"),
        ({"line_items": []}, "line_items"),
        ({"expires_at": 5}, "expires_at"),
    ],
)
def test_a_bad_request_names_its_parameter(api: Any, change: dict[str, Any], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as error:
        api.checkout.sessions.create(session_params(**change))
    assert error.value.param == param


@pytest.mark.parametrize("seconds", [60, 29 * 60, 25 * 60 * 60])
def test_a_session_lasts_half_an_hour_to_a_day(api: Any, seconds: int) -> None:
    with pytest.raises(stripe.InvalidRequestError) as error:
        api.checkout.sessions.create(session_params(expires_at=int(time.time()) + seconds))
    assert error.value.param == "expires_at"


def test_an_account_is_its_key(api: Any, stripe_control: Control) -> None:
    session = paid(api, stripe_control)
    other = client(stripe_control, "sk_test_other")
    with pytest.raises(stripe.InvalidRequestError) as error:
        other.checkout.sessions.retrieve(session.id)
    assert (error.value.http_status, error.value.code) == (404, "resource_missing")
    assert other.events.list().data == []


@pytest.mark.parametrize(
    "key", ["sk_live_x", "rk_live_x", "pk_test_x", "nonsense", "sk_test_revoked"]
)
def test_a_key_that_is_none_or_live_is_refused(stripe_control: Control, key: str) -> None:
    with pytest.raises(stripe.AuthenticationError):
        client(stripe_control, key).balance.retrieve()


def test_the_same_idempotency_key_is_the_same_answer(api: Any) -> None:
    options: Any = {"idempotency_key": "k"}
    first = api.checkout.sessions.create(session_params(), options)
    assert api.checkout.sessions.create(session_params(), options).id == first.id
    with pytest.raises(stripe.IdempotencyError):
        api.checkout.sessions.create(session_params(mode="setup"), options)


def test_the_same_key_at_once_makes_one_object(api: Any, stripe_control: Control) -> None:
    options: Any = {"idempotency_key": "k"}
    with ThreadPoolExecutor(20) as pool:
        made = pool.map(
            lambda _: api.checkout.sessions.create(session_params(), options).id, range(20)
        )
        assert len(set(made)) == 1
    assert len(stripe_control("sessions")) == 1


def test_refunds_add_up(api: Any, stripe_control: Control) -> None:
    session = paid(api, stripe_control)
    intent = session.payment_intent
    api.refunds.create({"payment_intent": intent, "amount": 400})
    with pytest.raises(stripe.InvalidRequestError, match="greater than"):
        api.refunds.create({"payment_intent": intent, "amount": 601})
    rest = api.refunds.create({"payment_intent": intent})
    assert (rest.amount, rest.status) == (600, "succeeded")
    with pytest.raises(stripe.InvalidRequestError) as error:
        api.refunds.create({"payment_intent": intent, "amount": 1})
    assert error.value.code == "charge_already_refunded"
    charge = api.charges.list({"payment_intent": intent}).data[0]
    assert (charge.amount_refunded, charge.refunded) == (1000, True)
    assert not hasattr(charge, "refunds")


def test_a_refund_that_fails_later_returns_the_money(api: Any, stripe_control: Control) -> None:
    session = paid(api, stripe_control)
    stripe_control.wait_until_idle()
    refund = api.refunds.create({"payment_intent": session.payment_intent})
    stripe_control("refund_fails", refund=refund.id)
    assert api.refunds.retrieve(refund.id).status == "failed"
    assert api.balance.retrieve().available[0].amount == 965


def test_a_bank_debit_is_complete_and_unpaid_until_the_bank_answers(
    api: Any, stripe_control: Control
) -> None:
    for answer, status in (("bank_pays", "paid"), ("bank_refuses", "unpaid")):
        session = api.checkout.sessions.create(session_params())
        stripe_control("bank_debit", session=session.id)
        waiting = api.checkout.sessions.retrieve(session.id)
        assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
        stripe_control(answer, session=session.id)
        assert api.checkout.sessions.retrieve(session.id).payment_status == status


def test_a_list_is_given_page_by_page(api: Any) -> None:
    made = [api.customers.create({"email": f"{n}@example.com"}).id for n in range(5)]
    page = api.customers.list({"limit": 2})
    assert ([one.id for one in page.data], page.has_more) == (made[:2:-1], True)
    rest = api.customers.list({"limit": 5, "starting_after": page.data[-1].id})
    assert ([one.id for one in rest.data], rest.has_more) == (made[2::-1], False)


class Receiver:
    def __init__(self, statuses: list[int]) -> None:
        self.bodies: list[tuple[str, bytes]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.bodies.append((self.headers["Stripe-Signature"], body))
                self.send_response(statuses.pop(0) if statuses else 200)
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                """Keep the tests' output clean."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def test_events_are_delivered_signed_and_again_after_a_failure(
    api: Any, stripe_control: Control
) -> None:
    receiver = Receiver([500])
    endpoint = api.webhook_endpoints.create(
        {
            "url": f"http://hooks.localhost:{receiver.server.server_port}/",
            "enabled_events": ["checkout.session.completed"],
        }
    )
    assert not hasattr(api.webhook_endpoints.retrieve(endpoint.id), "secret")
    paid(api, stripe_control)
    stripe_control.wait_until_idle()
    receiver.server.shutdown()
    assert len(receiver.bodies) == 2
    for header, body in receiver.bodies:
        event = stripe.Webhook.construct_event(body, header, endpoint.secret)
        assert event.type == "checkout.session.completed"
    assert len({json.loads(body)["id"] for _, body in receiver.bodies}) == 1


def test_a_fault_hits_the_requests_it_is_planned_for(api: Any, stripe_control: Control) -> None:
    stripe_control("fault", kind="429", path="customers", times=1)
    api.balance.retrieve()
    with pytest.raises(stripe.RateLimitError):
        api.customers.create({"email": "a@example.com"})
    api.customers.create({"email": "a@example.com"})


def test_an_answer_may_be_lost_after_the_work_is_done(api: Any, stripe_control: Control) -> None:
    stripe_control("fault", kind="timeout_after", path="customers", times=1)
    with pytest.raises(stripe.APIError):
        api.customers.create({"email": "a@example.com"})
    assert len(api.customers.list().data) == 1


def test_an_unknown_address_is_a_404(stripe_control: Control) -> None:
    import requests

    answer = requests.get(
        f"{stripe_control.base}/v1/nothing",
        headers={"Authorization": "Bearer sk_test_x"},
        timeout=9,
    )
    assert (answer.status_code, "Unrecognized" in answer.json()["error"]["message"]) == (404, True)
