"""A business is added whole or not at all."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from io import StringIO
from threading import Barrier, Event
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, ManagementUtility, call_command
from django.db import DatabaseError
from django_tenants.utils import tenant_context

from access.models import User
from bookings.models import OpeningHours, Resource
from payments.models import StripeAccount
from tenants import provisioning, template
from tenants.connection import connection
from tenants.fleet import versions
from tenants.models import Domain, SchemaVersion, Tenant
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
    SchemaVersion.objects.filter(schema_name__in=schemas).delete()
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


@pytest.mark.parametrize("fails", ["schema", "open", "interrupt", "killed"])
def test_whatever_fails_nothing_is_left_behind(monkeypatch: pytest.MonkeyPatch, fails: str) -> None:
    def explode(*args: Any, **kwargs: Any) -> None:
        if fails == "killed":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        raise KeyboardInterrupt if fails == "interrupt" else RuntimeError("boom")

    if fails == "schema":
        made = [*template.current(), "SELECT 1 / 0"]
        monkeypatch.setattr(template, "current", lambda: made)
    else:
        monkeypatch.setattr(tenant_provisioned, "send", explode)
    with pytest.raises((RuntimeError, KeyboardInterrupt, DatabaseError)):
        provisioning.provision(label="newcomer", name="New")
    connection.close()
    assert schemas() == set()
    assert not Tenant.objects.filter(schema_name="newcomer").exists()
    assert not Domain.objects.filter(domain__startswith="newcomer").exists()
    assert not SchemaVersion.objects.filter(schema_name="newcomer").exists()


def in_a_thread(work: Callable[[], Any]) -> Future[Any]:
    """Start `work` with a database connection of its own."""

    def run() -> Any:
        try:
            return work()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(1)
    started = pool.submit(run)
    pool.shutdown(wait=False)
    return started


def test_a_slow_sign_up_keeps_nobody_waiting(client_of: Any, alpha: Tenant) -> None:
    """Others sign up, and customers are served, while one is being set up."""
    is_open, may_end = Event(), Event()

    def dawdle(sender: object, *, tenant: Tenant, **kwargs: Any) -> None:
        if tenant.schema_name == "newcomer":
            is_open.set()
            assert may_end.wait(60)

    tenant_provisioned.connect(dawdle)
    try:
        slow = in_a_thread(lambda: provisioning.provision(label="newcomer", name="Slow"))
        assert is_open.wait(60)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        provisioning.provision(label="newcomer-1", name="Quick")
        assert client_of(alpha).get("/").status_code == 200
        connection.set_schema_to_public()
        provisioning.set_status(alpha, Tenant.Status.SUSPENDED)
        assert not slow.done()
    finally:
        may_end.set()
        tenant_provisioned.disconnect(dawdle)
    slow.result()
    assert schemas() == {"newcomer", "newcomer_1"}
    assert Tenant.objects.filter(schema_name__startswith="newcomer", status="active").count() == 2


def test_of_two_with_the_same_name_one_wins() -> None:
    template.current()
    together = Barrier(2)

    def sign_up() -> str:
        together.wait(60)
        return provisioning.provision(label="newcomer", name="New").tenant.schema_name

    answers = [in_a_thread(sign_up) for _ in range(2)]
    errors = [answer.exception() for answer in answers]
    assert sorted(type(error).__name__ for error in errors) == ["NoneType", "ValidationError"]
    assert Tenant.objects.get(schema_name="newcomer").is_active
    assert Domain.objects.filter(domain="newcomer.localhost").count() == 1


def test_a_new_business_is_at_this_codes_version_at_once() -> None:
    provisioning.provision(label="newcomer", name="New")
    assert SchemaVersion.objects.get(schema_name="newcomer").digest == versions.of_code()
    assert not versions.behind().filter(schema_name="newcomer").exists()


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
        (["create", "alpha"], "^label: A business has this address already"),
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
    with pytest.raises(CommandError, match="tenant discard newcomer"):
        run("delete", "newcomer")
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


@pytest.mark.parametrize(
    "name",
    [
        "create_tenant", "delete_tenant", "rename_schema", "clone_tenant",
        "create_missing_schemas", "flush",
    ],
)  # fmt: skip
def test_what_does_it_by_halves_is_refused(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        ManagementUtility().fetch_command(name).run_from_argv(["manage.py", name, "--schema=alpha"])
    assert "Use: manage.py tenant" in capsys.readouterr().err
