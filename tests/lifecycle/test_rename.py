"""A business changes its name while it is in use."""

import threading
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import transaction
from django.test import Client
from django_tenants.utils import tenant_context

from events.models import WebhookEndpoint
from payments.lookup import NotOurs, of_payment_intent
from payments.models import StripeAccount
from payments.stripe_objects import PaymentIntent
from tenants.connection import connection
from tenants.jobs import TenantTask
from tenants.lifecycle import queue, renaming
from tenants.lifecycle.catalogue import lock_tables
from tenants.middleware import TenantMiddleware
from tenants.models import Domain, LifecycleEvent, Tenant
from tests.lifecycle.support import run
from tests.support import JobRunner, StripeSigner

pytestmark = pytest.mark.django_db(transaction=True)


def status(host: str, path: str = "/") -> int:
    code = int(Client(HTTP_HOST=host).get(path).status_code)
    connection.set_schema_to_public()
    return code


def test_schema_host_secrets_and_jobs_change_together(
    newcomer: Tenant, run_jobs: JobRunner, mailoutbox: list[Any], signer: StripeSigner
) -> None:
    assert status("newcomer.localhost") == 200
    said = run("rename", "newcomer", "renamed")
    assert "http://renamed.localhost:8000/" in said
    assert status("renamed.localhost") == 200
    moved = Client(HTTP_HOST="newcomer.localhost").get("/book/?service=cut")
    assert moved.status_code == 302
    assert moved["Location"] == "http://renamed.localhost:8000/book/?service=cut"
    event = signer.event("customer.created", {"id": "cus_1"})
    answer = signer.deliver(Client(HTTP_HOST="newcomer.localhost"), event, "whsec_newcomer")
    assert answer.status_code == 200
    connection.set_schema_to_public()
    tenant = Tenant.objects.with_hosts().get(schema_name="renamed")
    assert tenant.hosts[0] == "renamed.localhost"
    with tenant_context(tenant):
        assert StripeAccount.objects.current().secret_key == "sk_test_newcomer"
        assert WebhookEndpoint.objects.get().secret == "whsec_hook"
    assert {job["args"]["schema"] for job in queue.waiting(tenant)} == {"renamed"}
    run_jobs()
    assert [mail.to for mail in mailoutbox] == [["ann@example.com"]]
    assert LifecycleEvent.objects.get(kind="renamed").details == {
        "from": "newcomer", "to": "renamed",
    }  # fmt: skip


def test_what_names_the_old_schema_still_finds_the_business(newcomer: Tenant) -> None:
    run("rename", "newcomer", "renamed")
    seen = []
    task = TenantTask.__new__(TenantTask)
    task.name, task.function = "test", lambda: seen.append(connection.schema_name)
    task._run(schema="newcomer")
    assert seen == ["renamed"]

    def intent(schema: str) -> PaymentIntent:
        return PaymentIntent.read(
            {"id": "pi_1", "metadata": {"tillhouse_schema": schema}, "amount": 1}
        )

    with tenant_context(Tenant.objects.with_hosts().get(schema_name="renamed")):
        assert of_payment_intent(intent("newcomer")) == {"stripe_payment_intent_id": "pi_1"}
        with pytest.raises(NotOurs):
            of_payment_intent(intent("alpha"))


def test_nobody_else_gets_the_old_name(newcomer: Tenant) -> None:
    run("rename", "newcomer", "renamed", "--forget-old-host")
    assert status("newcomer.localhost") == 404
    with pytest.raises(CommandError, match="had it before"):
        run("create", "newcomer")
    assert not Tenant.objects.filter(schema_name="newcomer").exists()
    run("rename", "renamed", "newcomer")
    back = Tenant.objects.with_hosts().get(schema_name="newcomer")
    assert back.original_name == "newcomer"
    assert back.hosts == ("newcomer.localhost", "renamed.localhost")
    assert status("newcomer.localhost") == 200


def test_an_own_domain_stays_or_becomes_the_main_address(newcomer: Tenant) -> None:
    run("rename", "newcomer", "renamed", "--domain", "renamed.example")
    tenant = Tenant.objects.with_hosts().get(schema_name="renamed")
    assert tenant.hosts[0] == "renamed.example"
    run("rename", "renamed", "renamed-again")
    tenant = Tenant.objects.with_hosts().get(schema_name="renamed_again")
    assert tenant.hosts[0] == "renamed.example"
    assert tenant.former_hosts == {"newcomer.localhost", "renamed.localhost"}


def test_a_name_that_can_not_be_had_changes_nothing(newcomer: Tenant, alpha: Tenant) -> None:
    # The last thing to fail: everything before must come back.
    taken = Domain.objects.create(tenant=alpha, domain="renamed.localhost")
    for new, message in {
        "alpha": "^new: ", "newcomer": "^new: ", "www": "reserved", "../etc": "can't be an address",
        "renamed": "renamed.localhost leads to a business already",
    }.items():  # fmt: skip
        with pytest.raises(CommandError, match=message):
            run("rename", "newcomer", new)
    assert status("newcomer.localhost") == 200
    assert not Tenant.objects.filter(schema_name="renamed").exists()
    with tenant_context(Tenant.objects.with_hosts().get(schema_name="newcomer")):
        assert StripeAccount.objects.current().secret_key == "sk_test_newcomer"
    connection.set_schema_to_public()
    taken.delete()


def test_a_busy_business_is_not_renamed(newcomer: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """A transaction that is under way ends as it began, under one name."""
    monkeypatch.setattr(renaming, "lock_tables", lambda schema: lock_tables(schema, seconds=1))
    working, done = threading.Event(), threading.Event()

    def work() -> None:
        try:
            with tenant_context(newcomer), transaction.atomic():
                StripeAccount.objects.current()
                working.set()
                assert done.wait(30)
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    try:
        assert working.wait(30)
        with pytest.raises(CommandError, match="busy"):
            run("rename", "newcomer", "renamed")
    finally:
        done.set()
        worker.join()
    assert status("newcomer.localhost") == 200
    run("rename", "newcomer", "renamed")
    assert status("renamed.localhost") == 200


def test_requests_meanwhile_are_served_or_asked_to_come_again(newcomer: Tenant) -> None:
    codes: list[int] = []
    stop = threading.Event()

    def browse(host: str) -> None:
        client = Client(HTTP_HOST=host, raise_request_exception=False)
        try:
            while not stop.is_set():
                codes.append(client.get("/").status_code)
        finally:
            connection.close()

    hosts = ("newcomer.localhost", "newcomer.localhost", "alpha.localhost")
    threads = [threading.Thread(target=browse, args=(host,)) for host in hosts]
    for thread in threads:
        thread.start()
    try:
        for before, after in (("newcomer", "renamed"), ("renamed", "newcomer")) * 4:
            run("rename", before, after)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert set(codes) <= {200, 302, 503}
    assert 200 in codes
    assert status("newcomer.localhost") == 200


def test_a_request_in_the_middle_is_asked_to_come_again(
    newcomer: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve = TenantMiddleware._serve
    assert status("newcomer.localhost") == 200

    def rename_first(*args: Any) -> Any:
        # It has proved what it remembers, as by its first statement.
        before = connection.tenant
        assert connection.proves_directory()
        renaming.rename(newcomer, "renamed")
        connection.set_tenant(before)
        return serve(*args)

    monkeypatch.setattr(TenantMiddleware, "_serve", rename_first)
    answer = Client(HTTP_HOST="newcomer.localhost").get("/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    connection.set_schema_to_public()
    assert Tenant.objects.filter(schema_name="renamed").exists()
