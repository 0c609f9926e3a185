"""Lists of services come without the bytes of their pictures."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from access.models import User
from bookings.models import Booking, Service
from tenants.models import Tenant
from tests.bookings.waiting import book, wait, yoga

pytestmark = pytest.mark.django_db

PICTURE = '"bookings_service"."picture"'


@pytest.fixture
def site(in_alpha: Tenant, owner: User) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


def queries_of(client: Client, path: str) -> str:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return " ".join(query["sql"] for query in captured)


@pytest.fixture
def full_class(in_alpha: Tenant) -> Service:
    session = yoga()
    book(session.service, "Ann")
    wait(session.service, "Bob")
    return session.service


@pytest.mark.parametrize(
    "path", ["/", "/book/yoga/", "/api/bookings/services/"]
)  # fmt: skip
def test_customers_lists_leave_the_pictures_alone(
    full_class: Service, in_alpha: Tenant, client_of: Callable[[Tenant], Any], path: str
) -> None:
    assert PICTURE not in queries_of(client_of(in_alpha), path)


@pytest.mark.parametrize(
    "path", ["service/", "classsession/", "classseries/", "waitlistentry/", "bookingseries/",
             "booking/add/"],
)  # fmt: skip
def test_staffs_lists_leave_the_pictures_alone(
    full_class: Service, site: Client, path: str
) -> None:
    assert PICTURE not in queries_of(site, f"/admin/bookings/{path}")


def test_what_only_staff_book_leads_to_no_waitlist(
    full_class: Service, in_alpha: Tenant, client_of: Callable[[Tenant], Any]
) -> None:
    client = client_of(in_alpha)
    Booking.objects.update(status="CONFIRMED", hold_expires_at=None)
    address = f"/booking/{Booking.objects.get().access_token}/change/?date=2027-03-01"
    assert "/waitlist/" in client.get(address).content.decode()
    Service.objects.update(is_online=False)
    assert "/waitlist/" not in client.get(address).content.decode()
