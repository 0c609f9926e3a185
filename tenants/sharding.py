"""Businesses on several machines: Citus, with each business's schema on one of its nodes.

With TENANT_SHARDING=citus a business's tables are made on the coordinator and then given to a
node; the platform's own tables and the job queue stay on the coordinator. docs/scale-out.md is
the guide. Nothing here does anything on a plain PostgreSQL.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from django.conf import settings
from django.db import DatabaseError, transaction
from django_tenants.utils import get_public_schema_name, schema_context

from tenants import append_only
from tenants.connection import connection
from tenants.postgresql.base import sqlstate

INTERNAL_ERROR = "XX000"
NOT_COMMITTED = "could not commit transaction"
#: Seconds before a transaction that a node did not commit is tried again.
WAITS = (0.2, 0.5, 1.0, 2.0)

NODES = """
SELECT nodeid, nodename, nodeport FROM pg_dist_node
WHERE isactive AND shouldhaveshards AND noderole = 'primary' ORDER BY nodename, nodeport
"""
# Where the shards of a schema's tables are; one node has all of them.
NODES_OF = """
SELECT DISTINCT n.nodeid, n.nodename, n.nodeport
FROM pg_dist_schema d
JOIN pg_dist_partition t ON t.colocationid = d.colocationid
JOIN pg_dist_shard s ON s.logicalrelid = t.logicalrelid
JOIN pg_dist_placement p ON p.shardid = s.shardid
JOIN pg_dist_node n ON n.groupid = p.groupid AND n.noderole = 'primary'
WHERE d.schemaid = %s::regnamespace
"""
TABLES = """
SELECT format('%%I.%%I', n.nspname, c.relname)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = %s AND c.relkind IN ('r', 'p') ORDER BY 1
"""

T = TypeVar("T")


class ShardingError(Exception):
    """What was asked of the cluster can't be done; the message says why and what to do."""


class Node(NamedTuple):
    """A machine of the cluster that businesses can live on."""

    id: int
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def is_citus() -> bool:
    return bool(settings.TENANT_SHARDING == "citus")


@contextmanager
def creating_schema(schema: str) -> Iterator[None]:
    """Make a business's tables meanwhile, one statement at a time; then give them to a node.

    In one transaction, where the caller has one: a business is whole and on its node, or not at
    all. Tables made in a schema that is distributed already would be sent to the node one by one.
    """
    if not is_citus():
        yield
        return
    if not connection.in_atomic_block:
        yield
        committed(lambda: distribute(schema))
        return
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL citus.enable_schema_based_sharding = off")
    yield
    distribute(schema)


@contextmanager
def on_coordinator_alone() -> Iterator[None]:
    """Keep what is created meanwhile, outside a transaction, from the nodes: the job queue."""
    if not is_citus():
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET citus.enable_ddl_propagation = off")
        try:
            yield
        finally:
            cursor.execute("RESET citus.enable_ddl_propagation")


def distribute(schema: str) -> None:
    """Give the tables of `schema`, rows included, to a node that Citus chooses.

    Does nothing to a schema that is on a node already. Raises the database's error.
    """
    with (
        schema_context(get_public_schema_name()),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        if not settings.APPEND_ONLY_TRIGGERS:
            # From the time before the cluster: a table that has one would be refused.
            append_only.drop_triggers(cursor, schema)
        cursor.execute("SELECT citus_schema_distribute(%s::regnamespace)", [schema])


def free_local_rows(schema: str) -> None:
    """Remove what the tables of a distributed `schema` still hold on the coordinator, unseen."""
    with schema_context(get_public_schema_name()), connection.cursor() as cursor:
        cursor.execute(TABLES, [schema])
        for (table,) in cursor.fetchall():
            cursor.execute(
                "SELECT truncate_local_data_after_distributing_table(%s::regclass)", [table]
            )


def was_not_committed(error: BaseException) -> bool:
    """Did a node fail to commit? The transaction was rolled back everywhere, and can be retried."""
    return sqlstate(error) == INTERNAL_ERROR and NOT_COMMITTED in str(error)


def committed(work: Callable[[], T], waits: Sequence[float] = WAITS) -> T:
    """Return what `work`, a whole transaction of its own, returns once it could be committed.

    Raises what it raises; the last error when no try could be committed.
    """
    for wait in waits:
        try:
            return work()
        except DatabaseError as error:
            if connection.in_atomic_block or not was_not_committed(error):
                raise
        time.sleep(wait)
    return work()


def nodes() -> list[Node]:
    """Return the nodes that businesses can live on."""
    with schema_context(get_public_schema_name()), connection.cursor() as cursor:
        cursor.execute(NODES)
        return [Node(*row) for row in cursor.fetchall()]


def node_of(schema: str) -> Node | None:
    """Return where the business lives; None while it is not on a node."""
    with schema_context(get_public_schema_name()), connection.cursor() as cursor:
        cursor.execute(NODES_OF, [schema])
        found = [Node(*row) for row in cursor.fetchall()]
    if len(found) > 1:
        raise ShardingError(f"{schema} is on several nodes: {', '.join(map(str, found))}.")
    return found[0] if found else None


def move(schema: str, name: str) -> tuple[Node, Node]:
    """Move a business to the node `name` (HOST or HOST:PORT) while it works; return from and to.

    Takes as long as copying its rows does. Raises ShardingError, or the database's error.
    """
    to, now = _node_named(name), node_of(schema)
    if now is None:
        raise ShardingError(f"{schema} is on no node yet. First: manage.py tenant distribute")
    if now == to:
        raise ShardingError(f"{schema} is on {to} already.")
    with schema_context(get_public_schema_name()), connection.cursor() as cursor:
        cursor.execute("SELECT citus_schema_move(%s::regnamespace, %s)", [schema, to.id])
    arrived = node_of(schema)
    if arrived != to:
        raise ShardingError(f"{schema} should be on {to} now, but is on {arrived}.")
    return now, to


def _node_named(name: str) -> Node:
    known = nodes()
    found = [node for node in known if name in (node.host, str(node))]
    if len(found) == 1:
        return found[0]
    what = "There are several nodes" if found else "There is no node"
    raise ShardingError(f"{what} “{name}”. Choose one of: {', '.join(map(str, known)) or 'none'}")
