"""Real HTTP to a running platform, many requests at once."""

import http.client
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Any

from demo.stack import Stack


@dataclass(frozen=True)
class Answer:
    status: int
    body: Any


class LiveApi:
    """A developer's client of one business, with its API key."""

    def __init__(self, stack: Stack, business: str) -> None:
        known = stack.credentials()["businesses"][business]
        self._port = stack.port
        self._host = known["host"]
        self._key = known["api_key"]

    def call(self, method: str, path: str, body: Any = None, *, key: str | None = None) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        token = self._key if key is None else key
        headers = {"Host": self._host, "Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        try:
            connection.request(method, path, json.dumps(body).encode(), headers)
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        return Answer(response.status, json.loads(content) if content else None)

    def get(self, path: str) -> Answer:
        return self.call("GET", path)

    def post(self, path: str, body: Any) -> Answer:
        return self.call("POST", path, body)


def at_once(count: int, work: Callable[[int], Any], *, threads: int = 50) -> list[Any]:
    """Run `work(0)` … `work(count - 1)` on `threads` threads that start together."""
    threads = min(threads, count)
    barrier = Barrier(threads)

    def start(first: int) -> list[Any]:
        barrier.wait(timeout=30)
        return [work(number) for number in range(first, count, threads)]

    with ThreadPoolExecutor(threads) as pool:
        return [result for results in pool.map(start, range(threads)) for result in results]
