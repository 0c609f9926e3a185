"""The statements that make a schema again from its catalogue.

They name nothing by its schema: whoever runs them puts the new one first on the path. Each is a
single statement, so that they can be sent one by one and run at the top level.
"""

from collections.abc import Iterable, Iterator, Mapping

from tenants.catalogue import Catalogue, Column, Constraint, Rows, Sequence, Table
from tenants.sql import literal, quoted

ROWS_PER_INSERT = 500
#: Checks now what waits for the end of the transaction: with that open, no table can be altered.
SETTLE_CONSTRAINTS = ("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED")
_ENABLED = {"D": "DISABLE", "R": "ENABLE REPLICA", "A": "ENABLE ALWAYS"}


def statements(
    catalogue: Catalogue, rows: Iterable[Rows] = (), last_values: Mapping[str, int] | None = None
) -> list[str]:
    """Return the statements that make a schema like `catalogue`, with `rows`, in order.

    Constraints are part of their table, where they can be: that spares a statement and a look at
    the table for each.
    """
    tables = in_order_of_references(catalogue)
    late = _references_to_later_tables(catalogue, tables)
    return [
        # A function may come before the tables that it speaks of.
        "SET LOCAL check_function_bodies = off",
        *(_create_enumeration(one.name, one.labels) for one in catalogue.enumerations),
        *(function.definition for function in catalogue.functions),
        *(_create_sequence(one) for one in catalogue.sequences if not one.is_identity),
        *(_create_table(table, catalogue, late) for table in tables),
        *(_own_sequence(one) for one in catalogue.sequences if one.table and not one.is_identity),
        *(_add_constraint(constraint) for constraint in late),
        *(index.definition for index in catalogue.indexes),
        *(f"CREATE VIEW {quoted(view.name)} AS {view.definition}" for view in catalogue.views),
        *_insert(rows, tables),
        *SETTLE_CONSTRAINTS,
        *(
            f"SELECT setval('{quoted(name)}', {value})"
            for name, value in sorted((last_values or {}).items())
        ),
        # After the rows, which have been through them.
        *_create_triggers(catalogue),
        *_comments(catalogue),
    ]


def in_order_of_references(catalogue: Catalogue) -> list[Table]:
    """Return the tables, each after those it refers to as far as there is such an order."""
    references: dict[str, set[str]] = {table.name: set() for table in catalogue.tables}
    for constraint in catalogue.constraints:
        if constraint.references in references and constraint.references != constraint.table:
            references[constraint.table].add(constraint.references)
    by_name = {table.name: table for table in catalogue.tables}
    ordered: list[Table] = []
    while references:
        # In a circle nobody is free: the first by name breaks it.
        free = [name for name, wanted in references.items() if not wanted] or [min(references)]
        for name in free:
            ordered.append(by_name[name])
            del references[name]
        for wanted in references.values():
            wanted.difference_update(free)
    return ordered


def _references_to_later_tables(catalogue: Catalogue, tables: list[Table]) -> list[Constraint]:
    place = {table.name: number for number, table in enumerate(tables)}
    return [
        constraint
        for constraint in catalogue.constraints
        if constraint.references in place and place[constraint.references] > place[constraint.table]
    ]


def _create_enumeration(name: str, labels: Iterable[str]) -> str:
    return f"CREATE TYPE {quoted(name)} AS ENUM ({', '.join(literal(one) for one in labels)})"


def _create_sequence(sequence: Sequence) -> str:
    return (
        f"CREATE SEQUENCE {quoted(sequence.name)} AS {sequence.type} {_sequence_options(sequence)}"
    )


def _sequence_options(sequence: Sequence) -> str:
    return (
        f"START {sequence.start} INCREMENT {sequence.increment} MINVALUE {sequence.least} "
        f"MAXVALUE {sequence.most} CACHE {sequence.cache}{' CYCLE' if sequence.cycles else ''}"
    )


def _own_sequence(sequence: Sequence) -> str:
    return (
        f"ALTER SEQUENCE {quoted(sequence.name)} "
        f"OWNED BY {quoted(str(sequence.table))}.{quoted(str(sequence.column))}"
    )


