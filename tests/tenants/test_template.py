"""A business made from the template has what the migrations make, to the last comment."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command
from django_tenants.management.commands.migrate_schemas import MigrateSchemasCommand
from django_tenants.utils import schema_context

from tenants import ddl, spares, template
from tenants.catalogue import (
    Catalogue,
    UnsupportedObjectError,
    read_catalogue,
    read_last_values,
    read_rows,
)
from tenants.connection import connection
from tenants.models import SchemaTemplate, SpareSchema, Tenant
from tenants.provisioning import provision

pytestmark = pytest.mark.django_db

# What our own apps have not, and an app of a deployment's may have.
ODDITIES = """
CREATE TYPE mood AS ENUM ('glad', 'it''s so-so');
COMMENT ON TYPE mood IS 'how someone feels';
CREATE SEQUENCE tickets AS smallint START 5 INCREMENT 5 CYCLE;
CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN NEW.stamped = true; RETURN NEW; END $$;
COMMENT ON FUNCTION stamp() IS 'marks a row';
CREATE TABLE "a place" (
    id bigint GENERATED ALWAYS AS IDENTITY (START 100) PRIMARY KEY,
    number serial,
    ticket integer NOT NULL DEFAULT nextval('tickets'),
    name varchar(20) COLLATE "C" NOT NULL DEFAULT 'it''s',
    kind varchar(9) CHECK (kind IN ('a', 'b')),
    mood mood DEFAULT 'glad',
    price numeric(8, 2), doubled numeric GENERATED ALWAYS AS (price * 2) STORED,
    stamped boolean, tags text[], bytes bytea, data jsonb, span tstzrange,
    EXCLUDE USING gist (name WITH =, span WITH &&) WHERE (stamped),
    UNIQUE NULLS NOT DISTINCT (kind, price) DEFERRABLE INITIALLY DEFERRED
) WITH (fillfactor = 70);
CREATE UNLOGGED TABLE passing (at timestamptz NOT NULL DEFAULT now());
CREATE TABLE visit (
    place bigint REFERENCES "a place" ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    next integer, id integer PRIMARY KEY);
ALTER TABLE "a place" ADD last_visit integer REFERENCES visit DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE visit ADD FOREIGN KEY (next) REFERENCES visit;
CREATE INDEX "by name" ON "a place" (lower(name) DESC) INCLUDE (price) WHERE price > 0;
CREATE TRIGGER stamped BEFORE INSERT ON "a place" FOR EACH ROW EXECUTE FUNCTION stamp();
CREATE CONSTRAINT TRIGGER late AFTER DELETE ON visit DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.next > 1) EXECUTE FUNCTION stamp();
ALTER TABLE visit DISABLE TRIGGER late;
CREATE VIEW "dear places" AS SELECT name FROM "a place" WHERE price > 100;
CREATE VIEW dearest AS SELECT max(name) FROM "dear places";
COMMENT ON TABLE visit IS 'a ''visit''';
COMMENT ON COLUMN visit.next IS E'a\nline';
COMMENT ON CONSTRAINT visit_pkey ON visit IS 'the key';
COMMENT ON INDEX "by name" IS 'for search';
COMMENT ON TRIGGER stamped ON "a place" IS 'always';
COMMENT ON SEQUENCE tickets IS 'fives';
COMMENT ON VIEW dearest IS 'one';
INSERT INTO "a place" (name, price, tags, bytes, data, span) VALUES
    (E'O''Hara\\ %s {x}', 1.50, '{a,"b c",NULL}', '\\x00ff', '{"a": "''"}', '[2026-01-01,)'),
    ('', NULL, NULL, NULL, 'null', 'empty');
INSERT INTO visit VALUES (100, 7, 7), (101, 7, 8);
UPDATE "a place" SET last_visit = 8;
SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED
"""


@pytest.fixture
def schema() -> Iterator[str]:
    """An empty schema, dropped afterwards with every copy of it."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA odd")
    yield "odd"
    connection.set_schema_to_public()
    Tenant.objects.filter(schema_name="newcomer").delete()
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA IF EXISTS odd, odd_copy, newcomer CASCADE")


def run_in(schema: str, sql: str) -> None:
    with schema_context(schema), connection.cursor() as cursor:
        cursor.connection.execute(sql)


def contents(schema: str, catalogue: Catalogue) -> dict[str, Any]:
    return {rows.table: rows for rows in read_rows(schema, catalogue)}


def names(rows: Any) -> set[tuple[str, ...]]:
    """Rows without their number and time: Django numbers content types as it comes."""
    return {row[1:3] for row in rows.literals}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("ready", [0, 1])
