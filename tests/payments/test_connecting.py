"""A key is tried before it is kept, the webhook sets itself up, and money in flight arrives."""

from typing import Any

import pytest
from django.test import Client

from access.actors import SYSTEM
from payments import connecting, ledger
from payments.errors import ConnectionRefused, PaymentsDisabled, ProcessorFailed
from payments.gateway import Gateway
from payments.handlers import HANDLERS
from payments.models import Customer, LedgerEntry, PaymentSession, StripeAccount
from payments.services import settle, start_checkout
from payments.stripe_objects import Endpoint
from tenants.models import Tenant
from tests.stripe_control import Control

pytestmark = pytest.mark.django_db
HERE = "http://alpha.localhost:8000"


@pytest.fixture
def empty(in_alpha: Tenant, stripe_control: Control, settings: Any) -> StripeAccount:
    """Alpha, not connected to anything yet."""
    settings.STRIPE_API_BASE = stripe_control.base
    return StripeAccount.objects.current()


def connect(**changes: Any) -> list[str]:
    account = StripeAccount.objects.current()
    for name, value in changes.items():
        setattr(account, name, value)
    return connecting.connect(account, base_url=HERE, actor=SYSTEM)


def endpoints() -> list[Endpoint]:
    return Gateway(StripeAccount.objects.current()).list_webhook_endpoints()


def test_a_key_is_tried_and_the_webhook_is_made(empty: StripeAccount) -> None:
    assert connect(secret_key="sk_test_new", payments_enabled=True) == []
    account = StripeAccount.objects.current()
    assert account.stripe_account_id.startswith("acct_")
    assert account.payments_enabled
    [endpoint] = endpoints()
    assert endpoint.url == f"{HERE}/api/payments/webhook/stripe/"
    assert endpoint.events == set(HANDLERS)
    assert endpoint.api_version == "2026-10-28.endive"
    assert account.webhook_secret.startswith("whsec_")


def test_connecting_again_moves_the_one_endpoint(empty: StripeAccount) -> None:
    connect(secret_key="sk_test_new")
    secret = StripeAccount.objects.current().webhook_secret
    connecting.connect(
        StripeAccount.objects.current(), base_url="http://alpha.localhost:9000", actor=SYSTEM,
        check_webhook=True,
    )  # fmt: skip
    assert [one.url for one in endpoints()] == [
        "http://alpha.localhost:9000/api/payments/webhook/stripe/"
    ]
    assert StripeAccount.objects.current().webhook_secret == secret


def test_two_businesses_on_one_stripe_account_keep_an_endpoint_each(empty: StripeAccount) -> None:
    connect(secret_key="sk_test_new")
    Gateway(StripeAccount.objects.current()).create_webhook_endpoint(
        "http://beta.localhost:8000/api/payments/webhook/stripe/", ["payout.paid"]
    )
    connecting.connect(
        StripeAccount.objects.current(), base_url=HERE, actor=SYSTEM, check_webhook=True
    )
    assert len(endpoints()) == 2


@pytest.mark.parametrize("key", ["sk_test_revoked", "rk_test_revoked"])
def test_a_key_that_stripe_refuses_is_not_kept(empty: StripeAccount, key: str) -> None:
    with pytest.raises(ConnectionRefused, match="does not accept") as refusal:
        connect(secret_key=key)
    assert refusal.value.field == "secret_key"
    assert StripeAccount.objects.current().secret_key == ""


def test_what_a_restricted_key_lacks_is_named(
    empty: StripeAccount, stripe_control: Control
) -> None:
    stripe_control("restrict", key="rk_test_r", forbidden=["refunds:write", "events:read"])
    with pytest.raises(ConnectionRefused, match=r"Refunds \(write\), Events \(read\)"):
        connect(secret_key="rk_test_r")
    stripe_control("restrict", key="rk_test_r", forbidden=["products:write"])
    connect(secret_key="rk_test_r")
    assert not stripe_control("sessions")


def test_stripe_out_of_reach_changes_nothing(empty: StripeAccount, stripe_control: Control) -> None:
    stripe_control("fault", kind="500", times=9)
    with pytest.raises(ProcessorFailed):
        connect(secret_key="sk_test_new")
    stripe_control("clear_faults")
    assert StripeAccount.objects.current().secret_key == ""


def test_payments_stay_off_while_stripe_does_not_let_the_account_charge(
    empty: StripeAccount, stripe_control: Control
) -> None:
    stripe_control("account_state", key="sk_test_new", charges_enabled=False)
    [note] = connect(secret_key="sk_test_new", payments_enabled=True)
    assert "does not let this account take payments" in note
    assert not StripeAccount.objects.current().payments_enabled


def test_a_rolled_key_of_the_same_account_takes_over_without_a_gap(
    pay: Any, stripe: Control
) -> None:
    account = StripeAccount.objects.current()
    account.stripe_account_id = Gateway(account).retrieve_account().id
    account.save()
    connecting.connect(account, base_url=HERE, actor=SYSTEM, check_webhook=True)
    secret = StripeAccount.objects.current().webhook_secret
    session = pay(1000)
    stripe("roll_key", old_key="sk_test_alpha", new_key="sk_test_rolled", revoke_old=True)
    connect(secret_key="sk_test_rolled")
    account = StripeAccount.objects.current()
    assert (account.webhook_secret, account.payments_enabled) == (secret, True)
    assert settle(session.pk).is_paid


