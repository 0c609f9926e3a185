"""How far each business's schema has been migrated, as the shared table says.

A schema's version is a digest of the migrations that the code had which brought it there. So
whether there is anything to do is one query, however many businesses there are.
"""

import hashlib
from collections.abc import Sequence
from functools import cache

from django.utils import timezone
from django_tenants.utils import get_public_schema_name, schema_context

from tenants import template
from tenants.models import SchemaVersion, Tenant, TenantQuerySet


@cache
def of_code() -> str:
    """Return the version that this code's migrations lead to."""
    # Importing them all would take longer than all else that a run with nothing to do needs.
    names = sorted(
        f"{app}.{file.stem}"
        for app, file in template.migration_files()
        if not file.stem.startswith(("_", "~"))
    )
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def behind(schemas: Sequence[str] = ()) -> TenantQuerySet:
    """Businesses whose schema is not known to be at this code's version, the oldest first.

    Of `schemas` alone, if any are given; else of all that are more than begun. Read it in the
    platform's schema.
    """
    current = SchemaVersion.objects.filter(digest=of_code()).values("schema_name")
    found: TenantQuerySet = Tenant.objects.exclude(schema_name__in=current).order_by("id")
    if schemas:
        return found.filter(schema_name__in=schemas)
    return found.exclude(status=Tenant.Status.PROVISIONING)


def record(*schemas: str) -> None:
    """Write down that `schemas` are at this code's version."""
    now = timezone.now()
    with schema_context(get_public_schema_name()):
        SchemaVersion.objects.bulk_create(
            [
                SchemaVersion(schema_name=schema, digest=of_code(), migrated_at=now)
                for schema in schemas
            ],
            update_conflicts=True,
            unique_fields=["schema_name"],
            update_fields=["digest", "migrated_at", "error", "failed_at"],
        )


def record_failure(schema: str, error: str) -> None:
    """Write down why `schema` could not be migrated; its version stays."""
    with schema_context(get_public_schema_name()):
        SchemaVersion.objects.bulk_create(
            [SchemaVersion(schema_name=schema, error=error, failed_at=timezone.now())],
            update_conflicts=True,
            unique_fields=["schema_name"],
            update_fields=["error", "failed_at"],
        )


def forget(*schemas: str) -> None:
    """Have the next migration look at `schemas` themselves, whatever was known of them.

    For a schema that something else than the fleet's migration or provisioning has written.
    """
    with schema_context(get_public_schema_name()):
        SchemaVersion.objects.filter(schema_name__in=schemas).delete()


def follow(old: str, new: str) -> None:
    """The schema `old` is called `new` from now on, in the caller's transaction."""
    with schema_context(get_public_schema_name()):
        # What is known of an earlier schema of that name is of no use any more.
        SchemaVersion.objects.filter(schema_name=new).delete()
        SchemaVersion.objects.filter(schema_name=old).update(schema_name=new)
