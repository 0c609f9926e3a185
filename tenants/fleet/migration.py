"""Migrate all businesses: several at once, each whole or not at all, whatever befalls others.

Nothing here remembers how far it came: each schema's version is written in the transaction that
migrates it, so a run that is killed is taken up by the next one, and two runs at once share the
work.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

from tenants.connection import connection
from tenants.fleet import survey, versions
from tenants.fleet.recording import Upgrade, record_upgrade
from tenants.fleet.replay import MovedError, could_be_retried, upgrade_schema

#: Seconds to wait before those are tried again whose locks somebody held.
WAITS = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
MOVED = "it does not stand where it was believed to stand"
NEVER_MIGRATED = "There is no such schema, or it was never migrated: restore it from a backup."


@dataclass(frozen=True)
class Pace:
    """How hard a run presses: connections at once, and milliseconds to wait for a lock.

    Whoever comes after a waiting migration waits too. And while it waits less than PostgreSQL's
    deadlock_timeout (a second), it is the migration that gives up, not a customer's booking.
    """

    connections: int = 4
    lock_timeout: int = 400
    waits: Sequence[float] = WAITS


@dataclass
class Outcome:
    """What became of the schemas: migrated, and why not."""

    migrated: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)


class Work(NamedTuple):
    """One schema's part."""

    schema: str
    fingerprint: str
    upgrade: Upgrade


def migrate(
    schemas: Sequence[str],
    pace: Pace = Pace(),
    tell: Callable[[str, str], None] = lambda schema, error: None,
) -> Outcome:
    """Bring `schemas` to this code's version.

    `tell` is called with each schema when it is done, and why it failed or an empty text. A
    failure is also written to the schema's version.
    """
    return _Run(pace, tell).run(schemas)


class _Run:
    def __init__(self, pace: Pace, tell: Callable[[str, str], None]) -> None:
        self.pace = pace
        self.tell = tell
        self.outcome = Outcome()
        self.upgrades: dict[str, Upgrade] = {}
        # Locked by others, or moved on by them, in this round.
        self.again: dict[str, str] = {}

    def run(self, schemas: Sequence[str]) -> Outcome:
        lost = survey.without_migrations(schemas)
        for schema in lost:
            self._fail(schema, NEVER_MIGRATED)
        todo = [schema for schema in schemas if schema not in set(lost)]
        standing = survey.by_version
        for wait in self.pace.waits:
            if not todo:
                break
            time.sleep(wait)
            self.again = {}
            self._work_off(self._plan(standing(todo)))
            todo = list(self.again)
            standing = survey.by_fingerprint
        for schema in todo:
            self._fail(schema, f"It stayed in use through {len(self.pace.waits)} tries: "
                               f"{self.again[schema]}")  # fmt: skip
        return self.outcome

    def _plan(self, standing: dict[str, list[str]]) -> list[Work]:
        """Record what is needed, once for all schemas that stand at the same place."""
        work: list[Work] = []
        for fingerprint, group in standing.items():
            if fingerprint not in self.upgrades:
                try:
                    self.upgrades[fingerprint] = record_upgrade(group[0])
                except Exception as error:  # noqa: BLE001 - whatever a migration raises
                    self._put_off(group[0], self._verified(group, fingerprint), error)
                    continue
            upgrade = self.upgrades[fingerprint]
            if upgrade.steps:
                work += [Work(schema, fingerprint, upgrade) for schema in group]
            else:
                found = self._verified(group, fingerprint)
                versions.record(*found)
                for schema in found:
                    self._succeed(schema)
        return work

    def _verified(self, group: list[str], fingerprint: str) -> list[str]:
        """Return those of `group` that do stand there; the others are looked at again."""
        found = survey.by_fingerprint(group).pop(fingerprint, [])
        self.again |= dict.fromkeys(set(group).difference(found), MOVED)
        return found

    def _put_off(self, model: str, group: list[str], error: Exception) -> None:
        """Say why nothing can be done for `group`, or that somebody was in the way."""
        reason = f"Tried in a copy of {model}: {_said(error)}"
        for schema in group:
            if could_be_retried(error):
                self.again[schema] = reason
            else:
                self._fail(schema, reason)

    def _work_off(self, work: list[Work]) -> None:
        queue = deque(work)
        with ThreadPoolExecutor(self.pace.connections) as pool:
            threads = [
                pool.submit(self._thread, queue)
                for _ in range(min(self.pace.connections, len(work)))
            ]
            try:
                for thread in threads:
                    thread.result()
            except BaseException:
                # What has begun is finished, nothing more is taken up.
                queue.clear()
                raise

    def _thread(self, queue: deque[Work]) -> None:
        """Take schemas from `queue` until it is empty, over a connection of its own."""
        own: dict[str, Upgrade] = {}
        try:
            while queue:
                try:
                    one = queue.popleft()
                except IndexError:
                    break
                if one.fingerprint not in own:
                    own[one.fingerprint] = one.upgrade.for_one_thread()
                self._migrate_one(one.schema, own[one.fingerprint], one.fingerprint)
        finally:
            connection.close()

    def _migrate_one(self, schema: str, upgrade: Upgrade, fingerprint: str) -> None:
        try:
            upgrade_schema(schema, upgrade, fingerprint, self.pace.lock_timeout)
        except MovedError:
            self.again[schema] = MOVED
        except Exception as error:  # noqa: BLE001 - one business's trouble is not the others'
            connection.close_if_unusable_or_obsolete()
            if could_be_retried(error):
                self.again[schema] = _said(error)
            else:
                self._fail(schema, _said(error))
        else:
            self._succeed(schema)

    def _succeed(self, schema: str) -> None:
        self.outcome.migrated.append(schema)
        self.tell(schema, "")

    def _fail(self, schema: str, error: str) -> None:
        versions.record_failure(schema, error)
        self.outcome.failed[schema] = error
        self.tell(schema, error)


def _said(error: BaseException) -> str:
    """Return the first line of what `error` says."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
