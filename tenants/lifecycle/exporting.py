"""Write a business to one file, as it was at one moment."""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.db import models, transaction
from django_tenants.utils import get_public_schema_name

from tenants.connection import connection
from tenants.lifecycle import history, queue
from tenants.lifecycle.archive import FORMAT, ArchiveWriter, Manifest, dump_manifest
from tenants.lifecycle.catalogue import LEFT_OUT, Table, sequences_of, tables_of, take_time
from tenants.lifecycle.errors import LifecycleError
from tenants.lifecycle.secrets import LEFT_OUT as NO_SECRETS
from tenants.lifecycle.secrets import Seal, new_seal, read_secrets
from tenants.models import LifecycleEvent, Tenant

#: What of the business's own row is another one elsewhere, or is said apart.
NOT_EXPORTED = frozenset(
    {"id", "schema_name", "former_names", "status", "delete_after", "status_before", "updated_at"}
)


class Sink(Protocol):
    def write(self, data: bytes | memoryview) -> object: ...


def export(
    tenant: Tenant,
    target: Path,
    *,
    key_file: Path | None = None,
    without_secrets: bool = False,
    actor: str = "",
) -> Manifest:
    """Write `tenant` to the new file `target` and return its manifest.

    Everything is read in one snapshot, while the business goes on. Raises LifecycleError for a
    business that has no schema yet; whatever fails, no file is left.
    """
    seal = new_seal(key_file, without_secrets=without_secrets)
    with ArchiveWriter(target) as archive:
        with snapshot():
            stored = _stored(tenant)
            manifest = _describe(stored, archive, seal)
            secrets = [] if seal.kind == NO_SECRETS else read_secrets(stored.schema_name)
        sealed = seal.close(dump_manifest(manifest), secrets)
        archive.finish(manifest, sealed)
    history.write(
        LifecycleEvent.Kind.EXPORTED, stored, actor, {"file": str(target), "secrets": seal.kind}
    )
    return manifest


@contextmanager
def snapshot() -> Iterator[None]:
    """Read the database as it is at one moment, of every schema."""
    if connection.in_atomic_block:
        raise LifecycleError("An export needs a transaction of its own.")
    connection.set_schema_to_public()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        take_time()
        yield


def _stored(tenant: Tenant) -> Tenant:
    found: Tenant | None = Tenant.objects.prefetch_related("domains").filter(pk=tenant.pk).first()
    if found is None:
        raise LifecycleError(f"{tenant.name} is not here any more.")
    if found.status == Tenant.Status.PROVISIONING:
        raise LifecycleError(f"{found.name} is still being set up.")
    return found


def _describe(tenant: Tenant, archive: ArchiveWriter, seal: Seal) -> Manifest:
    schema = tenant.schema_name
    tables = []
    for table in tables_of(schema):
        if table.name in LEFT_OUT:
            continue
        part = f"tables/{table.name}"
        with archive.add(part) as out:
            rows = copy_rows(schema, table, out)
        tables.append({"name": table.name, "columns": table.columns, "rows": rows, "part": part})
    with archive.add("jobs") as out:
        out.write(json.dumps(queue.waiting(tenant)).encode())
    return {
        "format": FORMAT,
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "platform": settings.ROOT_DOMAIN,
        "schema_name": schema,
        "former_names": list(tenant.former_names),
        "status": tenant.status,
        "tenant": row_of(tenant),
        "domains": [
            {"domain": one.domain, "is_primary": one.is_primary, "is_former": one.is_former}
            for one in tenant.domains.all()
        ],
        "migrations": applied_migrations(schema),
        "tables": tables,
        "left_out": sorted(LEFT_OUT),
        "sequences": sequences_of(schema),
        "secrets": seal.kind,
        "salt": seal.salt,
        "parts": archive.parts,
    }


def copy_rows(schema: str, table: Table, out: Sink) -> int:
    """Write a table's rows to `out` in COPY's text format; return how many there are."""
    with connection.cursor() as cursor:
        with cursor.copy(f"COPY ({table.select(schema)}) TO STDOUT") as copy:
            for block in copy:
                out.write(block)
        return int(cursor.rowcount)


def fingerprints(schema: str) -> dict[str, str]:
    """Return {part: SHA-256} of a business's tables as they are now, as its manifest has them."""
    found = {}
    for table in tables_of(schema):
        if table.name not in LEFT_OUT:
            found[f"tables/{table.name}"] = _fingerprint(schema, table)
    return found


def _fingerprint(schema: str, table: Table) -> str:
    class Hash:
        def __init__(self) -> None:
            self.digest = hashlib.sha256()

        def write(self, data: bytes | memoryview) -> None:
            self.digest.update(data)

    out = Hash()
    copy_rows(schema, table, out)
    return out.digest.hexdigest()


def row_of(tenant: Tenant) -> dict[str, Any]:
    """Return the business's own row as JSON values."""
    values: dict[str, Any] = {}
    for field in Tenant._meta.concrete_fields:
        if field.name in NOT_EXPORTED:
            continue
        value = field.value_from_object(tenant)
        if isinstance(field, models.BinaryField):
            value = base64.b64encode(bytes(value)).decode() if value else None
        elif value is not None and not isinstance(value, str | int | bool):
            value = field.value_to_string(tenant)
        values[field.name] = value
    return values


def applied_migrations(schema: str) -> list[list[str]]:
    """Return [app, name] of each migration that the schema has had, in order."""
    if schema == get_public_schema_name():
        raise LifecycleError("The platform itself is no business.")
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT app, name FROM "{schema}".django_migrations ORDER BY app, name'  # noqa: S608
        )
        return [list(row) for row in cursor.fetchall()]
