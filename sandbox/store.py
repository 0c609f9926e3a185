"""What the sandbox remembers: one SQLite file, so that a restart or a kill loses nothing.

Every change happens inside `Store.transaction`, which holds one lock: requests are short, and
deliveries happen outside it.
"""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

StripeObject = dict[str, Any]

TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, kind TEXT NOT NULL,
    id TEXT NOT NULL UNIQUE, created INTEGER NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (account, kind, seq);
CREATE TABLE IF NOT EXISTS idempotency (
    account TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL, status INTEGER,
    body TEXT, PRIMARY KEY (account, key));
CREATE TABLE IF NOT EXISTS deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, endpoint TEXT NOT NULL,
    event TEXT NOT NULL, due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting', answer TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS deliveries_due ON deliveries (state, due);
CREATE TABLE IF NOT EXISTS timers (
    id INTEGER PRIMARY KEY AUTOINCREMENT, due REAL NOT NULL, action TEXT NOT NULL,
    account TEXT NOT NULL, target TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS accounts (
    id TEXT PRIMARY KEY, revoked INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0,
    muted INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS keys (
    id TEXT PRIMARY KEY, account TEXT NOT NULL, revoked INTEGER NOT NULL DEFAULT 0,
    forbidden TEXT NOT NULL DEFAULT '[]');
CREATE TABLE IF NOT EXISTS settlements (
    account TEXT PRIMARY KEY, currency TEXT NOT NULL, rate REAL NOT NULL);
CREATE TABLE IF NOT EXISTS account_states (
    account TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT, account TEXT NOT NULL, method TEXT NOT NULL,
    path TEXT NOT NULL, status INTEGER NOT NULL, at REAL NOT NULL);
"""


class Store:
    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.executescript(TABLES)
        # What was being delivered when the process died is delivered again, as at Stripe.
        self._connection.execute("UPDATE deliveries SET state='waiting' WHERE state='sending'")
        self._lock = threading.RLock()
        self._depth = 0
        #: Wakes the background threads after every change.
        self.changed = threading.Condition()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Hold the lock; commit at the end, roll back on an exception. May be nested."""
        with self._lock:
            self._depth += 1
            if self._depth == 1:
                self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                if self._depth == 1:
                    self._connection.execute("ROLLBACK")
                raise
            else:
                if self._depth == 1:
                    self._connection.execute("COMMIT")
            finally:
                self._depth -= 1
        with self.changed:
            self.changed.notify_all()

    def claim_due_deliveries(self, limit: int = 64) -> list[int]:
        """Mark what is due as being sent and return its ids."""
        due = self.rows(
            "SELECT id FROM deliveries WHERE state = 'waiting' AND due <= ? ORDER BY id LIMIT ?",
            time.time(), limit,
        )  # fmt: skip
        ids = [int(row["id"]) for row in due]
        return [
            id
            for id in ids
            if self.run("UPDATE deliveries SET state='sending' WHERE id=? AND state='waiting'", id)
        ]

    def rows(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return list(self._connection.execute(sql, values))

    def run(self, sql: str, *values: Any) -> int:
        """Execute one statement and return how many rows it changed."""
        with self._lock:
            return self._connection.execute(sql, values).rowcount

    def insert(self, account: str, kind: str, body: StripeObject) -> StripeObject:
        self.run(
            "INSERT INTO objects (account, kind, id, created, body) VALUES (?, ?, ?, ?, ?)",
            account, kind, body["id"], body["created"], json.dumps(body),
        )  # fmt: skip
        return body

    def save(self, body: StripeObject) -> StripeObject:
        self.run("UPDATE objects SET body = ? WHERE id = ?", json.dumps(body), body["id"])
        return body

    def get(self, account: str, kind: str, id: str) -> StripeObject | None:
        found = self.rows(
            "SELECT body FROM objects WHERE account = ? AND kind = ? AND id = ?", account, kind, id
        )
        return json.loads(found[0]["body"]) if found else None

    def list(self, account: str, kind: str) -> list[StripeObject]:
        """Return an account's objects of a kind, newest first."""
        found = self.rows(
            "SELECT body FROM objects WHERE account = ? AND kind = ? ORDER BY seq DESC",
            account,
            kind,
        )
        return [json.loads(row["body"]) for row in found]

    def account_of(self, id: str) -> str:
        """Return whose object `id` is, or "" for an unknown one."""
        found = self.rows("SELECT account FROM objects WHERE id = ?", id)
        return str(found[0]["account"]) if found else ""

    def settlement_of(self, account: str) -> tuple[str, float] | None:
        """Return the currency an account is settled in, and the rate, where that was set."""
        found = self.rows("SELECT currency, rate FROM settlements WHERE account = ?", account)
        return (str(found[0]["currency"]), float(found[0]["rate"])) if found else None

    def set_timer(self, seconds: float, action: str, account: str, target: str) -> None:
        self.run(
            "INSERT INTO timers (due, action, account, target) VALUES (?, ?, ?, ?)",
            time.time() + seconds, action, account, target,
        )  # fmt: skip

    def reset(self) -> None:
        with self.transaction():
            for table in (
                "objects idempotency deliveries timers accounts requests keys settlements "
                "account_states"
            ).split():
                self.run(f"DELETE FROM {table}")  # noqa: S608 - the names are ours


def public(obj: Any) -> Any:
    """Return an object as others see it: without our own bookkeeping, whose names start with "_".

    Metadata are the caller's, whatever their names.
    """
    if isinstance(obj, dict):
        return {
            key: value if key == "metadata" else public(value)
            for key, value in obj.items()
            if not key.startswith("_")
        }
    return [public(one) for one in obj] if isinstance(obj, list) else obj


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"


def now() -> int:
    return int(time.time())
