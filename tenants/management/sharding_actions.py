"""The actions of ``manage.py tenant`` on a cluster of machines; see docs/scale-out.md."""

from typing import Any

from django.core.management.base import CommandError
from django.db import DatabaseError

from tenants import sharding, sharding_health
from tenants.management.tenant_lookup import find
from tenants.models import Tenant


def add_sharding_actions(actions: Any) -> None:
    """Add the parser of each action."""
    actions.add_parser("check", help="is every business on its node?")
    distribute = actions.add_parser("distribute", help="give businesses to nodes of the cluster")
    distribute.add_argument("labels", nargs="*", metavar="NAME", help="(default: all)")
    move = actions.add_parser("move", help="move one business to another node while it works")
    move.add_argument("label", metavar="NAME")
    move.add_argument("node", metavar="NODE", help="HOST or HOST:PORT")


class ShardingActions:
    stdout: Any

    def check_places(self, **options: Any) -> None:
        _citus_only()
        found = sharding_health.problems()
        if found:
            raise CommandError("\n".join(found))
        for node, count in sharding_health.businesses_by_node().items():
            self.stdout.write(f"{node:<32} {count} businesses")
        self.stdout.write("Every business is on its node.")

    def distribute(self, *, labels: list[str], **options: Any) -> None:
        _citus_only()
        tenants = [find(label) for label in labels] or list(
            Tenant.objects.exclude(status=Tenant.Status.PROVISIONING).order_by("schema_name")
        )
        failed = []
        for tenant in tenants:
            try:
                node = _distribute(tenant.schema_name)
            except (DatabaseError, sharding.ShardingError) as error:
                failed.append(f"{tenant.schema_name}: {str(error).splitlines()[0]}")
            else:
                self.stdout.write(f"{tenant.schema_name} is on {node}.")
        if failed:
            raise CommandError(
                "These stayed where they were; run it again to go on.\n" + "\n".join(failed)
            )

    def move(self, *, label: str, node: str, **options: Any) -> None:
        _citus_only()
        schema = find(label).schema_name
        try:
            before, after = sharding.move(schema, node)
        except sharding.ShardingError as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(
                f"{schema} was not moved: {str(error).splitlines()[0]}. It works where it was."
            ) from error
        self.stdout.write(f"{schema} moved from {before} to {after}.")


def _distribute(schema: str) -> sharding.Node:
    sharding.committed(lambda: sharding.distribute(schema))
    sharding.free_local_rows(schema)
    node = sharding.node_of(schema)
    if node is None:
        raise sharding.ShardingError("It has no table on any node.")
    return node


def _citus_only() -> None:
    if not sharding.is_citus():
        raise CommandError(
            "All businesses are in one PostgreSQL: TENANT_SHARDING is none. See docs/scale-out.md."
        )
