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
from typing import TYPE_CHECKING, Any

import psycopg
from django.db import NotSupportedError
from psycopg.pq import PipelineStatus, TransactionStatus

if TYPE_CHECKING:
    from tenants.postgresql.base import DatabaseWrapper

    # What Django's is; its stubs don't say so.
    Cursor = psycopg.ClientCursor[Any]
else:
    from django.db.backends.postgresql.base import Cursor

#: What `public.tenants_require_directory` raises, of migration 0008.
DIRECTORY_CHANGED = "TH001"
# Others may refuse to run beside a second statement (CREATE DATABASE, VACUUM).
_CAN_SHARE_A_MESSAGE = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\b", re.IGNORECASE)


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
            # `missing` has no placeholder, and no % that would need doubling.
            super().execute(";\n".join([*missing, query]), params, **kwargs)
            # The first results are those of SET.
            for _ in missing:
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

    def _missing_settings(self) -> list[str]:
        """Return the statements that have to go before the next one."""
        owner = self._owner
        path, limit = owner.search_path(), owner.statement_limit
        status = self._pgconn.transaction_status
        if status == TransactionStatus.INERROR:
            # The statement fails in any case, unless it ends the transaction.
            return []
        # Where transactions are pooled: only in one that Django has begun and will end.
        are_kept = not owner.pools_transactions or (
            status != TransactionStatus.IDLE and not self._conn.autocommit
        )
        missing, is_local = [], "true" if owner.pools_transactions else "false"
        if not are_kept or owner.search_path_set_schemas != path:
            # Names that have passed `validate_schema_name` need no quotes here.
            missing.append(f"set_config('search_path', '{', '.join(path)}', {is_local})")
        if limit is not None and (not are_kept or owner.statement_limit_set != limit):
            missing.append(f"set_config('statement_timeout', '{int(limit)}s', {is_local})")
        if owner.unproved_directory is not None:
            missing.append(f"public.tenants_require_directory('{owner.unproved_directory}')")
        return [f"SELECT {', '.join(missing)}"] if missing else []

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

    def _send(self, missing: list[str]) -> None:
        if self._is_alone():
            raise NotSupportedError(
                "With DATABASE_POOLING=transaction this needs a transaction: transaction.atomic()."
            )
        self._owner.forget_settings()
        with Cursor(self._conn) as cursor:
            for statement in missing:
                cursor.execute(statement)
        self._remember()

    def _remember(self) -> None:
        # What a pipeline has not run yet counts where its failure is noticed: in a transaction.
        if not self._conn.autocommit or self._pgconn.pipeline_status == PipelineStatus.OFF:
            owner = self._owner
            owner.search_path_set_schemas = owner.search_path()
            owner.statement_limit_set = owner.statement_limit
            owner.unproved_directory = None
