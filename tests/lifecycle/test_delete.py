"""A business is deleted: off the air at once, gone after a while, with a last export."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from payments.models import PaymentSession, Refund, StripeEvent, Subscription
from tenants.connection import connection
from tenants.lifecycle import deleting, queue
from tenants.lifecycle.archive import sha256_of
from tenants.lifecycle.catalogue import lock_tables, schema_exists
from tenants.lifecycle.exporting import fingerprints
from tenants.models import Domain, LifecycleEvent, Notice, Tenant
from tests.lifecycle.support import book, lived_in, run
from tests.payments.builders import payment
from tests.support import JobRunner, StripeSigner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def exports(tmp_path: Path, settings: Any) -> Path:
    settings.FINAL_EXPORT_DIRECTORY = str(tmp_path)
    return tmp_path


def wait_is_over() -> None:
    Tenant.objects.filter(schema_name="newcomer").update(
        delete_after=timezone.now() - timedelta(seconds=1)
    )


def is_here() -> bool:
    return schema_exists("newcomer") and Tenant.objects.filter(schema_name="newcomer").exists()


def test_it_is_off_the_air_at_once_and_can_be_kept(
    newcomer: Tenant, exports: Path, signer: StripeSigner
) -> None:
    with time_machine.travel(timezone.now(), tick=False):
        said = run("delete", "newcomer")
        assert f"{timezone.now() + timedelta(days=30):%Y-%m-%d}" in said
    client = Client(HTTP_HOST="newcomer.localhost")
    assert client.get("/").status_code == 503
    event = signer.event("customer.created", {"id": "cus_1"})
    assert signer.deliver(client, event, "whsec_newcomer").status_code == 200
    connection.set_schema_to_public()
    with pytest.raises(CommandError, match="tenant keep newcomer"):
        run("resume", "newcomer")
    with pytest.raises(CommandError, match="already"):
        run("delete", "newcomer")
    assert "active" in run("keep", "newcomer")
    assert client.get("/").status_code == 200
    connection.set_schema_to_public()
    kinds = LifecycleEvent.objects.order_by("id").values_list("kind", flat=True)
    assert list(kinds) == ["marked", "kept"]


def test_nothing_is_deleted_before_its_time(newcomer: Tenant, exports: Path) -> None:
    run("delete", "newcomer")
    assert "Deleted: none." in run("purge")
    with pytest.raises(CommandError, match="may be deleted after"):
        run("purge", "newcomer")
    run("keep", "newcomer")
    with pytest.raises(CommandError, match="not to be deleted"):
        run("purge", "newcomer", "--now")
    assert is_here()
    assert list(exports.iterdir()) == []


def test_the_job_deletes_it_and_keeps_a_last_export(
    newcomer: Tenant, exports: Path, run_jobs: JobRunner
) -> None:
    from procrastinate.contrib.django import app

    before = fingerprints("newcomer")
    run("delete", "newcomer")
    wait_is_over()
    app.configure_task("tenants.purge_due").defer(timestamp=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE extensions.procrastinate_jobs SET scheduled_at = now() + '1 day' "
            "WHERE args ? 'schema'"
        )
    run_jobs()
    assert not is_here()
    assert not schema_exists("newcomer")
    assert not Domain.objects.filter(domain__startswith="newcomer").exists()
    assert queue.waiting(newcomer) == []
    (file,) = exports.iterdir()
    purged = LifecycleEvent.objects.get(kind="purged")
    assert purged.details == {"file": str(file), "sha256": sha256_of(file), "name": "Newcomer"}
    run("import", str(file))
    assert fingerprints("newcomer") == before


def test_two_workers_at_once_delete_it_once(
    newcomer: Tenant, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    purge = deleting.purge

    def after_another(tenant: Tenant) -> Path:
        purge(tenant)
        return purge(tenant)

    run("delete", "newcomer")
    wait_is_over()
    monkeypatch.setattr(deleting, "purge", after_another)
    assert deleting.purge_due() == []
    assert not is_here()
    assert len(list(exports.iterdir())) == 1


def test_money_under_way_comes_first(newcomer: Tenant, exports: Path) -> None:
    run("delete", "newcomer")
    wait_is_over()
    for put_under_way, settle in UNDER_WAY:
        with tenant_context(newcomer):
            put_under_way()
        assert "Deleted: none." in run("purge")
        assert is_here()
        assert list(exports.iterdir()) == []
        assert "can't be deleted yet" in Notice.objects.get(source="deletion").text
        with tenant_context(newcomer):
            settle()
    assert "Deleted: newcomer." in run("purge")


def test_one_that_is_broken_does_not_keep_the_others(newcomer: Tenant, exports: Path) -> None:
    lived_in("newcomer-too")
    for label in ("newcomer", "newcomer-too"):
        run("delete", label)
    wait_is_over()
    Tenant.objects.filter(schema_name="newcomer_too").update(delete_after=timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE newcomer.payments_paymentsession CASCADE")
    assert "Deleted: newcomer_too." in run("purge")
    assert is_here()
    assert "Something is wrong" in Notice.objects.get(source="deletion").text


def _refund() -> None:
    paid = PaymentSession.objects.get(status="succeeded")
    Refund.objects.create(payment_session=paid, amount=1, currency="GBP", actor_kind="staff")


UNDER_WAY: list[tuple[Callable[[], Any], Callable[[], Any]]] = [
    (
        lambda: payment(status="pending"),
        lambda: PaymentSession.objects.filter(status="pending").update(status="canceled"),
    ),
    (
        lambda: payment(status="failed", is_processing=True),
        lambda: PaymentSession.objects.update(is_processing=False),
    ),
    (_refund, lambda: Refund.objects.update(status="succeeded")),
    (
        lambda: Subscription.objects.create(
            payment_session=PaymentSession.objects.get(status="succeeded"), status="active"
        ),
        lambda: Subscription.objects.update(status="canceled"),
    ),
    (
        lambda: StripeEvent.objects.create(
            event_id="evt_1", type="x", payload={}, created_at=timezone.now()
        ),
        lambda: StripeEvent.objects.update(status="processed"),
    ),
]


def test_without_a_place_for_the_last_export_nothing_is_deleted(newcomer: Tenant) -> None:
    run("delete", "newcomer")
    with pytest.raises(CommandError, match="FINAL_EXPORT_DIRECTORY"):
        run("purge", "newcomer", "--now")
    assert is_here()


def test_what_is_written_after_the_last_export_is_not_lost(
    newcomer: Tenant, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("delete", "newcomer")

    def write_first(schema: str) -> None:
        with tenant_context(newcomer):
            book(at=timezone.now())
        lock_tables(schema)

    monkeypatch.setattr(deleting, "lock_tables", write_first)
    with pytest.raises(CommandError, match="written meanwhile"):
        run("purge", "newcomer", "--now")
    assert is_here()
    assert list(exports.iterdir()) == []
    monkeypatch.setattr(deleting, "lock_tables", lock_tables)
    run("purge", "newcomer", "--now")
    assert not is_here()


def test_a_crash_at_any_step_leaves_it_whole_and_the_next_run_ends_it(
    newcomer: Tenant, exports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = fingerprints("newcomer")
    run("delete", "newcomer")
    wait_is_over()
    for step in ("export", "lock_tables", "fingerprints", "sha256_of", "remove"):
        with monkeypatch.context() as patch:
            patch.setattr(deleting, step, _dying(getattr(deleting, step)))
            with pytest.raises(Killed):
                run("purge")
        connection.set_schema_to_public()
        assert is_here(), step
        assert fingerprints("newcomer") == before
        assert not LifecycleEvent.objects.filter(kind="purged").exists()
    assert "Deleted: newcomer." in run("purge")
    assert not is_here()


class Killed(BaseException):
    """The process dies here."""


def _dying(step: Callable[..., Any]) -> Callable[..., None]:
    def do_it_and_die(*args: Any, **kwargs: Any) -> None:
        step(*args, **kwargs)
        raise Killed

    return do_it_and_die
