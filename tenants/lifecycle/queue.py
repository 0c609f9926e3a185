"""A business's jobs in the platform's queue."""

import json
from typing import Any

from django.conf import settings

from tenants.connection import connection
from tenants.models import Tenant

TABLE = f'"{settings.EXTENSIONS_SCHEMA}".procrastinate_jobs'
#: One that runs while a business is exported may not have ended: it is done again, as after a
#: crash, and every job is made for that.
UNFINISHED = ("todo", "doing")
WAITING = f"""
SELECT queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at::text
FROM {TABLE} WHERE args->>'schema' = ANY(%s) AND status::text = ANY(%s) ORDER BY id
"""  # noqa: S608


def waiting(tenant: Tenant) -> list[dict[str, Any]]:
    """Return the jobs that have not ended, as `put` takes them."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [list(tenant.names), list(UNFINISHED)])
        names = [column.name for column in cursor.description]
        jobs = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for job in jobs:
        if isinstance(job["args"], str):
            job["args"] = json.loads(job["args"])
    return jobs


def put(tenant: Tenant, jobs: list[dict[str, Any]]) -> None:
    """Enqueue jobs that `waiting` returned, for `tenant`; one that waits already is left out."""
    with connection.cursor() as cursor:
        for job in jobs:
            lock = job["queueing_lock"]
            before = job["args"].get("schema", "")
            cursor.execute(
                f"INSERT INTO {TABLE} (queue_name, task_name, priority, lock, queueing_lock, args, "  # noqa: S608
                "scheduled_at) VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                [
                    # Each business has a queue of its own.
                    tenant.schema_name,
                    job["task_name"],
                    job["priority"],
                    job["lock"],
                    _moved(lock, before, tenant.schema_name),
                    json.dumps(job["args"] | {"schema": tenant.schema_name}),
                    job["scheduled_at"],
                ],
            )


def hand_over(tenant: Tenant, new_name: str) -> None:
    """Have the business's jobs, those that run now included, name it `new_name`."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, args->>'schema', queueing_lock FROM {TABLE} "  # noqa: S608
            "WHERE args->>'schema' = ANY(%s) ORDER BY id FOR UPDATE",
            [list(tenant.names)],
        )
        for job, before, lock in cursor.fetchall():
            cursor.execute(
                f"UPDATE {TABLE} SET args = jsonb_set(args, '{{schema}}', to_jsonb(%s::text)), "  # noqa: S608
                "queue_name = %s, queueing_lock = %s WHERE id = %s",
                [new_name, new_name, _moved(lock, before, new_name), job],
            )


def discard(tenant: Tenant) -> int:
    """Remove the business's jobs that do not run at this moment; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {TABLE} WHERE args->>'schema' = ANY(%s) AND status <> 'doing'",  # noqa: S608
            [list(tenant.names)],
        )
        return int(cursor.rowcount)


def _moved(lock: str | None, before: str, after: str) -> str | None:
    """Return a queueing lock "task:schema" for another schema."""
    if lock and lock.endswith(f":{before}"):
        return f"{lock.removesuffix(before)}{after}"
    return lock


def discard_mentioning(tenant: Tenant, email: str) -> int:
    """Remove the business's jobs that carry an e-mail address and do not run; return how many."""
    value = json.dumps(email.lower(), ensure_ascii=False)
    value = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {TABLE} WHERE args->>'schema' = ANY(%s) "  # noqa: S608
            "AND lower(args::text) LIKE %s AND status <> 'doing'",
            [list(tenant.names), f"%{value}%"],
        )
        return int(cursor.rowcount)
