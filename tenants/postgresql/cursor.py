"""A cursor whose statements carry the search path with them, and the limit of their time.

Both travel in the message of the statement that needs them: no round trip of their own, and no
moment in between. PostgreSQL runs the statements of one message in one transaction, and the path
is set for that transaction alone: what can't have its path does not run, and nothing of a business
is left on the connection, which the next moment may be somebody else's, by our pool or by
PgBouncer. So does what a request's first statement brings along to prove that its business is what
the process remembers (`tenants.resolution`), and the BEGIN of a transaction.

The limit is nobody's secret, and mostly the same. Outside of a transaction it is set for the
session, where the connection is told of it once, except for PgBouncer.

A statement that has to be alone in its message, outside of a transaction (VACUUM, LISTEN), gets
its path by a SET of the session, which our pool undoes and PgBouncer can't have.
"""

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import psycopg
from django.db import NotSupportedError
from psycopg.pq import PipelineStatus, TransactionStatus
from psycopg.sql import Composable

if TYPE_CHECKING:
    from tenants.postgresql.base import DatabaseWrapper

    # What Django's is; its stubs don't say so.
    Cursor = psycopg.ClientCursor[Any]
else:
    from django.db.backends.postgresql.base import Cursor

#: What `public.tenants_directory_is_outdated` raises, of migration 0008.
DIRECTORY_CHANGED = "TH001"
OUTDATED = "public.tenants_directory_is_outdated()"
DIRECTORY_VERSION = "SELECT version FROM public.tenants_directoryversion"
# What may share a message outside of a transaction (CREATE DATABASE and VACUUM may not), and
# leaves nothing behind on its connection.
_ORDINARY = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|SAVEPOINT|RELEASE|ROLLBACK)\b", re.IGNORECASE
)


IDLE, INERROR = TransactionStatus.IDLE, TransactionStatus.INERROR
#: As a limit: what the server has without us.
SERVERS = -1


class Settings(NamedTuple):
    """What is set, or wanted; nothing is known of a part that is None.

    `path` is the schemas that statements see, as SQL; the limit is in seconds, or `SERVERS`.
    """

    path: str | None = None
    limit: int | None = None


@lru_cache(maxsize=16)
def limited(seconds: int) -> Settings:
    """Return what is there when no more than this limit is known to be set."""
    return Settings(limit=seconds)


@lru_cache(maxsize=10_000)
def statements(
    wanted: Settings, there: Settings, path_lasts: bool, limit_lasts: bool
) -> tuple[str, ...]:
    """Return what sets that of `wanted` which is not `there`.

    What `lasts` is set for the session, else for the transaction.
    """
    found = []
    if wanted.path != there.path:
        found.append(f"SET {'' if path_lasts else 'LOCAL '}search_path = {wanted.path}")
    if wanted.limit != there.limit:
        limit = "DEFAULT" if wanted.limit == SERVERS else f"'{wanted.limit:d}s'"
        found.append(f"SET {'' if limit_lasts else 'LOCAL '}statement_timeout = {limit}")
    return tuple(found)


@lru_cache(maxsize=16)
def requirement(version: UUID) -> str:
    """Return a statement that fails unless the directory has `version`."""
    # The function raises, and is not called where the version is right.
    return f"SELECT {OUTDATED} FROM public.tenants_directoryversion WHERE version <> '{version}'"  # noqa: S608 - a UUID


