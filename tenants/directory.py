"""Which business lives at which host, as this process remembers it.

The database holds a version of the directory, a new one with every change of a business or a
domain, by whatever way (triggers of migration 0004), and what is remembered counts for that
version alone. A request proves it in the message of its first statement, unless another request
of the process has proved it less than `LEASE_SECONDS` ago: a suspended, renamed or removed
business is noticed by every process within that time.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from copy import copy
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

if TYPE_CHECKING:
    from tenants.models import Tenant

KNOWN_HOSTS = 10_000
# Apart from the known ones, so that asking for invented hosts pushes no business out.
UNKNOWN_HOSTS = 1_000
LEASE_SECONDS = 0.05


class Entry(NamedTuple):
    """The business at a host, or None, when the directory had this version."""

    version: UUID
    tenant: "Tenant | None"


class Directory:
    """A bounded memory of what was looked up last, for all threads of a process.

    `clock` gives seconds.
    """

    lease_seconds = LEASE_SECONDS

    def __init__(
        self,
        known_hosts: int = KNOWN_HOSTS,
        unknown_hosts: int = UNKNOWN_HOSTS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.clock = clock
        # The version that was there, and when that was asked.
        self._proof: tuple[UUID | None, float] = (None, 0.0)
        self._known: OrderedDict[str, Entry] = OrderedDict()
        self._unknown: OrderedDict[str, Entry] = OrderedDict()
        self._bounds = ((self._known, known_hosts), (self._unknown, unknown_hosts))
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._known) + len(self._unknown)

    def note_proof(self, version: UUID, asked_at: float) -> None:
        """Remember that the database had `version` no earlier than `asked_at`."""
        self._proof = (version, asked_at)

    def is_proved(self, version: UUID) -> bool:
        """Has the database had `version` a moment ago?"""
        proved, asked_at = self._proof
        # Mostly the very same object, which is quicker to see.
        is_it = proved is version or proved == version
        return is_it and self.clock() - asked_at < self.lease_seconds

    def recall(self, host: str) -> Entry | None:
        """Return what is remembered of `host`, perhaps outdated; the business is a copy."""
        with self._lock:
            entries = self._known if host in self._known else self._unknown
            if host not in entries:
                return None
            entries.move_to_end(host)
            version, tenant = entries[host]
        # A request may change its business; the next one must not see that.
        return Entry(version, None if tenant is None else tenant.__copy__())

    def remember(self, host: str, entry: Entry) -> None:
        """Keep `entry` for `host`, and forget what has not been asked for the longest."""
        kept = Entry(entry.version, copy(entry.tenant))
        with self._lock:
            self._known.pop(host, None)
            self._unknown.pop(host, None)
            (self._unknown if entry.tenant is None else self._known)[host] = kept
            for entries, most in self._bounds:
                while len(entries) > most:
                    entries.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._known.clear()
            self._unknown.clear()
            self._proof = (None, 0.0)


directory = Directory()
