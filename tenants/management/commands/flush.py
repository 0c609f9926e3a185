"""``flush`` is refused: it would empty the list of businesses and leave their schemas.

Django's test cases call it for the tables of the schema they are in, and are let: they use no
command line.
"""

from typing import Any

from django.core.management.commands import flush

from tenants.management.refused import RefusedCommand


class Command(flush.Command):
    def run_from_argv(self, argv: list[str]) -> Any:
        _Refused().run_from_argv(argv)


class _Refused(RefusedCommand):
    instead = "tenant purge NAME --now"
