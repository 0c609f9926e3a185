"""gunicorn's settings for everyone who is measured."""

import gc

workers = 2
worker_class = "gthread"
threads = 4
keepalive = 30
control_socket_disable = True
accesslog = None
loglevel = "warning"


def post_worker_init(worker: object) -> None:
    """As in our own gunicorn.conf.py: what is there at the start is not looked through again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
