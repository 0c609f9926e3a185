"""What tests use besides fixtures: real signatures, jobs run in-process, clean schemas."""

import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.test import Client
from django_tenants.utils import tenant_context

from tenants.connection import connection
from tenants.models import Domain, SchemaVersion, Tenant
from tenants.provisioning import provision

Found = TypeVar("Found")

WEBHOOK_PATH = "/api/payments/webhook/stripe/"


def business(label: str, **values: Any) -> Tenant:
    """Return the business called `label`, provisioned if it is not there yet."""
    found = Tenant.objects.filter(schema_name=label).first()
    return found or provision(label=label, **values).tenant


# What provisioning or migrations wrote, and no test may lose.
KEPT = (
    "django_migrations", "django_content_type", "auth_permission",
    "tenants_tenant", "tenants_schematemplate", "tenants_schemaversion",
)  # fmt: skip


def empty_everything() -> None:
    """Remove the rows that a test has committed, in every schema.

    Django's own clean-up after a test with real transactions knows one schema only, and would
    empty the list of businesses.
    """
    from tenants.signals import tenant_provisioned

    connection.set_schema_to_public()
    Tenant.objects.update(status=Tenant.Status.ACTIVE)
    Domain.objects.exclude(domain__endswith=".localhost").delete()
    SchemaVersion.objects.exclude(schema_name__in=Tenant.objects.values("schema_name")).delete()
    _truncate("public", [*KEPT, "tenants_domain"])
    _truncate("extensions", [])
    for tenant in Tenant.objects.with_hosts().order_by("schema_name"):
        with tenant_context(tenant):
            _truncate(tenant.schema_name, KEPT)
            tenant_provisioned.send(Tenant, tenant=tenant, owner_email="", owner_password=None)
    connection.set_schema_to_public()


def _truncate(schema: str, kept: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(format('%%I.%%I', schemaname, tablename), ', ') FROM pg_tables "
            "WHERE schemaname = %s AND NOT tablename = ANY(%s)",
            [schema, list(kept)],
        )
        (tables,) = cursor.fetchone()
        cursor.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")


class JobRunner:
    """Call it to run every job that is due, until none is left."""

    def __call__(self) -> None:
        before = connection.tenant
        try:
            self._run()
        finally:
            connection.set_tenant(before)

    def _run(self) -> None:
        from procrastinate.contrib.django import app
        from procrastinate.contrib.django.models import ProcrastinateJob
        from procrastinate.utils import utcnow

        for _ in range(100):
            connection.set_schema_to_public()
            due = (
                ProcrastinateJob.objects.filter(status="todo")
                .exclude(scheduled_at__gt=utcnow())
                .order_by("id")
                .values("id", "task_name", "args")
                .first()
            )
            if due is None:
                return
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [due["id"]])
            app.tasks[due["task_name"]].func(**due["args"])
        raise AssertionError("Jobs keep enqueuing each other")


class StripeSigner:
    """Signs events as Stripe does and delivers them over HTTP."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def event(
        self, type: str, obj: dict[str, Any], *, event_id: str = "", **extra: Any
    ) -> dict[str, Any]:
        return {
            "id": event_id or f"evt_{next(self._numbers)}_{time.monotonic_ns()}",
            "object": "event",
            "api_version": "2026-10-28.endive",
            "created": int(time.time()),
            "livemode": False,
            "type": type,
            "data": {"object": obj},
            **extra,
        }

    @staticmethod
    def header(body: bytes, secret: str, *, at: int | None = None) -> str:
        timestamp = int(time.time()) if at is None else at
        signed = f"{timestamp}.".encode() + body
        signature = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        return f"t={timestamp},v1={signature}"

    def deliver(self, client: Client, event: dict[str, Any], secret: str = "whsec_alpha") -> Any:
        body = json.dumps(event).encode()
        return client.post(
            WEBHOOK_PATH,
            data=body,
            content_type="application/json",
            headers={"Stripe-Signature": self.header(body, secret)},
        )


def wait_for(look: Callable[[], Found], seconds: float = 60) -> Found:
    """Look until something is there, and return it; the deadline only ends what failed already."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)
    return found
