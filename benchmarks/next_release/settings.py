"""The platform's settings with the next release's migration."""

from config.settings import *  # noqa: F403

MIGRATION_MODULES = {"invoices": "benchmarks.next_release.migrations"}
