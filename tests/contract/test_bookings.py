"""The contract, call by call: bookings."""

from datetime import UTC, datetime, time
from typing import Any

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from bookings.models import Booking, OpeningHours, Resource, Service
from payments.models import PaymentSession, StripeAccount
from tenants.models import Tenant
from tests.contract.api import BOOKINGS, PAYMENTS, Api
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(alpha: Tenant, write_key: str) -> Api:
    return Api(alpha, write_key)


@pytest.fixture
def haircut(in_alpha: Tenant) -> Service:
    """Monday to Friday 9 to 17; £45.00, £10.00 deposit, 45 minutes, one chair."""
    return Service.objects.create(
        name="Haircut", duration_minutes=45, price=4500, deposit_kind="amount", deposit_value=1000
    )


def session_id(body: dict[str, Any]) -> str:
    return str(body["checkout_url"].rsplit("/", 1)[-1])


def test_a_deposit_due_holds_the_time_and_opens_a_checkout(api: Api, stripe: Control) -> None:
    response = api.book()
    assert response.status_code == 201
    body = response.json()
    booking = Booking.objects.get()
    assert (body["booking_id"], body["status"]) == (booking.pk, "PENDING_PAYMENT")
    assert isinstance(body["booking_id"], int)
    assert body["booking_token"] == booking.access_token
    session = PaymentSession.objects.get(pk=body["payment_session_id"])
    assert (session.amount, session.payable_type) == (1000, "booking")
    assert body["checkout_url"] == session.checkout_url
    assert booking.hold_expires_at is not None
    assert booking.ends_at > booking.starts_at == datetime(2027, 3, 1, 10, tzinfo=UTC)


def test_without_a_deposit_it_is_confirmed_at_once(
    api: Api, stripe: Control, run_jobs: JobRunner
) -> None:
    body = api.book(deposit_amount_pence=...).json()
    assert body["status"] == "CONFIRMED"
    assert body["message"] == "Booking confirmed without payment"
    assert not PaymentSession.objects.exists()
    run_jobs()
    assert mail.outbox[0].to == ["ann@example.com"]
    assert "Haircut" in mail.outbox[0].subject


def test_with_payments_off_it_is_confirmed_at_once(api: Api, account: StripeAccount) -> None:
    account.payments_enabled = False
    account.save()
    body = api.book().json()
    assert (body["status"], body["message"]) == ("CONFIRMED", "Booking created")
    assert "checkout_url" not in body


def test_switching_one_business_off_changes_nothing_for_another(
    api: Api, stripe: Control, beta: Tenant
) -> None:
    with tenant_context(beta):
        row = StripeAccount.objects.current()
        row.secret_key, row.webhook_secret, row.payments_enabled = "sk_test_b", "whsec_b", False
        row.save()
    assert api.book().json()["status"] == "PENDING_PAYMENT"


def test_a_taken_time_is_a_409(api: Api, stripe: Control) -> None:
    api.book()
    response = api.book(customer_email="late@example.com")
    assert response.status_code == 409
    assert "error" in response.json()
    assert Booking.objects.count() == 1


@pytest.mark.parametrize(
    ("start", "status"), [("09:00", 201), ("09:30", 409), ("10:59", 409), ("11:00", 201)]
)
def test_times_overlap_to_the_minute(
    api: Api, account: StripeAccount, start: str, status: int
) -> None:
    api.book(deposit_amount_pence=0)
    again = api.book(deposit_amount_pence=0, booking_date=f"2027-03-01T{start}:00+00:00")
    assert again.status_code == status


def test_reading_a_booking(api: Api, stripe: Control) -> None:
    created = api.book().json()
    response = api.get(f"{BOOKINGS}{created['booking_id']}/")
    assert response.status_code == 200
    assert response.json() == {
        "booking_id": created["booking_id"],
        "reference": created["reference"],
        "customer_name": "Ann Lee",
        "customer_email": "ann@example.com",
        "service_name": "Haircut",
        "booking_date": "2027-03-01T10:00:00+00:00",
        "total_amount_pence": 4500,
        "deposit_amount_pence": 1000,
        "discount_amount_pence": 0,
        "credit_amount_pence": 0,
        "party_size": 1,
        "currency": "GBP",
        "status": "PENDING_PAYMENT",
        "notes": "First visit",
    }


@pytest.mark.parametrize("unknown", [999, 2**63, 10**30])
def test_an_unknown_booking_is_a_404(api: Api, in_alpha: Tenant, unknown: int) -> None:
    response = api.get(f"{BOOKINGS}{unknown}/")
    assert response.status_code == 404
    assert response.json()["error"] == "Booking not found"


