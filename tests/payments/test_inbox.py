"""What Stripe told us and we can't act on is kept with its reason; staff may try it again."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from access.models import User
from payments import handlers, inbox
from payments.models import PaymentSession, StripeAccount, StripeEvent
from payments.reconciliation import reconcile
from tenants.models import Tenant
from tests.payments import builders
from tests.stripe_control import Control
from tests.support import StripeSigner

pytestmark = pytest.mark.django_db
LIST = "/admin/payments/stripeevent/"


@pytest.fixture
def site(in_alpha: Tenant, owner: User) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


@pytest.fixture
def paid_event(account: StripeAccount, signer: StripeSigner) -> Any:
    """An event that says a waiting payment is paid, with other values where wanted."""
    session = builders.payment()

    def make(**values: Any) -> dict[str, Any]:
        event = signer.event("checkout.session.completed", builders.checkout(session))
        return {**event, **values}

    return make


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"api_version": "2020-08-27"}, "API version 2020-08-27"),
        ({"livemode": True}, "a live event for an account in test mode"),
        ({"account": "acct_other"}, "another Stripe account"),
    ],
)
def test_an_event_that_this_account_can_not_have_sent_is_kept_and_not_applied(
    paid_event: Any, signer: StripeSigner, client_of: Any, in_alpha: Tenant,
    change: dict[str, Any], reason: str,
) -> None:  # fmt: skip
    StripeAccount.objects.update(stripe_account_id="acct_own")
    assert signer.deliver(client_of(in_alpha), paid_event(**change)).status_code == 200
    event = StripeEvent.objects.get()
    assert event.status == "flagged"
    assert reason in event.error
    assert PaymentSession.objects.get().status == "pending"


def test_what_keeps_failing_is_given_up_and_replayed_by_hand(
    paid_event: Any, signer: StripeSigner, client_of: Any, in_alpha: Tenant, site: Client,
    monkeypatch: Any,
) -> None:  # fmt: skip
    def broken(*arguments: Any) -> None:
        raise RuntimeError("no power")

    with monkeypatch.context() as patched:
        patched.setitem(handlers.HANDLERS, "checkout.session.completed", broken)
        signer.deliver(client_of(in_alpha), paid_event())
        event = StripeEvent.objects.get()
        for _ in range(inbox.MAX_ATTEMPTS - 2):
            with pytest.raises(RuntimeError):
                inbox.process(event.pk)
        inbox.process(event.pk)
    event.refresh_from_db()
    assert (event.status, event.attempts, event.error) == (
        "dead", inbox.MAX_ATTEMPTS, "RuntimeError: no power",
    )  # fmt: skip
    shown = site.get(f"{LIST}?status__in=dead,flagged").content.decode()
    assert "Given up" in shown
    assert "RuntimeError: no power" in shown
    assert "Replay" in site.get(f"{LIST}{event.pk}/change/").content.decode()
    answer = site.post(f"{LIST}{event.pk}/replay/", follow=True)
    assert "Replayed: processed." in answer.content.decode()
    event.refresh_from_db()
    assert (event.status, PaymentSession.objects.get().status) == ("processed", "succeeded")


@pytest.mark.parametrize(("role", "status"), [("staff", 403), ("manager", 302)])
def test_who_may_replay(
    paid_event: Any, in_alpha: Tenant, client_of: Any, signer: StripeSigner, role: str, status: int
) -> None:
    signer.deliver(client_of(in_alpha), paid_event(livemode=True))
    StripeEvent.objects.update(livemode=False)
    event = StripeEvent.objects.get()
    person = User.objects.create_user("p@alpha.example", "a-good-password", role=role)
    client = client_of(in_alpha)
    client.force_login(person, backend="access.backends.RoleBackend")
    assert client.post(f"{LIST}{event.pk}/replay/").status_code == status
    event.refresh_from_db()
    assert event.status == ("flagged" if role == "staff" else "processed")


def test_what_was_dealt_with_long_ago_is_forgotten(in_alpha: Tenant, stripe: Control) -> None:
    long_ago = timezone.now() - timedelta(days=91)
    for status in StripeEvent.Status.values:
        for received_at in (long_ago, timezone.now()):
            StripeEvent.objects.create(
                event_id=f"evt_{status}_{received_at:%Y%m%d}", type="x", status=status, payload={},
                created_at=received_at, received_at=received_at,
            )  # fmt: skip
    inbox.forget_expired()
    old = StripeEvent.objects.filter(received_at__lte=long_ago).values_list("status", flat=True)
    assert sorted(old) == ["dead", "failed", "flagged", "received"]
    assert StripeEvent.objects.filter(received_at__gt=long_ago).count() == 6


def test_the_hourly_job_forgets(in_alpha: Tenant, stripe: Control) -> None:
    long_ago = timezone.now() - timedelta(days=91)
    StripeEvent.objects.create(
        event_id="evt_1", type="x", status="processed", payload={}, created_at=long_ago,
        received_at=long_ago,
    )  # fmt: skip
    reconcile()
    assert not StripeEvent.objects.exists()
