"""A business is found without looking it up, and a change is noticed soon by every process."""

from typing import Any
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, transaction
from django.db import connection as django_connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import schema_context

from bookings.models import Service
from tenants.connection import connection
from tenants.directory import LEASE_SECONDS, Directory, Entry, directory
from tenants.lifecycle import renaming
from tenants.middleware import TenantMiddleware
from tenants.models import DirectoryVersion, Domain, Tenant
from tenants.provisioning import set_status
from tests.support import business

pytestmark = pytest.mark.django_db

WEBHOOK = "/api/payments/webhook/stripe/"


def get(host: str, path: str = "/") -> int:
    return int(Client(HTTP_HOST=host).get(path).status_code)


def lookups(host: str) -> int:
    """Ask for a page and return how many statements read who the businesses are."""
    with CaptureQueriesContext(django_connection) as statements:
        get(host)
    return sum('FROM "tenants_' in statement["sql"] for statement in statements)


@pytest.fixture(autouse=True)
def _with_a_version_and_an_empty_memory(db: None) -> None:
    directory.clear()
    DirectoryVersion.objects.update_or_create(is_only_row=True, defaults={"version": uuid4()})


def test_the_second_request_looks_nothing_up(alpha: Tenant) -> None:
    assert lookups("alpha.localhost") == 2
    assert lookups("alpha.localhost") == 0


def test_the_second_request_for_an_unknown_host_looks_nothing_up(alpha: Tenant) -> None:
    assert lookups("stranger.localhost") == 1
    assert lookups("stranger.localhost") == 0
    assert get("stranger.localhost") == 404


def test_path_limit_and_version_take_one_round_trip(alpha: Tenant) -> None:
    get("alpha.localhost")
    connection.forget_settings()
    with CaptureQueriesContext(django_connection) as statements:
        assert Client(HTTP_HOST="alpha.localhost").post(WEBHOOK).status_code == 503
    first, *others = (statement["sql"] for statement in statements)
    assert first == (
        'SET LOCAL search_path = "alpha", "extensions";\n'
        "SET LOCAL statement_timeout = '15s';\n"
        "SELECT version FROM public.tenants_directoryversion"
    )
    assert not any("search_path" in other for other in others)


def test_a_suspension_takes_effect_with_the_next_request(alpha: Tenant) -> None:
    assert get("alpha.localhost") == 200
    connection.set_schema_to_public()
    set_status(alpha, Tenant.Status.SUSPENDED)
    assert get("alpha.localhost") == 503
    assert Client(HTTP_HOST="alpha.localhost").post(WEBHOOK).json() == {
        "error": "Webhook secret not configured"
    }
    connection.set_schema_to_public()
    set_status(alpha, Tenant.Status.ACTIVE)
    assert get("alpha.localhost") == 200


def test_a_change_without_the_models_takes_effect_with_the_next_request(alpha: Tenant) -> None:
    assert get("alpha.localhost") == 200
    with connection.cursor() as cursor:
        cursor.execute("SET search_path = public")
        cursor.execute("UPDATE tenants_tenant SET name = 'Renamed' WHERE schema_name = 'alpha'")
    connection.set_schema_to_public()
    assert b"Renamed" in Client(HTTP_HOST="alpha.localhost").get("/").content


def test_a_removed_domain_stops_being_served_at_once(alpha: Tenant) -> None:
    domain = Domain.objects.create(domain="book.alpha.example", tenant=alpha, is_primary=False)
    assert get("book.alpha.example") == 200
    connection.set_schema_to_public()
    domain.delete()
    assert get("book.alpha.example") == 404


def test_a_new_domain_is_served_at_once_though_it_was_unknown(alpha: Tenant) -> None:
    assert get("book.alpha.example") == 404
    connection.set_schema_to_public()
    Domain.objects.create(domain="book.alpha.example", tenant=alpha, is_primary=False)
    assert get("book.alpha.example") == 200


def test_a_domain_that_moves_leads_to_its_new_business(alpha: Tenant, beta: Tenant) -> None:
    domain = Domain.objects.create(domain="book.example.com", tenant=alpha, is_primary=False)
    assert b"Alpha Salon" in Client(HTTP_HOST="book.example.com").get("/").content
    connection.set_schema_to_public()
    domain.tenant = beta
    domain.save()
    page = Client(HTTP_HOST="book.example.com").get("/").content
    assert b"Beta Gym" in page
    assert b"Alpha Salon" not in page


