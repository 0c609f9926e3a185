"""Schemas at the version that a file was written with."""

from typing import Any

from django.db import transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django_tenants.utils import tenant_context

from tenants import sharding, template
from tenants.connection import connection
from tenants.fleet import versions
from tenants.fleet.migration import migrate
from tenants.lifecycle.archive import ArchiveError, Manifest
from tenants.lifecycle.errors import LifecycleError
from tenants.models import Tenant

Key = tuple[str, str]


def check(manifest: Manifest) -> None:
    """Raise ArchiveError for a file that is newer than this version, or has other apps."""
    unknown = _applied(manifest) - set(MigrationLoader(None).disk_migrations)
    if unknown:
        app, name = min(unknown)
        raise ArchiveError(
            f"The file is from a newer version, or a deployment with other apps: {app}.{name} is "
            "not known here. Upgrade this deployment first, or add the app to EXTRA_TENANT_APPS."
        )


def build(tenant: Tenant, manifest: Manifest) -> None:
    """Create the business's schema as it was when the file was written."""
    if is_current(manifest):
        with transaction.atomic(), sharding.creating_schema(tenant.schema_name):
            template.create_schema(tenant.schema_name, template.current())
            versions.record(tenant.schema_name)
        return
    # Nobody may take it for what an earlier schema of this name was.
    versions.forget(tenant.schema_name)
    with sharding.creating_schema(tenant.schema_name):
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE SCHEMA "{tenant.schema_name}"')
        with tenant_context(tenant):
            executor = MigrationExecutor(connection)
            executor.migrate(_targets(executor.loader, _applied(manifest)))


def finish(tenant: Tenant, manifest: Manifest) -> None:
    """Bring the schema of an older file to the present version.

    Raises LifecycleError when a migration fails.
    """
    if not is_current(manifest):
        failed = migrate([tenant.schema_name]).failed
        if failed:
            raise LifecycleError(
                f"The file could not be brought to this version: {failed[tenant.schema_name]}"
            )


def _applied(manifest: Manifest) -> set[Key]:
    return {(app, name) for app, name in manifest["migrations"]}


def is_current(manifest: Manifest) -> bool:
    """Was the file written at this version's state of migrations?"""
    return set(MigrationLoader(None).graph.nodes) <= _applied(manifest)


def _targets(loader: Any, applied: set[Key]) -> list[Key]:
    """Return the last of `applied` of each app."""
    return sorted(
        key
        for key in applied
        if key in loader.graph.nodes
        and not any(
            child.key in applied and child.key[0] == key[0]
            for child in loader.graph.node_map[key].children
        )
    )
