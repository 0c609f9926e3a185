"""Which schemas stand where: those with the same migrations applied need the same."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django_tenants.utils import get_public_schema_name, schema_context

from tenants.connection import connection
from tenants.fleet.replay import FINGERPRINT
from tenants.models import SchemaVersion
from tenants.sql import literal, quoted

# Schemas asked about in one statement, which locks a table in each of them.
AT_ONCE = 200


def without_migrations(schemas: Sequence[str]) -> list[str]:
    """Return those of `schemas` that do not exist, or have never been migrated."""
    with schema_context(get_public_schema_name()), connection.cursor() as cursor:
        cursor.execute(
            "SELECT nspname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace "
            "WHERE relname = 'django_migrations' AND nspname = ANY(%s)",
            [list(schemas)],
        )
        found = {schema for (schema,) in cursor.fetchall()}
    return [schema for schema in schemas if schema not in found]


def by_fingerprint(schemas: Sequence[str]) -> dict[str, list[str]]:
    """Return `schemas`, which must have been migrated once, by where they say they stand."""
    groups: dict[str, list[str]] = defaultdict(list)
    for start in range(0, len(schemas), AT_ONCE):
        for schema, fingerprint in _ask(schemas[start : start + AT_ONCE]):
            groups[fingerprint].append(schema)
    return groups


def by_version(schemas: Sequence[str]) -> dict[str, list[str]]:
    """Return the same as `by_fingerprint` by what is written down, which is to be verified.

    One of those at the same version is asked, and those of whom no version is known.
    """
    with schema_context(get_public_schema_name()):
        known = dict(
            SchemaVersion.objects.filter(schema_name__in=schemas)
            .exclude(digest="")
            .values_list("schema_name", "digest")
        )
    alike: dict[str, list[str]] = defaultdict(list)
    for schema in schemas:
        alike[known.get(schema, schema)].append(schema)
    groups = by_fingerprint([group[0] for group in alike.values()])
    first = {group[0]: group for group in alike.values()}
    return {
        fingerprint: [schema for one in firsts for schema in first[one]]
        for fingerprint, firsts in groups.items()
    }


def _ask(schemas: Iterable[str]) -> list[tuple[str, str]]:
    each = (
        f"SELECT {literal(schema)}, ({FINGERPRINT.format(schema=quoted(schema))})"
        for schema in schemas
    )
    with schema_context(get_public_schema_name()), connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(each))
        rows: list[tuple[str, str]] = cursor.fetchall()
        return rows
