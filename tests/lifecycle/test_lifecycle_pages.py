"""The same from the admin: deleting for the operator, a customer's wish for the staff."""

import io
import zipfile
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from access.models import User
from bookings.models import Booking
from tenants.connection import connection
from tenants.models import LifecycleEvent, Tenant
from tests.lifecycle.support import book

pytestmark = pytest.mark.django_db
DATA = "/admin/customer-data/"


@pytest.fixture
def operator(alpha: Tenant) -> Client:
    client = Client(HTTP_HOST="localhost")
    user = User.objects.create_user("op@example.com", "a-good-password", role="operator")
    client.force_login(user, backend="access.backends.RoleBackend")
    return client


def test_the_operator_deletes_by_typing_the_name_and_keeps(operator: Client, alpha: Tenant) -> None:
    page = f"/admin/business/{alpha.pk}/deletion/"
    assert b"Type alpha to confirm" in operator.get(page).content
    assert operator.post(page, {"typed": "beta"}).status_code == 400
    assert Client(HTTP_HOST="alpha.localhost").get("/").status_code == 200
    connection.set_schema_to_public()
    with time_machine.travel(timezone.now(), tick=False):
        said = operator.post(page, {"typed": "alpha"}, follow=True).content.decode()
        when = f"{timezone.now() + timedelta(days=30):%Y-%m-%d}"
    assert f"is off the air, and deleted after {when}" in said
    assert Client(HTTP_HOST="alpha.localhost").get("/").status_code == 503
    connection.set_schema_to_public()
    assert b"Keep it" in operator.get(page).content
    assert b"is kept: active" in operator.post(page, follow=True).content
    assert Client(HTTP_HOST="alpha.localhost").get("/").status_code == 200
    connection.set_schema_to_public()
    assert [*LifecycleEvent.objects.values_list("kind", "actor")] == [
        ("kept", "op@example.com"), ("marked", "op@example.com"),
    ]  # fmt: skip
    assert b"Marked for deletion" in operator.get("/admin/tenants/lifecycleevent/").content


def staff_of(tenant: Tenant, role: str) -> Client:
    with tenant_context(tenant):
        user = User.objects.create_user(f"{role}@alpha.example", "a-good-password", role=role)
        client = Client(HTTP_HOST=tenant.hosts[0])
        client.force_login(user, backend="access.backends.RoleBackend")
    return client


def form(what: str, typed: str = "") -> dict[str, str]:
    return {"email": "ann@example.com", "what": what, "typed": typed}


def test_staff_hand_out_and_erase_a_customers_data(alpha: Tenant) -> None:
    owner = staff_of(alpha, "owner")
    with tenant_context(alpha):
        ahead = book(at=timezone.now() + timedelta(days=1))
    file = owner.post(DATA, form("show"))
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        assert "ann@example.com" in archive.read("customer.txt").decode()
    assert b"type the same address" in owner.post(DATA, form("erase")).content
    refused = owner.post(DATA, form("erase", "ann@example.com")).content.decode()
    assert f"A booking lies ahead ({ahead.reference})" in refused
    with tenant_context(alpha):
        assert Booking.objects.get().customer_name == "Ann"
        Booking.objects.update(status="CANCELLED")
    done = owner.post(DATA, form("erase", "ann@example.com"), follow=True).content
    assert b"ann@example.com is erased" in done
    with tenant_context(alpha):
        assert Booking.objects.get().customer_name == "Erased"


def test_staff_are_asked_to_wait_while_the_business_is_behind_its_code(alpha: Tenant) -> None:
    owner = staff_of(alpha, "owner")
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {alpha.schema_name}.bookings_booking ADD nickname text")
    try:
        for answer in (form("show"), form("erase", "ann@example.com")):
            page = owner.post(DATA, answer)
            assert b"brought up to date. Try again" in page.content
            assert b"nickname" not in page.content
    finally:
        connection.set_schema_to_public()
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {alpha.schema_name}.bookings_booking DROP nickname")


def test_each_role_may_do_what_it_may(alpha: Tenant) -> None:
    assert staff_of(alpha, "staff").get(DATA).status_code == 403
    manager = staff_of(alpha, "manager")
    assert manager.post(DATA, form("show")).status_code == 200
    answer = manager.post(DATA, form("erase", "ann@example.com"))
    assert b"Only an owner" in answer.content
    assert Client(HTTP_HOST=alpha.hosts[0]).get(DATA).status_code == 302
