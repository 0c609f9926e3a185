"""The SELECT alone, of the schema that the host names, without Django."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from psycopg_pool import ConnectionPool

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = %s AND tablename NOT LIKE 'django%%'"
pool = ConnectionPool(os.environ["DATABASE_URL"], min_size=1, max_size=10, open=True)


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    body = b"ok"
    schema = environ["HTTP_HOST"].partition(".")[0]
    if environ["PATH_INFO"] == "/tables/":
        with pool.connection() as connection:
            connection.autocommit = True
            for (table,) in connection.execute(TABLES, [schema]).fetchall():
                connection.execute(f'SELECT * FROM "{schema}"."{table}" LIMIT 1').fetchall()
    elif environ["PATH_INFO"] != "/healthz/":
        key = environ["PATH_INFO"].split("/")[2]
        with pool.connection() as connection:
            connection.autocommit = True
            found = connection.execute(
                f'SELECT name FROM "{schema}".bookings_service WHERE id = %s',
                [key],
            ).fetchone()
        body = found[0].encode()
    start_response("200 OK", [("Content-Type", "text/html")])
    return [body]