def test_another_accounts_key_is_refused_once_there_is_money_in_the_books(
    pay: Any, stripe: Control
) -> None:
    account = StripeAccount.objects.current()
    account.stripe_account_id = Gateway(account).retrieve_account().id
    account.save()
    pay(1000)
    with pytest.raises(ConnectionRefused, match="another Stripe account"):
        connect(secret_key="sk_test_stranger")
    assert StripeAccount.objects.current().secret_key == "sk_test_alpha"


def test_a_key_can_not_change_its_account_while_money_is_under_way(
    in_alpha: Tenant, stripe: Control
) -> None:
    start_checkout(
        payable_type="invoice", payable_id=1, amount=100, idempotency_key="k",
        success_url=f"{in_alpha.url}/", cancel_url=f"{in_alpha.url}/", own_hosts=in_alpha.hosts,
    )  # fmt: skip
    with pytest.raises(ConnectionRefused, match="still under way: 1 payment"):
        connect(secret_key="sk_test_stranger")
    with pytest.raises(ConnectionRefused, match="under way"):
        connecting.disconnect(actor=SYSTEM)


def test_live_and_test_keys_are_not_mixed(empty: StripeAccount) -> None:
    from django.core.exceptions import ValidationError

    empty.secret_key, empty.publishable_key = "sk_test_a", "pk_live_a"
    with pytest.raises(ValidationError, match="test mode"):
        empty.full_clean()
    with pytest.raises(ConnectionRefused):
        connect(secret_key="sk_live_never_in_the_sandbox")


def test_what_stripe_held_before_is_the_opening_balance(
    empty: StripeAccount, stripe_control: Control
) -> None:
    stripe_control("external_charge", key="sk_test_new", amount=5000)
    connect(secret_key="sk_test_new")
    assert ledger.balances()[("stripe_clearing", "GBP")] == 4905
    connect(publishable_key="pk_test_x")
    assert ledger.balances()[("stripe_clearing", "GBP")] == 4905


def test_what_a_mode_was_left_with_is_there_again(
    pay: Any, stripe: Control, monkeypatch: Any
) -> None:
    """Live, test and live again: each mode goes on with its own books, opened once."""
    pay(1000)
    stripe.wait_until_idle()
    first = StripeAccount.objects.current()
    first.remember_account(Gateway(first).retrieve_account().id, first.updated_at)
    first.save()
    LedgerEntry.objects.bulk_create(
        [LedgerEntry(kind="opening", source_id="x", debit="stripe_clearing", credit="other",
                     amount=7, currency="GBP", livemode=False, occurred_at=first.updated_at)]
    )  # fmt: skip
    monkeypatch.setattr(connecting, "is_live", lambda key: key == "sk_test_as_live")
    monkeypatch.setattr("payments.models.account.is_live", lambda key: key == "sk_test_as_live")
    monkeypatch.setattr(
        connecting, "Gateway", lambda row: Gateway(StripeAccount(secret_key=row.secret_key))
    )
    stripe("external_charge", key="sk_test_as_live", amount=5000)
    connect(secret_key="sk_test_as_live")
    assert ledger.balances() == {
        ("stripe_clearing", "GBP"): 4905, ("other", "GBP"): -4905,
    }  # fmt: skip
    connecting.disconnect(actor=SYSTEM)
    assert StripeAccount.objects.current().livemode
    assert ledger.balances()[("stripe_clearing", "GBP")] == 4905
    connect(secret_key="sk_test_as_live")
    assert ledger.balances()[("stripe_clearing", "GBP")] == 4905
    connect(secret_key="sk_test_alpha")
    account = StripeAccount.objects.current()
    assert (account.livemode, account.connected_at) == (False, first.connected_at)
    assert ledger.balances()[("stripe_clearing", "GBP")] == 1007


def test_disconnecting_first_does_not_let_another_account_in(pay: Any, stripe: Control) -> None:
    account = StripeAccount.objects.current()
    account.stripe_account_id = Gateway(account).retrieve_account().id
    account.save()
    pay(1000)
    connecting.disconnect(actor=SYSTEM)
    with pytest.raises(ConnectionRefused, match="another Stripe account"):
        connect(secret_key="sk_test_stranger")
    connect(secret_key="sk_test_alpha")


def test_the_books_of_an_account_without_payments_make_room(
    empty: StripeAccount, stripe_control: Control
) -> None:
    stripe_control("external_charge", key="sk_test_new", amount=5000)
    stripe_control("external_charge", key="sk_test_other", amount=2000)
    connect(secret_key="sk_test_new")
    connect(secret_key="sk_test_other")
    assert ledger.balances()[("stripe_clearing", "GBP")] == 1950
    connect(secret_key="sk_test_new")
    assert ledger.balances()[("stripe_clearing", "GBP")] == 4905