def _create_table(table: Table, catalogue: Catalogue, late: list[Constraint]) -> str:
    identities = {
        (sequence.table, sequence.column): sequence
        for sequence in catalogue.sequences
        if sequence.is_identity
    }
    lines = [
        _column(column, identities.get((column.table, column.name)))
        for column in catalogue.columns
        if column.table == table.name
    ]
    lines += [
        f"CONSTRAINT {quoted(constraint.name)} {constraint.definition}"
        for constraint in catalogue.constraints
        if constraint.table == table.name and constraint not in late
    ]
    unlogged = "UNLOGGED " if table.is_unlogged else ""
    options = f" WITH ({', '.join(table.options)})" if table.options else ""
    return f"CREATE {unlogged}TABLE {quoted(table.name)} ({', '.join(lines)}){options}"


def _column(column: Column, identity: Sequence | None) -> str:
    parts = [quoted(column.name), column.type]
    if column.collation:
        parts.append(f"COLLATE {column.collation}")
    if identity is not None:
        when = "ALWAYS" if column.identity == "a" else "BY DEFAULT"
        options = f"SEQUENCE NAME {quoted(identity.name)} {_sequence_options(identity)}"
        parts.append(f"GENERATED {when} AS IDENTITY ({options})")
    elif column.generated:
        kind = "STORED" if column.generated == "s" else "VIRTUAL"
        parts.append(f"GENERATED ALWAYS AS ({column.default}) {kind}")
    elif column.default is not None:
        parts.append(f"DEFAULT {column.default}")
    if column.is_not_null:
        parts.append("NOT NULL")
    return " ".join(parts)


def _add_constraint(constraint: Constraint) -> str:
    return (
        f"ALTER TABLE {quoted(constraint.table)} "
        f"ADD CONSTRAINT {quoted(constraint.name)} {constraint.definition}"
    )


def _insert(rows: Iterable[Rows], tables: list[Table]) -> Iterator[str]:
    """Yield INSERT statements, a table's after those of the tables it refers to."""
    place = {table.name: number for number, table in enumerate(tables)}
    for one in sorted(rows, key=lambda one: place[one.table]):
        columns = ", ".join(quoted(name) for name in one.columns)
        for start in range(0, len(one.literals), ROWS_PER_INSERT):
            values = ", ".join(
                f"({', '.join(row)})" for row in one.literals[start : start + ROWS_PER_INSERT]
            )
            yield (
                f"INSERT INTO {quoted(one.table)} ({columns}) "  # noqa: S608 - quoted by PostgreSQL
                f"OVERRIDING SYSTEM VALUE VALUES {values}"
            )


def _create_triggers(catalogue: Catalogue) -> Iterator[str]:
    for trigger in catalogue.triggers:
        yield trigger.definition
        if trigger.enabled in _ENABLED:
            yield (
                f"ALTER TABLE {quoted(trigger.table)} {_ENABLED[trigger.enabled]} "
                f"TRIGGER {quoted(trigger.name)}"
            )


def _comments(catalogue: Catalogue) -> Iterator[str]:
    described: list[tuple[str, str | None]] = [
        *((f"TYPE {quoted(one.name)}", one.comment) for one in catalogue.enumerations),
        *((f"ROUTINE {one.signature}", one.comment) for one in catalogue.functions),
        *((f"SEQUENCE {quoted(one.name)}", one.comment) for one in catalogue.sequences),
        *((f"TABLE {quoted(one.name)}", one.comment) for one in catalogue.tables),
        *(
            (f"COLUMN {quoted(one.table)}.{quoted(one.name)}", one.comment)
            for one in catalogue.columns
        ),
        *(
            (f"CONSTRAINT {quoted(one.name)} ON {quoted(one.table)}", one.comment)
            for one in catalogue.constraints
        ),
        *((f"INDEX {quoted(one.name)}", one.comment) for one in catalogue.indexes),
        *(
            (f"TRIGGER {quoted(one.name)} ON {quoted(one.table)}", one.comment)
            for one in catalogue.triggers
        ),
        *((f"VIEW {quoted(one.name)}", one.comment) for one in catalogue.views),
    ]
    for what, comment in described:
        if comment is not None:
            yield f"COMMENT ON {what} IS {literal(comment)}"
