"""django-tenants' database backend, made to fail closed.

Three behaviours of the stock backend can show one business another's data; each is removed here
and held by tests/tenants/test_search_path.py.

1. It ignores a failed ``SET search_path`` and runs the query on whatever path was set before.
   Ours ignores only "current transaction is aborted", where the query itself must fail too.
2. A business's path ends in ``public``, so a table that is missing in the business silently
   becomes the platform's. Ours holds the business's schema and `EXTENSIONS_SCHEMA`, no more.
3. It accepts nearly any text as a schema name. Ours takes what `tenants.names` takes.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base as original
from django.db.backends.utils import CursorDebugWrapper
from django_tenants.postgresql_backend import base
from django_tenants.utils import get_public_schema_name

from tenants.directory import directory
from tenants.names import validate_schema_name
from tenants.postgresql.cursor import (
    DIRECTORY_VERSION,
    SERVERS,
    Cursor,
    Settings,
    TenantCursor,
    limited,
)
from tenants.postgresql.pool import Pool
from tenants.postgresql.schema import SchemaEditor

if TYPE_CHECKING:
    from tenants.content_types import RememberedContentTypes
    from tenants.statements import Rows, Statement

#: Nobody's: on this path nothing is found but what PostgreSQL brings along.
NOBODYS = "SET search_path = ''; RESET statement_timeout"


def sqlstate(error: BaseException) -> str | None:
    """Return the SQLSTATE that PostgreSQL gave for `error`, Django's or psycopg's, if any."""
    return getattr(error, "sqlstate", None) or getattr(error.__cause__, "sqlstate", None)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection whose every statement runs on the current tenant's path or not at all."""

    SchemaEditorClass = SchemaEditor

    connection: Any
    _creating_in_extensions = False
    _takes_from_pool = False
    # Of `tenants.statements`: is what it makes to wait at the moment?
    is_collecting = False
    _kept_cursor: Any = None
    # Seconds for each statement.
    statement_limit = SERVERS
    # What is set in the current transaction, of those that Django begins.
    settings_there: Settings | None = None
    #: Does Django begin a transaction for the next statement, unless one is open?
    in_transactions = False
    #: What begins it: the driver would send a message of its own.
    begin = "BEGIN"
    # Has anything been sent that outlasts its transaction? Then the pool has it undone.
    leaves_traces = False
    # What the next statement has to find in the database, or it does not run.
    unproved_directory: UUID | None = None
    # The directory's version when the business was entered, and when that was, by its clock.
    _entered_in: UUID | None = None
    _entered_at = 0.0
    #: Has no statement run since then?
    is_untouched = False

    def __init__(self, settings_dict: dict[str, Any], *args: Any, **kwargs: Any) -> None:
        #: Of `tenants.statements`: what waits, and what this transaction has asked for early.
        self.unsent: list[Statement] = []
        self.read_ahead: dict[tuple[Rows[Any], tuple[object, ...]], list[Any]] = {}
        self.remembered_content_types: RememberedContentTypes = defaultdict(dict)
        super().__init__(settings_dict, *args, **kwargs)
        #: May each transaction, and each statement outside of one, reach another connection of
        #: the server's? So does PgBouncer in transaction mode.
        self.pools_transactions = bool(settings_dict.get("POOLS_TRANSACTIONS"))

    def settings_wanted(self) -> Settings:
        """Return what the next statement needs to have set."""
        if not self.schema_name:
            raise ImproperlyConfigured("The connection has no tenant: use tenant_context().")
        return _settings(self.schema_name, self.statement_limit, self._creating_in_extensions)

    def settings_of_session(self) -> Settings:
        """Return what each transaction begins with."""
        if self.leaves_traces and self.statement_limit != SERVERS:
            # A limit may have been set by others; ours is set anew.
            return Settings()
        if self.leaves_traces or self.pools_transactions:
            return limited(SERVERS)
        return limited(self.connection.limit_of_session)

    @property
    def pool(self) -> Pool | None:
        """The process's pool for this database, or None without one; it is opened when needed."""
        pool: Pool | None = self._connection_pools.get(self.alias)
        options = self.settings_dict["OPTIONS"].get("pool")
        if pool is not None or not options or self.alias == NO_DB_ALIAS:
            return pool
        made = Pool(
            kwargs={**self.get_connection_params(), "autocommit": True},
            open=False,
            configure=self._configure_connection,  # type: ignore[arg-type]
            **options,
        )
        # Another thread may have made one meanwhile.
        return self._connection_pools.setdefault(self.alias, made)  # type: ignore[no-any-return]

    def connect(self) -> None:
        pool = self._connection_pools.get(self.alias)
        self._takes_from_pool = pool is not None and not pool.closed
        try:
            super().connect()
        finally:
            self._takes_from_pool = False

    def get_connection_params(self) -> dict[str, Any]:
        """Return how to connect; a pool was told, and is not told again for each connection."""
        if self._takes_from_pool:
            return {}
        params: dict[str, Any] = super().get_connection_params()
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> "psycopg.Connection[Any]":
        made: psycopg.Connection[Any]
        if self._takes_from_pool and "isolation_level" not in self.settings_dict["OPTIONS"]:
            # The base class would ask once more how to connect, and whether the pool is open.
            self.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
            made = self._connection_pools[self.alias].getconn()
        else:
            made = super().get_new_connection(conn_params)
        made.owner = self  # type: ignore[attr-defined]
        made.cursor_factory = TenantCursor
        if not made.autocommit:
            made.autocommit = True
        if not self._takes_from_pool and not self.pool:
            made.limit_of_session = SERVERS  # type: ignore[attr-defined]
        if made.isolation_level is not None:
            self.begin = f"BEGIN ISOLATION LEVEL {made.isolation_level.name.replace('_', ' ')}"
        self.leaves_traces = False
        return made

    def init_connection_state(self) -> None:
        # The pool has seen to it when the connection was made.
        if not self._takes_from_pool:
            super().init_connection_state()

    def _configure_connection(self, connection: "psycopg.Connection[Any]") -> bool:
        """Prepare a new connection; a pool's belongs to nobody yet."""
        commits = bool(super()._configure_connection(connection))
        if self.pool:
            connection.execute(NOBODYS)
            connection.limit_of_session = SERVERS  # type: ignore[attr-defined]
        return commits

    def _set_autocommit(self, autocommit: bool) -> None:
        """Have the next statement begin a transaction, or not.

        To the driver this is a connection in autocommit: it sends no BEGIN, our cursors do.
        """
        self.in_transactions = not autocommit
        self.read_ahead.clear()

    def _commit(self) -> None:
        if self.unsent:
            self.send_unsent(and_commit=True)
        else:
            super()._commit()

    def send_unsent(self, *, and_commit: bool = False) -> None:
        """Send what `tenants.statements` has left to the next query, or to the COMMIT."""
        from tenants.statements import send

        send(self, and_commit=and_commit)

    # Not the base class's, which sets the path with each new cursor: ours do as they execute.
    _cursor = original.DatabaseWrapper._cursor  # type: ignore[attr-defined]

    def create_cursor(self, name: str | None = None) -> Any:
        if name:
            # One on the server can't bring its settings along.
            with self.connection.cursor() as cursor:
                cursor.send_settings()
        made = super().create_cursor(name)
        if name and self.in_transactions:
            # Django has asked the driver, which knows of no transaction.
            made._withhold = False
        return made

    def rollback(self) -> None:
        self.forget_settings()
        super().rollback()

    def savepoint_rollback(self, sid: str) -> None:
        # What waits was made after the savepoint: setting it sent all the others.
        self.unsent.clear()
        try:
            super().savepoint_rollback(sid)
        finally:
            self.forget_settings()

    def forget_settings(self) -> None:
        """Have the next statement bring all it needs along; what waits is not sent at all."""
        self.settings_there = None
        self.unsent.clear()
        self.read_ahead.clear()

    def limit_statements(self, seconds: int) -> None:
        """Have the database stop each statement of this connection after `seconds`; 0: never.

        Until the connection is closed, or goes back to the pool.
        """
        self.statement_limit = seconds

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
        if not is_of_use:
            self._kept_cursor = kept = self.cursor()
        return kept

    def set_tenant(self, tenant: Any, include_public: bool = True) -> None:
        """Have what follows run in `tenant`; nothing is sent yet.

        Not the base class's: that empties the process's memory of content types, of which each of
        ours has its own (`tenants.content_types`), and notes things that no one of ours asks for.
        """
        if self.unsent and not self.is_collecting:
            self.send_unsent()
        self.read_ahead.clear()
        self.remembered_content_types.clear()
        self.tenant, self.schema_name = tenant, tenant.schema_name
        self.include_public_schema = include_public

    def close(self) -> None:
        self.unsent.clear()
        self.statement_limit = SERVERS
        self._kept_cursor = self.unproved_directory = None
        # Not the base class's, which would set things that no one of ours asks for.
        super(base.DatabaseWrapper, self).close()

    def _close(self) -> None:
        """Close the connection, or make it nobody's and give it back to the pool."""
        if self.connection is None or not self.pool:
            super()._close()
            return
        leave_every_business(self.connection, leaves_traces=self.leaves_traces)
        with self.wrap_database_errors:
            self.connection._pool.putconn(self.connection)
        self.connection = None

    def require_directory(self, version: UUID) -> None:
        """Have the next statement run only if the directory still has this version.

        If not, it raises django.db.DatabaseError with the SQLSTATE `DIRECTORY_CHANGED`. Nothing
        is asked for what has been proved a moment ago.
        """
        self.limit_statements(settings.REQUEST_STATEMENT_SECONDS)
        self._entered_in, self.is_untouched = version, True
        if directory.is_proved(version):
            self.unproved_directory = None
        else:
            self.unproved_directory, self._entered_at = version, directory.clock()

    def touch(self) -> None:
        """Note that the statement which brought the settings, and perhaps the proof, has run."""
        self.is_untouched = False
        if self.unproved_directory is not None:
            directory.note_proof(self.unproved_directory, self._entered_at)
            self.unproved_directory = None

    def proves_directory(self) -> bool:
        """Is the directory as required? Asks for it where no statement has shown it yet."""
        return self.unproved_directory is None or not self.directory_has_changed()

    def directory_has_changed(self) -> bool:
        """Has a business or a host changed since the current business was entered?"""
        before = self._entered_in
        if self.read_directory_version() == before:
            return False
        self.notice_directory_change()
        return True

    def notice_directory_change(self) -> None:
        """Forget what this process remembers of businesses: it is not so any more."""
        self.unproved_directory = None
        directory.clear()

    def read_directory_version(self) -> UUID | None:
        """Return the directory's version, in the round trip that also sets path and limit.

        None means that nothing about businesses may be remembered.
        """
        self.unproved_directory = None
        self.limit_statements(settings.REQUEST_STATEMENT_SECONDS)
        cursor = self.kept_cursor()
        cursor.execute(DIRECTORY_VERSION)
        found = cursor.fetchone()
        self._entered_in = found[0] if found else None
        return self._entered_in

    @contextmanager
    def creating_in_extensions(self) -> Iterator[None]:
        """Put what is created meanwhile into the extensions schema (the job queue's tables)."""
        self._creating_in_extensions = True
        try:
            yield
        finally:
            self._creating_in_extensions = False


@lru_cache(maxsize=10_000)
def _settings(schema: str, limit: int, in_extensions: bool) -> Settings:
    """Return the path, of valid names, that the statements of `schema` see, with their limit."""
    public = get_public_schema_name()
    if schema != public:
        validate_schema_name(schema)
    schemas = [schema, settings.EXTENSIONS_SCHEMA]
    if in_extensions:
        schemas = [settings.EXTENSIONS_SCHEMA, public]
    return Settings(", ".join(f'"{one}"' for one in schemas), limit)


def leave_every_business(connection: "psycopg.Connection[Any]", *, leaves_traces: bool) -> None:
    """Make a connection nobody's, before it goes back to the pool; close it if that fails.

    Not by the pool's own `reset`, which runs in another thread, at a cost for every request.
    """
    connection.cursor_factory, connection.owner = Cursor, None  # type: ignore[attr-defined]
    if not leaves_traces:
        # The path was a transaction's alone: it went with it, or will when the pool ends it.
        return
    try:
        connection.rollback()
        connection.execute(NOBODYS)
        connection.limit_of_session = SERVERS  # type: ignore[attr-defined]
    except psycopg.Error:
        connection.close()
