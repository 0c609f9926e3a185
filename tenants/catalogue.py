"""What a schema consists of, read from PostgreSQL's own catalogue.

Two schemas are alike when their catalogues are equal: a `Catalogue` names objects without their
schema, and holds nothing that differs between two schemas made by the same statements.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

from django_tenants.utils import schema_context

from tenants.connection import connection
from tenants.sql import quoted


class UnsupportedObjectError(Exception):
    """A schema holds an object of a kind that can't be copied; the message names it."""


class Table(NamedTuple):
    name: str
    is_unlogged: bool
    options: tuple[str, ...]
    comment: str | None


class Column(NamedTuple):
    table: str
    name: str
    type: str
    collation: str | None
    is_not_null: bool
    identity: str  # "" none, "a" always, "d" by default
    generated: str  # "" none, "s" stored, "v" virtual
    default: str | None
    comment: str | None


class Constraint(NamedTuple):
    table: str
    name: str
    kind: str  # c check, f foreign key, p primary key, u unique, x exclusion
    definition: str
    references: str | None
    comment: str | None


class Index(NamedTuple):
    table: str
    name: str
    definition: str
    is_valid: bool
    comment: str | None


class Trigger(NamedTuple):
    table: str
    name: str
    definition: str
    enabled: str  # O origin (the usual), D disabled, R replica, A always
    comment: str | None


class Sequence(NamedTuple):
    name: str
    type: str
    start: int
    increment: int
    least: int
    most: int
    cache: int
    cycles: bool
    # The column it belongs to, and whether as its identity.
    table: str | None
    column: str | None
    is_identity: bool
    comment: str | None


class Function(NamedTuple):
    signature: str
    definition: str
    comment: str | None


class Enumeration(NamedTuple):
    name: str
    labels: tuple[str, ...]
    comment: str | None


class View(NamedTuple):
    name: str
    definition: str
    comment: str | None


@dataclass(frozen=True)
class Catalogue:
    """Everything in one schema, its rows aside."""

    enumerations: tuple[Enumeration, ...]
    functions: tuple[Function, ...]
    sequences: tuple[Sequence, ...]
    tables: tuple[Table, ...]
    columns: tuple[Column, ...]
    constraints: tuple[Constraint, ...]
    indexes: tuple[Index, ...]
    triggers: tuple[Trigger, ...]
    views: tuple[View, ...]

    def differences(self, other: "Catalogue") -> list[str]:
        """Return what only one of the two has, a line for each."""
        lines = []
        for field in fields(self):
            mine, theirs = getattr(self, field.name), getattr(other, field.name)
            lines += [f"only in the first: {one}" for one in mine if one not in theirs]
            lines += [f"only in the second: {one}" for one in theirs if one not in mine]
        if not lines and self != other:
            lines.append("the order of columns or labels")
        return lines


class Rows(NamedTuple):
    """A table's rows as SQL literals, and the columns that they are for."""

    table: str
    columns: tuple[str, ...]
    literals: tuple[tuple[str, ...], ...]


# `{ns}` is the schema that comes first on the path: with it there, PostgreSQL writes definitions
# without its name. What depends on it is found by an index, where the catalogues have none by
# schema: they hold the objects of every business.
_NS = "(SELECT oid FROM pg_namespace WHERE nspname = current_schema())"
#: Of the catalogue named for %s: what is in that schema, indexes aside.
IN_SCHEMA = """ANY (ARRAY(
    SELECT objid FROM pg_depend WHERE refclassid = 'pg_namespace'::regclass
    AND refobjid = (SELECT oid FROM pg_namespace WHERE nspname = current_schema())
    AND classid = '%s'::regclass))"""

