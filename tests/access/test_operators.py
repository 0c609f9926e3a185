"""Operators are made by command, and live on the platform's host only."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django_tenants.utils import schema_context

from access.models import APIKey, User
from access.roles import allows
from tenants.models import Tenant
from tests.stripe_control import Control

pytestmark = pytest.mark.django_db


def create(email: str) -> str:
    out = StringIO()
    call_command("create_operator", email, stdout=out)
    return out.getvalue()


def test_an_operator_chooses_a_password_by_the_link_and_signs_in(db: None) -> None:
    said = create("Op@Example.com")
    path = said.split("http://localhost:8000", 1)[1].strip()
    browser = Client(HTTP_HOST="localhost")
    form = browser.get(path, follow=True).redirect_chain[-1][0]
    password = {"new_password1": "a-good-password", "new_password2": "a-good-password"}
    assert browser.post(form, password).status_code == 302
    signed_in = browser.post(
        "/admin/login/?next=/admin/", {"username": "op@example.com", "password": "a-good-password"}
    )
    assert signed_in["Location"] == "/admin/"
    assert browser.get("/admin/").status_code == 200
    assert b"does not work any more" in browser.get(path, follow=True).content


@pytest.mark.parametrize("email", ["nobody", "", "a@b", "x" * 300 + "@example.com"])
def test_a_bad_address_is_refused(db: None, email: str) -> None:
    with pytest.raises(CommandError):
        create(email)


def test_the_same_operator_twice_is_refused(db: None) -> None:
    create("op@example.com")
    with pytest.raises(CommandError, match="already exists"):
        create("op@example.com")


@pytest.mark.parametrize(
    ("role", "permission", "allowed"),
    [
        ("staff", "bookings.view_booking", True),
        ("staff", "bookings.change_service", False),
        ("staff", "payments.view_stripeaccount", False),
        ("manager", "bookings.change_service", True),
        ("manager", "payments.change_stripeaccount", False),
        ("manager", "access.change_user", False),
        ("owner", "payments.change_stripeaccount", True),
        ("owner", "access.add_apikey", True),
        ("owner", "tenants.view_tenant", False),
        ("owner", "payments.delete_transaction", False),
        ("", "bookings.view_booking", False),
        ("king", "bookings.view_booking", False),
    ],
)
def test_a_role_allows_what_its_list_says(role: str, permission: str, allowed: bool) -> None:
    assert allows(role, permission) is allowed


def sign_in(tenant: Tenant, person: User) -> Client:
    client = Client(HTTP_HOST=tenant.hosts[0])
    client.force_login(person, backend="access.backends.RoleBackend")
    return client


@pytest.mark.parametrize(
    ("role", "path", "status"),
    [
        ("staff", "bookings/booking/", 200),
        ("staff", "payments/stripeaccount/", 403),
        ("staff", "access/user/", 403),
        ("staff", "access/apikey/add/", 403),
        ("manager", "payments/stripeaccount/", 403),
        ("manager", "access/user/", 200),
        ("manager", "access/user/add/", 403),
        ("owner", "payments/stripeaccount/", 200),
        ("owner", "access/user/add/", 200),
        ("owner", "payments/paymentsession/add/", 403),
        ("operator", "", 302),
    ],
)
def test_a_page_opens_to_the_roles_that_may(
    in_alpha: Tenant, role: str, path: str, status: int
) -> None:
    person = User.objects.create_user("p@alpha.example", "x", role=role)
    assert sign_in(in_alpha, person).get(f"/admin/{path}").status_code == status


def test_someone_made_inactive_is_out_at_once(in_alpha: Tenant, owner: User) -> None:
    client = sign_in(in_alpha, owner)
    assert client.get("/admin/").status_code == 200
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert client.get("/admin/").status_code == 302


def test_the_last_owner_stays_one(in_alpha: Tenant, owner: User) -> None:
    client = sign_in(in_alpha, owner)
    form = {"email": owner.email, "name": "", "role": "staff", "is_active": "on"}
    response = client.post(f"/admin/access/user/{owner.pk}/change/", form)
    assert "at least one active owner" in response.content.decode()
    owner.refresh_from_db()
    assert owner.role == "owner"


def test_nobody_becomes_an_operator_in_a_business(in_alpha: Tenant, owner: User) -> None:
    client = sign_in(in_alpha, owner)
    form = {"email": "evil@alpha.example", "name": "", "role": "operator", "is_active": "on"}
    client.post("/admin/access/user/add/", form)
    assert not User.objects.filter(email="evil@alpha.example").exists()


def test_a_key_is_shown_once_and_only_its_hash_is_kept(in_alpha: Tenant, owner: User) -> None:
    client = sign_in(in_alpha, owner)
    form = {"name": "Site", "scope": "read", "expiry_date_0": "", "expiry_date_1": ""}
    page = client.post("/admin/access/apikey/add/", form, follow=True).content.decode()
    key = page.split("The key is ", 1)[1].split(" ", 1)[0]
    stored = APIKey.objects.get()
    assert APIKey.objects.usable(key) == stored
    assert key.split(".")[1] not in stored.hashed_key
    again = client.get("/admin/access/apikey/").content.decode()
    assert key not in again


def test_a_revoked_or_expired_key_opens_nothing(in_alpha: Tenant, read_key: str) -> None:
    from datetime import timedelta

    from django.utils import timezone

    assert APIKey.objects.usable(read_key) is not None
    APIKey.objects.update(expiry_date=timezone.now() - timedelta(seconds=1))
    assert APIKey.objects.usable(read_key) is None
    APIKey.objects.update(expiry_date=None, revoked=True)
    assert APIKey.objects.usable(read_key) is None


def test_ten_wrong_passwords_are_followed_by_a_pause(in_alpha: Tenant, owner: User) -> None:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    wrong = {"username": owner.email, "password": "wrong"}
    statuses = [client.post("/admin/login/", wrong).status_code for _ in range(10)]
    assert statuses[:9] == [200] * 9
    locked = client.post("/admin/login/", {**wrong, "password": "a-good-password"})
    assert locked.status_code == 429
    assert "Too many wrong passwords" in locked.content.decode()


def test_secrets_are_on_no_admin_page(in_alpha: Tenant, owner: User) -> None:
    from payments.models import StripeAccount

    row = StripeAccount.objects.current()
    row.secret_key, row.webhook_secret = "sk_test_very_secret_1234", "whsec_very_secret_5678"
    row.save()
    client = sign_in(in_alpha, owner)
    page = client.get("/admin/payments/stripeaccount/").content.decode()
    assert "ends in …1234" in page
    form = {"default_currency": "GBP", "payments_enabled": "on", "publishable_key": "pk_live_x"}
    refused = client.post("/admin/payments/stripeaccount/", form).content.decode()
    assert "One key is for test mode" in refused
    form["publishable_key"] = ""
    assert client.post("/admin/payments/stripeaccount/", form).status_code == 302
    row.refresh_from_db()
    assert (row.secret_key, row.payments_enabled) == ("sk_test_very_secret_1234", True)
    history = client.get("/admin/events/event/1/change/").content.decode()
    for text in (page, refused, history):
        assert "very_secret" not in text


def test_an_operator_sets_a_businesss_keys_from_the_platform(
    alpha: Tenant, beta: Tenant, stripe_control: Control, settings: Any
) -> None:
    from django_tenants.utils import tenant_context

    from payments.models import StripeAccount

    settings.STRIPE_API_BASE = stripe_control.base
    operator = User.objects.create_user("op@example.com", "x", role="operator")
    client = Client(HTTP_HOST="localhost")
    client.force_login(operator, backend="access.backends.RoleBackend")
    form = {
        "default_currency": "GBP", "secret_key": "rk_test_new", "webhook_secret": "whsec_new",
        "payments_enabled": "on",
    }  # fmt: skip
    response = client.post(f"/admin/business/{alpha.pk}/stripe/", form)
    assert response.status_code == 302
    with tenant_context(alpha):
        assert StripeAccount.objects.current().secret_key == "rk_test_new"
    with tenant_context(beta):
        assert not StripeAccount.objects.current().payments_enabled
    with schema_context("public"):
        assert User.objects.filter(role="operator").count() == 1
