"""Put one business back to what an export of it holds, without touching any other.

The file is read into a schema beside the business, compared with the file, and takes its place
by a rename. What was there is set aside under a name of its own.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from tenants import provisioning
from tenants.connection import connection
from tenants.fleet import versions
from tenants.lifecycle import deleting, history, queue, states
from tenants.lifecycle.archive import ArchiveError, ArchiveReader
from tenants.lifecycle.catalogue import (
    advance_sequences,
    lock_not_waited_for,
    lock_tables,
    sequences_of,
    take_time,
)
from tenants.lifecycle.errors import LifecycleError
from tenants.lifecycle.exporting import fingerprints
from tenants.lifecycle.importing import fill, row_values
from tenants.lifecycle.secrets import LEFT_OUT as NO_SECRETS
from tenants.lifecycle.secrets import fill_missing, rebind_secrets, seal_of
from tenants.models import Domain, LifecycleEvent, Tenant
from tenants.signals import tenant_restored


@dataclass
class Restored:
    """A business as it was, what it was before the restore, and what to know, in sentences."""

    tenant: Tenant
    set_aside: Tenant
    sentences: list[str] = field(default_factory=list)


def restore(
    tenant: Tenant,
    source: Path,
    *,
    key_file: Path | None = None,
    without_secrets: bool = False,
    actor: str = "",
) -> Restored:
    """Put `tenant` back to the export in `source`.

    It keeps its name, hosts, state and signed links; ids given out since are not given again.
    Raises LifecycleError for a file that is damaged, newer, sealed with another key or another
    business's; whatever fails, the business stays as it is.
    """
    with ArchiveReader(source) as archive, schema_context(get_public_schema_name()):
        archive.verify()
        manifest = archive.manifest
        _check_owner(tenant, archive)
        states.check(manifest)
        seal = seal_of(manifest, key_file, without_secrets=without_secrets)
        secrets = seal.open(archive.raw_manifest, archive.sealed)
        beside = _beside(tenant)
        try:
            fill(beside, archive, secrets)
            if seal.kind == NO_SECRETS:
                fill_missing(beside.schema_name)
            _check_whole(beside, archive)
            with lock_not_waited_for(), transaction.atomic():
                restored = _swap(tenant.pk, beside.pk, archive, actor)
        except BaseException:
            provisioning.discard(beside)
            raise
    return restored


def _check_owner(tenant: Tenant, archive: ArchiveReader) -> None:
    if tenant.status in (Tenant.Status.PROVISIONING, Tenant.Status.REPLACED):
        raise LifecycleError(f"{tenant.name} is not open, so nothing can be restored into it.")
    if archive.manifest["tenant"].get("uuid") != str(tenant.uuid):
        raise ArchiveError(
            f"The file is not of {tenant.name}. To add the business in it: manage.py tenant import."
        )


def _beside(tenant: Tenant) -> Tenant:
    """Insert the row of the schema that the file is read into; nobody is served from it."""
    name = _name_beside(tenant)
    if Tenant.objects.filter(schema_name=name).exists():
        raise LifecycleError(
            f"A restore runs, or was interrupted. If none runs: manage.py tenant discard "
            f"{name.replace('_', '-')}"
        )
    beside = Tenant(schema_name=name, name=tenant.name[:100], status=Tenant.Status.PROVISIONING)
    beside.full_clean(exclude=["logo"])
    beside.save()
    beside.hosts  # noqa: B018 - read now: inside the business, public is out of reach
    return beside


def _name_beside(tenant: Tenant) -> str:
    """Return the first name that no business has opened with: anybody may take the plain one."""
    base = f"{tenant.schema_name[:28].rstrip('_')}_restoring"
    opened = Tenant.objects.exclude(status=Tenant.Status.PROVISIONING)
    names = (base, *(f"{base}_{number}" for number in range(2, 99)))
    return next(name for name in names if not opened.known_as(name).exists())


def _check_whole(beside: Tenant, archive: ArchiveReader) -> None:
    """Compare every row with the file; an older file's rows have been changed by migrations."""
    parts = archive.manifest["parts"]
    if states.is_current(archive.manifest):
        for part, sha256 in fingerprints(beside.schema_name).items():
            if parts.get(part) != sha256:
                raise ArchiveError(f"{part} is not what the file holds. Nothing has changed.")