_UNSUPPORTED = """
SELECT kind || ' ' || name FROM (
    SELECT CASE relkind WHEN 'm' THEN 'materialized view' WHEN 'p' THEN 'partitioned table'
        WHEN 'f' THEN 'foreign table' WHEN 'c' THEN 'composite type'
        ELSE 'table with inheritance, policies or of a type' END AS kind, relname::text AS name
    FROM pg_class WHERE oid = {relations} AND (
        relkind IN ('m', 'p', 'f', 'c') OR relispartition OR relrowsecurity OR reloftype <> 0
        OR oid IN (SELECT inhrelid FROM pg_inherits))
    UNION ALL SELECT 'type', typname FROM pg_type
    WHERE oid = {types} AND typtype IN ('d', 'r')
    UNION ALL SELECT 'aggregate', proname FROM pg_proc
    WHERE oid = {functions} AND prokind NOT IN ('f', 'p')
    UNION ALL SELECT 'rule', rulename FROM pg_rewrite
    WHERE ev_class = {relations} AND rulename <> '_RETURN'
    UNION ALL SELECT 'operator', oprname FROM pg_operator WHERE oprnamespace = {ns}
    UNION ALL SELECT 'collation', collname FROM pg_collation WHERE collnamespace = {ns}
    UNION ALL SELECT 'statistics', stxname FROM pg_statistic_ext WHERE stxnamespace = {ns}
    UNION ALL SELECT 'extension', extname FROM pg_extension WHERE extnamespace = {ns}
) found ORDER BY 1
"""
_ENUMERATIONS = """
SELECT typname, array(SELECT enumlabel::text FROM pg_enum WHERE enumtypid = t.oid
    ORDER BY enumsortorder), obj_description(t.oid, 'pg_type')
FROM pg_type t WHERE oid = {types} AND typtype = 'e' ORDER BY typname
"""
_FUNCTIONS = r"""
SELECT oid::regprocedure::text, regexp_replace(pg_get_functiondef(oid),
    '^(CREATE OR REPLACE \w+ )' || quote_ident(current_schema()) || '\.', '\1'),
    obj_description(oid, 'pg_proc')
FROM pg_proc WHERE oid = {functions} AND prokind IN ('f', 'p') ORDER BY 1
"""
_SEQUENCES = """
SELECT s.relname, format_type(seqtypid, NULL), seqstart, seqincrement, seqmin, seqmax, seqcache,
    seqcycle, t.relname, attname, coalesce(deptype = 'i', false), obj_description(s.oid, 'pg_class')
FROM pg_class s JOIN pg_sequence ON seqrelid = s.oid
LEFT JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass
    AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
LEFT JOIN pg_class t ON t.oid = d.refobjid
LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid
WHERE s.oid = {relations} ORDER BY s.relname
"""
_TABLES = """
SELECT relname, relpersistence = 'u', coalesce(reloptions, '{{}}'),
    obj_description(oid, 'pg_class')
FROM pg_class WHERE oid = {relations} AND relkind = 'r' ORDER BY relname
"""
_COLUMNS = """
SELECT relname, attname, format_type(atttypid, atttypmod),
    CASE WHEN attcollation <> typcollation THEN attcollation::regcollation::text END,
    attnotnull, attidentity::text, attgenerated::text, pg_get_expr(adbin, adrelid, true),
    col_description(c.oid, attnum)
FROM pg_class c JOIN pg_attribute a ON attrelid = c.oid AND attnum > 0 AND NOT attisdropped
JOIN pg_type t ON t.oid = atttypid
LEFT JOIN pg_attrdef ON adrelid = c.oid AND adnum = attnum
WHERE c.oid = {relations} AND relkind = 'r' ORDER BY relname, attnum
"""
# NOT NULL is a column's property here, although PostgreSQL 18 keeps it as a constraint too.
_CONSTRAINTS = """
SELECT t.relname, conname, contype::text, pg_get_constraintdef(k.oid, true), f.relname,
    obj_description(k.oid, 'pg_constraint')
FROM pg_constraint k JOIN pg_class t ON t.oid = conrelid LEFT JOIN pg_class f ON f.oid = confrelid
WHERE conrelid = {relations} AND contype IN ('c', 'f', 'p', 'u', 'x') ORDER BY t.relname, conname
"""
_INDEXES = """
SELECT t.relname, i.relname, pg_get_indexdef(i.oid, 0, true), indisvalid,
    obj_description(i.oid, 'pg_class')
FROM pg_index x JOIN pg_class i ON i.oid = indexrelid JOIN pg_class t ON t.oid = indrelid
WHERE indrelid = {relations} AND t.relkind = 'r' AND NOT EXISTS (
    SELECT FROM pg_constraint WHERE conrelid = indrelid AND conindid = i.oid
    AND contype IN ('p', 'u', 'x'))
ORDER BY t.relname, i.relname
"""
_TRIGGERS = """
SELECT relname, tgname, pg_get_triggerdef(t.oid, true), tgenabled::text,
    obj_description(t.oid, 'pg_trigger')
FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
WHERE tgrelid = {relations} AND NOT tgisinternal ORDER BY relname, tgname
"""
_VIEWS = """
SELECT relname, pg_get_viewdef(oid, true), obj_description(oid, 'pg_class')
FROM pg_class WHERE oid = {relations} AND relkind = 'v' ORDER BY oid
"""
_LAST_VALUES = """
SELECT relname, value FROM pg_class, pg_sequence_last_value(oid) AS value
WHERE oid = {relations} AND relkind = 'S' AND value IS NOT NULL ORDER BY relname
"""
_PLACES = {
    "ns": _NS,
    "relations": IN_SCHEMA % "pg_class",
    "types": IN_SCHEMA % "pg_type",
    "functions": IN_SCHEMA % "pg_proc",
}


