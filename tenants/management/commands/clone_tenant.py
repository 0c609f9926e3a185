"""``clone_tenant`` is refused: it would copy secrets that the copy can't read."""

from tenants.management.refused import RefusedCommand


class Command(RefusedCommand):
    instead = "tenant export, then tenant import"
