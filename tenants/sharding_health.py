"""Is every business where it belongs? For operators: a command, a system check, the admin."""

from collections import Counter
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django_tenants.utils import get_public_schema_name, schema_context

from tenants.connection import connection
from tenants.models import Tenant
from tenants.sharding import is_citus, nodes

SHOWN = 10

# A business's table that is not one of its own distributed schema's.
LOCAL_TABLES = """
SELECT n.nspname, c.relname
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ANY(%s) AND c.relkind IN ('r', 'p') AND NOT EXISTS (
    SELECT 1 FROM pg_dist_schema d JOIN pg_dist_partition p ON p.colocationid = d.colocationid
    WHERE d.schemaid = n.oid AND p.logicalrelid = c.oid
)
ORDER BY 1, 2
"""
BUSINESSES_BY_NODE = """
SELECT n.nodename, n.nodeport, d.schemaid::regnamespace::text
FROM pg_dist_schema d
JOIN pg_dist_partition t ON t.colocationid = d.colocationid
JOIN pg_dist_shard s ON s.logicalrelid = t.logicalrelid
JOIN pg_dist_placement p ON p.shardid = s.shardid
JOIN pg_dist_node n ON n.groupid = p.groupid AND n.noderole = 'primary'
GROUP BY 1, 2, 3
"""


def problems() -> list[str]:
    """Return what is wrong with the businesses' places, in sentences; empty if all is well."""
    if not is_citus():
        return []
    with schema_context(get_public_schema_name()), connection.cursor() as cursor:
        return list(_problems_of_cluster(cursor)) or _problems_of_businesses(cursor)


def businesses_by_node() -> dict[str, int]:
    """Return how many businesses live on each node, by its address."""
    with schema_context(get_public_schema_name()), connection.cursor() as cursor:
        cursor.execute(BUSINESSES_BY_NODE)
        counted = Counter(f"{host}:{port}" for host, port, _ in cursor.fetchall())
    return {str(node): counted[str(node)] for node in nodes()}


def _problems_of_cluster(cursor: Any) -> list[str]:
    cursor.execute(
        "SELECT to_regclass('pg_dist_schema') IS NOT NULL, "
        "coalesce(current_setting('citus.enable_schema_based_sharding', true), 'off'), "
        "coalesce(current_setting('citus.enable_unsafe_triggers', true), 'off')"
    )
    has_citus, distributes_by_itself, takes_triggers = cursor.fetchone()
    if not has_citus:
        return [
            "TENANT_SHARDING is citus, but this database has no Citus 12 or newer: see "
            "docs/scale-out.md."
        ]
    found = []
    if distributes_by_itself == "on":
        found.append(
            "citus.enable_schema_based_sharding is on, so every new schema is distributed, also "
            "those for extensions and for trying migrations. Set it to off."
        )
    if settings.APPEND_ONLY_TRIGGERS and takes_triggers != "on":
        found.append(
            "APPEND_ONLY_TRIGGERS needs citus.enable_unsafe_triggers = on, on every node. Set "
            "that, or APPEND_ONLY_TRIGGERS=false."
        )
    if not nodes():
        found.append("The cluster has no node that takes businesses: see citus_add_node.")
    return found


def _problems_of_businesses(cursor: Any) -> list[str]:
    cursor.execute("SELECT to_regclass('tenants_tenant') IS NOT NULL")
    if cursor.fetchone() == (False,):
        # Nothing was migrated yet.
        return []
    schemas = list(
        Tenant.objects.exclude(status=Tenant.Status.PROVISIONING).values_list(
            "schema_name", flat=True
        )
    )
    cursor.execute(LOCAL_TABLES, [schemas])
    tables: dict[str, list[str]] = {}
    for schema, table in cursor.fetchall():
        tables.setdefault(schema, []).append(table)
    found = [
        f"{schema} has {len(names)} tables on the coordinator ({', '.join(names[:3])}"
        f"{' …' if len(names) > 3 else ''}). Run: manage.py tenant distribute {schema}"
        for schema, names in tables.items()
    ]
    more = len(found) - SHOWN
    return [*found[:SHOWN], *([f"… and {more} more businesses."] if more > 0 else [])]


@register(Tags.database)
def check_sharding(databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Django's check; runs with ``check --database default`` and before each migration."""
    if not databases or not is_citus():
        return []
    with schema_context(get_public_schema_name()), connection.cursor() as cursor:
        found: list[CheckMessage] = [
            Error(text, id="tenants.E001") for text in _problems_of_cluster(cursor)
        ]
        if not found:
            # No errors: a migration may be what puts them right.
            found += [Warning(text, id="tenants.W001") for text in _problems_of_businesses(cursor)]
        return found
