"""Our side of a Citus cluster, against stand-ins for its functions and catalogues."""

import io
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.test import Client
from django_tenants.utils import schema_context, tenant_context
from procrastinate.contrib.django.models import ProcrastinateJob

from access.models import User
from payments.inbox import store
from payments.models import StripeEvent
from tenants import sharding
from tenants.connection import connection
from tenants.models import Tenant
from tenants.provisioning import provision
from tenants.sharding_health import problems
from tests.citus import calls, failing_commits, run, stand_ins

pytestmark = pytest.mark.django_db(transaction=True)

WORKER_1, WORKER_2 = sharding.Node(2, "worker1", 5432), sharding.Node(3, "worker2", 5432)


@pytest.fixture
def citus(transactional_db: None, settings: Any) -> Iterator[None]:
    settings.TENANT_SHARDING = "citus"
    settings.APPEND_ONLY_TRIGGERS = False
    with stand_ins():
        yield
        run("DROP SCHEMA IF EXISTS made CASCADE")


def make_schema() -> None:
    with transaction.atomic(), sharding.creating_schema("made"):
        run('CREATE SCHEMA "made"')
        run("CREATE TABLE made.one (id int)")
        run("CREATE TABLE made.two (id int)")


def exists(schema: str) -> bool:
    return run(f"SELECT to_regnamespace('{schema}') IS NOT NULL") == [(True,)]


def tenant_command(*arguments: str) -> str:
    output = io.StringIO()
    call_command("tenant", *arguments, stdout=output)
    return output.getvalue()


# --- Making a business ---


def test_a_schema_is_made_local_and_distributed_in_one_transaction(citus: None) -> None:
    run("SET citus.enable_schema_based_sharding = on")
    with transaction.atomic():
        make_schema()
        (now,) = run("SELECT pg_current_xact_id()")[0]
    assert run("SELECT call, sharding, transaction FROM public.citus_calls") == [
        ("distribute made", "off", now)
    ]
    assert run("SHOW citus.enable_schema_based_sharding") == [("on",)]
    assert sharding.node_of("made") == WORKER_1


def test_a_schema_that_no_node_takes_is_not_made_at_all(citus: None) -> None:
    run("ALTER TABLE public.pg_dist_placement ADD CHECK (groupid <> 1)")
    with pytest.raises(DatabaseError, match="violates check constraint"):
        make_schema()
    assert not exists("made")


def test_what_a_node_did_not_commit_is_tried_again(citus: None) -> None:
    failing_commits(2)
    sharding.committed(make_schema, waits=[0, 0])
    assert exists("made")
    assert calls() == ["distribute made"]
    assert run("SELECT last_value FROM public.citus_tries") == [(3,)]


def test_it_is_not_tried_for_ever(citus: None) -> None:
    failing_commits(5)
    with pytest.raises(DatabaseError, match="could not commit transaction"):
        sharding.committed(make_schema, waits=[0, 0])
    assert not exists("made")
    assert run("SELECT last_value FROM public.citus_tries") == [(3,)]


def test_other_errors_are_not_tried_again(citus: None) -> None:
    tried: list[int] = []

    def fail() -> None:
        tried.append(1)
        run("SELECT 1/0")

    with pytest.raises(DatabaseError, match="division by zero"):
        sharding.committed(fail, waits=[0, 0])
    assert tried == [1]


def test_a_new_business_is_on_a_node_once_that_has_committed(citus: None) -> None:
    failing_commits(1)
    try:
        provision(label="made", name="Made", owner_email="owner@made.example")
        assert calls() == ["distribute made"]
        assert run("SELECT last_value FROM public.citus_tries") == [(2,)]
        assert sharding.node_of("made") == WORKER_1
        assert not [one for one in problems() if "made" in one]
    finally:
        run("DELETE FROM tenants_domain WHERE domain LIKE 'made.%'")
        run("DELETE FROM tenants_tenant WHERE schema_name = 'made'")
        run("DELETE FROM tenants_schemaversion WHERE schema_name = 'made'")


def test_on_one_postgresql_nothing_is_asked_of_citus(transactional_db: None) -> None:
    try:
        make_schema()
        assert exists("made")
    finally:
        run("DROP SCHEMA made CASCADE")
    assert problems() == []
    for action in (["check"], ["distribute"], ["move", "alpha", "worker1"]):
        with pytest.raises(CommandError, match="TENANT_SHARDING is none"):
            tenant_command(*action)


def test_the_job_queue_is_made_on_the_coordinator_alone(citus: None) -> None:
    propagation = "SELECT coalesce(current_setting('citus.enable_ddl_propagation', true), '')"
    with sharding.on_coordinator_alone():
        assert run(propagation) == [("off",)]
    assert run(propagation) == [("",)]


# --- Is everyone in place? ---


def test_local_tables_are_found_and_distributed(citus: None) -> None:
    with pytest.raises(CommandError, match=r"alpha has .* on the coordinator") as refused:
        tenant_command("check")
    assert "manage.py tenant distribute alpha" in str(refused.value)
    assert tenant_command("distribute") == ("alpha is on worker1:5432.\nbeta is on worker1:5432.\n")
    assert tenant_command("check").splitlines() == [
        "worker1:5432                     2 businesses",
        "worker2:5432                     0 businesses",
        "Every business is on its node.",
    ]
    assert "truncate alpha.payments_payment" in " ".join(calls())


