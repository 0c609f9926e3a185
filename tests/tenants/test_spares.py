"""A sign-up may take a schema that is ready: its own alone, of this version, or none."""

from collections.abc import Iterator
from functools import partial
from threading import Barrier, Event
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django_tenants.utils import tenant_context

from access.models import User
from tenants import provisioning, spares, template
from tenants.connection import connection
from tenants.models import SchemaTemplate, SpareSchema, Tenant
from tenants.names import validate_label
from tenants.signals import tenant_provisioned
from tests.tenants.test_fleet import fleet
from tests.tenants.test_provisioning import drop_businesses, in_a_thread, run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _leave_nothing(settings: Any) -> Iterator[None]:
    settings.SPARE_SCHEMAS = 2
    yield
    settings.SPARE_SCHEMAS = 0
    spares.replenish()
    assert in_database("spare%") == {}
    drop_businesses("newcomer", "newcomer_1", "newcomer_2")


def in_database(pattern: str) -> dict[str, int]:
    """Return the numbers of schemas by their names: a renamed one keeps its number."""
    connection.set_schema_to_public()
    with connection.cursor() as cursor:
        cursor.execute("SELECT nspname, oid FROM pg_namespace WHERE nspname LIKE %s", [pattern])
        return dict(cursor.fetchall())


def sign_up(label: str = "newcomer", **others: Any) -> Tenant:
    return provisioning.provision(label=label, name="New", **others).tenant


def test_a_sign_up_takes_a_spare_and_the_worker_makes_another() -> None:
    spares.replenish()
    before = in_database("spare%")
    assert len(before) == 2
    tenant = sign_up(owner_email="boss@example.com")
    (oid,) = in_database("newcomer").values()
    assert oid in before.values()
    assert len(in_database("spare%")) == SpareSchema.objects.count() == 1
    with tenant_context(tenant):
        assert User.objects.get().email == "boss@example.com"
    assert Client(HTTP_HOST=tenant.hosts[0]).get("/").status_code == 200
    spares.replenish()
    assert set(in_database("spare%")) == set(SpareSchema.objects.values_list("pk", flat=True))
    assert SpareSchema.objects.count() == 2


def test_two_at_once_take_different_ones_and_a_third_makes_its_own() -> None:
    """All three are half-way at the same time: none waits for another."""
    spares.replenish()
    before = in_database("spare%")
    all_have_one = Barrier(3)

    def wait(sender: object, **kwargs: Any) -> None:
        all_have_one.wait(60)

    tenant_provisioned.connect(wait)
    try:
        labels = ("newcomer", "newcomer-1", "newcomer-2")
        answers = [in_a_thread(partial(sign_up, label)) for label in labels]
        for answer in answers:
            answer.result()
    finally:
        tenant_provisioned.disconnect(wait)
    made = in_database("newcomer%")
    assert len(made) == 3
    assert len(set(made.values()) - set(before.values())) == 1
    assert in_database("spare%") == {}
    assert not SpareSchema.objects.exists()


def test_a_spare_is_not_dropped_while_it_is_taken(settings: Any) -> None:
    settings.SPARE_SCHEMAS = 1
    spares.replenish()
    has_one, may_end = Event(), Event()

    def dawdle(sender: object, **kwargs: Any) -> None:
        has_one.set()
        assert may_end.wait(60)

    tenant_provisioned.connect(dawdle)
    try:
        answer = in_a_thread(sign_up)
        assert has_one.wait(60)
        settings.SPARE_SCHEMAS = 0
        spares.replenish()
    finally:
        may_end.set()
        tenant_provisioned.disconnect(dawdle)
    assert answer.result().is_active
    assert set(in_database("newcomer")) == {"newcomer"}


def test_whatever_fails_the_spare_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    spares.replenish()
    before = in_database("spare%")

    def explode(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("boom")

    with monkeypatch.context() as patch:
        patch.setattr(tenant_provisioned, "send", explode)
        with pytest.raises(RuntimeError):
            sign_up()
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA newcomer")
    with pytest.raises(ValidationError, match="exists already"):
        sign_up()
    assert in_database("spare%") == before
    assert SpareSchema.objects.count() == 2
    assert not Tenant.objects.filter(schema_name="newcomer").exists()


def test_one_of_another_version_is_never_given_out_and_is_replaced() -> None:
    spares.replenish()
    before = in_database("spare%")
    SpareSchema.objects.update(digest="of an older release")
    sign_up()
    assert not set(in_database("newcomer").values()) & set(before.values())
    spares.replenish()
    after = in_database("spare%")
    assert len(after) == 2
    assert not set(after) & set(before)


def test_older_code_leaves_the_newest_ones_alone(settings: Any) -> None:
    template.current()
    spares.replenish()
    SpareSchema.objects.update(digest="newest")
    SchemaTemplate.objects.create(digest="newest", statements=[])
    try:
        spares.replenish()
        assert SpareSchema.objects.filter(digest="newest").count() == 2
        assert SpareSchema.objects.filter(digest=template.digest()).count() == 2
    finally:
        SchemaTemplate.objects.filter(digest="newest").delete()


def test_one_that_was_dropped_by_hand_is_not_missed(settings: Any) -> None:
    settings.SPARE_SCHEMAS = 1
    spares.replenish()
    (lost,) = in_database("spare%")
    with connection.cursor() as cursor:
        cursor.execute(f'DROP SCHEMA "{lost}" CASCADE')
    sign_up()
    spares.replenish()
    assert lost not in SpareSchema.objects.values_list("pk", flat=True)
    assert len(in_database("spare%")) == 1


def test_nobody_sees_a_spare() -> None:
    listed, standing = run("list"), fleet("status")
    spares.replenish()
    name = next(iter(in_database("spare%")))
    label = name.replace("_", "-")
    with pytest.raises(ValidationError):
        validate_label(label)
    assert (run("list"), fleet("status")) == (listed, standing)
    assert Client(HTTP_HOST=f"{label}.localhost").get("/").status_code == 404
    assert fleet("migrate") == "Nothing to do.\n"
