"""The database connection, with what our backend adds to it in its type."""

from typing import TYPE_CHECKING, cast

from django.db import connection as _connection

if TYPE_CHECKING:
    from tenants.postgresql.base import DatabaseWrapper

connection = cast("DatabaseWrapper", _connection)
