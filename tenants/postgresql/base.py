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
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.utils import CursorDebugWrapper
from django.db.utils import Error as DjangoDatabaseError
from django_tenants.postgresql_backend import base
from django_tenants.utils import get_public_schema_name

from tenants.names import validate_schema_name

if TYPE_CHECKING:
    from tenants.statements import Statement

IN_FAILED_SQL_TRANSACTION = "25P02"


# Its tables are named with their schema: the path changes while it runs.
PATH_AND_VERSION = """
SELECT set_config('search_path', %s, false), set_config('statement_timeout', %s, false),
    (SELECT version FROM public.tenants_directoryversion)
"""


def _quoted(path: list[str]) -> str:
    """Return `path` as SQL writes it; its schemas have passed `validate_schema_name`."""
    return ", ".join(f'"{schema}"' for schema in path)


def sqlstate(error: BaseException) -> str | None:
    """Return the SQLSTATE that PostgreSQL gave for `error`, Django's or psycopg's, if any."""
    return getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose every statement runs on the current tenant's path or not at all."""

    search_path_set_schemas: list[str] | None
    _setting_search_path: bool
    _creating_in_extensions = False
    # What `tenants.statements.together` has not sent yet; None outside of it.
    collected: "list[Statement] | None" = None
    _kept_cursor: Any = None

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

    def limit_statements(self, seconds: int) -> None:
        """Have the database stop each statement of this connection after `seconds`; 0: never."""
        with self.cursor() as cursor:
            cursor.execute("SELECT set_config('statement_timeout', %s, false)", [f"{seconds}s"])

    def kept_cursor(self) -> Any:
        """Return a cursor that is made once while a connection is held; read it to its end.

        Making a cursor costs about as much as running a small statement on it.
        """
        self.close_if_health_check_failed()
        kept = self._kept_cursor
        is_of_use = (
            kept is not None
            and self.connection is not None
            and kept.cursor.connection is self.connection
            # A cursor logs its statements or does not.
            and isinstance(kept, CursorDebugWrapper) == self.queries_logged
        )
        if is_of_use:
            self._handle_search_path(kept)
        else:
            self._kept_cursor = kept = self.cursor()
        return kept

    def close(self) -> None:
        self._kept_cursor = None
        super().close()

    def set_path_and_read_directory_version(self) -> UUID | None:
        """Set the current tenant's path and return the directory's version, in one round trip.

        None means that nothing about businesses may be remembered. Raises the database's error;
        the next statement sets the path anew then.
        """
        path = self._get_cursor_search_paths()
        self.search_path_set_schemas = None
        self._setting_search_path = True
        try:
            cursor = self.kept_cursor()
            limit = f"{settings.REQUEST_STATEMENT_SECONDS}s"
            cursor.execute(PATH_AND_VERSION, [_quoted(path), limit])
            version: UUID | None = cursor.fetchone()[2]
        finally:
            self._setting_search_path = False
        self.search_path_set_schemas = path
        return version

    def _set_search_path(self, cursor: Any, path: list[str]) -> None:
        statement = f"SET search_path = {_quoted(path)}"
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
