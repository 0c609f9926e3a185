"""``create_tenant`` is refused: it would add a row without a schema."""

from tenants.management.refused import RefusedCommand


class Command(RefusedCommand):
    instead = "tenant create"
