"""``/_control/``: what Stripe, its dashboard, banks and networks do to you, on request.

README.md lists the actions. Not part of Stripe; the server listens on the loopback only.
"""

import concurrent.futures
import json
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from sandbox import charges, checkout, errors, webhooks
from sandbox.dashboard import Dashboard
from sandbox.events import emit
from sandbox.store import StripeObject, new_id

if TYPE_CHECKING:
    from sandbox.app import Sandbox

Body = dict[str, Any]


class Control:
    """Each public method is an action: ``POST /_control/<name>/`` with a JSON object."""

    def __init__(self, sandbox: "Sandbox", account_id: Callable[[str], str]) -> None:
        self.sandbox = sandbox
        self.store = sandbox.store
        self.actions: dict[str, Callable[[Body], Any]] = {
            name: getattr(self, name)
            for name in (
                "accounts sessions subscriptions events deliveries requests pay decline "
                "bank_debit bank_pays bank_refuses expire redeliver resend hold release "
                "mute unmute craft fault clear_faults revoke restore settle_now idle reset"
            ).split()
        }
        dashboard = Dashboard(self.store, account_id)
        self._find = dashboard.find
        self.actions |= {name: getattr(dashboard, name) for name in Dashboard.ACTIONS}

    def __call__(self, request: HttpRequest, action: str) -> HttpResponse:
        if not action:
            return JsonResponse({"actions": sorted(self.actions)})
        handler = self.actions.get(action)
        if handler is None:
            return JsonResponse({"error": f"There is no action {action}."}, status=404)
        try:
            body = json.loads(request.body or "{}") | request.GET.dict()
            return JsonResponse({"result": handler(body)})
        except errors.StripeError as error:
            return JsonResponse(error.body, status=error.status)
        except (ValueError, KeyError, TypeError) as error:
            return JsonResponse({"error": f"Bad request: {error!r}"}, status=400)

    # --- Looking ---

    def accounts(self, body: Body) -> list[Body]:
        return [dict(row) for row in self.store.rows("SELECT * FROM accounts")]

    def sessions(self, body: Body) -> list[StripeObject]:
        return self._all("checkout.session")

    def subscriptions(self, body: Body) -> list[StripeObject]:
        return self._all("subscription")

    def events(self, body: Body) -> list[StripeObject]:
        return self._all("event")

    def deliveries(self, body: Body) -> list[Body]:
        return [dict(row) for row in self.store.rows("SELECT * FROM deliveries ORDER BY id")]

    def requests(self, body: Body) -> list[Body]:
        found = [dict(row) for row in self.store.rows("SELECT * FROM requests ORDER BY id")]
        return [row for row in found if body.get("path", "") in row["path"]]

    def _all(self, kind: str) -> list[StripeObject]:
        rows = self.store.rows("SELECT body FROM objects WHERE kind = ? ORDER BY seq", kind)
        return [json.loads(row["body"]) for row in rows]

    # --- What the customer and the bank do ---

    def _session(self, body: Body, act: Callable[..., StripeObject], **extra: Any) -> StripeObject:
        with self.store.transaction():
            account, session = self._find("checkout.session", body["session"])
            return checkout.shown(act(self.store, account, session, **extra))

    def pay(self, body: Body) -> StripeObject:
        return self._session(body, charges.pay)

    def decline(self, body: Body) -> StripeObject:
        return self._session(body, charges.decline)

    def bank_debit(self, body: Body) -> StripeObject:
        return self._session(body, charges.debit)

    def bank_pays(self, body: Body) -> StripeObject:
        return self._session(body, charges.debit_result, paid=True)

    def bank_refuses(self, body: Body) -> StripeObject:
        return self._session(body, charges.debit_result, paid=False)

    def expire(self, body: Body) -> StripeObject:
        return self._session(body, checkout.expire)

    # --- Deliveries ---

    def redeliver(self, body: Body) -> list[int]:
        """Post one event `times` times at once, now; return the answers' statuses."""
        account, event = self._find("event", body["event"])
        endpoint = self.store.list(account, "webhook_endpoint")[0]
        times = int(body.get("times", 1))
        with concurrent.futures.ThreadPoolExecutor(min(times, 50)) as pool:
            return list(pool.map(lambda _: webhooks.post(endpoint, event), range(times)))

    def resend(self, body: Body) -> StripeObject:
        """Tell the same change again under another event id."""
        with self.store.transaction():
            account, event = self._find("event", body["event"])
            return emit(self.store, account, event["type"], event["data"]["object"])

    def craft(self, body: Body) -> StripeObject:
        """Tell of any object that the test makes up, signed as always."""
        with self.store.transaction():
            return emit(self.store, body["account"], body["type"], body["object"])

    def hold(self, body: Body) -> None:
        """Queue up deliveries (of one account or all) until `release`."""
        self._flag("held", 1, body)

    def release(self, body: Body) -> list[str]:
        """Deliver what was held one after another: in `order` (event types), or shuffled."""
        self._flag("held", 0, body)
        rows = self.store.rows("SELECT * FROM deliveries WHERE state = 'held' ORDER BY id")
        held = [(row["id"], *self._find("event", row["event"])) for row in rows]
        order: list[str] = body.get("order", [])
        if body.get("shuffle"):
            random.shuffle(held)
        elif order:
            held.sort(
                key=lambda one: order.index(one[2]["type"]) if one[2]["type"] in order else 99
            )
        for id, account, event in held:
            endpoint = self.store.list(account, "webhook_endpoint")[0]
            answer = webhooks.post(endpoint, event)
            with self.store.transaction():
                state = "delivered" if answer == 200 else "waiting"
                self.store.run(
                    "UPDATE deliveries SET state = ?, answer = ? WHERE id = ?", state, answer, id
                )
        return [event["type"] for _, _, event in held]

    def mute(self, body: Body) -> None:
        """Webhooks off: events happen, nothing is delivered."""
        self._flag("muted", 1, body)

    def unmute(self, body: Body) -> None:
        self._flag("muted", 0, body)

    def _flag(self, column: str, value: int, body: Body) -> None:
        with self.store.transaction():
            self.store.run(
                f"UPDATE accounts SET {column} = ? WHERE id = ? OR ? = ''",  # noqa: S608
                value, body.get("account", ""), body.get("account", ""),
            )  # fmt: skip

    # --- Trouble ---

    def fault(self, body: Body) -> None:
        self.sandbox.faults.add(body)

    def clear_faults(self, body: Body) -> None:
        self.sandbox.faults.clear()

    def revoke(self, body: Body) -> None:
        """The account's key is rejected from now on."""
        self._flag("revoked", 1, body)

    def restore(self, body: Body) -> None:
        self._flag("revoked", 0, body)

    # --- Time ---

    def settle_now(self, body: Body) -> None:
        """Settle every charge that would be settled in a moment."""
        self.sandbox.fire_timers("settle")

    def idle(self, body: Body) -> str:
        """Answer when no delivery or settlement is due within a second, or after `seconds`."""
        deadline = time.monotonic() + float(body.get("seconds", 10))
        while time.monotonic() < deadline:
            if not self.store.rows(
                "SELECT 1 FROM deliveries WHERE state = 'sending' "
                "OR (state = 'waiting' AND due <= ?) UNION ALL "
                "SELECT 1 FROM timers WHERE due <= ?",
                time.time() + 1.5, time.time() + 1.5,
            ):  # fmt: skip
                return "idle"
            with self.store.changed:
                self.store.changed.wait(timeout=0.05)
        return "busy"

    def reset(self, body: Body) -> str:
        self.store.reset()
        self.sandbox.faults.clear()
        return new_id("reset")
