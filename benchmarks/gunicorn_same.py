"""gunicorn's settings for everyone who is measured."""

workers = 2
worker_class = "gthread"
threads = 4
keepalive = 30
control_socket_disable = True
accesslog = None
loglevel = "warning"
