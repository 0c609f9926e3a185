"""A series with deposits: each date is held, and can be paid, for a day."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail

from bookings import services
from bookings.models import Booking
from payments.models import PaymentSession
from tenants.models import Tenant
from tests.bookings.changing import haircut, noon, open_always
from tests.contract.api import Api
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db

PATH = "/api/bookings/series/"


def body(**changes: Any) -> dict[str, Any]:
    return {
        "customer_name": "Ann", "customer_email": "ann@example.com", "service_name": "Haircut",
        "booking_date": noon().isoformat(), "count": 2, "deposit_amount_pence": 500,
        **changes,
    }  # fmt: skip


@pytest.fixture(autouse=True)
def _open(in_alpha: Tenant, stripe: Control) -> None:
    open_always()
    haircut()


def test_each_date_has_a_page_on_which_its_deposit_is_paid(
    in_alpha: Tenant, stripe: Control, write_key: str, run_jobs: JobRunner
) -> None:
    answer = Api(in_alpha, write_key).post(
        PATH, body(success_url="http://alpha.localhost:8000/thanks")
    )
    assert answer.status_code == 201
    first, second = answer.json()["booked"]
    assert (first["status"], second["status"]) == ("PENDING_PAYMENT", "PENDING_PAYMENT")
    assert first["checkout_url"] != second["checkout_url"]
    session = PaymentSession.objects.get(pk=first["payment_session_id"])
    assert (session.amount, session.checkout_url) == (500, first["checkout_url"])
    assert session.success_url == "http://alpha.localhost:8000/thanks"
    # Not only for the quarter of an hour of a single booking.
    hold = Booking.objects.get(pk=first["booking_id"]).hold_expires_at
    assert hold is not None and hold > datetime.now(UTC) + timedelta(hours=22)
    stripe("pay", session=session.stripe_checkout_session_id)
    services.settle(Booking.objects.get(pk=first["booking_id"]))
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=5)):
        run_jobs()
    letter = next(one for one in mail.outbox if one.subject.startswith("Waiting"))
    assert letter.subject == "Waiting for your deposit: Haircut, every week"
    assert letter.body.count("Pay here: ") == 1
    assert f"Pay here: {second['url'].rstrip('/')}" in letter.body
    assert first["reference"] in letter.body


def test_when_stripe_fails_it_is_said_of_the_date_and_the_rest_can_be_paid_later(
    in_alpha: Tenant, stripe: Control, write_key: str
) -> None:
    stripe("fault", kind="500", times=9, method="POST", path="/v1/checkout/sessions")
    answer = Api(in_alpha, write_key).post(PATH, body())
    stripe("clear_faults")
    first, second = answer.json()["booked"]
    assert (first["status"], second["status"]) == ("CANCELLED", "PENDING_PAYMENT")
    assert "checkout_url" not in first and "checkout_url" not in second
    booking = Booking.objects.get(pk=second["booking_id"])
    assert services.start_payment(booking, own_hosts=in_alpha.hosts).checkout_url


def test_a_return_address_elsewhere_is_refused_before_anything_is_booked(
    in_alpha: Tenant, write_key: str
) -> None:
    answer = Api(in_alpha, write_key).post(PATH, body(cancel_url="https://evil.example/"))
    assert (answer.status_code, Booking.objects.count()) == (400, 0)
    assert "cancel_url" in answer.json()["error"]
