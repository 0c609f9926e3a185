"""The sandbox's keys, accounts and webhook endpoints, used with Stripe's own SDK."""

from typing import Any

import pytest
import stripe

from tests.sandbox.support import KEY, post
from tests.sandbox.test_sandbox import client, paid, session_params
from tests.stripe_control import Control


def test_a_rolled_key_opens_the_same_account(api: Any, stripe_control: Control) -> None:
    paid(api, stripe_control)
    stripe_control("roll_key", old_key=KEY, new_key="sk_test_two")
    two = client(stripe_control, "sk_test_two")
    assert two.payment_intents.list().data == api.payment_intents.list().data
    assert two.accounts.retrieve_current().id == api.accounts.retrieve_current().id
    assert len(stripe_control("accounts")) == 1


def test_an_old_key_may_be_revoked(api: Any, stripe_control: Control) -> None:
    paid(api, stripe_control)
    stripe_control("roll_key", old_key=KEY, new_key="sk_test_two", revoke_old=True)
    assert client(stripe_control, "sk_test_two").payment_intents.list().data
    with pytest.raises(stripe.AuthenticationError) as refusal:
        api.payment_intents.list()
    assert refusal.value.http_status == 401


def test_a_revoked_account_is_restored(api: Any, stripe_control: Control) -> None:
    account = api.accounts.retrieve_current().id
    stripe_control("revoke", account=account)
    with pytest.raises(stripe.AuthenticationError):
        api.balance.retrieve()
    stripe_control("restore", account=account)
    api.balance.retrieve()


def test_a_restricted_key_is_told_so_before_anything_else(stripe_control: Control) -> None:
    forbidden = [
        "refunds:write",
        "events:read",
        "checkout_sessions:write",
        "webhook_endpoints:write",
    ]
    stripe_control("restrict", key="rk_test_r", forbidden=forbidden)
    api = client(stripe_control, "rk_test_r")
    api.refunds.list()
    api.checkout.sessions.list()
    calls = (
        lambda: api.refunds.create({}),
        api.events.list,
        lambda: api.checkout.sessions.create(session_params()),
        lambda: api.webhook_endpoints.delete("we_no"),
    )
    for call in calls:
        with pytest.raises(stripe.PermissionError) as refusal:
            call()
        assert refusal.value.http_status == 403
        told: Any = refusal.value.error
        assert (told.type, told.message) == (
            "invalid_request_error",
            "The provided key does not have the required permissions for this endpoint.",
        )


def test_a_restriction_is_the_keys_not_the_accounts(stripe_control: Control) -> None:
    stripe_control("roll_key", old_key=KEY, new_key="rk_test_r")
    stripe_control("restrict", key="rk_test_r", forbidden=["customers:read"])
    with pytest.raises(stripe.PermissionError):
        client(stripe_control, "rk_test_r").customers.list()
    client(stripe_control).customers.list()
    stripe_control("restrict", key="rk_test_r", forbidden=[])
    client(stripe_control, "rk_test_r").customers.list()


def test_what_the_account_says_can_be_changed_bit_by_bit(api: Any, stripe_control: Control) -> None:
    def state() -> tuple[bool, bool]:
        account = api.accounts.retrieve_current()
        return account.charges_enabled, account.payouts_enabled

    assert state() == (True, True)
    stripe_control("account_state", key=KEY, charges_enabled=False)
    assert state() == (False, True)
    stripe_control("account_state", key=KEY, payouts_enabled=False)
    assert state() == (False, False)
    stripe_control("account_state", key=KEY, charges_enabled=True)
    assert state() == (True, False)


# --- Webhook endpoints ---


@pytest.fixture
def endpoint(api: Any) -> Any:
    return api.webhook_endpoints.create(
        {
            "url": "http://shop.localhost/", "enabled_events": ["payout.paid"],
            "metadata": {"a": "1", "b": "2"},
        }
    )  # fmt: skip


def test_an_endpoint_can_be_changed_switched_off_and_deleted(api: Any, endpoint: Any) -> None:
    changes = {"disabled": True, "metadata": {"a": "", "c": "3"}, "enabled_events": ["*"]}
    changed = api.webhook_endpoints.update(endpoint.id, changes)
    assert (changed.status, changed.metadata.to_dict(), changed.enabled_events) == (
        "disabled", {"b": "2", "c": "3"}, ["*"],
    )  # fmt: skip
    assert api.webhook_endpoints.update(endpoint.id, {"disabled": False}).status == "enabled"
    assert api.webhook_endpoints.delete(endpoint.id).deleted
    assert api.webhook_endpoints.list().data == []


def test_an_endpoint_that_is_switched_off_is_told_nothing(
    api: Any, stripe_control: Control
) -> None:
    made = api.webhook_endpoints.create({"url": "http://x.localhost/", "enabled_events": ["*"]})
    api.webhook_endpoints.update(made.id, {"disabled": True})
    paid(api, stripe_control)
    assert stripe_control("deliveries") == []


@pytest.mark.parametrize("events", [{"enabled_events": ""}, {"enabled_events": "payout.paid"}])
def test_an_endpoints_events_are_a_list_with_something_in_it(
    stripe_control: Control, endpoint: Any, events: dict[str, str]
) -> None:
    for path in ("webhook_endpoints", f"webhook_endpoints/{endpoint.id}"):
        status, answer = post(stripe_control, path, {"url": "http://x.localhost/", **events})
        assert (status, answer["error"]["param"]) == (400, "enabled_events")
