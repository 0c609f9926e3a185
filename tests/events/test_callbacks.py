"""The business's own system is told: signed, again when it failed, and only of its own."""

import base64
import hashlib
import hmac
import ipaddress
import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django_tenants.utils import tenant_context

from events import callbacks
from events.addresses import AddressRefused, check_url, is_public, resolve
from events.models import Delivery, WebhookEndpoint
from events.services import record, redeliver
from payments.models import PaymentSession, StripeAccount
from payments.transitions import event_data
from tenants.models import Tenant
from tests.payments import builders
from tests.support import JobRunner

pytestmark = pytest.mark.django_db


class Receiver:
    """A real HTTP server that keeps what it is sent; `answers` are its next statuses."""

    def __init__(self) -> None:
        self.requests: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                receiver.requests.append((headers, body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                """Keep the tests' output clean."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook?x=1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def endpoint(in_alpha: Tenant, receiver: Receiver) -> WebhookEndpoint:
    return WebhookEndpoint.objects.create(url=receiver.url)


def tell(**values: Any) -> PaymentSession:
    session = builders.payment(**values)
    record("payment.succeeded", session, event_data(session))
    return session


def test_a_payment_is_told_with_the_four_keys_and_a_signature(
    endpoint: WebhookEndpoint, receiver: Receiver, run_jobs: JobRunner
) -> None:
    session = tell(status="succeeded")
    run_jobs()
    ((headers, body),) = receiver.requests
    sent = json.loads(body)
    assert {key: sent[key] for key in ("payable_type", "payable_id", "status")} == {
        "payable_type": "invoice", "payable_id": "7", "status": "succeeded",
    }  # fmt: skip
    assert sent["payment_session_id"] == str(session.pk)
    assert sent["type"] == "payment.succeeded"
    assert sent["id"] == headers["webhook-id"]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(endpoint.secret.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert Delivery.objects.get().status == "delivered"


def test_what_fails_is_sent_again_under_the_same_id(
    endpoint: WebhookEndpoint, receiver: Receiver, run_jobs: JobRunner
) -> None:
    receiver.answers = [500, 302]
    tell()
    run_jobs()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.attempts, delivery.response_status) == ("pending", 1, 500)
    moment = timezone.now()
    for wait in (timedelta(seconds=7), timedelta(minutes=7)):
        moment += wait
        with time_machine.travel(moment):
            run_jobs()
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("delivered", 3)
    assert len({headers["webhook-id"] for headers, _ in receiver.requests}) == 1
    assert len({body for _, body in receiver.requests}) == 1


def test_after_three_days_it_is_given_up_and_the_endpoint_ends(
    endpoint: WebhookEndpoint, receiver: Receiver, run_jobs: JobRunner
) -> None:
    receiver.answers = [500] * 20
    tell()
    moment = timezone.now()
    for _ in range(len(callbacks.WAITS) + 1):
        with time_machine.travel(moment):
            run_jobs()
        moment += timedelta(days=1)
    delivery = Delivery.objects.get()
    endpoint.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("failed", 10)
    assert (endpoint.is_active, endpoint.disabled_reason) == (
        False,
        "Nothing could be delivered for three days.",
    )
    assert sum(callbacks.WAITS, timedelta()) > timedelta(days=2, hours=22)


def test_410_ends_the_endpoint_at_once(
    endpoint: WebhookEndpoint, receiver: Receiver, run_jobs: JobRunner
) -> None:
    receiver.answers = [410]
    tell()
    run_jobs()
    endpoint.refresh_from_db()
    assert not endpoint.is_active
    tell()
    run_jobs()
    assert len(receiver.requests) == 1


def test_a_rolled_back_change_is_never_told(
    endpoint: WebhookEndpoint, receiver: Receiver, run_jobs: JobRunner
) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        tell()
        raise RuntimeError
    run_jobs()
    assert receiver.requests == []


def test_one_business_is_never_told_of_another(
    endpoint: WebhookEndpoint, receiver: Receiver, beta: Tenant, run_jobs: JobRunner
) -> None:
    with tenant_context(beta):
        tell()
    run_jobs()
    assert receiver.requests == []


def test_only_the_types_asked_for_are_sent(
    endpoint: WebhookEndpoint, receiver: Receiver, run_jobs: JobRunner
) -> None:
    endpoint.types = ["booking.confirmed"]
    endpoint.save()
    tell()
    run_jobs()
    assert receiver.requests == []


def test_the_same_try_run_twice_schedules_once(
    endpoint: WebhookEndpoint, receiver: Receiver
) -> None:
    tell()
    delivery = Delivery.objects.get()
    callbacks.attempt(delivery.pk, 0)
    callbacks.attempt(delivery.pk, 0)
    assert len(receiver.requests) == 1


def test_it_can_be_sent_again_by_hand(
    endpoint: WebhookEndpoint, receiver: Receiver, run_jobs: JobRunner
) -> None:
    tell()
    run_jobs()
    redeliver(Delivery.objects.get())
    run_jobs()
    assert len(receiver.requests) == 2


def test_nobody_there_is_tried_again(in_alpha: Tenant, settings: Any, run_jobs: JobRunner) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    WebhookEndpoint.objects.create(url="http://127.0.0.1:9/")
    tell()
    run_jobs()
    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.last_error) == ("pending", "The connection failed.")


# --- Where it may go ---

PRIVATE = """
127.0.0.1 10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 224.0.0.1
255.255.255.255 198.18.0.1 192.0.2.1 240.0.0.1 ::1 :: fe80::1 fc00::1 fd12::1 ff02::1
::ffff:127.0.0.1 ::ffff:10.0.0.1 64:ff9b::7f00:1 64:ff9b::a00:1 2002:7f00:1:: 2002:a00:1::
2001:db8::1 ::127.0.0.1 2001::1 fec0::1 64:ff9b:1::1
""".split()


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_public_is_refused(settings: Any, address: str) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = False
    assert not is_public(ipaddress.ip_address(address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(ValidationError):
        check_url(f"https://{host}/")


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "100.128.0.1"])
def test_a_public_address_is_not_refused(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/", "ftp://example.com/", "https://", "https://user@example.com/",
        "https://user:pw@example.com/", "https://example.com:22/", "//example.com", "x",
        "https://exa mple.com/", "https://éxample.com/", "https://[::1", "https://example.com:x/",
    ],
)  # fmt: skip
def test_an_address_of_the_wrong_form_is_refused(settings: Any, url: str) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = False
    with pytest.raises(ValidationError):
        check_url(url)


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f000001", "127.1"])
def test_a_name_that_leads_inside_is_refused_when_it_is_called(settings: Any, host: str) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = False
    with pytest.raises(AddressRefused):
        resolve(host, 443)


def test_one_private_address_among_public_ones_is_refused(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = False
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))
        for address in ("93.184.216.34", "10.0.0.1")
    ]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
    with pytest.raises(AddressRefused):
        resolve("example.com", 443)


def test_the_name_is_looked_up_once_and_the_answer_is_connected_to(
    in_alpha: Tenant, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name whose owner answers "public" first and "inside" next gets nowhere."""
    settings.WEBHOOK_ALLOW_PRIVATE = False
    asked: list[str] = []

    def lookup(host: str, *args: Any, **kwargs: Any) -> Any:
        asked.append(host)
        address = "203.0.114.1" if host == "rebind.example" and len(asked) == 1 else host
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443))]

    connected: list[Any] = []

    def connect(address: Any, *args: Any, **kwargs: Any) -> Any:
        connected.append(address)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    endpoint = WebhookEndpoint.objects.create(url="https://rebind.example/")
    event = record("x", endpoint)
    callbacks.send(Delivery(endpoint=endpoint, event=event))
    assert asked.count("rebind.example") == 1
    assert connected
    assert all(address[0] == "203.0.114.1" for address in connected)


def test_the_secret_is_encrypted_at_rest(in_alpha: Tenant, account: StripeAccount) -> None:
    from django.db import connection

    endpoint = WebhookEndpoint.objects.create(url="https://example.com/")
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM events_webhookendpoint")
        assert endpoint.secret not in str(cursor.fetchone())
