"""Which tables a schema has, found by an index.

Django's executor of migrations asks for them again and again, only to see whether
django_migrations is there; its query, and django-tenants', looks at the tables of all businesses.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.backends.postgresql.introspection import TableInfo
from django_tenants.postgresql_backend.introspection import DatabaseSchemaIntrospection

from tenants.catalogue import IN_SCHEMA
from tenants.connection import connection

TABLES = f"""
SELECT relname,
    CASE WHEN relispartition THEN 'p' WHEN relkind IN ('m', 'v') THEN 'v' ELSE 't' END,
    obj_description(oid, 'pg_class')
FROM pg_class WHERE oid = {IN_SCHEMA % "pg_class"} AND relkind IN ('f', 'm', 'p', 'r', 'v')
"""  # noqa: S608 - a constant


class _Introspection(DatabaseSchemaIntrospection):
    def get_table_list(self, cursor: Any) -> list[TableInfo]:
        cursor.execute(TABLES)
        return [TableInfo(*row) for row in cursor.fetchall()]


@contextmanager
def tables_by_index() -> Iterator[None]:
    """Have Django find the tables of the current schema by that meanwhile."""
    usual, connection.introspection = connection.introspection, _Introspection(connection)
    try:
        yield
    finally:
        connection.introspection = usual
