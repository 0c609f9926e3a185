"""A new business's schema as a list of statements, made once for each version of the code.

The real migrations build a schema in a transaction that is rolled back; its catalogue and rows
are written as statements, which are tried, compared and kept. Making a business then runs no
migration, and costs what PostgreSQL needs for its tables.
"""

import hashlib
import importlib.util
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.core.management.sql import emit_post_migrate_signal
from django.db import transaction
from django.db.backends.utils import CursorWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django_tenants.utils import get_public_schema_name, schema_context

from tenants.catalogue import read_catalogue, read_last_values, read_rows
from tenants.connection import connection
from tenants.ddl import SETTLE_CONSTRAINTS, statements
from tenants.introspection import tables_by_index
from tenants.models import SchemaTemplate

# Raise it when templates kept by earlier code must not be used any more.
FORMAT = 1
# Code that runs while a newer one is rolled out still needs its own.
KEPT = 3


class TemplateError(Exception):
    """The migrations make a schema that can't be made from a template; the message says why."""


@cache
def current() -> list[str]:
    """Return the statements that make a schema for this code, building them if need be.

    Raises TemplateError, or tenants.catalogue.UnsupportedObjectError.
    """
    version = digest()
    with schema_context(get_public_schema_name()):
        kept = SchemaTemplate.objects.filter(digest=version).first()
        if kept is not None:
            return list(kept.statements)
        made = build()
        with transaction.atomic():
            # Another process may have built the same: either will do.
            SchemaTemplate.objects.bulk_create(
                [SchemaTemplate(digest=version, statements=made)], ignore_conflicts=True
            )
            newest = SchemaTemplate.objects.order_by("-created_at").values("digest")[:KEPT]
            SchemaTemplate.objects.exclude(digest__in=newest).delete()
        return made


@cache
def digest() -> str:
    """Return a digest of all that a new schema follows from: migrations and settings."""
    found = hashlib.sha256()
    for part in (FORMAT, django.VERSION, settings.TENANT_APPS, settings.EXTENSIONS_SCHEMA,
                 settings.APPEND_ONLY_TRIGGERS):  # fmt: skip
        found.update(f"{part!r}\n".encode())
    for app_label, file in migration_files():
        found.update(f"{app_label}/{file.name}\n".encode() + file.read_bytes())
    return found.hexdigest()


def migration_files() -> Iterator[tuple[str, Path]]:
    """Yield the label of each app with each file of its migrations, none of them imported."""
    for config in sorted(apps.get_app_configs(), key=lambda config: config.label):
        module, _ = MigrationLoader.migrations_module(config.label)
        spec = importlib.util.find_spec(module) if module else None
        for directory in (spec and spec.submodule_search_locations) or ():
            for file in sorted(Path(directory).glob("*.py")):
                yield config.label, file


def build() -> list[str]:
    """Return the statements that make what the migrations make; nothing stays in the database.

    Raises TemplateError when a migration is not atomic, or when the statements, run in their
    turn, make something else.
    """
    with undone():
        migrated, copy = scratch_name(), scratch_name()
        create_schema(migrated)
        _migrate(migrated)
        catalogue = read_catalogue(migrated)
        rows = read_rows(migrated, catalogue)
        made = statements(catalogue, rows, read_last_values(migrated))
        create_schema(copy, made)
        differences = catalogue.differences(read_catalogue(copy))
        if rows != read_rows(copy, catalogue):
            differences.append("the rows")
    differences += [f"names its schema: {one[:200]}" for one in made if migrated in one]
    if differences:
        raise TemplateError("A copied schema differs: " + "; ".join(differences))
    return made


def create_schema(schema: str, made: Iterable[str] = ()) -> None:
    """Create `schema` and run `made` in it, in the caller's transaction.

    `schema` must have passed tenants.names.validate_schema_name. Raises the database's error, a
    ProgrammingError or an IntegrityError, when there is one of this name.
    """
    with schema_context(get_public_schema_name()), connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{schema}"')
    with schema_context(schema), connection.cursor() as cursor:
        run_together(cursor, made)


def run_together(cursor: CursorWrapper, made: Iterable[str]) -> None:
    """Send statements without waiting for each one's answer; each runs at the top level.

    Raises the database's error for the first that fails.
    """
    with connection.wrap_database_errors, cursor.connection.pipeline():
        for statement in made:
            cursor.connection.execute(statement)


@contextmanager
def undone() -> Iterator[None]:
    """Undo what is done meanwhile, in a transaction of its own where there is none."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def scratch_name() -> str:
    """Return a name for a schema that nobody else will see."""
    return f"scratch_{secrets.token_hex(8)}"


def _migrate(schema: str) -> None:
    """Run every migration in the empty `schema`, and tell the apps that it is done."""
    with schema_context(schema), tables_by_index():
        executor = MigrationExecutor(connection, _settle_constraints)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        refuse_unless_atomic(migration for migration, _ in plan)
        executor.migrate(targets=None, plan=plan)
        emit_post_migrate_signal(0, interactive=False, db=connection.alias, plan=plan)


def refuse_unless_atomic(migrations: Iterable[Migration]) -> None:
    """Raise TemplateError for a migration that can't be undone when it fails half-way."""
    for migration in migrations:
        if not migration.atomic:
            raise TemplateError(
                f"{migration.app_label}.{migration.name} is not atomic: interrupted, it would "
                "leave a business half-way. Take atomic = False out of it."
            )


def _settle_constraints(action: str, *args: object) -> None:
    """Check what is left to the end of a migration's own transaction, before the next one."""
    if action == "apply_success":
        with connection.cursor() as cursor:
            run_together(cursor, SETTLE_CONSTRAINTS)
