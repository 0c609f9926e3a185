"""A new version comes to every business whole or not at all, whatever befalls one of them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection as django_connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context, tenant_context

from access.models import User
from demo.bootstrap import ROOT
from docs.examples.invoices.models import Invoice
from tenants import template
from tenants.catalogue import read_catalogue
from tenants.connection import connection
from tenants.fleet import survey, versions
from tenants.fleet.migration import Pace, migrate
from tenants.fleet.recording import record_upgrade
from tenants.fleet.replay import MovedError, upgrade_schema
from tenants.models import SchemaTemplate, SchemaVersion, Tenant
from tenants.provisioning import provision
from tests.tenants.releases import (
    ADD_REFERENCE,
    DANGLING,
    FILL_REFERENCE,
    NOT_ATOMIC,
    PAST_THE_EDITOR,
    UNIQUE,
    drop_businesses,
    released,
    small_businesses,
    write_release,
)

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = [f"small_{number:03}" for number in range(200)]
IMPATIENT = Pace(connections=2, lock_timeout=50, waits=(0, 0))


@pytest.fixture(autouse=True)
def _leave_no_business(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.syspath_prepend(tmp_path)
    # The example is read from a module of the same name in every test.
    yield
    drop_businesses([*NAMES, "newcomer", "newcomer_1"])
    for name in [name for name in sys.modules if name.startswith("release_")]:
        del sys.modules[name]


def fleet(*arguments: str) -> str:
    out = StringIO()
    connection.set_schema_to_public()
    call_command("fleet", *arguments, stdout=out)
    return out.getvalue()


def invoice(schema: str, number: str, email: str = "a@example.com") -> Invoice:
    with schema_context(schema):
        return Invoice.objects.create(
            number=number, customer_email=email, amount=100, currency="GBP"
        )


def query(sql: str) -> list[tuple[Any, ...]]:
    with schema_context("public"), connection.cursor() as cursor:
        cursor.execute(sql)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def standing(schemas: list[str]) -> dict[str, tuple[bool, bool, bool]]:
    """Return of each schema whether its table, its own record and the shared record are new."""
    columns = query(
        "SELECT table_schema FROM information_schema.columns WHERE column_name = 'reference' "
        "AND table_name = 'invoices_invoice'"
    )
    new = set(
        SchemaVersion.objects.filter(digest=versions.of_code()).values_list(
            "schema_name", flat=True
        )
    )
    return {
        schema: (
            (schema,) in columns,
            bool(query(f"SELECT 1 FROM {schema}.django_migrations WHERE name = '0002_step'")),
            schema in new,
        )
        for schema in schemas
    }


OLD, NEW = (False, False, False), (True, True, True)


def test_nothing_to_do_is_one_query(alpha: Tenant) -> None:
    versions.of_code()
    connection.set_schema_to_public()
    with CaptureQueriesContext(django_connection) as queries:
        assert fleet("migrate") == "Nothing to do.\n"
    assert len(queries) == 1, [one["sql"] for one in queries]


def test_migrate_schemas_brings_everybody_along(settings: Any, tmp_path: Path) -> None:
    schemas = small_businesses(2)
    everybody = [*schemas, "alpha", "beta"]
    modules = write_release(tmp_path, "release_all", ADD_REFERENCE)
    with released(settings, modules):
        with pytest.raises(SystemExit):
            call_command("migrate_schemas", check_unapplied=True, verbosity=0)
        try:
            call_command("migrate_schemas", verbosity=0)
            assert standing(everybody) == dict.fromkeys(everybody, NEW)
            assert SchemaTemplate.objects.filter(digest=template.digest()).exists()
            call_command("migrate_schemas", check_unapplied=True, verbosity=0)
        finally:
            # Backwards is Django's way: what is known of the schemas is forgotten.
            call_command("migrate_schemas", "invoices", "0001", tenant=True, verbosity=0)
        assert standing(everybody) == dict.fromkeys(everybody, OLD)
    assert fleet("status", "--verify").startswith("4 businesses: 4 up to date")


def test_an_upgraded_schema_is_like_a_new_one(settings: Any, tmp_path: Path) -> None:
    provision(label="newcomer", name="Old")
    first = invoice("newcomer", "1")
    modules = write_release(tmp_path, "release_good", ADD_REFERENCE, FILL_REFERENCE, UNIQUE)
    with released(settings, modules):
        assert "1/1, 0 failed" in fleet("migrate", "newcomer")
        provision(label="newcomer-1", name="New")
        upgraded, made = read_catalogue("newcomer"), read_catalogue("newcomer_1")
        assert upgraded.differences(made) == []
        assert upgraded == made
        assert versions.behind().filter(schema_name__startswith="newcomer").count() == 0
        for table, columns in (
            ("django_migrations", "app, name"), ("django_content_type", "app_label, model"),
        ):  # fmt: skip
            sql = f"SELECT {columns} FROM {{}}.{table} ORDER BY 1, 2"
            assert query(sql.format("newcomer")) == query(sql.format("newcomer_1"))
        assert query("SELECT number, reference IS NOT NULL FROM newcomer.invoices_invoice") == [
            (first.number, True)
        ]
        assert "Nothing to do." in fleet("migrate", "newcomer", "newcomer-1")


def test_each_business_gets_its_own_data_change(settings: Any, tmp_path: Path) -> None:
    """The ids of content types differ, and what one business remembers is not another's."""
    schemas = small_businesses(6)
    expected = {}
    for number, schema in enumerate(schemas):
        kind = 5000 + number
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {schema}.django_content_type SET id = {kind} WHERE model = 'invoice'"
            )
        expected[schema] = f"{invoice(schema, schema).pk}-{kind}"
    modules = write_release(tmp_path, "release_data", ADD_REFERENCE, FILL_REFERENCE)
    with released(settings, modules):
        fleet("migrate", *schemas, "--connections", "3")
        found = {
            schema: query(f"SELECT reference FROM {schema}.invoices_invoice")[0][0]
            for schema in schemas
        }
    assert found == expected


