"""The stock deployment with the next release's migration."""

from benchmarks.stock_site.settings import *  # noqa: F403

MIGRATION_MODULES = {"invoices": "benchmarks.next_release.migrations"}