def test_a_provisioned_and_a_migrated_schema_are_alike(
    schema: str, settings: Any, ready: int
) -> None:
    """Also if it is one of those that were ready."""
    settings.SPARE_SCHEMAS = ready
    spares.replenish()
    tables = ("django_migrations", "django_content_type")
    call_command(MigrateSchemasCommand(), schema_name=schema, verbosity=0, interactive=False)
    provision(label="newcomer", name="New")
    assert not SpareSchema.objects.exists()
    migrated, provisioned = read_catalogue(schema), read_catalogue("newcomer")
    assert migrated.differences(provisioned) == []
    assert migrated == provisioned
    assert len(migrated.tables) > 50
    assert any(constraint.kind == "x" for constraint in migrated.constraints)
    assert {"refuse_change"} == {
        trigger.definition.rpartition(" ")[2].removesuffix("()") for trigger in migrated.triggers
    }
    # What only LIKE could use, tenants/postgresql/schema.py.
    assert not [index for index in migrated.indexes if "pattern_ops" in index.definition]
    theirs, ours = contents(schema, migrated), contents("newcomer", provisioned)
    for table in tables:
        assert names(theirs[table]) == names(ours[table])
    assert set(theirs) == set(tables)
    last = read_last_values("newcomer")
    assert {f"{table}_id_seq": last[f"{table}_id_seq"] for table in tables} == read_last_values(
        schema
    )


def test_a_copy_has_everything_that_its_original_has(schema: str) -> None:
    run_in(schema, ODDITIES)
    original = read_catalogue(schema)
    made = ddl.statements(original, read_rows(schema, original), read_last_values(schema))
    template.create_schema("odd_copy", made)
    copy = read_catalogue("odd_copy")
    assert original.differences(copy) == []
    assert original == copy
    assert contents(schema, original) == contents("odd_copy", copy)
    assert read_last_values(schema) == read_last_values("odd_copy")
    counts = [len(getattr(copy, name)) for name in ("tables", "triggers", "views", "indexes")]
    assert counts == [3, 2, 2, 1]
    with schema_context("odd_copy"), connection.cursor() as cursor:
        cursor.execute("SELECT pg_get_serial_sequence('\"a place\"', 'number')")
        assert cursor.fetchone() == ('odd_copy."a place_number_seq"',)


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE visit ALTER next SET DEFAULT 1",
        "ALTER TABLE visit ALTER next SET NOT NULL",
        "ALTER TABLE visit ALTER id TYPE bigint",
        "ALTER TABLE \"a place\" ALTER id SET GENERATED BY DEFAULT",
        "ALTER TABLE \"a place\" ALTER id SET START 7",
        "ALTER SEQUENCE \"a place_number_seq\" OWNED BY NONE",
        "ALTER TABLE visit RENAME CONSTRAINT visit_pkey TO other",
        "ALTER TABLE visit ENABLE TRIGGER late",
        "COMMENT ON COLUMN visit.next IS NULL",
        "DROP INDEX \"by name\"",
        "ALTER TYPE mood ADD VALUE 'angry' BEFORE 'glad'",
        "CREATE OR REPLACE VIEW dearest AS SELECT min(name) AS max FROM \"dear places\"",
    ],
)  # fmt: skip
def test_a_difference_is_seen(schema: str, change: str) -> None:
    run_in(schema, ODDITIES)
    before = read_catalogue(schema)
    run_in(schema, change)
    assert before.differences(read_catalogue(schema)) != []


@pytest.mark.parametrize(
    ("sql", "named"),
    [
        ("CREATE TABLE parted (id int) PARTITION BY LIST (id)", "partitioned table parted"),
        ("CREATE MATERIALIZED VIEW kept AS SELECT 1", "materialized view kept"),
        ("CREATE DOMAIN even AS int CHECK (VALUE % 2 = 0)", "type even"),
        ("CREATE TABLE guarded (id int); ALTER TABLE guarded ENABLE ROW LEVEL SECURITY", "guarded"),
    ],
)
def test_what_cannot_be_copied_is_named(schema: str, sql: str, named: str) -> None:
    run_in(schema, sql)
    with pytest.raises(UnsupportedObjectError, match=named):
        read_catalogue(schema)


def test_building_the_template_leaves_nothing_but_the_template() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace")
        before = cursor.fetchone()
    SchemaTemplate.objects.all().delete()
    template.current.cache_clear()
    made = template.current()
    assert SchemaTemplate.objects.get().statements == made
    assert SchemaTemplate.objects.get().digest == template.digest()
    template.current.cache_clear()
    assert template.current() == made
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace")
        assert cursor.fetchone() == before


def test_a_template_that_makes_something_else_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgetful(*args: Any) -> list[str]:
        return [one for one in ddl.statements(*args) if not one.startswith("CREATE TRIGGER")]

    monkeypatch.setattr(template, "statements", forgetful)
    with pytest.raises(template.TemplateError, match="payments_ledgerentry_append_only"):
        template.build()
