"""Background jobs that carry their business with them.

A job is enqueued in the caller's transaction, so a rolled-back change never runs one, and names
its schema, so that the worker enters the right business. A job without its tenant is an error.
"""

import functools
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from tenants.connection import connection
from tenants.current import current_tenant
from tenants.models import Tenant

# How long a job of a parked business waits before it looks again.
HELD_SECONDS = 300
# As procrastinate's own connectors enqueue a job.
DEFERRAL = """procrastinate_defer_jobs_v1(ARRAY[ROW(
    %s, %s, 0, NULL, NULL, jsonb_build_object('schema', %s, {}), %s
)::procrastinate_job_to_defer_v1])"""


class TenantTask:
    """A task of one business; call `enqueue` where the business is entered."""

    def __init__(self, name: str, function: Callable[..., None], retry: RetryStrategy) -> None:
        self.name = name
        self.function = function
        functools.update_wrapper(self, function)
        self.task = app.task(name=name, retry=retry)(self._run)

    def __call__(self, **arguments: Any) -> None:
        """Do the work now, in the business that is entered."""
        self.function(**arguments)

    def enqueue(self, *, at: datetime | None = None, **arguments: Any) -> None:
        """Run the task later, not before `at` (aware); `arguments` must be JSON values."""
        schema = current_tenant().schema_name
        deferrer = app.configure_task(self.name, schedule_at=at, queue=schema)
        deferrer.defer(schema=schema, **arguments)

    def deferral(self, *, at: datetime | None = None, **columns: str) -> tuple[str, list[Any]]:
        """Return an SQL expression, and its parameters, that enqueues the task for each row.

        For `tenants.statements`: `columns` are the names of those that hold the arguments.
        """
        schema = current_tenant().schema_name
        named = ", ".join(f"'{argument}', \"{column}\"" for argument, column in columns.items())
        return DEFERRAL.format(named), [schema, self.name, schema, at]

    def enqueue_for_everyone(self, *, within: timedelta) -> int:
        """Run the task once for every business, at times spread over `within`; return how many.

        A business whose last one still waits gets no second one.
        """
        with schema_context(get_public_schema_name()):
            schemas = list(
                Tenant.objects.filter(status__in=Tenant.AT_WORK)
                .order_by("id")
                .values_list("schema_name", flat=True)
            )
        enqueued = 0
        for number, schema in enumerate(schemas):
            seconds = int(within.total_seconds() * number / len(schemas))
            deferrer = app.configure_task(
                self.name,
                schedule_in={"seconds": seconds},
                queueing_lock=f"{self.name}:{schema}",
                queue=schema,
            )
            try:
                deferrer.defer(schema=schema)
            except AlreadyEnqueued:
                continue
            enqueued += 1
        return enqueued

    def _run(self, *, schema: str, **arguments: Any) -> None:
        with schema_context(get_public_schema_name()):
            connection.limit_statements(settings.JOB_STATEMENT_SECONDS)
            tenant = Tenant.objects.with_hosts().named(schema)
        if tenant is None:
            # The business was deleted after the job was made: nothing is left to work on.
            return
        if tenant.status not in Tenant.AT_WORK:
            later = app.configure_task(
                self.name, schedule_in={"seconds": HELD_SECONDS}, queue=tenant.schema_name
            )
            later.defer(schema=tenant.schema_name, **arguments)
            return
        with tenant_context(tenant):
            self.function(**arguments)


def periodically(name: str, *, cron: str, within: timedelta) -> Callable[[TenantTask], TenantTask]:
    """Have the worker enqueue a task for every business whenever `cron` says, in UTC.

    `name` is the name of the task that does so; `within` is what it spreads the work over.
    """

    def register(task: TenantTask) -> TenantTask:
        @app.periodic(cron=cron)
        @app.task(name=name, queueing_lock=name)
        def enqueue(timestamp: int) -> None:
            task.enqueue_for_everyone(within=within)

        return task

    return register


def tenant_task(
    name: str, *, attempts: int = 8, first_wait: int = 4
) -> Callable[[Callable[..., None]], TenantTask]:
    """Register the decorated function as the task `name`.

    A try that raises is followed by another, up to `attempts` of them, after `first_wait`
    seconds plus 2, 4, 8 and so on: eight span nine minutes, twelve more than two hours.
    """
    retry = RetryStrategy(max_attempts=attempts, exponential_wait=2, wait=first_wait)

    def decorate(function: Callable[..., None]) -> TenantTask:
        return TenantTask(name, function, retry)

    return decorate
