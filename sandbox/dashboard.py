"""Control's actions for what happens in Stripe's dashboard, at banks, and to keys."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox import cards, charges, disputes, errors, payouts, refunds, subscriptions
from sandbox.store import StripeObject

if TYPE_CHECKING:
    from sandbox.store import Store

Body = dict[str, Any]


class Dashboard:
    """`ACTIONS` are called as ``POST /_control/<name>/`` with a JSON object."""

    ACTIONS = (
        "dashboard_refund refund_pending refund_succeeds refund_fails dispute dispute_review "
        "dispute_won dispute_lost payout payout_fails external_charge stripe_fee settle_in "
        "card_behaviour renew retry_invoice cancel_subscription roll_key restrict account_state"
    ).split()

    def __init__(self, store: "Store", account_id: Callable[[str], str]) -> None:
        self.store = store
        self._account_id = account_id

    def find(self, kind: str, id: str) -> tuple[str, StripeObject]:
        account = self.store.account_of(id)
        found = self.store.get(account, kind, id)
        if found is None:
            raise errors.missing(kind, id)
        return account, found

    def _on(self, kind: str, body: Body, act: Callable[..., StripeObject]) -> StripeObject:
        with self.store.transaction():
            account, found = self.find(kind, body[kind])
            return act(self.store, account, found)

    # --- Refunds ---

    def _refund(self, body: Body, status: str) -> StripeObject:
        with self.store.transaction():
            account = self.store.account_of(body.get("payment_intent") or body["charge"])
            params = {key: str(value) for key, value in body.items()}
            return refunds.create(self.store, account, params, status=status)

    def dashboard_refund(self, body: Body) -> StripeObject:
        return self._refund(body, "succeeded")

    def refund_pending(self, body: Body) -> StripeObject:
        return self._refund(body, "pending")

    def refund_succeeds(self, body: Body) -> StripeObject:
        return self._on("refund", body, refunds.succeed)

    def refund_fails(self, body: Body) -> StripeObject:
        return self._on("refund", body, refunds.fail)

    # --- Disputes ---

    def dispute(self, body: Body) -> StripeObject:
        """The customer contests `charge`, or the charge of `payment_intent`."""
        with self.store.transaction():
            charge_id = body.get("charge")
            if charge_id is None:
                charge_id = self.find("payment_intent", body["payment_intent"])[1]["latest_charge"]
            account, charge = self.find("charge", charge_id)
            return disputes.create(
                self.store, account, charge,
                amount=int(body["amount"]) if "amount" in body else None,
                reason=body.get("reason", ""),
            )  # fmt: skip

    def dispute_review(self, body: Body) -> StripeObject:
        return self._on("dispute", body, disputes.review)

    def dispute_won(self, body: Body) -> StripeObject:
        return self._on("dispute", body, disputes.win)

    def dispute_lost(self, body: Body) -> StripeObject:
        return self._on("dispute", body, disputes.lose)

    # --- The balance ---

    def payout(self, body: Body) -> StripeObject:
        with self.store.transaction():
            return payouts.create(
                self.store, self._account(body), body.get("currency", ""),
                automatic=bool(body.get("automatic", True)),
            )  # fmt: skip

    def payout_fails(self, body: Body) -> StripeObject:
        return self._on("payout", body, payouts.fail)

    def external_charge(self, body: Body) -> StripeObject:
        """A payment that another program takes through the same account."""
        with self.store.transaction():
            return charges.made_elsewhere(
                self.store, self._account(body), int(body["amount"]), body.get("currency", "gbp")
            )

    def stripe_fee(self, body: Body) -> StripeObject:
        """Stripe bills something by itself."""
        with self.store.transaction():
            return charges.balance_line(
                self.store, self._account(body), "", "stripe_fee", -int(body["amount"]),
                body.get("currency", "gbp"), category="fee", description="Radar",
                from_customer=False,
            )  # fmt: skip

    def settle_in(self, body: Body) -> None:
        """From now on the account's balance is in `currency`, at `rate`."""
        with self.store.transaction():
            self.store.run(
                "INSERT OR REPLACE INTO settlements VALUES (?, ?, ?)",
                self._account(body), body["currency"], float(body["rate"]),
            )  # fmt: skip

    # --- Cards and keys ---

    def card_behaviour(self, body: Body) -> None:
        """What charging a saved card leads to: ok, declined, authentication_required."""
        if body["outcome"] not in cards.OUTCOMES:
            raise errors.invalid("outcome", f"outcome must be one of {', '.join(cards.OUTCOMES)}")
        with self.store.transaction():
            _, method = self.find("payment_method", body["payment_method"])
            method["_outcome"] = body["outcome"]
            self.store.save(method)

    # --- Subscriptions ---

    def renew(self, body: Body) -> StripeObject:
        """The period of `subscription` is over, whatever the clock says."""
        return self._on("subscription", body, subscriptions.renew)

    def retry_invoice(self, body: Body) -> StripeObject:
        """Stripe tries an open invoice again by itself, with the card that it has."""
        with self.store.transaction():
            account, invoice = self.find("invoice", body["invoice"])
            try:
                return subscriptions.pay(self.store, account, invoice)
            except errors.CardError:
                return invoice

    def cancel_subscription(self, body: Body) -> StripeObject:
        return self._on("subscription", body, subscriptions.cancel)

    def roll_key(self, body: Body) -> None:
        """`new_key` opens the account of `old_key`, which may be revoked."""
        old, new = self._account_id(body["old_key"]), self._account_id(body["new_key"])
        with self.store.transaction():
            account = self._account({"key": body["old_key"]})
            self.store.run("INSERT OR REPLACE INTO keys (id, account) VALUES (?, ?)", new, account)
            if body.get("revoke_old"):
                self.store.run("UPDATE keys SET revoked = 1 WHERE id = ?", old)

    def restrict(self, body: Body) -> None:
        """`key` may not do what `forbidden` names, for example ``refunds:write``."""
        with self.store.transaction():
            self._account(body)
            self.store.run(
                "UPDATE keys SET forbidden = ? WHERE id = ?",
                json.dumps(body["forbidden"]), self._account_id(body["key"]),
            )  # fmt: skip

    def account_state(self, body: Body) -> None:
        """Change what ``GET /v1/account`` says, for example charges_enabled."""
        with self.store.transaction():
            account = self._account(body)
            found = self.store.rows("SELECT body FROM account_states WHERE account = ?", account)
            state = json.loads(found[0]["body"]) if found else {}
            state |= {k: v for k, v in body.items() if k not in ("key", "account")}
            self.store.run(
                "INSERT OR REPLACE INTO account_states VALUES (?, ?)", account, json.dumps(state)
            )

    def _account(self, body: Body) -> str:
        """Return the account named by `account`, or opened by `key`, made if it is new.

        Without either it is the only one there is.
        """
        if "key" not in body:
            ids = [str(row["id"]) for row in self.store.rows("SELECT id FROM accounts")]
            wanted = body.get("account") or (ids[0] if len(ids) == 1 else "")
            if wanted not in ids:
                raise errors.missing("account", wanted, "account")
            return str(wanted)
        key = self._account_id(body["key"])
        self.store.run("INSERT OR IGNORE INTO keys (id, account) VALUES (?, ?)", key, key)
        account = str(self.store.rows("SELECT account FROM keys WHERE id = ?", key)[0]["account"])
        self.store.run("INSERT OR IGNORE INTO accounts (id) VALUES (?)", account)
        return account
