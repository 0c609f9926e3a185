"""Deliver events: signed, retried, in the background, with no promise about their order.

Source: docs.stripe.com/webhooks, "Verify signatures" and "Retry behavior"; waits are seconds here
where Stripe's are hours.
"""

import hashlib
import hmac
import http.client
import json
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from sandbox.store import Store, StripeObject

MAX_ATTEMPTS = 12
LONGEST_WAIT = 60
TIMEOUT_SECONDS = 20
WORKERS = 16

logger = logging.getLogger(__name__)


def sign(body: bytes, secret: str, timestamp: int) -> str:
    signed = f"{timestamp}.".encode() + body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


class Courier:
    """Takes due deliveries from the store and posts them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="delivery")
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="courier", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _run(self) -> None:
        while not self._stopping.is_set():
            for delivery in self.store.claim_due_deliveries():
                self._pool.submit(self._deliver, delivery)
            with self.store.changed:
                self.store.changed.wait(timeout=0.2)

    def _deliver(self, delivery: int) -> None:
        row = self.store.rows("SELECT * FROM deliveries WHERE id = ?", delivery)[0]
        endpoint = self.store.get(row["account"], "webhook_endpoint", row["endpoint"])
        event = self.store.get(row["account"], "event", row["event"])
        if endpoint is None or event is None:
            self._note(delivery, "dropped", "endpoint deleted")
            return
        try:
            status = post(endpoint, event)
            answer = str(status)
        except (OSError, http.client.HTTPException, ValueError) as error:
            status, answer = 0, type(error).__name__
        if 200 <= status < 300:
            self._note(delivery, "delivered", answer)
        elif row["attempts"] + 1 >= MAX_ATTEMPTS:
            self._note(delivery, "failed", answer)
        else:
            self._note(delivery, "waiting", answer, wait=min(2 ** row["attempts"], LONGEST_WAIT))

    def _note(self, delivery: int, state: str, answer: str, wait: float = 0) -> None:
        with self.store.transaction():
            self.store.run(
                "UPDATE deliveries SET state = ?, answer = ?, attempts = attempts + 1, due = ? "
                "WHERE id = ?",
                state, answer, time.time() + wait, delivery,
            )  # fmt: skip


def post(endpoint: StripeObject, event: StripeObject) -> int:
    """POST one signed event and return the answer's status."""
    url = urlsplit(endpoint["url"])
    body = json.dumps(event, indent=2).encode()
    timestamp = int(time.time())
    # *.localhost is this machine (RFC 6761, section 6.3), but Python does not resolve it.
    name = url.hostname or ""
    address = "127.0.0.1" if name == "localhost" or name.endswith(".localhost") else name
    secure = url.scheme == "https"
    connect = http.client.HTTPSConnection if secure else http.client.HTTPConnection
    connection = connect(address, url.port or (443 if secure else 80), timeout=TIMEOUT_SECONDS)
    try:
        connection.request(
            "POST",
            (url.path or "/") + (f"?{url.query}" if url.query else ""),
            body=body,
            headers={
                "Host": url.netloc,
                "Content-Type": "application/json; charset=utf-8",
                "User-Agent": "Stripe/1.0 (sandbox)",
                "Stripe-Signature": f"t={timestamp},v1={sign(body, endpoint['secret'], timestamp)}",
            },
        )
        response = connection.getresponse()
        response.read(65536)
        return response.status
    finally:
        connection.close()