def test_what_a_rollback_took_back_is_not_remembered(alpha: Tenant) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        set_status(alpha, Tenant.Status.SUSPENDED)
        assert get("alpha.localhost") == 503
        connection.set_schema_to_public()
        raise RuntimeError
    assert get("alpha.localhost") == 200


def test_a_request_that_changes_its_business_changes_nobody_elses(alpha: Tenant) -> None:
    memory, version = Directory(), uuid4()
    memory.remember("alpha.localhost", Entry(version, alpha))
    first = memory.recall("alpha.localhost")
    assert first is not None and first.tenant is not None
    first.tenant.name = "Changed"
    alpha.name = "Changed too"
    second = memory.recall("alpha.localhost")
    assert second is not None and second.tenant is not None
    assert second.tenant.name == "Alpha Salon"


def test_invented_hosts_push_no_business_out_and_fill_no_memory(alpha: Tenant) -> None:
    memory, version = Directory(known_hosts=2, unknown_hosts=3), uuid4()
    memory.remember("alpha.localhost", Entry(version, alpha))
    for number in range(100):
        memory.remember(f"x{number}.localhost", Entry(version, None))
    assert len(memory) == 4
    assert memory.recall("x96.localhost") is None
    assert memory.recall("x97.localhost") == Entry(version, None)
    assert memory.recall("alpha.localhost") == Entry(version, alpha)


def test_the_business_that_was_asked_for_longest_ago_is_forgotten(alpha: Tenant) -> None:
    memory, version = Directory(known_hosts=2), uuid4()
    for host in ("one.example", "two.example"):
        memory.remember(host, Entry(version, alpha))
    memory.recall("one.example")
    memory.remember("three.example", Entry(version, alpha))
    assert memory.recall("two.example") is None
    assert memory.recall("one.example") is not None


def test_without_a_version_nothing_is_remembered(alpha: Tenant) -> None:
    DirectoryVersion.objects.all().delete()
    assert lookups("alpha.localhost") == 2
    assert lookups("alpha.localhost") == 2


@pytest.mark.django_db(transaction=True)
def test_a_change_by_another_process_takes_effect_with_the_next_request(alpha: Tenant) -> None:
    Tenant.objects.filter(pk=alpha.pk).update(name="Alpha Salon")
    assert get("alpha.localhost") == 200
    assert lookups("alpha.localhost") == 0
    with psycopg.connect(**_parameters()) as other:
        other.execute(
            "UPDATE public.tenants_tenant SET status = 'suspended' WHERE schema_name = 'alpha'"
        )
        # It is not committed: nothing has changed.
        assert get("alpha.localhost") == 200
    assert get("alpha.localhost") == 503


@pytest.mark.django_db(transaction=True)
def test_a_remembered_business_costs_no_statement_of_its_own(alpha: Tenant) -> None:
    get("alpha.localhost")
    connection.forget_settings()
    with CaptureQueriesContext(django_connection) as statements:
        assert Client(HTTP_HOST="alpha.localhost").post(WEBHOOK).status_code == 503
    # The business's Stripe account, on its path, if the memory is right.
    (only,) = (statement["sql"] for statement in statements)
    settings, _, query = only.rpartition(";\n")
    assert settings.startswith("SELECT public.tenants_directory_is_outdated()")
    assert 'SET LOCAL search_path = "alpha", "extensions"' in settings
    assert 'FROM "payments_stripeaccount"' in query


@pytest.mark.django_db(transaction=True)
def test_a_request_whose_business_has_changed_begins_anew_with_its_body(
    alpha: Tenant, beta: Tenant, write_key: str
) -> None:
    with schema_context("alpha"):
        Service.objects.create(name="Cut", slug="cut", duration_minutes=60, price=0)
    body = {"service_id": 1, "start": "nonsense"}

    def post() -> tuple[int, Any]:
        answer = Client(HTTP_HOST="alpha.localhost").post(
            "/api/bookings/",
            body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {write_key}"},
        )
        return answer.status_code, answer.json()

    usual = post()
    assert usual[0] == 400
    # A business that has nothing to do with it: the version is everybody's.
    with schema_context("public"):
        Tenant.objects.filter(pk=beta.pk).update(contact_phone="1")
    assert post() == usual
    assert lookups("alpha.localhost") == 0


