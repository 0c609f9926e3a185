"""dj-stripe with its defaults; the database and its pool are as ours."""

import os
from urllib.parse import unquote, urlsplit

SECRET_KEY = "only-for-benchmarks"
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "djstripe"]
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ROOT_URLCONF = "benchmarks.djstripe_site.urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
_url = urlsplit(os.environ["BENCH_DATABASE_URL"])
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": _url.path.strip("/"),
        "USER": unquote(_url.username or ""),
        "PASSWORD": unquote(_url.password or ""),
        "HOST": unquote(_url.netloc.rpartition("@")[2].partition(":")[0]),
        "PORT": str(_url.port or ""),
        "OPTIONS": {"pool": {"min_size": 1, "max_size": 10, "timeout": 15}},
    }
}
STRIPE_TEST_SECRET_KEY = "sk_test_benchmark0benchmark0benchmark0"
STRIPE_LIVE_MODE = False
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
