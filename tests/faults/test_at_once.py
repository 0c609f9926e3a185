"""Many at once, against the running platform: nothing is sold, paid or confirmed twice."""

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from demo.stack import Stack
from tests.contract.api import booking_body, checkout_body
from tests.http import LiveApi, at_once
from tests.stripe_control import Control


def rows(stack: Stack, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Look into the running platform's database."""
    url = stack.database_url.replace("postgres://", "postgresql://", 1)
    with psycopg.connect(url) as connection:
        return connection.execute(sql, values).fetchall()


#: Looked up once: past midnight, one test's day would be another's of before.
TODAYS_NOON = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)


def starts(days: int) -> str:
    """Return a time `days` ahead; each test takes a day of its own."""
    return (TODAYS_NOON + timedelta(days=days)).isoformat()


def session_id(body: dict[str, Any]) -> str:
    return str(body["checkout_url"].rsplit("/", 1)[-1])


def events_of(control: Control, stack: Stack, type: str, session: str) -> list[str]:
    """Return the ids of the events of a type about a Checkout Session."""
    return [
        event["id"]
        for event in control("events")
        if event["type"] == type and event["data"]["object"]["id"] == session
    ]


@pytest.mark.parametrize("deposit", [0, 1000])
def test_200_bookings_of_one_slot_have_one_winner(stack: Stack, deposit: int) -> None:
    api = LiveApi(stack, "salon")
    body = booking_body(
        booking_date=starts(30 + deposit // 100), deposit_amount_pence=deposit,
        service_name="Cut & finish", resource="Isla",
    )  # fmt: skip
    answers = at_once(200, lambda number: api.post("/api/bookings/", body))
    assert Counter(answer.status for answer in answers) == {201: 1, 409: 199}
    winner = next(answer for answer in answers if answer.status == 201)
    found = rows(
        stack, "SELECT id FROM salon.bookings_booking WHERE starts_at = %s", body["booking_date"]
    )
    assert found == [(winner.body["booking_id"],)]


def test_overlapping_bookings_at_once_never_share_a_minute(stack: Stack) -> None:
    api = LiveApi(stack, "gym")
    day = datetime.fromisoformat(starts(45))

    def book(number: int) -> Any:
        moment = day + timedelta(minutes=7 * (number % 20))
        return api.post(
            "/api/bookings/",
            booking_body(
                booking_date=moment.isoformat(), deposit_amount_pence=0, service_name="Body check"
            ),
        )

    answers = at_once(100, book)
    assert {answer.status for answer in answers} == {201, 409}
    booked = rows(
        stack,
        "SELECT starts_at, ends_at FROM gym.bookings_booking "
        "WHERE starts_at >= %s AND starts_at < %s AND status <> 'CANCELLED' ORDER BY starts_at",
        day, day + timedelta(days=1),
    )  # fmt: skip
    assert len(booked) == sum(answer.status == 201 for answer in answers) >= 2
    assert all(first[1] <= second[0] for first, second in itertools.pairwise(booked))


def test_one_event_delivered_50_times_at_once_confirms_once(stack: Stack, control: Control) -> None:
    api = LiveApi(stack, "restaurant")
    control("hold")
    try:
        created = api.post("/api/bookings/", booking_body(booking_date=starts(31))).body
        control("pay", session=session_id(created))
        (event,) = events_of(control, stack, "checkout.session.completed", session_id(created))
        assert control("redeliver", event=event, times=50) == [200] * 50
        copy = control("resend", event=event)
        assert control("redeliver", event=copy["id"], times=3) == [200] * 3
    finally:
        control("release")
    control.wait_until_idle()
    number = created["booking_id"]
    assert api.get(f"/api/bookings/{number}/").body["status"] == "CONFIRMED"
    payment = created["payment_session_id"]
    (transactions,) = rows(
        stack,
        "SELECT count(*) FROM restaurant.payments_transaction WHERE payment_session_id = %s",
        payment,
    )
    (confirmations,) = rows(
        stack,
        "SELECT count(*) FROM restaurant.events_event WHERE type = 'booking.confirmed' "
        "AND data->>'booking_id' = %s",
        str(number),
    )
    assert (transactions, confirmations) == ((1,), (1,))


def test_one_idempotency_key_at_once_opens_one_checkout(stack: Stack, control: Control) -> None:
    api = LiveApi(stack, "salon")
    body = {
        "payable_type": "invoice", "payable_id": "at-once", "amount_pence": 700,
        "success_url": f"http://salon.localhost:{stack.port}/", "idempotency_key": "at-once",
        "cancel_url": f"http://salon.localhost:{stack.port}/",
    }  # fmt: skip
    answers = at_once(20, lambda number: api.post("/api/payments/checkout/", body), threads=20)
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body["payment_session_id"] for answer in answers}) == 1
    opened = [one for one in control("sessions") if one["metadata"].get("payable_id") == "at-once"]
    assert len(opened) == 1


