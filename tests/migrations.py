"""``python -m tests.migrations``: do the old and the new code both run while a version rolls out?

A version is brought to one business after the other, so new code meets schemas of before, and old
code meets those of after. docs/upgrades.md says how to get to every change within these rules.
"""

import re
import sys
from collections.abc import Iterator
from typing import Any

import django
from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ModelState, ProjectState

OURS = ("access", "bookings", "events", "notifications", "payments", "tenants", "invoices")
# Citus adds a shard's number to a name, within PostgreSQL's 63 characters.
LONGEST_NAME = 50

GONE = (
    migrations.RemoveField,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.DeleteModel,
    migrations.AlterModelTable,
)

# Migrations that break a rule all the same, each with the reason why that is safe.
BEFORE_RELEASE = "written before the first release: no older code runs beside it"
ACCEPTED: dict[str, str] = dict.fromkeys(
    (
        "bookings.0002_tax_and_card_terms",
        "bookings.0003_what_businesses_live_by",
        "bookings.0005_class_series",
        "bookings.0007_offers",
        "bookings.0009_waitlist",
        "payments.0002_books",
        "payments.0005_inbox",
        "payments.0006_account_identity",
        "payments.0008_cards_and_links",
        "payments.0009_modes_and_payouts_by_hand",
        "payments.0010_known_accounts",
        "tenants.0003_receipt_details",
    ),
    BEFORE_RELEASE,
)


def migration_problems() -> Iterator[tuple[str, str]]:
    """Yield every migration of ours that breaks a rule, and how."""
    loader = MigrationLoader(None)
    state = loader.project_state([])
    for key in _in_order(loader):
        migration = loader.graph.nodes[key]
        is_ours = key[0] in OURS
        name = f"{key[0]}.{key[1]}"
        if is_ours and not migration.atomic:
            yield name, "is not atomic: interrupted, it leaves a business half-way"
        new: set[str] = set()
        for operation in migration.operations:
            if is_ours:
                for problem in problems_of(operation, state, key[0], new):
                    yield name, problem
            operation.state_forwards(key[0], state)
            if isinstance(operation, migrations.CreateModel):
                new.add(operation.name_lower)


def _in_order(loader: MigrationLoader) -> list[tuple[str, str]]:
    ordered: list[tuple[str, str]] = []
    for leaf in sorted(loader.graph.leaf_nodes()):
        ordered += [key for key in loader.graph.forwards_plan(leaf) if key not in ordered]
    return ordered


def problems_of(
    operation: Operation, state: ProjectState, app: str, new: set[str]
) -> Iterator[str]:
    """Yield what is wrong with `operation`; `new` are the models that its migration creates."""
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        for inner in operation.database_operations:
            yield from problems_of(inner, state, app, new)
        return
    model = str(getattr(operation, "model_name_lower", ""))
    yield from _names(operation)
    if isinstance(operation, migrations.RunSQL):
        yield from _sql(operation)
    elif isinstance(operation, GONE) and model not in new:
        yield f"{operation.describe()}: the old code still uses it"
    elif isinstance(operation, migrations.AddField) and model not in new:
        if _must_be_given(operation.field):
            yield f"{operation.describe()}: the old code can't insert; give it db_default or null"
    elif isinstance(operation, migrations.AlterField) and model not in new:
        yield from _altered(operation, state.models[app, model])
    elif type(operation).__name__.endswith("Concurrently"):
        yield f"{operation.describe()}: can't be part of a transaction"


def _must_be_given(field: Any) -> bool:
    return not (field.many_to_many or field.null or field.has_db_default())


def _altered(operation: migrations.AlterField, model: ModelState) -> Iterator[str]:
    before: Any = model.fields[operation.name]
    after: Any = operation.field
    if _kind(before) != _kind(after):
        yield f"{operation.describe()}: the type changes from {_kind(before)} to {_kind(after)}"
    elif (before.max_length or 0) > (after.max_length or 0):
        yield f"{operation.describe()}: old values may be too long"
    if before.null and _must_be_given(after):
        yield f"{operation.describe()}: NOT NULL, and the old code writes NULL"


def _kind(field: Any) -> str:
    """Return the type of the column without its length, which may grow."""
    text = field.get_internal_type()
    digits = (getattr(field, "max_digits", None), getattr(field, "decimal_places", None))
    return f"{text}{digits}" if digits != (None, None) else text


def _sql(operation: migrations.RunSQL) -> Iterator[str]:
    for sql in (operation.sql, operation.reverse_sql or []):
        if sql == migrations.RunSQL.noop:
            continue
        if isinstance(sql, str):
            yield f"RunSQL wants a list of single statements: {sql.strip()[:60]}"
            continue
        for statement in sql:
            text = statement if isinstance(statement, str) else statement[0]
            if ";" in re.sub(r"\$\$.*?\$\$|'[^']*'", "", text, flags=re.DOTALL).rstrip("; \n"):
                yield f"RunSQL wants single statements: {text.strip()[:60]}"
            if re.search(r"\bCONCURRENTLY\b", text, re.IGNORECASE):
                yield f"CONCURRENTLY can't be part of a transaction: {text.strip()[:60]}"


def _names(operation: Operation) -> Iterator[str]:
    named = [getattr(operation, "constraint", None), getattr(operation, "index", None)]
    options = getattr(operation, "options", None) or {}
    named += [*options.get("constraints", ()), *options.get("indexes", ())]
    for one in named:
        if one is not None and len(one.name) > LONGEST_NAME:
            yield f"{one.name} has {len(one.name)} characters, at most {LONGEST_NAME} fit"


def main() -> int:
    django.setup()
    found = list(migration_problems())
    failed = [(name, problem) for name, problem in found if name not in ACCEPTED]
    for name, problem in failed:
        print(f"{name}: {problem}")
    unneeded = set(ACCEPTED) - {name for name, _ in found}
    for name in sorted(unneeded):
        print(f"{name}: take it from the accepted ones, nothing is wrong with it")
    return bool(failed or unneeded)


if __name__ == "__main__":
    sys.exit(main())
