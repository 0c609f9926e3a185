"""A business is added whole or not at all."""

from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django_tenants.utils import tenant_context

from access.models import User
from bookings.models import OpeningHours, Resource
from payments.models import StripeAccount
from tenants import provisioning
from tenants.connection import connection
from tenants.models import Domain, Tenant
from tenants.signals import tenant_provisioned

pytestmark = pytest.mark.django_db(transaction=True)


def schemas() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'newcomer%%'")
        return {name for (name,) in cursor.fetchall()}


def drop_businesses(*schemas: str) -> None:
    """Remove businesses that a test has added."""
    connection.set_schema_to_public()
    Tenant.objects.filter(schema_name__in=schemas).delete()
    with connection.cursor() as cursor:
        for schema in schemas:
            cursor.execute(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE')


@pytest.fixture(autouse=True)
def _leave_no_business() -> Any:
    yield
    drop_businesses("newcomer", "newcomer_1")


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("tenant", *arguments, stdout=out)
    return out.getvalue()


def test_a_new_business_is_ready_to_use() -> None:
    said = run(
        "create", "newcomer-1", "--name", "New", "--kind", "salon", "--time-zone", "Europe/Paris",
        "--currency", "eur", "--owner-email", "Boss@Example.com",
    )  # fmt: skip
    tenant = Tenant.objects.get(schema_name="newcomer_1")
    assert (tenant.status, tenant.currency, tenant.hosts) == (
        "active",
        "EUR",
        ("newcomer-1.localhost",),
    )
    assert "http://newcomer-1.localhost:8000/admin/password/choose/" in said
    with tenant_context(tenant):
        assert User.objects.get().email == "boss@example.com"
        assert User.objects.get().role == "owner"
        account = StripeAccount.objects.current()
        assert (account.default_currency, account.payments_enabled) == ("EUR", False)
        assert Resource.objects.exists()
        assert OpeningHours.objects.count() == 5


@pytest.mark.parametrize("fails", ["migrate", "open", "interrupt"])
def test_whatever_fails_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    def explode(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt if fails == "interrupt" else RuntimeError("boom")

    if fails == "migrate":
        monkeypatch.setattr(provisioning, "call_command", explode)
    else:
        monkeypatch.setattr(tenant_provisioned, "send", explode)
    with pytest.raises((RuntimeError, KeyboardInterrupt)):
        provisioning.provision(label="newcomer", name="New")
    assert schemas() == set()
    assert not Tenant.objects.filter(schema_name="newcomer").exists()
    assert not Domain.objects.filter(domain__startswith="newcomer").exists()


def test_an_unusable_owner_leaves_nothing_behind() -> None:
    with pytest.raises(ValidationError):
        provisioning.provision(label="newcomer", name="New", owner_email="not an address")
    assert schemas() == set()
    assert not Tenant.objects.filter(schema_name="newcomer").exists()


def test_a_taken_name_is_refused_and_the_business_there_unharmed() -> None:
    provisioning.provision(label="newcomer", name="First")
    with pytest.raises(ValidationError):
        provisioning.provision(label="newcomer", name="Second")
    assert Tenant.objects.get(schema_name="newcomer").name == "First"
    assert schemas() == {"newcomer"}


def test_a_schema_without_a_business_is_never_taken_over() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA newcomer")
    with pytest.raises(ValidationError, match="exists already"):
        provisioning.provision(label="newcomer", name="New")
    assert schemas() == {"newcomer"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["create", "public"], "reserved"),
        (["create", "Up"], "can't be an address"),
        (["create", "newcomer", "--time-zone", "Mars/Base"], "--time-zone"),
        (["create", "newcomer", "--currency", "XXX"], "--currency"),
        (["create", "newcomer", "--kind", "zoo"], "--kind"),
        (["create", "newcomer", "--brand-colour", "red"], "--brand-colour"),
        (["create", "newcomer", "--locale", "tlh"], "--locale"),
        (["create", "newcomer", "--contact-email", "x"], "--contact-email"),
        (["create", "newcomer", "--name", ""], "--name"),
        (["create", "newcomer", "--owner-email", "x"], "--owner-email"),
        (["show", "nobody"], "no business"),
        (["suspend", "nobody"], "no business"),
    ],
)
def test_a_wrong_command_says_what_is_wrong(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandError, match=message):
        run(*arguments)
    assert schemas() == set()


def test_what_a_killed_creation_leaves_is_not_served_and_can_be_discarded() -> None:
    provisioning.provision(label="newcomer", name="New")
    Tenant.objects.filter(schema_name="newcomer").update(status="provisioning")
    with pytest.raises(CommandError, match="tenant discard newcomer"):
        run("resume", "newcomer")
    assert "free again" in run("discard", "newcomer")
    assert schemas() == set()
    provisioning.provision(label="newcomer", name="New")
    with pytest.raises(CommandError, match="has been opened"):
        run("discard", "newcomer")


def test_suspend_and_resume_are_told_apart() -> None:
    provisioning.provision(label="newcomer", name="New")
    assert "suspended" in run("suspend", "newcomer")
    with pytest.raises(CommandError, match="suspended already"):
        run("suspend", "newcomer")
    assert "active" in run("resume", "newcomer")
    assert "newcomer.localhost" in run("list")
    assert "newcomer.localhost" in run("show", "newcomer")