def read_catalogue(schema: str) -> Catalogue:
    """Return what `schema` consists of.

    Raises UnsupportedObjectError when it holds something that a `Catalogue` can't describe.
    """
    with schema_context(schema):
        unsupported = [name for (name,) in _query(_UNSUPPORTED.format(**_PLACES))]
        if unsupported:
            raise UnsupportedObjectError(
                f"The schema {schema} holds what can't be copied: {', '.join(unsupported)}."
            )
        return Catalogue(
            enumerations=_read(Enumeration, _ENUMERATIONS),
            functions=_read(Function, _FUNCTIONS),
            sequences=_read(Sequence, _SEQUENCES),
            tables=_read(Table, _TABLES),
            columns=_read(Column, _COLUMNS),
            constraints=_read(Constraint, _CONSTRAINTS),
            indexes=_read(Index, _INDEXES),
            triggers=_read(Trigger, _TRIGGERS),
            views=_read(View, _VIEWS),
        )


def read_rows(schema: str, catalogue: Catalogue, only: Collection[str] = ()) -> tuple[Rows, ...]:
    """Return the rows of every table of `schema` that has any, ordered by their first column.

    `only` names the tables that are enough.
    """
    return tuple(_read_rows(schema, catalogue, only))


def read_last_values(schema: str) -> dict[str, int]:
    """Return where each sequence of `schema` stands, those left out that were never used."""
    with schema_context(schema):
        return dict(_query(_LAST_VALUES.format(**_PLACES)))


def _read_rows(schema: str, catalogue: Catalogue, only: Collection[str]) -> Iterator[Rows]:
    with schema_context(schema):
        for table in catalogue.tables:
            if only and table.name not in only:
                continue
            columns = tuple(
                column.name
                for column in catalogue.columns
                if column.table == table.name and not column.generated
            )
            literals = ", ".join(f"quote_nullable({quoted(name)}::text)" for name in columns)
            rows = _query(
                f"SELECT {literals} FROM {quoted(table.name)} ORDER BY 1"  # noqa: S608 - names
            )
            if rows:
                yield Rows(table.name, columns, tuple(rows))


# PostgreSQL writes `varchar_column IN ('a', 'b')` in the first way, and in the second once it has
# read what it wrote. They mean the same.
_CAST_TOGETHER = re.compile(r"ARRAY\[((?:'(?:[^']|'')*'::character varying(?:, )?)+)\]::text\[\]")
_CAST_ONE_BY_ONE = re.compile(r"('(?:[^']|'')*'::character varying)")


def _settled(text: str) -> str:
    """Return an expression as PostgreSQL writes it when it has read it from its own writing."""
    return _CAST_TOGETHER.sub(
        lambda found: "ARRAY[" + _CAST_ONE_BY_ONE.sub(r"\1::text", found[1]) + "]", text
    )


def _read(kind: Callable[..., Any], query: str) -> tuple[Any, ...]:
    return tuple(kind(*map(_value, row)) for row in _query(query.format(**_PLACES)))


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return _settled(value) if isinstance(value, str) else value


def _query(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
