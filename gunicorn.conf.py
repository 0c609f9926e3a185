"""gunicorn's settings; the command line wins over them.

Never add preload_app: the workers would share database connections, and with them a business.
"""

import gc
import importlib
import os
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from gunicorn.glogging import Logger

from tenants.logs import redact

try:
    # A bad setting stops the start here, in one sentence.
    importlib.import_module("config.settings")
except ImproperlyConfigured as error:
    raise SystemExit(f"Tillhouse can't start: {error}") from None

wsgi_app = "config.wsgi"
worker_class = "gthread"
workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
threads = int(os.environ.get("WEB_THREADS", "8"))
bind = f"0.0.0.0:{os.environ.get('PORT', '8000')}"
control_socket_disable = True
accesslog = "-"
# A request's line may hold up to this many bytes: our longest address is a return URL.
limit_request_line = 8190


def post_worker_init(worker: object) -> None:
    """Have what is there at the start never looked through again, and the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


class RedactingLogger(Logger):
    """Access lines without the tokens that customers' addresses hold."""

    def atoms(self, *arguments: Any) -> dict[str, Any]:
        return {
            name: redact(value) if isinstance(value, str) else value
            for name, value in super().atoms(*arguments).items()
        }


logger_class = RedactingLogger
