"""``rename_schema`` is refused: it would leave host, jobs and secrets behind."""

from tenants.management.refused import RefusedCommand


class Command(RefusedCommand):
    instead = "tenant rename"
