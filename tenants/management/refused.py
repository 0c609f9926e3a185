"""Commands of others that change a part of a business and leave the rest as it was."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError


class RefusedCommand(BaseCommand):
    """A command that does nothing but name the one that does it whole, in `instead`."""

    requires_system_checks: list[str] = []
    instead: str

    @property
    def help(self) -> str:  # type: ignore[override]
        return f"Refused. Use: manage.py {self.instead}"

    def run_from_argv(self, argv: list[str]) -> None:
        # Whatever options it was given: they are those of a command that is not here.
        super().run_from_argv(argv[:2])

    def handle(self, *args: Any, **options: Any) -> None:
        raise CommandError(f"This does it by halves. Use: manage.py {self.instead}")
