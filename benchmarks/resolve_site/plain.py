"""Django without tenants: one schema, on the path of every connection."""

from benchmarks.resolve_site.ours import *  # noqa: F403
from benchmarks.resolve_site.ours import DATABASES

DATABASES["default"]["ENGINE"] = "django.db.backends.postgresql"
DATABASES["default"]["OPTIONS"]["options"] = "-c search_path=bench00000,extensions"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
]
