"""The database connection, with what our backend adds to it in its type."""

from typing import TYPE_CHECKING, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db import connection as _connection

if TYPE_CHECKING:
    from tenants.postgresql.base import DatabaseWrapper

#: The running thread's: it is looked up at every access.
connection = cast("DatabaseWrapper", _connection)


def threads_connection() -> "DatabaseWrapper":
    """Return the running thread's connection, for code that uses it several times."""
    return cast("DatabaseWrapper", connections[DEFAULT_DB_ALIAS])