@pytest.mark.django_db(transaction=True)
def test_a_request_that_cannot_begin_anew_is_asked_to_come_back(
    alpha: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    get("alpha.localhost")
    with schema_context("public"):
        Tenant.objects.filter(pk=alpha.pk).update(contact_phone="1")
    monkeypatch.setattr("tenants.middleware._may_be_read_again", lambda request: False)
    answer = Client(HTTP_HOST="alpha.localhost").get("/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert get("alpha.localhost") == 200


def _parameters() -> dict[str, Any]:
    known = connection.get_connection_params()
    return {
        name: known[name]
        for name in ("host", "port", "user", "password", "dbname")
        if known.get(name)
    }


def test_when_the_path_cannot_be_set_nothing_runs_on_the_one_before(
    alpha: Tenant, beta: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    get("beta.localhost")
    get("alpha.localhost")
    monkeypatch.setattr("tenants.postgresql.base.DIRECTORY_VERSION", "SELECT 1/0")
    with pytest.raises(DatabaseError), transaction.atomic():
        get("beta.localhost")
    monkeypatch.undo()
    with connection.cursor() as cursor:
        cursor.execute("SHOW search_path")
        assert cursor.fetchone() == ("beta, extensions",)


# --- The lease: what one request has proved counts for the next ones, for a moment ---


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(directory, "clock", made)
    monkeypatch.setattr(directory, "lease_seconds", LEASE_SECONDS)
    return made


def proofs(host: str = "alpha.localhost") -> int:
    """Ask for a page and return how many statements proved that the memory is current."""
    with CaptureQueriesContext(django_connection) as statements:
        assert get(host) == 200
    return sum("tenants_directory_is_outdated" in statement["sql"] for statement in statements)


def elsewhere(sql: str) -> None:
    """Run `sql` as another process does."""
    with psycopg.connect(**connection.get_connection_params()) as other:
        other.execute(sql)


SUSPEND = "UPDATE public.tenants_tenant SET status = 'suspended' WHERE schema_name = 'alpha'"


@pytest.mark.django_db(transaction=True)
def test_a_storm_of_requests_brings_one_proof_for_each_lease(alpha: Tenant, clock: Clock) -> None:
    get("alpha.localhost")
    found = []
    for _ in range(3):
        found += [proofs(), proofs()]
        clock.now += 2 * LEASE_SECONDS
    assert found == [1, 0, 1, 0, 1, 0]


@pytest.mark.django_db(transaction=True)
def test_a_suspension_is_noticed_at_the_end_of_the_lease(alpha: Tenant, clock: Clock) -> None:
    get("alpha.localhost")
    assert get("alpha.localhost") == 200
    elsewhere(SUSPEND)
    clock.now += 2 * LEASE_SECONDS
    assert get("alpha.localhost") == 503


@pytest.mark.django_db(transaction=True)
def test_the_lease_begins_when_the_proof_is_asked_for(
    alpha: Tenant, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    get("alpha.localhost")
    serve = TenantMiddleware._serve

    def slowly(*args: Any) -> Any:
        answer = serve(*args)
        clock.now += 2 * LEASE_SECONDS
        return answer

    monkeypatch.setattr(TenantMiddleware, "_serve", slowly)
    assert (proofs(), proofs()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_what_is_looked_up_anew_is_proved_anew(alpha: Tenant, clock: Clock) -> None:
    get("alpha.localhost")
    assert (proofs(), proofs()) == (1, 0)
    elsewhere("UPDATE public.tenants_tenant SET name = 'Renamed' WHERE schema_name = 'alpha'")
    clock.now += 2 * LEASE_SECONDS
    # The one that finds out looks it up, and asks again for what it has found.
    assert b"Renamed" in Client(HTTP_HOST="alpha.localhost").get("/").content


@pytest.mark.django_db(transaction=True)
def test_a_business_that_moves_within_the_lease_is_found_where_it_is(clock: Clock) -> None:
    newcomer = business("newcomer", name="Newcomer")
    try:
        get("newcomer.localhost")
        assert proofs("newcomer.localhost") == 1
        connection.set_schema_to_public()
        renaming.rename(newcomer, "renamed")
        answer = Client(HTTP_HOST="newcomer.localhost").get("/")
        assert (answer.status_code, answer["Location"]) == (302, "http://renamed.localhost:8000/")
    finally:
        connection.set_schema_to_public()
        Tenant.objects.get(schema_name__in=("newcomer", "renamed")).delete(force_drop=True)