def test_one_that_fails_stays_as_it_was_and_the_others_go_on(settings: Any, tmp_path: Path) -> None:
    schemas = small_businesses(5)
    for number in ("1", "2"):
        invoice("small_002", number, "twice@example.com")
    modules = write_release(tmp_path, "release_unique", ADD_REFERENCE, FILL_REFERENCE, UNIQUE)
    with released(settings, modules):
        with pytest.raises(CommandError, match=r"1 of 5 failed .*: small_002"):
            fleet("migrate", *schemas)
        assert standing(schemas) == {
            schema: OLD if schema == "small_002" else NEW for schema in schemas
        }
        assert query("SELECT count(*) FROM small_002.django_migrations WHERE app = 'invoices'") == [
            (1,)
        ]
        version = SchemaVersion.objects.get(schema_name="small_002")
        assert "could not create unique index" in version.error
        assert version.failed_at is not None
        assert version.digest == "of an older release"
        assert "small_002: could not create unique index" in fleet("status")
        with schema_context("small_002"):
            Invoice.objects.filter(number="2").delete()
        assert "1/1, 0 failed" in fleet("migrate", *schemas)
        assert standing(schemas) == dict.fromkeys(schemas, NEW)
        assert not SchemaVersion.objects.exclude(error="").exists()


def test_what_is_found_out_at_the_very_end_fails_too(settings: Any, tmp_path: Path) -> None:
    schemas = small_businesses(2)
    invoice("small_001", "1")
    modules = write_release(tmp_path, "release_dangling", ADD_REFERENCE, DANGLING)
    with released(settings, modules):
        with pytest.raises(CommandError, match=r"1 of 2 failed .*: small_001"):
            fleet("migrate", *schemas)
        assert standing(schemas) == {"small_000": NEW, "small_001": OLD}
        assert "violates foreign key" in SchemaVersion.objects.get(schema_name="small_001").error


def test_a_canary_that_fails_keeps_the_others_safe(settings: Any, tmp_path: Path) -> None:
    schemas = small_businesses(4)
    for number in ("1", "2"):
        invoice("small_003", number, "twice@example.com")
    modules = write_release(tmp_path, "release_canary", ADD_REFERENCE, UNIQUE)
    with released(settings, modules):
        with pytest.raises(CommandError, match="2 were not tried, because a canary failed"):
            fleet("migrate", *schemas, "--canary", "small-001", "small-003")
        assert standing(schemas) == {
            schema: NEW if schema == "small_001" else OLD for schema in schemas
        }
        with pytest.raises(CommandError, match="no business “smal”"):
            fleet("migrate", "--canary", "smal")
        # PostgreSQL takes 0 for: as long as it takes, with everybody waiting behind.
        with pytest.raises(CommandError, match="--lock-timeout must be at least 1"):
            fleet("migrate", *schemas, "--lock-timeout", "0")


