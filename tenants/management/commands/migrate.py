"""``migrate`` is ``migrate_schemas``: there is no single schema to migrate."""

from tenants.management.commands.migrate_schemas import Command

__all__ = ["Command"]
