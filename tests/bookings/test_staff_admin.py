"""What staff do with bookings and the catalogue on their own site."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from access.models import User
from bookings import services
from bookings.models import Booking, Resource, Service
from bookings.wishes import BookingRequest
from payments.models import PaymentSession
from tenants.models import Tenant
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(in_alpha: Tenant, owner: User) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


def book(site: Client) -> Booking:
    """Take a booking on the phone, for ten o'clock on the business's clocks."""
    page = "/admin/bookings/booking/add/?service=haircut&start=2027-07-01T09:00:00Z"
    person = {"customer_name": "Walk In", "customer_email": "w@example.com"}
    assert site.post(page, person).status_code == 302
    return Booking.objects.get()


@pytest.fixture
def haircut(in_alpha: Tenant) -> Service:
    return Service.objects.create(name="Haircut", duration_minutes=60, price=4500)


def test_cancelling_gives_the_deposit_back_if_staff_say_so(
    site: Client, in_alpha: Tenant, stripe: Control, run_jobs: JobRunner
) -> None:
    wanted = BookingRequest(
        customer_name="Ann", customer_email="a@example.com", service=None, service_name="Cut",
        starts_at=datetime(2027, 3, 1, 10, tzinfo=UTC), total_amount=4500, deposit_amount=1000,
    )  # fmt: skip
    booking = services.book(wanted)
    session = services.start_payment(booking, own_hosts=in_alpha.hosts)
    stripe("pay", session=session.stripe_checkout_session_id)
    services.settle(booking)
    path = f"/admin/bookings/booking/{booking.pk}/cancel/"
    assert site.get(path).status_code == 200
    booking.refresh_from_db()
    assert booking.status == "CONFIRMED"
    site.post(path, {"refund": "full"})
    run_jobs()
    booking.refresh_from_db()
    assert booking.status == "CANCELLED"
    assert PaymentSession.objects.get().status == "refunded"
    again = site.post(path, {"refund": "full"}, follow=True).content.decode()
    assert "cancelled already" in again


def test_money_time_and_customer_are_not_typed_over(site: Client, haircut: Service) -> None:
    booking = book(site)
    site.post(
        f"/admin/bookings/booking/{booking.pk}/change/",
        {"notes": "Likes tea", "total_amount": "1", "status": "CANCELLED", "customer_name": "Eve"},
    )
    booking.refresh_from_db()
    assert (booking.notes, booking.total_amount) == ("Likes tea", 4500)
    assert (booking.status, booking.customer_name) == ("CONFIRMED", "Walk In")


def test_staff_move_a_booking_on_the_businesss_clocks(site: Client, haircut: Service) -> None:
    booking = book(site)
    room = Resource.objects.create(name="Room", position=1)
    path = f"/admin/bookings/booking/{booking.pk}/move/"
    assert 'value="2027-07-01T10:00"' in site.get(path).content.decode()
    moved = site.post(path, {"starts_at": "2027-07-02T11:30", "resource": room.pk}, follow=True)
    assert "now comes on Fri 2 July 2027, 11:30" in moved.content.decode()
    booking.refresh_from_db()
    assert (booking.starts_at, booking.resource) == (datetime(2027, 7, 2, 10, 30, tzinfo=UTC), room)
    assert booking.changed_by == "owner@alpha.example"


def test_staff_see_what_the_terms_give_back_and_may_follow_them(
    site: Client, in_alpha: Tenant, stripe: Control, haircut: Service
) -> None:
    Service.objects.update(
        deposit_kind="amount", deposit_value=1001, free_cancellation_hours=24 * 60,
        late_refund_percent=50, no_refund_hours=1,
    )  # fmt: skip
    haircut.refresh_from_db()
    wanted = BookingRequest.for_service(
        haircut, customer_name="Ann", customer_email="a@example.com",
        starts_at=(datetime.now(UTC) + timedelta(days=7)).replace(microsecond=0),
    )  # fmt: skip
    booking = services.book(wanted)
    session = services.start_payment(booking, own_hosts=in_alpha.hosts)
    stripe("pay", session=session.stripe_checkout_session_id)
    services.settle(booking)
    path = f"/admin/bookings/booking/{booking.pk}/cancel/"
    assert "£5.01 back, £5.00 kept" in site.get(path).content.decode()
    assert site.post(path, {"refund": "some"}).status_code in (200, 400)
    site.post(path, {"refund": "terms"})
    booking.refresh_from_db()
    assert (booking.status, booking.cancel_reason) == ("CANCELLED", "customer")
    assert PaymentSession.objects.get().amount_refundable == 500
