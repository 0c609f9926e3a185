import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.djstripe_site.settings")

from django.core.wsgi import get_wsgi_application

from benchmarks.djstripe_site import stub

stub.install()
application = get_wsgi_application()
