"""What the code's migrations mean for schemas that stand where one of them does.

They are run once, in an empty copy of that schema, which is undone: the statements that Django
makes there are the ones that every such schema needs, names of constraints included. Operations
that work with rows in Python can't be written down; each business runs those itself.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import sqlparse
from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.core.management.sql import emit_pre_migrate_signal
from django.db import router
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.operations import SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django_tenants.utils import schema_context

from tenants.catalogue import read_catalogue, read_last_values, read_rows
from tenants.connection import connection
from tenants.ddl import SETTLE_CONSTRAINTS, statements
from tenants.introspection import tables_by_index
from tenants.postgresql.schema import SchemaEditor
from tenants.sql import literal
from tenants.template import (
    create_schema,
    refuse_unless_atomic,
    run_together,
    scratch_name,
    undone,
)

RECORDER_TABLE = "django_migrations"
#: Whose rows migrations themselves write: an empty copy of a schema has them.
KEPT_TABLES = (RECORDER_TABLE, "django_content_type")
# What Django asks PostgreSQL about its tables, and what a transaction consists of.
_HARMLESS = re.compile(
    r"\bpg_|information_schema|^\s*(SAVEPOINT|RELEASE|ROLLBACK|SET|SHOW)\b", re.IGNORECASE
)


class RecordingError(Exception):
    """A migration can't be brought to all businesses; the message names it and says why."""


@dataclass
class Statements:
    """A part of a migration that is the same SQL in every business."""

    migration: str
    sql: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class DataChange:
    """A part of a migration that is Python, run in each business with the models of its time."""

    migration: str
    app_label: str
    operation: Operation
    before: ProjectState
    after: ProjectState

    def run(self) -> None:
        # Ids of content types differ from business to business.
        if ("contenttypes", "contenttype") in self.before.models:
            self.before.apps.get_model("contenttypes", "contenttype").objects.clear_cache()
        with connection.schema_editor(atomic=False) as editor:
            self.operation.database_forwards(self.app_label, editor, self.before, self.after)
        # Its models are complete now; the next business need not have them made again.
        self.before.is_delayed = False

    def for_one_thread(self) -> "DataChange":
        """Return the same with models of its own: their managers remember content types."""
        before = self.before.clone()
        before.__dict__.pop("apps", None)
        return replace(self, before=before)


@dataclass(frozen=True)
class Upgrade:
    """All that brings a schema from where it stands to this code's version, in order."""

    migrations: list[str]
    steps: list[Statements | DataChange]

    @cached_property
    def sql(self) -> str | None:
        """All of it as one text; None if a part of it is Python."""
        parts = [step.sql for step in self.steps if isinstance(step, Statements)]
        if len(parts) < len(self.steps):
            return None
        return ";\n".join(one for part in parts for one in part)

    def for_one_thread(self) -> "Upgrade":
        """Return the same, to be run by one thread alone."""
        if self.sql is not None:
            return self
        steps = [
            step.for_one_thread() if isinstance(step, DataChange) else step for step in self.steps
        ]
        return Upgrade(self.migrations, steps)

    def as_sql(self) -> Iterator[str]:
        """Yield lines that show what would be run."""
        for step in self.steps:
            yield f"-- {step.migration}"
            if isinstance(step, DataChange):
                yield f"-- in Python, in each business: {step.operation.describe()}"
            else:
                yield from (f"{one.strip().rstrip(';')};" for one in step.sql)


def is_behind(schema: str) -> bool:
    """Say whether this code has migrations that `schema` says were not applied to it."""
    with schema_context(schema), tables_by_index():
        executor = MigrationExecutor(connection)
        return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def record_upgrade(model: str, lock_timeout: int = 1000) -> Upgrade:
    """Return what brings `model`, and schemas with the same migrations applied, up to date.

    Changes nothing, and keeps nobody waiting who works in `model`; to read its definitions it
    waits `lock_timeout` milliseconds at most for somebody who alters them.

    Raises RecordingError, TemplateError for a migration that is not atomic, the database's error
    for a lock, or whatever a migration raises in a schema without rows.
    """
    with undone():
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {int(lock_timeout)}")
        catalogue = read_catalogue(model)
        rows = read_rows(model, catalogue, only=KEPT_TABLES)
        scratch = scratch_name()
        create_schema(scratch, statements(catalogue, rows, read_last_values(model)))
        with schema_context(scratch), tables_by_index():
            upgrade = _run()
    for step in upgrade.steps:
        if isinstance(step, Statements) and any(scratch in one for one in step.sql):
            raise RecordingError(f"{step.migration} writes the schema's name into its SQL.")
    return upgrade


