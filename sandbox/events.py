"""Every change is told as an Event, to each endpoint that asked for its type."""

import copy
import time
from typing import Any

from sandbox.store import Store, StripeObject, new_id, now, public

API_VERSION = "2026-10-28.endive"


def emit(store: Store, account: str, type: str, obj: StripeObject) -> StripeObject:
    """Write an Event with a snapshot of `obj` and queue its deliveries."""
    event: StripeObject = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": API_VERSION,
        "created": now(),
        "data": {"object": copy.deepcopy(public(obj))},
        "livemode": False,
        "pending_webhooks": 0,
        "request": {"id": None, "idempotency_key": None},
        "type": type,
    }
    store.insert(account, "event", event)
    queue(store, account, event)
    return event


def queue(store: Store, account: str, event: StripeObject) -> None:
    """Queue one delivery of `event` to every endpoint of the account that wants it."""
    flags = store.rows("SELECT held, muted FROM accounts WHERE id = ?", account)
    if flags and flags[0]["muted"]:
        return
    state = "held" if flags and flags[0]["held"] else "waiting"
    for endpoint in store.list(account, "webhook_endpoint"):
        if endpoint["status"] == "enabled" and wants(endpoint, event["type"]):
            store.run(
                "INSERT INTO deliveries (account, endpoint, event, due, state) "
                "VALUES (?, ?, ?, ?, ?)",
                account, endpoint["id"], event["id"], time.time(), state,
            )  # fmt: skip


def wants(endpoint: dict[str, Any], type: str) -> bool:
    return "*" in endpoint["enabled_events"] or type in endpoint["enabled_events"]
