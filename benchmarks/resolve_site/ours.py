"""The platform's database backend and middleware, and nothing else that is not the others' too."""

from config.settings import *  # noqa: F403

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "tenants.middleware.TenantMiddleware",
    "django.middleware.common.CommonMiddleware",
]
ROOT_URLCONF = PUBLIC_SCHEMA_URLCONF = "benchmarks.resolve_site.urls"
