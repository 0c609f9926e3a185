"""A statement runs in its own business or not at all."""

import threading
from contextlib import closing
from typing import cast

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, ProgrammingError, transaction
from django.db.utils import ConnectionHandler
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context, tenant_context
from psycopg import IsolationLevel

from access.models import User
from tenants.connection import connection, threads_connection
from tenants.models import Tenant
from tenants.postgresql.base import DatabaseWrapper

pytestmark = pytest.mark.django_db


def search_path() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        return str(cursor.fetchone()[0])


def test_a_business_has_its_own_schema_and_the_extensions_on_its_path(in_alpha: Tenant) -> None:
    assert search_path() == "alpha, extensions"


def test_a_table_missing_in_the_business_is_never_the_platforms(in_alpha: Tenant) -> None:
    with schema_context("public"):
        User.objects.create_user("operator@example.com", "x", role="operator")
        assert User.objects.filter(role="operator").exists()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE access_user RENAME TO access_user_gone")
        with pytest.raises(ProgrammingError, match="does not exist"), transaction.atomic():
            list(User.objects.all())
        transaction.set_rollback(True)


def test_a_business_cannot_read_who_the_other_businesses_are(in_alpha: Tenant) -> None:
    with pytest.raises(ProgrammingError, match="tenants_tenant"), transaction.atomic():
        list(Tenant.objects.all())


@pytest.mark.parametrize(
    "schema", ["../../etc", "information_schema", 'a"; DROP SCHEMA alpha; --', "PUBLIC", "pg_temp"]
)
def test_a_schema_name_that_is_not_ours_never_reaches_sql(db: None, schema: str) -> None:
    connection.set_schema(schema)
    try:
        with pytest.raises(ValidationError):
            search_path()
    finally:
        connection.set_schema_to_public()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "statement",
    ["SELECT count(*) FROM access_user", "TABLE access_user", "SELECT 1/0"],
    ids=["in its message", "before it", "failing itself"],
)
def test_a_failed_set_of_the_path_stops_the_statement(
    alpha: Tenant, beta: Tenant, monkeypatch: pytest.MonkeyPatch, statement: str
) -> None:
    with tenant_context(alpha):
        assert search_path() == "alpha, extensions"
    with tenant_context(beta):
        # As when it is cancelled, or its connection is lost.
        monkeypatch.setattr("tenants.postgresql.cursor.statements", lambda *what: ("SELECT 1/0",))
        with pytest.raises(DatabaseError, match="division by zero"):
            run(statement)
        monkeypatch.undo()
        assert search_path() == "beta, extensions"


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db(transaction=True)
def test_negative_control_the_stock_backend_reads_the_business_before(
    alpha: Tenant, beta: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hazard itself: stock error handling runs beta's query in alpha."""
    from django.db.backends.postgresql.base import Cursor
    from django_tenants.postgresql_backend.base import DatabaseWrapper as Stock

    with tenant_context(alpha):
        User.objects.create_user("only@alpha.example", "x")
    monkeypatch.setattr(connection.connection, "cursor_factory", Cursor)
    threads = threads_connection()
    monkeypatch.setattr(threads, "_cursor", Stock._cursor.__get__(threads))
    with tenant_context(alpha):
        assert User.objects.count() == 1
    with tenant_context(beta):
        monkeypatch.setattr(
            "django_tenants.postgresql_backend.base.quote_schema_name", lambda name: "not a path'"
        )
        assert User.objects.count() == 1


def test_the_path_travels_with_the_first_statement(alpha: Tenant) -> None:
    with tenant_context(alpha), CaptureQueriesContext(connection) as statements:
        assert not User.objects.exists()
        assert not User.objects.exists()
    first, second = (statement["sql"] for statement in statements)
    assert first == f'SET LOCAL search_path = "alpha", "extensions";\n{second}'


def test_a_cursor_made_in_one_business_works_in_the_one_that_is_entered(
    alpha: Tenant, beta: Tenant
) -> None:
    with tenant_context(alpha):
        cursor = connection.cursor()
    with tenant_context(beta):
        cursor.execute("SHOW search_path")
        assert cursor.fetchone() == ("beta, extensions",)


def test_what_does_not_go_into_one_message_has_its_path_too(alpha: Tenant, beta: Tenant) -> None:
    with tenant_context(beta):
        assert search_path() == "beta, extensions"
    with tenant_context(alpha), connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO django_content_type (app_label, model) VALUES (%s, 'of a test')",
            [["first"], ["second"]],
        )
        assert search_path() == "alpha, extensions"


def test_inside_an_aborted_transaction_the_original_error_is_seen(in_alpha: Tenant) -> None:
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1/0")
    assert search_path() == "alpha, extensions"


def test_a_rolled_back_savepoint_does_not_leave_another_business_path(
    alpha: Tenant, beta: Tenant
) -> None:
    with tenant_context(alpha):
        assert search_path() == "alpha, extensions"
    with pytest.raises(RuntimeError), transaction.atomic(), tenant_context(beta):
        assert search_path() == "beta, extensions"
        raise RuntimeError
    with tenant_context(beta):
        assert search_path() == "beta, extensions"


@pytest.mark.django_db(transaction=True)
def test_threads_do_not_share_a_business(alpha: Tenant, beta: Tenant) -> None:
    seen: list[tuple[str, str]] = []
    barrier = threading.Barrier(2)

    def work(tenant: Tenant) -> None:
        for _ in range(50):
            barrier.wait(timeout=10)
            with tenant_context(tenant):
                seen.append((tenant.schema_name, search_path().split(",")[0]))
        connection.close()

    threads = [threading.Thread(target=work, args=[tenant]) for tenant in (alpha, beta)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 100
    assert all(wanted == got for wanted, got in seen)


@pytest.mark.django_db(transaction=True)
def test_a_transaction_begins_with_its_first_statement(in_alpha: Tenant) -> None:
    with CaptureQueriesContext(connection) as statements:
        with transaction.atomic():
            pass
        with transaction.atomic():
            User.objects.exists()
            User.objects.exists()
    sent = [statement["sql"] for statement in statements if "access_user" in statement["sql"]]
    assert [text.startswith("BEGIN;\n") for text in sent] == [True, False]
    assert "search_path" not in sent[1]


@pytest.mark.django_db(transaction=True)
def test_a_cursor_of_the_server_reads_in_the_transaction(in_alpha: Tenant) -> None:
    User.objects.create_user("only@alpha.example", "x")
    with transaction.atomic():
        # One that holds its rows beyond the transaction could not lock them.
        locked = User.objects.select_for_update().iterator(chunk_size=1)
        assert [user.email for user in locked] == ["only@alpha.example"]
        assert search_path() == "alpha, extensions"
    assert [user.email for user in User.objects.iterator()] == ["only@alpha.example"]


@pytest.mark.django_db(transaction=True)
def test_a_transaction_has_the_isolation_that_the_settings_ask_for(in_alpha: Tenant) -> None:
    wanted = {
        **connection.settings_dict,
        "OPTIONS": {"isolation_level": IsolationLevel.SERIALIZABLE},
    }
    made = cast("DatabaseWrapper", ConnectionHandler({"default": wanted})["default"])
    with closing(made) as other:
        other.set_schema("alpha")
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute("SHOW transaction_isolation")
            assert cursor.fetchone() == ("serializable",)
        other.rollback()
