"""A cursor whose statements carry the search path with them, and the limit of their time.

Both travel in the message of the statement that needs them: no round trip of their own, and no
moment in between. PostgreSQL runs the statements of one message in one transaction, so what
can't have its path does not run. So does what a request's first statement brings along to prove
that its business is what the process remembers (`tenants.resolution`).

With PgBouncer in transaction mode (DATABASE_POOLING=transaction) that is also what makes a
business certain: each message outside a transaction may reach another server connection, and
nothing but the message itself is sure to arrive whole. There it is set for its
transaction alone, and leaves nothing behind on the connection, the next moment somebody else's.
"""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import psycopg
from django.db import NotSupportedError
from psycopg.pq import PipelineStatus, TransactionStatus

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
# Others may refuse to run beside a second statement (CREATE DATABASE, VACUUM).
_CAN_SHARE_A_MESSAGE = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)


class Missing(NamedTuple):
    """What the connection has not been told yet; None where it has.

    The path's names have passed `validate_schema_name`; the limit is in seconds.
    """

    path: list[str] | None
    limit: int | None
    proof: UUID | None
    is_local: bool

    def in_one_select(self) -> str:
        """Return it as one statement, which costs the least."""
        local = "true" if self.is_local else "false"
        parts = []
        if self.path is not None:
            parts.append(f"set_config('search_path', '{', '.join(self.path)}', {local})")
        if self.limit is not None:
            parts.append(f"set_config('statement_timeout', '{int(self.limit)}s', {local})")
        if self.proof is not None:
            parts.append(self._require_directory())
        return f"SELECT {', '.join(parts)}"

    def one_by_one(self) -> Iterator[str]:
        """Return it as statements that may precede all others, SET TRANSACTION too."""
        set_ = "SET LOCAL" if self.is_local else "SET"
        if self.path is not None:
            quoted = ", ".join(f'"{schema}"' for schema in self.path)
            yield f"{set_} search_path = {quoted}"
        if self.limit is not None:
            yield f"{set_} statement_timeout = '{int(self.limit)}s'"
        if self.proof is not None:
            yield f"SELECT {self._require_directory()}"

    def _require_directory(self) -> str:
        # The function raises, and is not called where the version is right: each call would plan
        # its statements anew, after each change of the path.
        return f"CASE ({DIRECTORY_VERSION}) WHEN '{self.proof}' THEN '' ELSE {OUTDATED} END"


class TenantCursor(Cursor):
    """A cursor of `owner`'s connection; it works in the business that `owner` is in."""

    def __init__(
        self, owner: "DatabaseWrapper", connection: "psycopg.Connection[Any]", **kwargs: Any
    ) -> None:
        super().__init__(connection, **kwargs)
        self._owner = owner

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> "TenantCursor":
        """Run `query` on the path of the business; raises the database's error.

        Raises django.db.NotSupportedError for what can't take its path along.
        """
        try:
            self._execute(query, params, **kwargs)
        except psycopg.Error as error:
            if error.sqlstate == DIRECTORY_CHANGED:
                self._owner.notice_directory_change()
            raise
        return self

    def _execute(self, query: Any, params: Any, **kwargs: Any) -> None:
        missing = self._missing_settings()
        if not missing:
            super().execute(query, params, **kwargs)
        elif self._can_share_a_message(query):
            self._owner.forget_settings()
            # There is no placeholder in it, and no % that would need doubling.
            super().execute(f"{missing.in_one_select()};\n{query}", params, **kwargs)
            self.nextset()
            self._remember()
        else:
            self._send(missing)
            super().execute(query, params, **kwargs)

    def executemany(self, query: Any, params_seq: Any, **kwargs: Any) -> None:
        if self._is_alone():
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
        missing = self._missing_settings()
        if missing:
            self._send(missing)

    def _missing_settings(self) -> "Missing | None":
        """Return what has to go before the next statement."""
        owner = self._owner
        status = self._pgconn.transaction_status
        if status == TransactionStatus.INERROR:
            # The statement fails in any case, unless it ends the transaction.
            return None
        # Where transactions are pooled: only in one that Django has begun and will end.
        are_kept = not owner.pools_transactions or (
            status != TransactionStatus.IDLE and not self._conn.autocommit
        )
        path, limit = owner.search_path(), owner.statement_limit
        missing = Missing(
            path=None if are_kept and owner.search_path_set_schemas == path else path,
            limit=None if are_kept and owner.statement_limit_set == limit else limit,
            proof=owner.unproved_directory,
            is_local=owner.pools_transactions,
        )
        return None if missing[:3] == (None, None, None) else missing

    def _is_alone(self) -> bool:
        """Does the next statement reach a connection that it is the only one to use?"""
        return (
            self._owner.pools_transactions
            and self._conn.autocommit
            and self._pgconn.transaction_status == TransactionStatus.IDLE
        )

    def _can_share_a_message(self, query: Any) -> bool:
        if not isinstance(query, str) or self._pgconn.pipeline_status != PipelineStatus.OFF:
            return False
        return self._is_alone() or _CAN_SHARE_A_MESSAGE.match(query) is not None

    def _send(self, missing: "Missing") -> None:
        if self._is_alone():
            raise NotSupportedError(
                "With DATABASE_POOLING=transaction this needs a transaction: transaction.atomic()."
            )
        self._owner.forget_settings()
        with Cursor(self._conn) as cursor:
            for statement in missing.one_by_one():
                cursor.execute(statement)
        self._remember()

    def _remember(self) -> None:
        # What a pipeline has not run yet counts where its failure is noticed: in a transaction.
        if not self._conn.autocommit or self._pgconn.pipeline_status == PipelineStatus.OFF:
            owner = self._owner
            owner.search_path_set_schemas = owner.search_path()
            owner.statement_limit_set = owner.statement_limit
            owner.unproved_directory = None