def test_a_business_in_use_is_tried_again(settings: Any, tmp_path: Path) -> None:
    schemas = small_businesses(3)
    modules = write_release(tmp_path, "release_lock", ADD_REFERENCE)
    with released(settings, modules), psycopg.connect(dsn()) as customer:
        customer.execute("SELECT count(*) FROM small_000.invoices_invoice")
        outcome = migrate(schemas, IMPATIENT)
        assert sorted(outcome.migrated) == ["small_001", "small_002"]
        assert "stayed in use through 2 tries" in outcome.failed["small_000"]
        assert standing(schemas)["small_000"] == OLD
        # Nobody waits behind it meanwhile: the customer goes on reading and writing.
        customer.execute("INSERT INTO small_000.invoices_invoice "
                         "(number, customer_email, amount, currency, tax_rate) "
                         "VALUES ('9', 'c@example.com', 1, 'GBP', 0)")  # fmt: skip

        def leave(schema: str, error: str) -> None:
            customer.commit()

        other = ["small_000", *small_businesses(1, start=50)]
        outcome = migrate(other, IMPATIENT, leave)
        assert (sorted(outcome.migrated), outcome.failed) == (sorted(other), {})
        assert standing(other) == dict.fromkeys(other, NEW)


def dsn() -> str:
    """Return the address of the tests' database, as libpq reads it."""
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    name = connection.settings_dict["NAME"]
    return f"{server}/{name}".replace("postgres://", "postgresql://", 1)


def test_a_plan_shows_the_sql_and_changes_nothing(settings: Any, tmp_path: Path) -> None:
    schemas = small_businesses(2)
    modules = write_release(tmp_path, "release_plan", ADD_REFERENCE, FILL_REFERENCE)
    with released(settings, modules), psycopg.connect(dsn()) as customer:
        # It waits for no customer.
        customer.execute("DELETE FROM small_000.invoices_invoice")
        said = fleet("plan", *schemas)
        assert standing(schemas) == dict.fromkeys(schemas, OLD)
    assert "-- 2 businesses: small_000, small_001" in said
    assert 'ALTER TABLE "invoices_invoice" ADD COLUMN "reference" varchar(40) NULL;' in said
    assert "DEFAULT '100%'" in said
    assert "in Python, in each business" in said
    assert said.count("CREATE TABLE") == 1


@pytest.mark.parametrize(
    ("body", "message"),
    [(NOT_ATOMIC, "0002_step is not atomic"), (PAST_THE_EDITOR, "Sneak in invoices.0002_step")],
)
def test_what_can_not_be_brought_to_all_is_refused(
    settings: Any, tmp_path: Path, body: str, message: str
) -> None:
    schemas = small_businesses(2)
    modules = write_release(tmp_path, "release_refused", body)
    with released(settings, modules):
        with pytest.raises(CommandError, match=message):
            fleet("plan", *schemas)
        with pytest.raises(CommandError, match="2 of 2 failed"):
            fleet("migrate", *schemas)
        assert message in SchemaVersion.objects.get(schema_name="small_001").error
    assert standing(schemas) == dict.fromkeys(schemas, OLD)


