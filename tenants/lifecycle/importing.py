"""Make a business of a file that `exporting` wrote, all or nothing."""

import base64
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import DatabaseError, IntegrityError, models, transaction
from django_tenants.utils import get_public_schema_name, schema_context, tenant_context

from tenants import provisioning
from tenants.connection import connection
from tenants.lifecycle import history, queue, states
from tenants.lifecycle.archive import BLOCK, ArchiveError, ArchiveReader, Manifest
from tenants.lifecycle.catalogue import (
    LEFT_OUT,
    advance_sequences,
    schema_exists,
    tables_of,
    take_time,
)
from tenants.lifecycle.errors import LifecycleError
from tenants.lifecycle.exporting import NOT_EXPORTED
from tenants.lifecycle.secrets import LEFT_OUT as NO_SECRETS
from tenants.lifecycle.secrets import Secret, fill_missing, seal_of, write_secrets
from tenants.models import Domain, LifecycleEvent, Tenant
from tenants.names import schema_name_for
from tenants.signals import tenant_imported


@dataclass
class Imported:
    """A business from a file, parked, and what its operator should know, in sentences."""

    tenant: Tenant
    sentences: list[str] = field(default_factory=list)


def import_business(
    source: Path,
    *,
    name: str = "",
    domains: list[str] | None = None,
    key_file: Path | None = None,
    without_secrets: bool = False,
    actor: str = "",
) -> Imported:
    """Add the business in the file `source`, under `name` or the name it had, and park it.

    `domains` replaces its own domains. Raises LifecycleError for a file that is damaged, newer
    than this version or sealed with another key, and ValidationError for a name that is taken;
    whatever fails, nothing is left behind.
    """
    with ArchiveReader(source) as archive:
        archive.verify()
        manifest = archive.manifest
        seal = seal_of(manifest, key_file, without_secrets=without_secrets)
        secrets = seal.open(archive.raw_manifest, archive.sealed)
        states.check(manifest)
        sentences: list[str] = []
        with schema_context(get_public_schema_name()):
            tenant = _new_tenant(manifest, name or _label(manifest), sentences)
            _reserve(tenant, manifest, domains, sentences)
            try:
                fill(tenant, archive, secrets)
                sentences += _open(tenant, archive, without_secrets=seal.kind == NO_SECRETS)
            except BaseException:
                provisioning.discard(tenant)
                raise
    history.write(
        LifecycleEvent.Kind.IMPORTED, tenant, actor,
        {"file": str(source), "was": manifest["schema_name"], "from": manifest["platform"]},
    )  # fmt: skip
    return Imported(tenant, sentences)


def _label(manifest: Manifest) -> str:
    return str(manifest["schema_name"]).replace("_", "-")


def _new_tenant(manifest: Manifest, label: str, sentences: list[str]) -> Tenant:
    tenant = Tenant(schema_name=schema_name_for(label), **row_values(manifest))
    if Tenant.objects.filter(uuid=tenant.uuid).exists():
        tenant.uuid = Tenant._meta.get_field("uuid").get_default()
        sentences.append("The business it was exported from lives here too: this one is a copy.")
    for former in [*manifest["former_names"], manifest["schema_name"]]:
        if former != tenant.schema_name and not Tenant.objects.known_as(former).exists():
            tenant.former_names.append(former)
    return tenant


def row_values(manifest: Manifest) -> dict[str, Any]:
    """Return the values of a business's own row as the manifest has them.

    Raises ArchiveError for one that this version does not know.
    """
    values: dict[str, Any] = {}
    for name, value in manifest["tenant"].items():
        try:
            column = Tenant._meta.get_field(name)
        except FieldDoesNotExist:
            column = None
        if column is None or name in NOT_EXPORTED:
            raise ArchiveError(f"The file is from a newer version: it says the business's {name}.")
        if isinstance(column, models.BinaryField):
            value = base64.b64decode(value) if value else None
        values[name] = column.to_python(value)
    return values