class TenantCursor(Cursor):
    """A cursor that works in the business which the connection's `owner` is in."""

    # What goes before the query in its message.
    _brings: tuple[str, ...] = ()

    def __init__(self, connection: "psycopg.Connection[Any]", *args: Any, **kwargs: Any) -> None:
        super().__init__(connection, *args, **kwargs)
        # It has none while it lies in the pool, and makes no such cursor then either.
        self._owner: DatabaseWrapper = connection.owner  # type: ignore[attr-defined]

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> "TenantCursor":
        """Run `query` on the path of the business; raises the database's error.

        Raises django.db.NotSupportedError for what can't take its path along.
        """
        owner = self._owner
        if not isinstance(query, str) and isinstance(query, Composable):
            query = query.as_string(self._conn)
        is_ordinary = isinstance(query, str) and _ORDINARY.match(query) is not None
        if not is_ordinary:
            owner.leaves_traces = True
        status = self._pgconn.transaction_status
        is_alone = self._is_alone(status)
        try:
            before = self._before(status, is_alone=is_alone)
            if not before:
                super().execute(query, params, **kwargs)
            elif (
                isinstance(query, str)
                and (is_ordinary or owner.pools_transactions or not is_alone)
                and self._sends_at_once()
            ):
                self._brings = before
                try:
                    super().execute(query, params, **kwargs)
                finally:
                    self._brings = ()
                self._remember(is_alone=is_alone)
            else:
                self.send_settings()
                super().execute(query, params, **kwargs)
        except psycopg.Error as error:
            if error.sqlstate == DIRECTORY_CHANGED:
                owner.notice_directory_change()
            raise
        return self

    def _convert_query(self, query: Any, params: Any = None) -> Any:
        """Return what the driver sends; it remembers by its text how the query is taken apart.

        Which it does for 128 of them: without the path it is the same text for every business.
        """
        converted = super()._convert_query(query, params)
        if self._brings:
            converted.query = ";\n".join((*self._brings, "")).encode() + converted.query
        return converted

    def _set_results(self, results: list[Any]) -> None:
        """Take what the query itself has returned."""
        super()._set_results(results[len(self._brings) :])

    def executemany(self, query: Any, params_seq: Any, **kwargs: Any) -> None:
        if self._is_alone(self._pgconn.transaction_status):
            with self._conn.transaction():
                self.executemany(query, params_seq, **kwargs)
            return
        self.send_settings()
        super().executemany(query, params_seq, **kwargs)

    def stream(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        self.send_settings()
        return super().stream(query, *args, **kwargs)

    def copy(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        self.send_settings()
        return super().copy(statement, *args, **kwargs)

    def send_settings(self) -> None:
        """Send what is missing now, in a message of its own, for what can't take it along."""
        status = self._pgconn.transaction_status
        is_alone = self._is_alone(status)
        if is_alone and self._owner.pools_transactions:
            raise NotSupportedError(
                "With DATABASE_POOLING=transaction this needs a transaction: transaction.atomic()."
            )
        before = self._before(status, is_alone=is_alone, path_lasts=is_alone)
        if not before:
            return
        self._owner.leaves_traces |= is_alone
        with Cursor(self._conn) as cursor:
            for message in [";\n".join(before)] if self._sends_at_once() else before:
                cursor.execute(message)
        if self._owner.in_transactions or self._sends_at_once():
            # What a pipeline has not run yet counts where its failure is noticed.
            self._remember(is_alone=is_alone)

    def _before(self, status: int, *, is_alone: bool, path_lasts: bool = False) -> tuple[str, ...]:
        """Return the statements that have to go before the next one; `status` is the transaction's.

        Raises RuntimeError for one that would not see what `tenants.statements` has not sent yet,
        psycopg.InterfaceError where the connection is nobody's by now, or somebody else's.
        """
        owner = self._owner
        if self._conn.owner is not owner:  # type: ignore[attr-defined]
            raise psycopg.InterfaceError("The connection went back to the pool: take another.")
        if owner.unsent:
            if owner.is_collecting:
                raise RuntimeError(f"{len(owner.unsent)} statements wait to be sent before this.")
            owner.send_unsent()
            status = self._pgconn.transaction_status
        if status == INERROR:
            # It fails in any case, unless it ends the transaction.
            return ()
        begins = owner.in_transactions and status == IDLE
        there = owner.settings_there
        if there is None or begins or not owner.in_transactions:
            there = owner.settings_of_session()
        limit_lasts = is_alone and not owner.pools_transactions
        before = statements(owner.settings_wanted(), there, path_lasts, limit_lasts)
        if owner.unproved_directory is not None:
            # First: a path that changes has more looked up anew.
            before = (requirement(owner.unproved_directory), *before)
        return (owner.begin, *before) if begins else before

    def _is_alone(self, status: int) -> bool:
        """Is the next statement a transaction of its own, after a transaction of this `status`?"""
        return status == IDLE and not self._owner.in_transactions

    def _sends_at_once(self) -> bool:
        return self._pgconn.pipeline_status == PipelineStatus.OFF

    def _remember(self, *, is_alone: bool) -> None:
        owner = self._owner
        if owner.in_transactions:
            owner.settings_there = owner.settings_wanted()
        elif is_alone:
            self._conn.limit_of_session = owner.statement_limit  # type: ignore[attr-defined]
        owner.touch()