def test_confirm_payment_before_and_after_paying(api: Api, stripe: Control) -> None:
    created = api.book().json()
    path = f"{BOOKINGS}{created['booking_id']}/confirm-payment/"
    body = {"payment_session_id": created["payment_session_id"]}
    before = api.post(path, body)
    assert before.status_code == 200
    assert before.json() == {
        "booking_id": created["booking_id"],
        "status": "PENDING_PAYMENT",
        "payment_status": "pending",
        "message": "Payment not yet completed",
    }
    stripe("pay", session=session_id(created))
    for _ in range(2):
        after = api.post(path, body)
        assert after.status_code == 200
        assert after.json() == {
            "booking_id": created["booking_id"],
            "status": "CONFIRMED",
            "message": "Payment confirmed, booking is now confirmed",
        }


def test_confirm_payment_refuses_what_is_missing(api: Api, stripe: Control) -> None:
    created = api.book().json()
    path = f"{BOOKINGS}{created['booking_id']}/confirm-payment/"
    for body in ({}, {"payment_session_id": ""}, {"payment_session_id": None}):
        response = api.post(path, body)
        assert response.status_code == 400
        assert response.json()["error"] == "payment_session_id required"
    unknown = api.post(path, {"payment_session_id": "nope"})
    assert (unknown.status_code, unknown.json()["error"]) == (404, "Payment session not found")
    missing = api.post(f"{BOOKINGS}999/confirm-payment/", {"payment_session_id": "x"})
    assert (missing.status_code, missing.json()["error"]) == (404, "Booking not found")


def test_another_payment_never_confirms_a_booking(api: Api, stripe: Control) -> None:
    created = api.book().json()
    path = f"{BOOKINGS}{created['booking_id']}/confirm-payment/"
    forged = [
        api.checkout(idempotency_key="a", amount_pence=1000),
        api.checkout(
            idempotency_key="b", payable_type="booking", payable_id=created["booking_id"],
            amount_pence=1,
        ),
    ]  # fmt: skip
    for response in forged:
        other = response.json()
        stripe("pay", session=session_id(other))
        answer = api.post(path, {"payment_session_id": other["payment_session_id"]})
        assert answer.status_code == 404
        api.get(f"{PAYMENTS}/status/{other['payment_session_id']}/")
        from payments.services import settle

        assert settle(other["payment_session_id"]).status == "succeeded"
    assert Booking.objects.get().status == "PENDING_PAYMENT"


def test_a_payment_never_revives_a_booking_that_someone_cancelled(
    api: Api, stripe: Control, run_jobs: JobRunner
) -> None:
    created = api.book().json()
    # Somebody cancels while Stripe can't be reached, and the customer pays after all.
    stripe("fault", kind="500", times=99, path="expire")
    cancelled = api.post(f"{BOOKINGS}{created['booking_id']}/payment-cancel/", {})
    assert cancelled.json()["status"] == "CANCELLED"
    stripe("pay", session=session_id(created))
    response = api.post(
        f"{BOOKINGS}{created['booking_id']}/confirm-payment/",
        {"payment_session_id": created["payment_session_id"]},
    )
    assert response.status_code == 409
    assert Booking.objects.get().status == "CANCELLED"
    run_jobs()
    session = PaymentSession.objects.get()
    assert (session.status, session.amount_refunded) == ("refunded", 1000)
    assert session.refunds.count() == 1


def test_payment_success_says_what_is_next_and_changes_nothing(api: Api, stripe: Control) -> None:
    created = api.book().json()
    path = f"{BOOKINGS}{created['booking_id']}/payment-success/"
    response = api.get(path, session_id=session_id(created))
    assert response.status_code == 200
    assert set(response.json()) == {"message", "booking_id", "session_id", "next_step"}
    assert response.json()["session_id"] == session_id(created)
    assert Booking.objects.get().status == "PENDING_PAYMENT"
    assert api.get(f"{BOOKINGS}999/payment-success/").status_code == 404


def test_payment_success_opens_to_the_browser_that_stripe_sends(
    alpha: Tenant, api: Api, stripe: Control
) -> None:
    created = api.book().json()
    path = f"{BOOKINGS}{created['booking_id']}/payment-success/"
    stranger = Api(alpha)
    assert stranger.get(path, session_id=session_id(created)).status_code == 200
    assert stranger.get(path, session_id=created["payment_session_id"]).status_code == 200
    assert stranger.get(path, session_id="cs_test_guess").status_code == 404
    assert stranger.get(path).status_code == 404


def test_payment_cancel_changes_nothing_when_read_and_cancels_when_posted(
    api: Api, stripe: Control
) -> None:
    created = api.book().json()
    path = f"{BOOKINGS}{created['booking_id']}/payment-cancel/"
    assert api.get(path).status_code == 200
    assert Booking.objects.get().status == "PENDING_PAYMENT"
    assert api.post(path, {}).json()["status"] == "CANCELLED"
    assert PaymentSession.objects.get().status == "canceled"
    assert stripe("sessions")[0]["status"] == "expired"
    assert api.post(path, {}).status_code == 409


