"""The platform's settings with django-tenants' own backend and commands."""

from config.settings import *  # noqa: F403
from config.settings import (
    DATABASES,
    EXTENSIONS_SCHEMA,
    INSTALLED_APPS,
    SHARED_APPS,
)

DATABASES["default"]["ENGINE"] = "django_tenants.postgresql_backend"
# Forked processes would share the connections of a pool.
DATABASES["default"]["OPTIONS"].pop("pool", None)
# btree_gist is there for everyone.
PG_EXTRA_SEARCH_PATHS = [EXTENSIONS_SCHEMA]
# Of two apps with a command of the same name, Django takes the first one's.
INSTALLED_APPS = ["django_tenants", *(app for app in INSTALLED_APPS if app != "django_tenants")]
SHARED_APPS = ["django_tenants", *(app for app in SHARED_APPS if app != "django_tenants")]
# As many as ours has connections.
TENANT_MULTIPROCESSING_MAX_PROCESSES = 4
