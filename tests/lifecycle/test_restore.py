"""One business goes back in time; the others don't notice."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from bookings.models import Booking
from payments.models import StripeAccount
from tenants.connection import connection
from tenants.lifecycle import queue, restoring
from tenants.lifecycle.catalogue import schema_exists
from tenants.lifecycle.exporting import fingerprints
from tenants.models import LifecycleEvent, Tenant
from tenants.names import schema_name_for
from tests.lifecycle.support import book, run

pytestmark = pytest.mark.django_db(transaction=True)


def spoil(tenant: Tenant) -> int:
    """Lose a booking, make another, change the key and the name; return the new booking's id."""
    with tenant_context(tenant):
        Booking.objects.all().delete()
        made = book(at=timezone.now() + timedelta(days=5), email="late@example.com")
        account = StripeAccount.objects.current()
        account.secret_key = "sk_test_other"
        account.save()
    connection.set_schema_to_public()
    Tenant.objects.filter(pk=tenant.pk).update(name="Spoilt")
    return made.pk


def aside() -> Tenant:
    connection.set_schema_to_public()
    found = Tenant.objects.with_hosts().get(status="replaced")
    assert isinstance(found, Tenant)
    return found


def test_it_is_as_it_was_and_nobody_else_is_touched(newcomer: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "x.tar"
    then = fingerprints("newcomer")
    others = {name: fingerprints(name) for name in ("alpha", "beta")}
    hosts = list(newcomer.domains.values_list("domain", "is_primary"))
    run("export", "newcomer", str(file))
    last = spoil(newcomer)
    now = fingerprints("newcomer")
    said = run("restore", "newcomer", str(file))
    assert "known to Stripe only" in said
    assert "tenant purge newcomer-before-" in said
    assert fingerprints("newcomer") == then
    assert fingerprints(aside().schema_name) == now
    assert {name: fingerprints(name) for name in others} == others
    restored = Tenant.objects.with_hosts().get(schema_name="newcomer")
    assert (restored.pk, restored.uuid, restored.name) == (newcomer.pk, newcomer.uuid, "Newcomer")
    assert list(restored.domains.values_list("domain", "is_primary")) == hosts
    with tenant_context(aside()):
        assert StripeAccount.objects.current().secret_key == "sk_test_other"
    with tenant_context(restored):
        assert StripeAccount.objects.current().secret_key == "sk_test_newcomer"
        # Links and jobs of the time since may still name that id.
        assert book(at=timezone.now()).pk > last
    connection.set_schema_to_public()
    tasks = [job["task_name"] for job in queue.waiting(restored)]
    assert tasks.count("payments.reconcile") == 1
    assert Client(HTTP_HOST="newcomer.localhost").get("/").status_code == 200
    host = aside().hosts[0]
    assert Client(HTTP_HOST=host).get("/").status_code == 404
    connection.set_schema_to_public()
    assert LifecycleEvent.objects.filter(kind="restored").count() == 1


def test_what_was_set_aside_can_be_dropped_or_kept(newcomer: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "x.tar"
    run("export", "newcomer", str(file))
    run("restore", "newcomer", str(file), "--drop-old")
    assert not Tenant.objects.filter(status="replaced").exists()
    run("restore", "newcomer", str(file))
    kept = aside()
    assert kept.delete_after is not None
    run("keep", kept.label)
    run("resume", kept.label)
    assert Client(HTTP_HOST=kept.hosts[0]).get("/").status_code == 200


def test_a_restore_that_fails_changes_nothing(
    newcomer: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "x.tar"
    run("export", "newcomer", str(file))
    spoil(newcomer)
    now = fingerprints("newcomer")

    def fail(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("boom")

    for step in ("fill", "_check_whole", "_take_back"):
        with monkeypatch.context() as patch:
            patch.setattr(restoring, step, fail)
            with pytest.raises(RuntimeError):
                run("restore", "newcomer", str(file))
        connection.set_schema_to_public()
        assert fingerprints("newcomer") == now
        assert not schema_exists("newcomer_restoring")
        assert list(Tenant.objects.filter(schema_name__startswith="newcomer")) == [newcomer]
    with tenant_context(Tenant.objects.with_hosts().get(pk=newcomer.pk)):
        assert StripeAccount.objects.current().secret_key == "sk_test_other"


def test_nobody_can_stop_it_by_taking_a_name(newcomer: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "x.tar"
    run("export", "newcomer", str(file))
    run("create", "newcomer-restoring")
    run("rename", "newcomer-restoring", "newcomer-restoring-2")
    assert "as it was" in run("restore", "newcomer", str(file))
    half = Tenant.objects.create(
        schema_name="newcomer_restoring_3", name="Half", status="provisioning"
    )
    with pytest.raises(CommandError, match="tenant discard newcomer-restoring-3"):
        run("restore", "newcomer", str(file))
    half.delete()


def test_another_businesses_file_is_refused(newcomer: Tenant, tmp_path: Path) -> None:
    file = tmp_path / "x.tar"
    run("export", "alpha", str(file))
    with pytest.raises(CommandError, match="not of Newcomer"):
        run("restore", "newcomer", str(file))
    assert not Tenant.objects.filter(status="replaced").exists()


@pytest.mark.parametrize("label", ["abc", "a" * 41, f"{'a' * 17}-{'b' * 23}"])
def test_what_is_set_aside_has_a_good_name(label: str) -> None:
    name = restoring.name_aside(label.replace("-", "_"), timezone.now())
    assert schema_name_for(name.replace("_", "-")) == name
