"""The webhook's door: who may come in, and that nothing that came in is lost."""

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from payments import signals
from payments.models import PaymentSession, StripeAccount, StripeEvent, Transaction
from tenants.models import Tenant
from tests.payments import builders
from tests.support import WEBHOOK_PATH, JobRunner, StripeSigner

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(account: StripeAccount, alpha: Tenant, client_of: Callable[[Tenant], Client]) -> Client:
    return client_of(alpha)


def post(client: Client, body: bytes, signature: str | bytes | None) -> Any:
    headers: dict[str, Any] = {} if signature is None else {"HTTP_STRIPE_SIGNATURE": signature}
    return client.post(WEBHOOK_PATH, data=body, content_type="application/json", **headers)


def test_a_signed_event_is_answered_with_an_empty_200(client: Client, signer: StripeSigner) -> None:
    response = signer.deliver(client, signer.event("customer.created", {"id": "cus_1"}))
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(
    "signature",
    [
        None, "", "t", "t=", "t=1", "v1=abc", "t=abc,v1=abc", ",,,", "=", "t=1,v1=", "t=1=2=3,v1=x",
        "t=99999999999999999999,v1=00", "t=-1,v1=x", "t=1,v0=abc", "\u00e9\u00ff", "t=1,v1=\u00e9",
        "🔑".encode().decode("latin-1"), "x" * 10_000,
    ],
)  # fmt: skip
def test_a_garbage_signature_is_a_400(client: Client, signature: str | None) -> None:
    response = post(client, b'{"id": "evt_1"}', signature)
    assert (response.status_code, response.json()) == (400, {"error": "Invalid signature"})
    assert not StripeEvent.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b'"x"', b"1", b"\xff\xfe", b"{}", b'{"id": 1}',
        b'{"id": "evt", "type": "x", "data": []}', b'{"id": "evt", "type": "x", "data": {}}',
        b'{"id": "evt", "type": "x", "data": {"object": {"a": "\\u0000"}}}',
        b'{"id": "evt", "type": "x", "data": {"object": {"a": "\\ud800"}}}',
        b'{"id": "", "type": "x", "data": {"object": {}}}',
        b'{"id": "evt", "type": "x", "created": -5, "data": {"object": {}}}',
        b"[" * 100_000, b'{"a":' * 50_000,
    ],
)  # fmt: skip
def test_a_signed_body_that_is_no_event_is_a_400(
    client: Client, signer: StripeSigner, body: bytes
) -> None:
    response = post(client, body, signer.header(body, "whsec_alpha"))
    assert (response.status_code, response.json()) == (400, {"error": "Invalid payload"})
    assert not StripeEvent.objects.exists()


def test_a_body_over_one_megabyte_is_refused(client: Client, signer: StripeSigner) -> None:
    body = b" " * (1024 * 1024 + 1)
    assert post(client, body, signer.header(body, "whsec_alpha")).status_code == 413


@pytest.mark.parametrize("seconds", [-301, -3600, 302, 86400])
def test_an_old_or_future_timestamp_is_refused(
    client: Client, signer: StripeSigner, seconds: int
) -> None:
    body = json.dumps(signer.event("customer.created", {"id": "cus_1"})).encode()
    header = signer.header(body, "whsec_alpha", at=int(time.time()) + seconds)
    assert post(client, body, header).status_code == 400
    assert not StripeEvent.objects.exists()


def test_a_signature_over_another_body_is_refused(client: Client, signer: StripeSigner) -> None:
    body = json.dumps(signer.event("customer.created", {"id": "cus_1"})).encode()
    header = signer.header(body, "whsec_alpha")
    assert post(client, body + b" ", header).status_code == 400


def test_both_secrets_are_good_during_a_rotation(
    client: Client, signer: StripeSigner, account: StripeAccount
) -> None:
    account.previous_webhook_secret, account.webhook_secret = "whsec_old", "whsec_new"
    account.save()
    for secret, status in [("whsec_old", 200), ("whsec_new", 200), ("whsec_alpha", 400)]:
        event = signer.event("customer.created", {"id": "cus_1"})
        assert signer.deliver(client, event, secret).status_code == status


def test_without_a_secret_it_is_a_503(
    client: Client, signer: StripeSigner, account: StripeAccount
) -> None:
    account.webhook_secret = ""
    account.payments_enabled = False
    account.save()
    response = signer.deliver(client, signer.event("customer.created", {}))
    assert response.status_code == 503
    assert response.json() == {"error": "Webhook secret not configured"}


def test_reading_it_is_a_405(client: Client) -> None:
    assert client.get(WEBHOOK_PATH).status_code == 405


def test_a_handler_that_fails_leaves_nothing_behind_and_is_retried(
    client: Client, signer: StripeSigner, run_jobs: JobRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = builders.payment()

    def explode(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("boom")

    with monkeypatch.context() as patch:
        patch.setattr(signals.payment_succeeded, "send", explode)
        event = signer.event("checkout.session.completed", builders.checkout(session))
        assert signer.deliver(client, event).status_code == 200
    session.refresh_from_db()
    stored = StripeEvent.objects.get()
    assert (session.status, Transaction.objects.count()) == ("pending", 0)
    assert (stored.status, stored.attempts, stored.error) == ("failed", 1, "RuntimeError: boom")

    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        run_jobs()
    session.refresh_from_db()
    stored.refresh_from_db()
    assert (session.status, Transaction.objects.count()) == ("succeeded", 1)
    assert (stored.status, stored.attempts, stored.error) == ("processed", 2, "")


def test_an_event_whose_process_was_killed_is_acted_on_by_a_job(
    account: StripeAccount, run_jobs: JobRunner, signer: StripeSigner
) -> None:
    from payments.inbox import store

    session = builders.payment()
    store(signer.event("checkout.session.completed", builders.checkout(session)))
    with time_machine.travel(timezone.now() + timedelta(minutes=1)):
        run_jobs()
    session.refresh_from_db()
    assert (session.status, StripeEvent.objects.get().status) == ("succeeded", "processed")


def test_switching_payments_off_still_settles_what_is_in_flight(
    client: Client, signer: StripeSigner, account: StripeAccount
) -> None:
    session = builders.payment()
    account.payments_enabled = False
    account.save()
    signer.deliver(client, signer.event("checkout.session.completed", builders.checkout(session)))
    assert PaymentSession.objects.get().status == "succeeded"


def test_a_suspended_business_still_takes_its_webhooks(
    client: Client, signer: StripeSigner, alpha: Tenant
) -> None:
    from django_tenants.utils import schema_context

    session = builders.payment()
    with schema_context("public"):
        Tenant.objects.filter(pk=alpha.pk).update(status="suspended")
    assert client.get("/").status_code == 503
    event = signer.event("checkout.session.completed", builders.checkout(session))
    assert signer.deliver(client, event).status_code == 200
    assert PaymentSession.objects.get().status == "succeeded"