def _reserve(
    tenant: Tenant, manifest: Manifest, wanted: list[str] | None, sentences: list[str]
) -> None:
    """Insert the row and its hosts, as being set up, so that nobody else takes the name."""
    tenant.status = Tenant.Status.PROVISIONING
    unfinished = Tenant.objects.filter(schema_name=tenant.schema_name, status=tenant.status)
    if unfinished.exists():
        raise LifecycleError(
            f"{tenant.label} is being set up, or that was interrupted. If nothing is at it: "
            f"manage.py tenant discard {tenant.label}"
        )
    tenant.full_clean(exclude=["logo"])
    if schema_exists(tenant.schema_name):
        raise ValidationError({"schema_name": "A schema of this name exists already."})
    try:
        with transaction.atomic():
            created_at = tenant.created_at
            tenant.save()
            Tenant.objects.filter(pk=tenant.pk).update(created_at=created_at)
            for domain in _domains(tenant, manifest, wanted, sentences):
                domain.full_clean()
                domain.save()
            tenant.hosts  # noqa: B018 - read now: inside the business, public is out of reach
    except IntegrityError as error:
        raise ValidationError({"schema_name": "A business has this address already."}) from error


def _domains(
    tenant: Tenant, manifest: Manifest, wanted: list[str] | None, sentences: list[str]
) -> list[Domain]:
    """Return the hosts of the business here: its subdomain, and its own domains."""
    root = f".{manifest['platform']}"
    own = [one for one in manifest["domains"] if not one["domain"].endswith(root)]
    if wanted is not None:
        own = [{"domain": name, "is_primary": number == 0} for number, name in enumerate(wanted)]
    taken = set(
        Domain.objects.filter(domain__in=[one["domain"] for one in own]).values_list(
            "domain", flat=True
        )
    )
    if taken and wanted is not None:
        raise ValidationError({"domain": f"{min(taken)} leads to another business here."})
    sentences += [
        f"{name} leads to another business here and was left out." for name in sorted(taken)
    ]
    kept = [one for one in own if one["domain"] not in taken]
    subdomain = {
        "domain": f"{tenant.label}.{settings.ROOT_DOMAIN}",
        "is_primary": not any(one["is_primary"] for one in kept),
    }
    return [Domain(tenant=tenant, **one) for one in [subdomain, *kept]]


def fill(tenant: Tenant, archive: ArchiveReader, secrets: list[Secret]) -> None:
    """Build the schema as it was, load every row, and bring it to the present version."""
    manifest = archive.manifest
    states.build(tenant, manifest)
    schema = tenant.schema_name
    connection.set_schema_to_public()
    with transaction.atomic():
        take_time()
        _check_tables(schema, manifest)
        _load(schema, archive)
        advance_sequences(schema, manifest["sequences"])
        write_secrets(schema, secrets)
    states.finish(tenant, manifest)
    connection.set_schema_to_public()


def _check_tables(schema: str, manifest: Manifest) -> None:
    here = {one.name: one.columns for one in tables_of(schema) if one.name not in LEFT_OUT}
    there = {one["name"]: tuple(one["columns"]) for one in manifest["tables"]}
    for name in sorted(here.keys() | there.keys()):
        if set(here.get(name, ())) != set(there.get(name, ())):
            raise ArchiveError(
                f"The table {name} has other columns here than in the file: the two deployments "
                "have different apps (EXTRA_TENANT_APPS) or versions."
            )


def _load(schema: str, archive: ArchiveReader) -> None:
    """Put the file's rows in place of what building the schema has written."""
    tables = archive.manifest["tables"]
    names = ", ".join(f'"{schema}"."{table["name"]}"' for table in tables)
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {names}")
            for table in tables:
                columns = ", ".join(f'"{column}"' for column in table["columns"])
                target = f'COPY "{schema}"."{table["name"]}" ({columns}) FROM STDIN'
                with archive.part(table["part"]) as content, cursor.copy(target) as copy:
                    while block := content.read(BLOCK):
                        copy.write(block)
                if cursor.rowcount != table["rows"]:
                    raise ArchiveError(f"{table['name']} has not the rows it should have.")
            # What refers to other rows is checked now, so that a failure names this file.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except DatabaseError as error:
        raise ArchiveError(f"The file's rows don't fit together: {error}") from error


def _open(tenant: Tenant, archive: ArchiveReader, *, without_secrets: bool) -> list[str]:
    """Enqueue the jobs that were waiting, tell the apps, and park the business."""
    sentences: list[str] = []
    with tenant_context(tenant), transaction.atomic():
        if without_secrets:
            sentences += fill_missing(tenant.schema_name)
        answers = tenant_imported.send(Tenant, tenant=tenant, without_secrets=without_secrets)
        sentences += [answer for _, answer in answers if answer]
        connection.set_schema_to_public()
        queue.put(tenant, archive.json("jobs"))
        tenant.status = Tenant.Status.PARKED
        tenant.save(update_fields=["status", "updated_at"])
    return sentences
