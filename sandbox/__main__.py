"""``python -m sandbox --port 12111 --data DIR``: serve until stopped."""

import argparse
import sys
from pathlib import Path
from typing import Any

from gunicorn.app.base import BaseApplication

from sandbox.app import Sandbox, make_application


class Server(BaseApplication):
    """gunicorn with one worker: the sandbox's lock and threads live in one process."""

    def __init__(self, bind: str, store_path: str, public_url: str) -> None:
        self._bind = bind
        self._store_path = store_path
        self._public_url = public_url
        super().__init__()

    def load_config(self) -> None:
        options: dict[str, Any] = {
            "bind": self._bind,
            "workers": 1,
            "worker_class": "gthread",
            "threads": 32,
            "loglevel": "warning",
            "graceful_timeout": 1,
            "timeout": 120,
            "control_socket_disable": True,
            "when_ready": lambda server: print(f"Sandbox ready at {self._public_url}", flush=True),
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        application, sandbox = make_application(self._store_path, self._public_url)
        sandbox.start()
        self.sandbox: Sandbox = sandbox
        return application


def main() -> None:
    parser = argparse.ArgumentParser(prog="sandbox", description=__doc__)
    parser.add_argument("--port", type=int, default=12111)
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--data", type=Path, required=True, help="where its file is kept")
    parser.add_argument("--public-url", help="what browsers are sent to")
    options = parser.parse_args()
    options.data.mkdir(parents=True, exist_ok=True)
    public_url = options.public_url or f"http://localhost:{options.port}"
    # gunicorn reads the command line too; it has nothing to find there.
    sys.argv = sys.argv[:1]
    Server(
        f"{options.bind}:{options.port}", str(options.data / "sandbox.sqlite3"), public_url
    ).run()


main()