def test_append_only_triggers_go_where_the_cluster_takes_none(citus: None, settings: Any) -> None:
    triggers = (
        "SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid "
        "WHERE c.relnamespace = 'made'::regnamespace AND NOT tgisinternal"
    )
    trigger = (
        "CREATE TRIGGER books BEFORE UPDATE ON made.one "
        "FOR EACH ROW EXECUTE FUNCTION extensions.refuse_change()"
    )
    run("CREATE SCHEMA made")
    run("CREATE TABLE made.one (id int)")
    run(trigger)
    settings.APPEND_ONLY_TRIGGERS = True
    sharding.distribute("made")
    assert run(triggers) == [(1,)]
    settings.APPEND_ONLY_TRIGGERS = False
    sharding.distribute("made")
    assert run(triggers) == [(0,)]


def test_a_table_made_past_citus_is_found(citus: None) -> None:
    tenant_command("distribute")
    run("CREATE TABLE beta.forgotten (id int)")
    try:
        assert problems() == [
            "beta has 1 tables on the coordinator (forgotten). "
            "Run: manage.py tenant distribute beta"
        ]
    finally:
        run("DROP TABLE beta.forgotten")


def test_djangos_check_warns_of_local_tables(citus: None) -> None:
    found = [one for one in run_checks(databases=["default"]) if one.id == "tenants.W001"]
    assert [one.msg.split()[0] for one in found] == ["alpha", "beta"]
    assert [one for one in run_checks() if str(one.id).startswith("tenants.")] == []


def test_the_clusters_own_settings_are_checked(citus: None, settings: Any) -> None:
    settings.APPEND_ONLY_TRIGGERS = True
    run("SET citus.enable_schema_based_sharding = on")
    run("DELETE FROM public.pg_dist_node WHERE shouldhaveshards")
    assert [one.split()[0] for one in problems()] == [
        "citus.enable_schema_based_sharding", "APPEND_ONLY_TRIGGERS", "The",
    ]  # fmt: skip


def test_a_database_without_citus_is_an_error(transactional_db: None, settings: Any) -> None:
    settings.TENANT_SHARDING = "citus"
    (found,) = [one for one in run_checks(databases=["default"]) if one.id == "tenants.E001"]
    assert "this database has no Citus" in found.msg


def test_the_operator_sees_it_on_the_first_page(citus: None) -> None:
    operator = User.objects.create_user("operator@platform.example", "x", role="operator")
    client = Client(HTTP_HOST="localhost")
    client.force_login(operator, backend="access.backends.RoleBackend")
    page = client.get("/admin/").content.decode()
    assert "alpha has" in page
    assert "on the coordinator" in page


# --- Moving ---


def test_a_business_moves_to_the_node_that_was_named(citus: None) -> None:
    tenant_command("distribute", "alpha", "beta")
    assert tenant_command("move", "alpha", "worker2") == (
        "alpha moved from worker1:5432 to worker2:5432.\n"
    )
    assert calls()[-1] == "move alpha to 3"
    assert sharding.node_of("alpha") == WORKER_2
    assert sharding.node_of("beta") == WORKER_1


@pytest.mark.parametrize(
    ("name", "node", "message"),
    [
        ("alpha", "worker9", "There is no node “worker9”. .* worker1:5432, worker2:5432"),
        ("alpha", "coordinator", "There is no node “coordinator”"),
        ("alpha", "worker1:5432", "alpha is on worker1:5432 already"),
        ("beta", "worker2", "beta is on no node yet"),
        ("nobody", "worker2", "There is no business “nobody”"),
    ],
)
def test_a_move_that_makes_no_sense_is_refused(
    citus: None, name: str, node: str, message: str
) -> None:
    tenant_command("distribute", "alpha")
    before = calls()
    with pytest.raises(CommandError, match=message):
        tenant_command("move", name, node)
    assert calls() == before


def test_a_move_that_fails_is_reported(citus: None) -> None:
    tenant_command("distribute", "alpha")
    run("ALTER TABLE public.pg_dist_placement ADD CHECK (groupid <> 2)")
    with pytest.raises(CommandError, match=r"alpha was not moved: .* It works where it was"):
        tenant_command("move", "alpha", "worker2")
    assert sharding.node_of("alpha") == WORKER_1


# --- What runs on the nodes ---


def test_a_stripe_event_and_its_job_are_written_apart_and_once(citus: None, alpha: Tenant) -> None:
    payload = {"id": "evt_1", "type": "charge.updated", "livemode": False}
    with tenant_context(alpha):
        statements: list[str] = []

        def watch(execute: Any, sql: str, *rest: Any) -> Any:
            statements.append(sql)
            return execute(sql, *rest)

        with connection.execute_wrapper(watch):
            first, second = store(payload), store(payload)
        assert first.pk == second.pk
        assert StripeEvent.objects.count() == 1
    for sql in statements:
        assert not ("payments_stripeevent" in sql and "procrastinate" in sql)
    with schema_context("public"):
        (job,) = ProcrastinateJob.objects.values_list("args", flat=True)
    assert job == {"schema": "alpha", "event_pk": first.pk}