def test_a_balance_that_can_not_be_read_changes_nothing(
    empty: StripeAccount, stripe_control: Control
) -> None:
    stripe_control("fault", kind="500", times=9, path="/v1/balance")
    with pytest.raises(ProcessorFailed):
        connect(secret_key="sk_test_new")
    stripe_control("clear_faults")
    stripe_control("restrict", key="rk_test_r", forbidden=["balance:read", "customers:write"])
    with pytest.raises(ConnectionRefused, match=r"Customers \(write\), Balance \(read\)"):
        connect(secret_key="rk_test_r")
    assert StripeAccount.objects.current().secret_key == ""


def test_a_restricted_key_that_may_not_read_its_account_is_known_by_its_endpoint(
    pay: Any, stripe: Control
) -> None:
    account = StripeAccount.objects.current()
    account.remember_account(Gateway(account).retrieve_account().id, account.updated_at)
    account.save()
    connecting.connect(account, base_url=HERE, actor=SYSTEM, check_webhook=True)
    pay(1000)
    stripe("roll_key", old_key="sk_test_alpha", new_key="rk_test_alpha", revoke_old=False)
    for key in ("rk_test_alpha", "rk_test_stranger"):
        stripe("restrict", key=key, forbidden=["account:read"])
    connect(secret_key="rk_test_alpha")
    assert StripeAccount.objects.current().stripe_account_id.startswith("acct_")
    with pytest.raises(ConnectionRefused, match="can't say to which"):
        connect(secret_key="rk_test_stranger")
    assert StripeAccount.objects.current().secret_key == "rk_test_alpha"


def test_customers_of_another_account_are_strangers_there(empty: StripeAccount) -> None:
    connect(secret_key="sk_test_new")
    Customer.objects.create(email="a@example.com", stripe_customer_id="cus_1")
    connect(secret_key="sk_test_other")
    assert Customer.objects.get().stripe_customer_id is None


def test_the_webhook_secret_changes_without_losing_an_event(
    empty: StripeAccount, signer: Any, client_of: Any, in_alpha: Tenant
) -> None:
    connect(secret_key="sk_test_new")
    old = StripeAccount.objects.current().webhook_secret
    connecting.roll_webhook_secret(base_url=HERE, actor=SYSTEM)
    account = StripeAccount.objects.current()
    assert account.webhook_secrets == [account.webhook_secret, old]
    assert account.webhook_secret != old
    assert len(endpoints()) == 1
    for secret in account.webhook_secrets:
        event = signer.event("payment_intent.created", {"id": "pi_1"})
        assert signer.deliver(client_of(in_alpha), event, secret).status_code == 200


def test_disconnecting_forgets_the_keys_and_keeps_the_books(pay: Any, stripe: Control) -> None:
    pay(1000)
    connecting.disconnect(actor=SYSTEM)
    account = StripeAccount.objects.current()
    assert (account.secret_key, account.webhook_secrets, account.payments_enabled) == (
        "", [], False,
    )  # fmt: skip
    assert PaymentSession.objects.get().is_paid
    assert ledger.balances()[("revenue", "GBP")] == -1000


def test_switched_off_refuses_new_checkouts_and_settles_what_is_in_flight(
    in_alpha: Tenant, stripe: Control
) -> None:
    asked: dict[str, Any] = {
        "payable_type": "invoice", "payable_id": 1, "amount": 100,
        "success_url": f"{in_alpha.url}/", "cancel_url": f"{in_alpha.url}/",
        "own_hosts": in_alpha.hosts,
    }  # fmt: skip
    session = start_checkout(**asked, idempotency_key="before")
    connect(payments_enabled=False)
    with pytest.raises(PaymentsDisabled):
        start_checkout(**asked, idempotency_key="after")
    stripe("pay", session=session.stripe_checkout_session_id)
    assert settle(session.pk).status == "succeeded"


def test_the_owner_connects_on_the_page_and_reads_what_is_wrong(
    owner: Any, empty: StripeAccount, client_of: Any, in_alpha: Tenant
) -> None:
    client: Client = client_of(in_alpha)
    client.force_login(owner, backend="access.backends.RoleBackend")
    page = "/admin/payments/stripeaccount/"
    fields = {"default_currency": "GBP", "payments_enabled": "on"}
    refused = client.post(page, {**fields, "secret_key": "sk_test_revoked"})
    assert (refused.status_code, b"Stripe does not accept this key" in refused.content) == (
        400, True,
    )  # fmt: skip
    assert b"sk_test_revoked" not in refused.content
    saved = client.post(page, {**fields, "secret_key": "sk_test_good"}, follow=True)
    assert b"Connected to" in saved.content
    assert b"acct_" in saved.content
    assert b"sk_test_good" not in saved.content
    rolled = client.post(page, {"action": "roll-webhook-secret"}, follow=True)
    assert b"has a new secret" in rolled.content
    client.post(page, {"action": "disconnect"})
    assert StripeAccount.objects.current().secret_key == ""


def test_payments_can_be_switched_off_while_stripe_is_out_of_reach(
    account: StripeAccount, settings: Any
) -> None:
    settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    assert connect(payments_enabled=False) == []
    assert not StripeAccount.objects.current().payments_enabled