def _swap(pk: int, beside_pk: int, archive: ArchiveReader, actor: str) -> Restored:
    """Exchange the two schemas, with all that goes by their names."""
    now = timezone.now()
    locked = {
        one.pk: one
        for one in Tenant.objects.select_for_update().filter(pk__in=(pk, beside_pk)).order_by("pk")
    }
    tenant, aside = locked[pk], locked[beside_pk]
    name, temporary = tenant.schema_name, aside.schema_name
    aside.schema_name = name_aside(name, now)
    take_time()
    lock_tables(name)
    lock_tables(temporary)
    advance_sequences(temporary, sequences_of(name))
    with connection.cursor() as cursor:
        cursor.execute(f'ALTER SCHEMA "{name}" RENAME TO "{aside.schema_name}"')
        cursor.execute(f'ALTER SCHEMA "{temporary}" RENAME TO "{name}"')
    versions.follow(name, aside.schema_name)
    versions.follow(temporary, name)
    rebind_secrets(aside.schema_name, old=name)
    rebind_secrets(name, old=temporary)
    _set_aside(aside, tenant, now)
    _take_back(tenant, archive)
    queue.discard(tenant)
    queue.put(tenant, archive.json("jobs"))
    since = datetime.fromisoformat(archive.manifest["created_at"])
    tenant = Tenant.objects.with_hosts().get(pk=pk)
    tenant.hosts  # noqa: B018 - read now: inside the business, public is out of reach
    with tenant_context(tenant):
        answers = tenant_restored.send(Tenant, tenant=tenant, since=since)
    history.write(
        LifecycleEvent.Kind.RESTORED, tenant, actor,
        {"to": since.isoformat(), "set_aside": aside.schema_name},
    )  # fmt: skip
    return Restored(tenant, aside, [answer for _, answer in answers if answer])


def name_aside(name: str, now: datetime) -> str:
    """Return what a business is called once it is set aside: a good name, however long it was."""
    return f"{name[:18].rstrip('_')}_before_{now:%Y%m%d_%H%M%S}"


def _set_aside(aside: Tenant, tenant: Tenant, now: datetime) -> None:
    """Keep the business as it was until now, out of reach, for the waiting period."""
    for name, value in _own_values(tenant).items():
        setattr(aside, name, value)
    aside.name = f"{tenant.name[:90]} before {now:%Y-%m-%d %H:%M}"
    aside.status, aside.delete_after = (
        Tenant.Status.REPLACED,
        now + deleting.waiting_period(),
    )
    aside.full_clean(exclude=["logo"])
    aside.save()
    host = Domain(tenant=aside, domain=f"{aside.label}.{settings.ROOT_DOMAIN}", is_primary=True)
    host.full_clean()
    host.save()


#: What of a business's row says who it is, not how it is set up.
IDENTITY = frozenset({"uuid", "created_at"})


def _own_values(tenant: Tenant) -> dict[str, object]:
    kept = {field.attname for field in Tenant._meta.concrete_fields} - IDENTITY - {
        "id", "schema_name", "former_names", "status", "status_before", "delete_after",
    }  # fmt: skip
    return {name: getattr(tenant, name) for name in kept}


def _take_back(tenant: Tenant, archive: ArchiveReader) -> None:
    for name, value in row_values(archive.manifest).items():
        if name not in IDENTITY:
            setattr(tenant, name, value)
    tenant.full_clean(exclude=["logo"])
    tenant.save()
