#!/usr/bin/env python
"""Run an administrative command, for example ``python manage.py tenant list``."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"Tillhouse can't start: {error}")
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) is not None:
            # The server has answered.
            raise
        sys.exit(_unreachable())


def _unreachable() -> str:
    from django.conf import settings

    database = settings.DATABASES["default"]
    where = f"{database['HOST'] or 'the local socket'}:{database['PORT'] or 5432}"
    return (
        f"The database “{database['NAME']}” at {where} can't be reached as “{database['USER']}”. "
        "Does PostgreSQL run there, and are DATABASE_URL's names and password right? "
        "PostgreSQL's log says more."
    )


if __name__ == "__main__":
    main()
