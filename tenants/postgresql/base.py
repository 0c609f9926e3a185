"""django-tenants' database backend, made to fail closed.

Three behaviours of the stock backend can show one business another's data; each is removed here
and held by tests/tenants/test_search_path.py.

1. It ignores a failed ``SET search_path`` and runs the query on whatever path was set before.
   Ours ignores only "current transaction is aborted", where the query itself must fail too.
2. A business's path ends in ``public``, so a table that is missing in the business silently
   becomes the platform's. Ours holds the business's schema and `EXTENSIONS_SCHEMA`, no more.
3. It accepts nearly any text as a schema name. Ours takes what `tenants.names` takes.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.utils import Error as DjangoDatabaseError
from django_tenants.postgresql_backend import base
from django_tenants.utils import get_public_schema_name

from tenants.names import validate_schema_name

IN_FAILED_SQL_TRANSACTION = "25P02"


def sqlstate(error: BaseException) -> str | None:
    """Return the SQLSTATE that PostgreSQL gave for `error`, Django's or psycopg's, if any."""
    return getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose every statement runs on the current tenant's path or not at all."""

    search_path_set_schemas: list[str] | None
    _setting_search_path: bool
    _creating_in_extensions = False

    def _get_cursor_search_paths(self) -> list[str]:
        public = get_public_schema_name()
        if not self.schema_name:
            raise ImproperlyConfigured("The connection has no tenant: use tenant_context().")
        if self._creating_in_extensions:
            return [settings.EXTENSIONS_SCHEMA, public]
        if self.schema_name != public:
            validate_schema_name(self.schema_name)
        return [self.schema_name, settings.EXTENSIONS_SCHEMA]

    def _handle_search_path(self, cursor: Any = None) -> None:
        """Set the path before a statement, unless this connection has it already.

        Raises the database's error, so that the statement does not run, when the path can't be
        set. The base class forgets the remembered path on rollback, close and tenant change.
        """
        if self._setting_search_path:
            return
        path = self._get_cursor_search_paths()
        if self.search_path_set_schemas == path:
            return
        self.search_path_set_schemas = None
        self._setting_search_path = True
        try:
            self._set_search_path(cursor, path)
        except (DjangoDatabaseError, psycopg.Error) as error:
            if sqlstate(error) != IN_FAILED_SQL_TRANSACTION:
                if cursor is not None:
                    cursor.close()
                raise
        else:
            self.search_path_set_schemas = path
        finally:
            self._setting_search_path = False

    def _set_search_path(self, cursor: Any, path: list[str]) -> None:
        statement = "SET search_path = " + ", ".join(f'"{schema}"' for schema in path)
        if cursor is not None:
            cursor.execute(statement)
            return
        with self.connection.cursor() as own_cursor:
            own_cursor.execute(statement)

    @contextmanager
    def creating_in_extensions(self) -> Iterator[None]:
        """Put what is created meanwhile into the extensions schema (the job queue's tables)."""
        self._creating_in_extensions = True
        try:
            yield
        finally:
            self._creating_in_extensions = False
