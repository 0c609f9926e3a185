"""``delete_tenant`` is refused: it would drop a schema at once, without a last export."""

from tenants.management.refused import RefusedCommand


class Command(RefusedCommand):
    instead = "tenant delete"
