"""``create_missing_schemas`` is refused: it would fill what an interrupted import has left."""

from tenants.management.refused import RefusedCommand


class Command(RefusedCommand):
    instead = "tenant discard"