def _run() -> Upgrade:
    executor: Any = MigrationExecutor(connection)
    executor.loader.check_consistent_history(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    migrations = [migration for migration, _ in plan]
    refuse_unless_atomic(migrations)
    # Renamed models: Django adds the renaming of their content types to the plan.
    emit_pre_migrate_signal(0, interactive=False, db=connection.alias, plan=plan)
    before = set(executor.recorder.applied_migrations())
    state: ProjectState = executor._create_project_state(with_applied_migrations=True)
    # Rendered once; what is cloned from it renders only what an operation changes.
    state.apps  # noqa: B018
    steps: list[Statements | DataChange] = []
    for migration in migrations:
        if steps:
            steps.append(_settle(migration))
        steps += _run_migration(migration, state)
        executor.record_migration(migration)
    executor.check_replacements()
    new = [name for name in executor.recorder.applied_migrations() if name not in before]
    if new:
        steps.append(Statements("written down", [_insert_applied(new), *_new_content_types()]))
    return Upgrade([f"{app}.{name}" for app, name in new], steps)


def _settle(migration: Migration) -> Statements:
    """What the end of the migration before would have done, had it its own transaction."""
    with connection.cursor() as cursor:
        run_together(cursor, SETTLE_CONSTRAINTS)
    return Statements(f"before {migration.app_label}.{migration.name}", list(SETTLE_CONSTRAINTS))


def _run_migration(migration: Migration, state: ProjectState) -> list[Statements | DataChange]:
    """Run `migration`, bring `state` to what it leaves, and return its steps."""
    name = f"{migration.app_label}.{migration.name}"
    steps: list[Statements | DataChange] = []
    editor = RecordingSchemaEditor(connection, atomic=False)
    with editor:
        for operation in migration.operations:
            before = state.clone()
            operation.state_forwards(migration.app_label, state)
            if is_python(operation):
                _take(editor, steps, name)
                change = DataChange(name, migration.app_label, operation, before, state.clone())
                change.run()
                steps.append(change)
            else:
                with _nothing_beside(f"{operation.describe()} in {name}"):
                    operation.database_forwards(migration.app_label, editor, before, state)
    _take(editor, steps, name)
    return steps


def is_python(operation: Operation) -> bool:
    """Does `operation` do more than its SQL says?"""
    if isinstance(operation, SeparateDatabaseAndState):
        return any(is_python(one) for one in operation.database_operations)
    return not operation.reduces_to_sql


class RecordingSchemaEditor(SchemaEditor):
    """Runs statements as they will be replayed, and keeps them."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.recorded: list[str] = []

    def execute(self, sql: Any, params: Any = ()) -> None:
        composed = str(sql) if params is None else self.connection.ops.compose_sql(str(sql), params)
        single = one_by_one(composed)
        with connection.cursor() as cursor:
            run_together(cursor, single)
        self.recorded += single


def one_by_one(sql: str) -> list[str]:
    """Return the statements in `sql`: Django writes two into one text where foreign keys change.

    A text with dollar quotes is left whole, it is a function.
    """
    text = sql.strip().rstrip(";")
    if ";" not in text or "$" in text:
        return [text]
    return [one.strip().rstrip(";") for one in sqlparse.split(text)]


def _take(editor: RecordingSchemaEditor, steps: list[Statements | DataChange], name: str) -> None:
    if editor.recorded:
        steps.append(Statements(name, list(editor.recorded)))
        editor.recorded.clear()


@contextmanager
def _nothing_beside(what: str) -> Iterator[None]:
    """Refuse an operation that speaks to the database past its editor, which sends by itself."""

    def watch(execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        if not _HARMLESS.search(str(sql)):
            raise RecordingError(
                f"{what} speaks to the database past the schema editor. Set "
                "reduces_to_sql = False on the operation, then each business runs it."
            )
        return execute(sql, *args)

    with connection.execute_wrapper(watch):
        yield


def _insert_applied(names: Iterable[tuple[str, str]]) -> str:
    values = ", ".join(f"({literal(app)}, {literal(name)}, now())" for app, name in names)
    return f"INSERT INTO {RECORDER_TABLE} (app, name, applied) VALUES {values}"  # noqa: S608


def _new_content_types() -> list[str]:
    """Return what Django's post_migrate does where there are new models, as one statement.

    Numbers are drawn for new ones only: ON CONFLICT would use up some for every model.
    """
    models = [
        (model._meta.app_label, str(model._meta.model_name))
        for config in apps.get_app_configs()
        for model in config.get_models()
        if router.allow_migrate_model(connection.alias, ContentType)
    ]
    values = ", ".join(f"({literal(app)}, {literal(model)})" for app, model in sorted(models))
    statement = (
        "INSERT INTO django_content_type (app_label, model) SELECT app_label, model "  # noqa: S608
        f"FROM (VALUES {values}) AS wanted (app_label, model) WHERE NOT EXISTS (SELECT FROM "
        "django_content_type t WHERE t.app_label = wanted.app_label AND t.model = wanted.model)"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return [statement] if cursor.rowcount else []