def test_the_return_addresses_of_a_booking_are_checked_first(
    api: Api, stripe: Control, alpha: Tenant
) -> None:
    refused = api.book(success_url="https://evil.example/")
    assert refused.status_code == 400
    assert "success_url" in refused.json()["error"]
    assert not Booking.objects.exists()
    assert api.book(success_url=f"{alpha.url}/thanks").status_code == 201
    assert stripe("sessions")[0]["success_url"] == f"{alpha.url}/thanks"


def test_when_stripe_is_down_nothing_stays_booked(api: Api, stripe: Control) -> None:
    stripe("fault", kind="500", times=99, path="checkout/sessions")
    response = api.book()
    assert response.status_code == 502
    assert Booking.objects.get().status == "CANCELLED"
    stripe("clear_faults")
    assert api.book().status_code == 201


# --- Prices come from the server ---


def test_anyone_may_book_at_the_catalogues_price(
    alpha: Tenant, haircut: Service, stripe: Control
) -> None:
    response = Api(alpha).book()
    assert response.status_code == 201
    assert response.json()["status"] == "PENDING_PAYMENT"
    token = response.json()["booking_token"]
    assert Api(alpha, token).get(f"{BOOKINGS}{response.json()['booking_id']}/").status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"total_amount_pence": 4499}, {"total_amount_pence": 1000}, {"deposit_amount_pence": 0},
        {"deposit_amount_pence": 999}, {"deposit_amount_pence": ...},
    ],
)  # fmt: skip
def test_other_figures_are_refused_with_the_right_ones(
    alpha: Tenant, haircut: Service, stripe: Control, change: dict[str, object]
) -> None:
    response = Api(alpha).book(**change)
    assert response.status_code == 400
    body = response.json()
    assert next(iter(change)) in body["error"]
    assert (body["total_amount_pence"], body["deposit_amount_pence"]) == (4500, 1000)
    assert not Booking.objects.exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"service_name": "Invented"}, "service_name"),
        ({"booking_date": "2027-03-01T08:30:00+00:00"}, "booking_date"),
        ({"booking_date": "2027-03-01T10:07:00+00:00"}, "booking_date"),
        ({"booking_date": "2027-03-01T16:30:00+00:00"}, "booking_date"),
        ({"booking_date": "2027-02-28T10:00:00+00:00"}, "booking_date"),
    ],
)
def test_what_is_not_on_offer_is_refused(
    alpha: Tenant, haircut: Service, stripe: Control, change: dict[str, str], field: str
) -> None:
    response = Api(alpha).book(**change)
    assert response.status_code == 400
    assert field in response.json()["error"]
    assert not Booking.objects.exists()


def test_an_api_key_may_state_its_own_amounts_and_time(
    api: Api, haircut: Service, stripe: Control
) -> None:
    response = api.book(
        total_amount_pence=9900, deposit_amount_pence=500, booking_date="2027-03-01T20:07:00+00:00"
    )
    assert response.status_code == 201
    booking = Booking.objects.get()
    assert (booking.total_amount, booking.service) == (9900, haircut)
    assert (booking.ends_at - booking.starts_at).total_seconds() == 45 * 60


def test_a_changed_service_never_changes_a_booking(api: Api, haircut: Service) -> None:
    created = api.book(deposit_amount_pence=0).json()
    haircut.name, haircut.price, haircut.duration_minutes = "Shave", 1, 5
    haircut.deposit_value = 0
    haircut.save()
    body = api.get(f"{BOOKINGS}{created['booking_id']}/").json()
    assert (body["service_name"], body["total_amount_pence"]) == ("Haircut", 4500)


def test_a_service_takes_the_first_free_of_its_resources(api: Api, haircut: Service) -> None:
    second = Resource.objects.create(name="Second chair")
    statuses = [api.book(deposit_amount_pence=0).status_code for _ in range(3)]
    assert statuses == [201, 201, 409]
    assert set(Booking.objects.values_list("resource", flat=True)) >= {second.pk}


def test_opening_hours_follow_the_clock_changes(in_alpha: Tenant, haircut: Service) -> None:
    from datetime import UTC, date, datetime

    from bookings.availability import Wanted, free_on

    OpeningHours.objects.all().delete()
    OpeningHours.objects.create(weekday=6, opens_at=time(0, 30), closes_at=time(4))

    def offered(day: date) -> list[str]:
        slots = free_on(Wanted((haircut,)), day, in_alpha.zone, datetime(2027, 1, 1, tzinfo=UTC))
        return [f"{slot.starts_at.astimezone(in_alpha.zone):%H:%M}" for slot in slots]

    # Clocks skip 01:00 to 02:00, and show it twice in autumn: the first one is offered.
    assert offered(date(2027, 3, 28)) == ["00:30", "02:00", "02:30", "03:00"]
    assert offered(date(2027, 10, 31)) == ["00:30", "01:00", "01:30", "02:00", "02:30", "03:00"]
