"""Tell the business's own systems: sign, send, and try again over three days.

Source: Standard Webhooks (standardwebhooks.com), "Signature scheme" and "Deliverability and
reliability". The four keys that callbacks have always had stay at the top of the body.
"""

import base64
import hashlib
import hmac
import json
import random
import time
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import certifi
import urllib3
from django.db import transaction
from django.utils import timezone

from events.addresses import AddressRefused, resolve
from events.models import Delivery, Event

#: After each failed try; the tenth try is the last, three days after the first.
WAITS = [
    timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2),
    timedelta(hours=5), timedelta(hours=10), timedelta(hours=14), timedelta(hours=20),
    timedelta(hours=20),
]  # fmt: skip
CONNECT_SECONDS = 5
READ_SECONDS = 15
MOST_READ = 64 * 1024
GONE = 410
LEGACY_KEYS = ("payable_type", "payable_id", "payment_session_id", "status")


@dataclass(frozen=True)
class Answer:
    """What came back: an HTTP status, or 0 and why there was none."""

    status: int
    error: str = ""

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def body_of(event: Event) -> bytes:
    """Return the request's body: the same bytes at every try."""
    legacy = {key: event.data[key] for key in LEGACY_KEYS if key in event.data}
    return json.dumps(
        {
            **legacy,
            "id": f"evt_{event.uuid.hex}",
            "type": event.type,
            "created_at": event.created_at.isoformat(),
            "data": event.data,
        },
        separators=(",", ":"),
    ).encode()


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the ``webhook-signature`` header's value."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


def attempt(delivery_pk: int, number: int) -> None:
    """Make try `number` (from 0) of a delivery, unless that has been made.

    May be run twice or be killed: at worst the endpoint hears of an event twice, under one id.
    """
    delivery = Delivery.objects.select_related("endpoint", "event").filter(pk=delivery_pk).first()
    if (
        delivery is None
        or delivery.status != Delivery.Status.PENDING
        or delivery.attempts != number
    ):
        return
    if not delivery.endpoint.is_active:
        error = "The callback is switched off."
        Delivery.objects.filter(pk=delivery_pk).update(
            status=Delivery.Status.FAILED, last_error=error, next_attempt_at=None
        )
        return
    answer = send(delivery)
    with transaction.atomic():
        _note(delivery, number, answer)


def send(delivery: Delivery) -> Answer:
    """POST the event; no redirect is followed and little of the answer is read."""
    url = urlsplit(delivery.endpoint.url)
    host = url.hostname or ""
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        address = resolve(host, port)
        with _pool(url.scheme, address, port, host) as pool:
            response = pool.urlopen(
                "POST",
                (url.path or "/") + (f"?{url.query}" if url.query else ""),
                body=body_of(delivery.event),
                headers=_headers(delivery, url.netloc),
                redirect=False,
                retries=False,
                preload_content=False,
            )
            response.read(MOST_READ)
            response.close()
            return Answer(response.status)
    except AddressRefused as refused:
        return Answer(0, str(refused))
    except urllib3.exceptions.NewConnectionError:
        return Answer(0, "The connection failed.")
    except urllib3.exceptions.TimeoutError:
        return Answer(0, "There was no answer in time.")
    except (urllib3.exceptions.HTTPError, OSError, ValueError):
        return Answer(0, "The connection failed.")


def _pool(scheme: str, address: str, port: int, host: str) -> urllib3.HTTPConnectionPool:
    """Return a connection to the address that was checked, verified as the host asked for."""
    timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
    if scheme == "http":
        return urllib3.HTTPConnectionPool(address, port, timeout=timeout)
    return urllib3.HTTPSConnectionPool(
        address,
        port,
        timeout=timeout,
        server_hostname=host,
        assert_hostname=host,
        cert_reqs="CERT_REQUIRED",
        ca_certs=certifi.where(),
    )


def _headers(delivery: Delivery, host: str) -> dict[str, str]:
    timestamp = int(time.time())
    message_id = f"evt_{delivery.event.uuid.hex}"
    body = body_of(delivery.event)
    return {
        "Host": host,
        "Content-Type": "application/json",
        "User-Agent": "Tillhouse/1",
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": signature(delivery.endpoint.secret, message_id, timestamp, body),
    }


def _note(delivery: Delivery, number: int, answer: Answer) -> None:
    """Write down the answer and, where it helps, enqueue the next try."""
    from events.jobs import deliver

    now = timezone.now()
    fields: dict[str, object] = {
        "attempts": number + 1,
        "response_status": answer.status or None,
        "last_error": answer.error,
        "next_attempt_at": None,
    }
    again_at = None
    if answer.is_success:
        fields |= {"status": Delivery.Status.DELIVERED, "delivered_at": now}
    elif answer.status == GONE or number >= len(WAITS):
        fields["status"] = Delivery.Status.FAILED
    else:
        again_at = now + WAITS[number] * random.uniform(0.9, 1.2)  # noqa: S311 - jitter
        fields["next_attempt_at"] = again_at
    # Two workers with the same job: only one of them may schedule what comes next.
    noted = Delivery.objects.filter(pk=delivery.pk, attempts=number).update(**fields)
    if noted and again_at:
        deliver.enqueue(delivery_pk=delivery.pk, attempt=number + 1, at=again_at)
    if noted and fields.get("status") == Delivery.Status.FAILED:
        _disable_if_over(delivery, answer)


def _disable_if_over(delivery: Delivery, answer: Answer) -> None:
    """End an endpoint that says it is gone, or that took nothing for three days."""
    endpoint = delivery.endpoint
    if answer.status == GONE:
        reason = "It answered 410 Gone."
    elif endpoint.deliveries.filter(delivered_at__gt=delivery.created_at).exists():
        return
    else:
        reason = "Nothing could be delivered for three days."
    endpoint.is_active = False
    endpoint.disabled_reason = reason
    endpoint.save(update_fields=["is_active", "disabled_reason"])