def test_two_runs_at_once_share_the_work(settings: Any, tmp_path: Path) -> None:
    schemas = small_businesses(20)
    outcomes = []

    def run() -> None:
        try:
            outcomes.append(migrate(schemas, Pace(connections=2, waits=(0,) * 20)))
        finally:
            connection.close()

    modules = write_release(tmp_path, "release_two", ADD_REFERENCE, FILL_REFERENCE)
    with released(settings, modules):
        threads = [Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [outcome.failed for outcome in outcomes] == [{}, {}]
        assert standing(schemas) == dict.fromkeys(schemas, NEW)


def test_what_is_written_down_of_a_schema_is_not_trusted(settings: Any, tmp_path: Path) -> None:
    """One that says of itself that it has the first of two steps gets the second alone."""
    schemas = small_businesses(3)
    one_step = write_release(tmp_path, "release_first", ADD_REFERENCE)
    with released(settings, one_step):
        migrate(["small_001"])
    SchemaVersion.objects.filter(schema_name="small_001").update(digest="of an older release")
    both = write_release(tmp_path, "release_both", ADD_REFERENCE, FILL_REFERENCE)
    with released(settings, both):
        assert "3/3, 0 failed" in fleet("migrate", *schemas)
        assert standing(schemas) == dict.fromkeys(schemas, NEW)
        assert {
            query(f"SELECT count(*) FROM {schema}.django_migrations WHERE app = 'invoices'")[0]
            for schema in schemas
        } == {(3,)}


@pytest.mark.parametrize("pools_transactions", [False, True])
def test_a_business_takes_one_message_to_the_server(
    settings: Any, tmp_path: Path, pools_transactions: bool
) -> None:
    (schema,) = small_businesses(1)
    modules = write_release(tmp_path, "release_message", ADD_REFERENCE, UNIQUE)
    with released(settings, modules):
        (fingerprint,) = survey.by_fingerprint([schema])
        upgrade = record_upgrade(schema)
        connection.pools_transactions = pools_transactions
        try:
            with CaptureQueriesContext(django_connection) as queries:
                upgrade_schema(schema, upgrade, fingerprint, lock_timeout=400)
        finally:
            connection.pools_transactions = False
        assert len(queries) == 1
        assert standing([schema]) == {schema: NEW}
        with pytest.raises(MovedError):
            upgrade_schema(schema, upgrade, fingerprint, lock_timeout=400)


def test_what_is_written_down_can_be_verified() -> None:
    schemas = small_businesses(2)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM small_000.django_migrations WHERE app = 'invoices'")
    versions.record("small_000")
    assert "4 businesses: 3 up to date, 1 behind, 0 of them failed." in fleet("status")
    said = fleet("status", "--verify")
    assert "Behind: small_000" in said
    assert versions.behind().filter(schema_name__in=schemas).count() == 1


def test_one_that_is_being_set_up_is_migrated_only_when_named(
    settings: Any, tmp_path: Path
) -> None:
    schemas = small_businesses(1)
    Tenant.objects.filter(schema_name__in=schemas).update(status="provisioning")
    with released(settings, write_release(tmp_path, "release_import", ADD_REFERENCE)):
        assert not versions.behind().filter(schema_name__in=schemas).exists()
        call_command("migrate_schemas", schema_name=schemas[0], verbosity=0)
        assert standing(schemas) == dict.fromkeys(schemas, NEW)


def test_a_business_without_a_schema_is_named() -> None:
    Tenant.objects.create(schema_name="small_000", name="Lost", status="active")
    with pytest.raises(CommandError, match="1 of 1 failed"):
        fleet("migrate", "small-000")
    assert "no such schema" in fleet("status")


def test_killed_half_way_a_second_run_finishes(tmp_path: Path, settings: Any) -> None:
    """Customers notice neither the kill nor the migration."""
    provision(label="newcomer", name="Busy")
    schemas = [*small_businesses(200), "newcomer"]
    modules = write_release(tmp_path, "release_killed", ADD_REFERENCE, FILL_REFERENCE)
    (tmp_path / "release_settings.py").write_text(
        f"from config.settings import *\nMIGRATION_MODULES = {modules!r}\n"
        f"DATABASES['default']['NAME'] = {connection.settings_dict['NAME']!r}\n"
    )
    customers = Customers("newcomer")
    customers.start()
    try:
        killed = manage(tmp_path, "fleet", "migrate", *schemas, "--connections", "2")
        assert killed.stdout is not None
        assert "failed" in killed.stdout.readline()
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        with released(settings, modules):
            half = standing(schemas)
            assert set(half.values()) == {OLD, NEW}
            again = manage(tmp_path, "fleet", "migrate", *schemas, "--connections", "2")
            said, complained = again.communicate()
            assert again.returncode == 0, said + complained
            assert standing(schemas) == dict.fromkeys(schemas, NEW)
    finally:
        customers.stop()
    assert customers.errors == []
    assert customers.served > 0


def manage(directory: Path, *arguments: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "PYTHONPATH": f"{directory}{os.pathsep}{ROOT}",
        "DJANGO_SETTINGS_MODULE": "release_settings",
    }
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "manage.py", *arguments],
        env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


class Customers(Thread):
    """Visits a business's page and writes it invoices, with the old code, until stopped."""

    def __init__(self, schema: str) -> None:
        super().__init__()
        self.tenant = Tenant.objects.with_hosts().get(schema_name=schema)
        self.host = self.tenant.hosts[0]
        self.errors: list[str] = []
        self.served = 0
        self.may_go_on = True

    def run(self) -> None:
        try:
            while self.may_go_on:
                self.visit()
        except Exception as error:  # noqa: BLE001 - whatever a customer would see
            self.errors.append(repr(error))
        finally:
            connection.close()

    def visit(self) -> None:
        status = Client(HTTP_HOST=self.host).get("/").status_code
        with tenant_context(self.tenant):
            number = f"n{self.served}"
            invoice(self.tenant.schema_name, number)
            assert Invoice.objects.get(number=number).amount == 100
        if status != 200:
            self.errors.append(f"answered {status}")
        self.served += 1

    def stop(self) -> None:
        self.may_go_on = False
        self.join()


def test_the_operator_sees_who_is_behind_and_why() -> None:
    operator = User.objects.create_user("op@example.com", "x", role=User.Role.OPERATOR)
    client = Client(HTTP_HOST="localhost")
    client.force_login(operator, backend="access.backends.RoleBackend")
    schemas = small_businesses(2)
    versions.record_failure("small_001", "the disk is full")
    page = client.get("/admin/").content.decode()
    assert page.index("the disk is full") < page.index("small_000")
    tenant = Tenant.objects.get(schema_name="alpha")
    page = client.get(f"/admin/tenants/tenant/{tenant.pk}/change/").content.decode()
    assert "Up to date since" in page
    versions.record(*schemas)
    assert "Every business has them." in client.get("/admin/").content.decode()
