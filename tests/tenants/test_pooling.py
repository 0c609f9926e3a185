"""Connections that are shared: by our own pool, and by a real PgBouncer in transaction mode."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError
from django.db import (
    DEFAULT_DB_ALIAS,
    DataError,
    InterfaceError,
    NotSupportedError,
    connections,
    transaction,
)  # fmt: skip
from django.db.utils import ConnectionHandler
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from access.models import User
from tenants.connection import connection
from tenants.management.commands.worker import job_queue_connector
from tenants.models import Tenant
from tenants.postgresql.base import DatabaseWrapper
from tenants.postgresql.pool import Pool
from tenants.statements import Statement, run, together
from tests.poolers import Pooler, pooler

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 60


def database(**values: Any) -> DatabaseWrapper:
    """Return a connection, not made yet, to the tests' database."""
    now = {**connection.settings_dict, "OPTIONS": {}, **values}
    return ConnectionHandler({DEFAULT_DB_ALIAS: now})[DEFAULT_DB_ALIAS]  # type: ignore[return-value]


@contextmanager
def instead(other: DatabaseWrapper) -> Iterator[DatabaseWrapper]:
    """Have all code of this thread use `other` meanwhile."""
    usual = connections[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = other
    try:
        yield other
    finally:
        other.close()
        connections[DEFAULT_DB_ALIAS] = usual


def people() -> list[str]:
    return list(User.objects.values_list("email", flat=True))


@pytest.fixture
def businesses(alpha: Tenant, beta: Tenant) -> list[Tenant]:
    """Alpha and Beta, with one person each."""
    for tenant in (alpha, beta):
        with tenant_context(tenant):
            User.objects.create_user(f"only@{tenant.schema_name}.example", "x")
    return [alpha, beta]


# --- Our own pool ---


@pytest.fixture
def pool() -> Iterator[DatabaseWrapper]:
    """A database with a pool of one connection."""
    made = database(OPTIONS={"pool": {"min_size": 1, "max_size": 1, "timeout": 15}})
    # Pools are kept by alias: this one is not the platform's.
    made.alias = "pool of a test"
    yield made
    made.close()
    made.close_pool()


def test_the_pool_gives_out_what_came_back_last() -> None:
    """So that a quiet server has few connections get to know its businesses, not all in turn."""
    parameters = database().get_connection_params()
    with Pool(kwargs=parameters, min_size=3, max_size=3, open=True) as pool:
        pool.wait()
        first, second, third = (pool.getconn() for _ in range(3))
        for one in (second, third, first):
            pool.putconn(one)
        assert pool.getconn() is first
        assert pool.getconn() is third
        pool.putconn(third)
        assert pool.getconn() is third
        for one in (first, third):
            pool.putconn(one)


def test_a_cursor_runs_nothing_once_its_connection_went_back(
    pool: DatabaseWrapper, alpha: Tenant
) -> None:
    with instead(pool), tenant_context(alpha):
        cursor = pool.cursor()
        cursor.execute("SELECT 1")
        pool.close()
        with pytest.raises(InterfaceError, match="went back to the pool"):
            cursor.execute("SELECT 1")


def path_of_the_next(pool: DatabaseWrapper) -> str:
    """Return the path that a connection has as it comes out of the pool."""
    with pool.pool.connection() as taken, psycopg.Cursor(taken) as cursor:  # type: ignore[union-attr]
        found = cursor.execute("SHOW search_path").fetchone()
        return str(found and found[0])


def test_a_connection_from_the_pool_is_in_no_business(
    pool: DatabaseWrapper, businesses: list[Tenant]
) -> None:
    with instead(pool), tenant_context(businesses[0]):
        assert people() == ["only@alpha.example"]
    assert path_of_the_next(pool) == '""'


def limit() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        return str(cursor.fetchone()[0])


def test_the_next_user_has_no_limit_unless_it_wants_one(
    pool: DatabaseWrapper, businesses: list[Tenant]
) -> None:
    for work in (limit, transaction.atomic()(limit)):
        with instead(pool):
            pool.limit_statements(7)
            assert limit() == "7s"
        with instead(pool):
            assert work() == "0"


def test_a_connection_is_told_its_limit_once(
    pool: DatabaseWrapper, businesses: list[Tenant]
) -> None:
    for tells in (True, False):
        with instead(pool), tenant_context(businesses[0]):
            pool.limit_statements(7)
            with CaptureQueriesContext(pool) as statements:
                assert people() == ["only@alpha.example"]
            assert ("statement_timeout" in statements[0]["sql"]) is tells
            assert limit() == "7s"
            with transaction.atomic():
                assert limit() == "7s"


def test_a_limit_is_told_again_when_it_did_not_arrive(
    pool: DatabaseWrapper, businesses: list[Tenant]
) -> None:
    with instead(pool), tenant_context(businesses[0]):
        pool.limit_statements(7)
        with pytest.raises(DataError), pool.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        assert limit() == "7s"
        pool.limit_statements(8)
        with pytest.raises(DataError), transaction.atomic():
            assert limit() == "8s"
            with transaction.atomic():
                pool.limit_statements(9)
                assert limit() == "9s"
                pool.cursor().execute("SELECT 1 / 0")
        assert limit() == "9s"


def test_a_limit_that_code_sets_itself_lasts_as_long_as_its_transaction(
    pool: DatabaseWrapper, businesses: list[Tenant]
) -> None:
    with instead(pool), tenant_context(businesses[0]):
        pool.limit_statements(7)
        with transaction.atomic(), pool.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            assert limit() == "0"
        assert limit() == "7s"
        sets_it_itself()
        pool.limit_statements(8)
        assert limit() == "8s"


def test_nor_is_one_that_an_unfinished_transaction_gave_back(
    pool: DatabaseWrapper, businesses: list[Tenant]
) -> None:
    with instead(pool), tenant_context(businesses[0]):
        pool.set_autocommit(False)
        assert people() == ["only@alpha.example"]
    assert path_of_the_next(pool) == '""'


def needs_a_message_of_its_own() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM access_user")


def sets_it_itself() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET search_path = alpha; SET statement_timeout = '7s'")


def streams_outside_a_transaction() -> None:
    assert len(list(User.objects.iterator())) == 1


@pytest.mark.parametrize(
    "work", [needs_a_message_of_its_own, sets_it_itself, streams_outside_a_transaction]
)
def test_nor_is_one_whose_session_was_told_the_business(
    pool: DatabaseWrapper,
    businesses: list[Tenant],
    work: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with instead(pool), tenant_context(businesses[0]):
        pool.limit_statements(7)
        work()
    assert path_of_the_next(pool) == '""'
    # The control: it is not so by itself.
    monkeypatch.setattr("tenants.postgresql.base.leave_every_business", lambda *_, **__: None)
    with instead(pool), tenant_context(businesses[0]):
        work()
    assert path_of_the_next(pool).startswith("alpha")


def test_a_connection_that_cannot_be_made_nobodys_is_not_used_again(
    pool: DatabaseWrapper, businesses: list[Tenant]
) -> None:
    with instead(pool), tenant_context(businesses[0]):
        before = backend()
        sets_it_itself()
        with closing(database()) as other, other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [before])
    with instead(pool):
        assert backend() != before
    assert path_of_the_next(pool) == '""'


def backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


# --- PgBouncer ---


@pytest.fixture(params=[1, 2], ids=["one connection", "two connections"])
def pgbouncer(
    request: pytest.FixtureRequest, tmp_path: Path, transactional_db: None
) -> Iterator[Pooler]:
    with pooler(tmp_path, connection.settings_dict["NAME"], size=request.param) as made:
        yield made


def through(pgbouncer: Pooler) -> DatabaseWrapper:
    return database(
        HOST="127.0.0.1",
        PORT=pgbouncer.port,
        USER="pooled",
        POOLS_TRANSACTIONS=True,
        DISABLE_SERVER_SIDE_CURSORS=True,
    )


def read(one: DatabaseWrapper, tenant: Tenant) -> list[str]:
    one.set_tenant(tenant)
    with one.cursor() as cursor:
        cursor.execute("SELECT email FROM access_user")
        return [row[0] for row in cursor.fetchall()]


@pytest.fixture
def one_connection(tmp_path: Path, transactional_db: None) -> Iterator[Pooler]:
    with pooler(tmp_path, connection.settings_dict["NAME"], size=1) as made:
        yield made


def interleaved(pgbouncer: Pooler, businesses: list[Tenant]) -> list[str]:
    """Return what a client of alpha reads again, after one of beta had the connection."""
    alpha, beta = businesses
    one, other = through(pgbouncer), through(pgbouncer)
    try:
        assert read(one, alpha) == ["only@alpha.example"]
        assert read(other, beta) == ["only@beta.example"]
        with one.cursor() as cursor:
            cursor.execute("SELECT email FROM access_user")
            return [row[0] for row in cursor.fetchall()]
    finally:
        one.close()
        other.close()


def test_a_shared_connection_reads_the_business_that_is_entered(
    one_connection: Pooler, businesses: list[Tenant]
) -> None:
    assert interleaved(one_connection, businesses) == ["only@alpha.example"]


def test_negative_control_a_path_set_once_is_anothers_the_next_moment(
    one_connection: Pooler, businesses: list[Tenant]
) -> None:
    url = one_connection.url.replace("postgres:", "postgresql:", 1)
    with (
        psycopg.connect(url, autocommit=True) as one,
        psycopg.connect(url, autocommit=True) as other,
    ):
        one.execute("SET search_path = alpha")
        other.execute("SET search_path = beta")
        found = one.execute("SELECT email FROM access_user").fetchall()
        assert found == [("only@beta.example",)]
        one.execute("DISCARD ALL")


def outside_a_transaction(tenant: Tenant) -> None:
    assert people() == [f"only@{tenant.schema_name}.example"]


def inside_a_transaction(tenant: Tenant) -> None:
    with transaction.atomic():
        assert people() == [f"only@{tenant.schema_name}.example"]
        assert people() == [f"only@{tenant.schema_name}.example"]


def after_a_savepoint(tenant: Tenant) -> None:
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            User.objects.update(email="nobody@nowhere.example")
            raise ZeroDivisionError
        assert people() == [f"only@{tenant.schema_name}.example"]


def write(tenant: Tenant) -> None:
    found = User.objects.filter(email=f"only@{tenant.schema_name}.example")
    assert found.update(is_active=True) == 1


def sent_together(tenant: Tenant) -> None:
    seen: list[Any] = []
    sql = "SELECT email FROM access_user WHERE email LIKE %s"
    with together():
        for pattern in ("only@%", "nobody"):
            run(Statement(sql, [pattern], lambda cursor: seen.append(cursor.fetchall())))
    assert seen == [[(f"only@{tenant.schema_name}.example",)], []]


def many_at_once(tenant: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE access_user SET is_active = true WHERE email = %s",
            [["nobody"], [f"only@{tenant.schema_name}.example"]],
        )
        assert cursor.rowcount == 1


def in_a_transaction_of_the_drivers_own(tenant: Tenant) -> None:
    assert people() == [f"only@{tenant.schema_name}.example"]
    with connection.connection.transaction():
        assert people() == [f"only@{tenant.schema_name}.example"]


def within_a_limit(tenant: Tenant) -> None:
    seconds = random.randint(5, 9)
    connection.limit_statements(seconds)
    assert limit() == f"{seconds}s"
    with transaction.atomic():
        assert people() == [f"only@{tenant.schema_name}.example"]
        assert limit() == f"{seconds}s"
    assert limit() == f"{seconds}s"


def a_request(tenant: Tenant) -> None:
    page = Client(HTTP_HOST=tenant.hosts[0]).get("/")
    assert page.status_code == 200
    assert tenant.name in page.content.decode()
    connection.set_tenant(tenant)


WORK: list[Callable[[Tenant], None]] = [
    outside_a_transaction, inside_a_transaction, after_a_savepoint, write, sent_together,
    many_at_once, in_a_transaction_of_the_drivers_own, within_a_limit, a_request,
]  # fmt: skip


def test_businesses_at_once_never_see_each_other(
    pgbouncer: Pooler, businesses: list[Tenant]
) -> None:
    failures: list[BaseException] = []
    finished: list[int] = []

    def customer(tenant: Tenant, seed: int) -> None:
        chosen = random.Random(seed)
        try:
            with instead(through(pgbouncer)), tenant_context(tenant):
                for _ in range(ROUNDS):
                    chosen.choice(WORK)(tenant)
                finished.append(seed)
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    threads = [
        threading.Thread(target=customer, args=[businesses[seed % 2], seed]) for seed in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(finished) == list(range(6))
    # Nothing was left on the connections; they began without a path of use.
    with psycopg.connect(pgbouncer.url.replace("postgres:", "postgresql:", 1)) as plain:
        assert plain.execute("SHOW search_path").fetchone() == ("nowhere",)
        assert plain.execute("SHOW statement_timeout").fetchone() == ("0",)


def test_what_cannot_take_its_path_along_is_refused_outside_a_transaction(
    one_connection: Pooler, businesses: list[Tenant]
) -> None:
    with instead(through(one_connection)) as pooled, tenant_context(businesses[0]):
        with (
            connection.cursor() as cursor,
            pytest.raises(NotSupportedError, match=r"transaction\.atomic"),
            cursor.copy("COPY access_user (email) TO STDOUT"),
        ):
            pass
        with pytest.raises(NotSupportedError, match=r"transaction\.atomic"):
            pooled.chunked_cursor()
        with (
            transaction.atomic(),
            connection.cursor() as cursor,
            cursor.copy("COPY access_user (email) TO STDOUT") as rows,
        ):
            assert b"".join(bytes(row) for row in rows) == b"only@alpha.example\n"


def test_the_worker_needs_an_address_where_it_can_listen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        settings, "JOBS_DATABASE", {**settings.JOBS_DATABASE, "POOLS_TRANSACTIONS": True}
    )
    with pytest.raises(CommandError, match="JOBS_DATABASE_URL"):
        job_queue_connector()
