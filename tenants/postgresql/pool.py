"""A pool of connections that gives out the one that came back last.

psycopg's gives out the one that has waited longest, so all that are open take turns. For us each
has to learn what the tables of a business are, for every business, and keeps it in its memory:
the fewer are in use, the sooner they know, and the less memory they take. Those that are not needed
at the moment are left alone, and closed by the pool after a while.
"""

from typing import Any

import psycopg
from psycopg_pool import ConnectionPool


class Pool(ConnectionPool["psycopg.Connection[Any]"]):
    def _get_ready_connection(self, timeout: float | None) -> "psycopg.Connection[Any] | None":
        # The base class takes the first, and puts what comes back at the end.
        self._pool.rotate(1)
        return super()._get_ready_connection(timeout)
