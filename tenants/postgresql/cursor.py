"""A cursor whose statements carry the search path with them.

The path travels in the message of the statement that needs it: no round trip of its own, and no
moment between the two. PostgreSQL runs the statements of one message in one transaction, so what
can't have its path does not run.

With PgBouncer in transaction mode (DATABASE_POOLING=transaction) that is also what makes a
business certain: each message outside a transaction may reach another server connection, and
nothing but the message itself is sure to arrive whole. There the path is set with SET LOCAL and
leaves nothing behind on the connection, which the next moment is somebody else's.
"""

import re
from typing import TYPE_CHECKING, Any

from django.db import NotSupportedError
from psycopg.pq import PipelineStatus, TransactionStatus

if TYPE_CHECKING:
    import psycopg

    from tenants.postgresql.base import DatabaseWrapper

    # What Django's is; its stubs don't say so.
    Cursor = psycopg.ClientCursor[Any]
else:
    from django.db.backends.postgresql.base import Cursor

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
        path = self._missing_path()
        if path is None:
            super().execute(query, params, **kwargs)
        elif self._can_share_a_message(query):
            self._owner.search_path_set_schemas = None
            super().execute(f"{self._set_path(path)};\n{query}", params, **kwargs)
            # The first result is that of SET.
            self.nextset()
            self._remember(path)
        else:
            self._send_path(path)
            super().execute(query, params, **kwargs)
        return self

    def executemany(self, query: Any, params_seq: Any, **kwargs: Any) -> None:
        if self._is_alone():
            with self._conn.transaction():
                self.executemany(query, params_seq, **kwargs)
            return
        self.send_path()
        super().executemany(query, params_seq, **kwargs)

    def stream(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        self.send_path()
        return super().stream(query, *args, **kwargs)

    def copy(self, statement: Any, *args: Any, **kwargs: Any) -> Any:
        self.send_path()
        return super().copy(statement, *args, **kwargs)

    def send_path(self) -> None:
        """Set the path now, in a message of its own, for what can't take it along."""
        path = self._missing_path()
        if path is not None:
            self._send_path(path)

    def _missing_path(self) -> list[str] | None:
        """Return the path to set before the next statement; None if there is nothing to set."""
        owner = self._owner
        path = owner.search_path()
        status = self._pgconn.transaction_status
        if status == TransactionStatus.INERROR:
            # The statement fails in any case, unless it ends the transaction.
            return None
        # Where transactions are pooled: only in one that Django has begun and will end.
        is_kept = not owner.pools_transactions or (
            status != TransactionStatus.IDLE and not self._conn.autocommit
        )
        return None if is_kept and owner.search_path_set_schemas == path else path

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

    def _send_path(self, path: list[str]) -> None:
        if self._is_alone():
            raise NotSupportedError(
                "With DATABASE_POOLING=transaction this needs a transaction: transaction.atomic()."
            )
        self._owner.search_path_set_schemas = None
        with Cursor(self._conn) as cursor:
            cursor.execute(self._set_path(path))
        self._remember(path)

    def _set_path(self, path: list[str]) -> str:
        # Its schemas have passed `validate_schema_name`.
        quoted = ", ".join(f'"{schema}"' for schema in path)
        return f"SET {'LOCAL ' if self._owner.pools_transactions else ''}search_path = {quoted}"

    def _remember(self, path: list[str]) -> None:
        # What a pipeline has not run yet counts where its failure is noticed: in a transaction.
        if not self._conn.autocommit or self._pgconn.pipeline_status == PipelineStatus.OFF:
            self._owner.search_path_set_schemas = path
