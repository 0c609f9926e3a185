"""Stand-ins for what Citus adds to PostgreSQL, to run our side of it for real.

They keep the same catalogues and answer as Citus documents it, but move nothing: that needs a
cluster. `citus_calls` has what was asked, and in which transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django_tenants.utils import schema_context

from tenants.connection import connection

TABLES = """
CREATE TABLE public.pg_dist_node (nodeid int, nodename text, nodeport int, groupid int,
    isactive bool DEFAULT true, shouldhaveshards bool DEFAULT true,
    noderole text DEFAULT 'primary');
INSERT INTO public.pg_dist_node VALUES (1, 'coordinator', 5432, 0, true, false);
INSERT INTO public.pg_dist_node VALUES (2, 'worker1', 5432, 1), (3, 'worker2', 5432, 2);
CREATE TABLE public.pg_dist_schema (schemaid oid PRIMARY KEY, colocationid serial);
CREATE TABLE public.pg_dist_partition (logicalrelid regclass, colocationid int);
CREATE TABLE public.pg_dist_shard (logicalrelid regclass, shardid bigserial);
CREATE TABLE public.pg_dist_placement (shardid bigint, groupid int);
CREATE TABLE public.citus_calls (id serial, call text, sharding text, transaction xid8);
CREATE TABLE public.citus_commits (fails bool);
CREATE SEQUENCE public.citus_tries;
"""
FUNCTIONS = """
CREATE FUNCTION public.citus_note(call text) RETURNS void LANGUAGE sql AS $$
    INSERT INTO public.citus_calls (call, sharding, transaction) VALUES (call,
        current_setting('citus.enable_schema_based_sharding', true), pg_current_xact_id())
$$;
CREATE FUNCTION public.citus_refuse_commit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'could not commit transaction for shard 1 on any active node'
        USING ERRCODE = 'XX000';
END $$;
CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON public.citus_commits
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.citus_refuse_commit();
CREATE FUNCTION public.citus_schema_distribute(schemaname regnamespace) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    number int;
BEGIN
    PERFORM public.citus_note('distribute ' || schemaname);
    -- A sequence keeps counting whatever is rolled back.
    IF nextval('public.citus_tries') <= current_setting('tests.failing_commits', true)::int THEN
        INSERT INTO public.citus_commits VALUES (true);
    END IF;
    IF EXISTS (SELECT 1 FROM public.pg_dist_schema WHERE schemaid = schemaname) THEN
        RETURN;
    END IF;
    INSERT INTO public.pg_dist_schema (schemaid) VALUES (schemaname)
        RETURNING colocationid INTO number;
    WITH made AS (
        INSERT INTO public.pg_dist_shard (logicalrelid)
            SELECT oid FROM pg_class WHERE relnamespace = schemaname AND relkind IN ('r', 'p')
            RETURNING logicalrelid, shardid
    ), placed AS (
        INSERT INTO public.pg_dist_placement SELECT shardid, 1 FROM made
    )
    INSERT INTO public.pg_dist_partition SELECT logicalrelid, number FROM made;
END $$;
CREATE FUNCTION public.citus_schema_move(schema_id regnamespace, target_node_id int) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.citus_note('move ' || schema_id || ' to ' || target_node_id);
    UPDATE public.pg_dist_placement SET groupid = (
        SELECT groupid FROM public.pg_dist_node WHERE nodeid = target_node_id
    ) WHERE shardid IN (
        SELECT shardid FROM public.pg_dist_shard s JOIN pg_class c ON c.oid = s.logicalrelid
        WHERE c.relnamespace = schema_id
    );
END $$;
CREATE FUNCTION public.truncate_local_data_after_distributing_table(one regclass) RETURNS void
LANGUAGE sql AS $$ SELECT public.citus_note('truncate ' || one) $$;
"""
GONE = """
DROP FUNCTION public.truncate_local_data_after_distributing_table(regclass),
    public.citus_schema_move(regnamespace, int), public.citus_schema_distribute(regnamespace),
    public.citus_note(text);
DROP TABLE public.pg_dist_node, public.pg_dist_schema, public.pg_dist_partition,
    public.pg_dist_shard, public.pg_dist_placement, public.citus_calls, public.citus_commits;
DROP FUNCTION public.citus_refuse_commit();
DROP SEQUENCE public.citus_tries;
RESET tests.failing_commits;
RESET citus.enable_schema_based_sharding;
"""


@contextmanager
def stand_ins() -> Iterator[None]:
    """Have the stand-ins in the tests' database meanwhile: a coordinator and two workers."""
    run(TABLES + FUNCTIONS)
    try:
        yield
    finally:
        run(GONE)


def run(sql: str) -> list[tuple[Any, ...]]:
    """Run statements as the platform does; return the rows of the first."""
    with schema_context("public"), connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall()) if cursor.description else []


def calls() -> list[str]:
    return [call for (call,) in run("SELECT call FROM public.citus_calls ORDER BY id")]


def failing_commits(number: int) -> None:
    """Have the next `number` transactions that distribute a schema fail as they commit."""
    assert not transaction.get_connection().in_atomic_block
    run(f"SET tests.failing_commits = {number}")
