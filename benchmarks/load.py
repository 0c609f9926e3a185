"""A load generator: several processes of several threads, each with one connection kept open."""

import http.client
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Barrier, Thread
from typing import Any

PROCESSES = 2
THREADS = 8


@dataclass(frozen=True)
class Post:
    """One request, ready to send."""

    host: str
    path: str
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"


def post_all(port: int, posts: list[Post]) -> float:
    """Send every request once to 127.0.0.1:`port` and return how many a second were answered 200.

    Raises AssertionError for any other answer.
    """

    def connect() -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def send(connection: http.client.HTTPConnection, post: Post) -> None:
        headers = {"Host": post.host, "Content-Type": "application/json", **post.headers}
        connection.request(post.method, post.path, post.body, headers)
        response = connection.getresponse()
        text = response.read()
        if response.status != 200:
            raise AssertionError(f"{response.status} {text[:300]!r}")

    return rate(posts, connect, send)


def rate(work: list[Any], connect: Callable[[], Any], do: Callable[[Any, Any], None]) -> float:
    """Spread `work` over all threads, do each piece on its thread's connection; pieces a second."""
    context = multiprocessing.get_context("fork")
    ready, results = context.Barrier(PROCESSES), context.SimpleQueue()
    shares = [work[number::PROCESSES] for number in range(PROCESSES)]
    processes = [
        context.Process(target=_share, args=(share, connect, do, ready, results))
        for share in shares
    ]
    for process in processes:
        process.start()
    spans = [results.get() for _ in processes]
    for process in processes:
        process.join()
    failed = [span for span in spans if isinstance(span, str)]
    if failed:
        raise AssertionError(failed[0])
    return len(work) / (max(end for _, end in spans) - min(start for start, _ in spans))


def _share(
    share: list[Any],
    connect: Callable[[], Any],
    do: Callable[[Any, Any], None],
    ready: Any,
    results: Any,
) -> None:
    errors: list[str] = []
    together = Barrier(THREADS + 1)

    def run(pieces: list[Any]) -> None:
        try:
            connection = connect()
            together.wait()
            for piece in pieces:
                do(connection, piece)
            connection.close()
        except Exception as error:  # noqa: BLE001 - told to the parent, which raises it
            errors.append(f"{type(error).__name__}: {error}")
            together.abort()

    threads = [Thread(target=run, args=(share[number::THREADS],)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    try:
        ready.wait()
        together.wait()
    except Exception:  # noqa: BLE001 - a broken barrier: the reason is in `errors`
        errors.append("a connection could not be opened")
    start = time.time()
    for thread in threads:
        thread.join()
    results.put(errors[0] if errors else (start, time.time()))