def test_refunds_at_once_never_exceed_the_payment(stack: Stack, control: Control) -> None:
    api = LiveApi(stack, "salon")
    created = api.post(
        "/api/bookings/", booking_body(booking_date=starts(33), deposit_amount_pence=1000)
    ).body
    control("pay", session=session_id(created))
    control.wait_until_idle()
    payment = created["payment_session_id"]
    script = (
        "import threading; from django.db import connection; "
        "from django_tenants.utils import tenant_context; from tenants.models import Tenant; "
        "from payments.services import refund_payment; from access.actors import SYSTEM\n"
        "tenant = Tenant.objects.prefetch_related('domains').get(schema_name='salon')\n"
        "tenant.hosts\n"
        "results = []\n"
        "def work():\n"
        "    with tenant_context(tenant):\n"
        "        try:\n"
        f"            refund_payment(payment_session_id='{payment}', amount=600, actor=SYSTEM)\n"
        "            results.append('ok')\n"
        "        except Exception as error:\n"
        "            results.append(type(error).__name__)\n"
        "    connection.close()\n"
        "threads = [threading.Thread(target=work) for _ in range(10)]\n"
        "[t.start() for t in threads]; [t.join() for t in threads]\n"
        "print(sorted(results))\n"
    )
    printed = stack.manage("shell", "--no-imports", "--verbosity", "0", "-c", script)
    assert printed.strip().splitlines()[-1] == str(["RefundRefused"] * 9 + ["ok"])
    control.wait_until_idle()
    found = rows(
        stack,
        "SELECT amount, status FROM salon.payments_refund WHERE payment_session_id = %s",
        payment,
    )
    assert found == [(600, "succeeded")]


def test_ten_refunds_at_once_never_exceed_the_payment(stack: Stack, control: Control) -> None:
    api = LiveApi(stack, "salon")
    checkout = api.post(
        "/api/payments/checkout/",
        checkout_body(
            amount_pence=10000, idempotency_key="ten-refunds",
            success_url=f"http://salon.localhost:{stack.port}/",
            cancel_url=f"http://salon.localhost:{stack.port}/",
        ),
    ).body  # fmt: skip
    control("pay", session=session_id(checkout))
    control.wait_until_idle()
    wanted = {"payment_session_id": checkout["payment_session_id"], "amount_pence": 6000}
    answers = at_once(10, lambda number: api.post("/api/payments/refunds/", wanted))
    assert Counter(answer.status for answer in answers) == {201: 1, 409: 9}
    status = api.get(f"/api/payments/status/{checkout['payment_session_id']}/").body
    assert (status["amount_refunded_pence"], status["amount_refundable_pence"]) == (6000, 4000)
    made = [one for one in control("events") if one["type"] == "refund.created"]
    intent = made[-1]["data"]["object"]["payment_intent"]
    assert len([m for m in made if m["data"]["object"]["payment_intent"] == intent]) == 1
