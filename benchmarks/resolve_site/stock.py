"""django-tenants' own database backend and middleware."""

from benchmarks.resolve_site.ours import *  # noqa: F403
from benchmarks.resolve_site.ours import DATABASES, EXTENSIONS_SCHEMA

DATABASES["default"]["ENGINE"] = "django_tenants.postgresql_backend"
PG_EXTRA_SEARCH_PATHS = [EXTENSIONS_SCHEMA]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django_tenants.middleware.main.TenantMainMiddleware",
    "django.middleware.common.CommonMiddleware",
]
SHOW_PUBLIC_IF_NO_TENANT_FOUND = True
