"""Bring a new version to the businesses: a chosen few first, then everybody else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from tenants.fleet.migration import Outcome, Pace, migrate


@dataclass
class Progress:
    """Shows how far a run has come: as a bar on a terminal, else a line for each tenth."""

    total: int
    write: Callable[[str], object]
    is_terminal: bool
    done: int = 0
    failed: int = 0

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._since = monotonic()

    def __call__(self, schema: str, error: str) -> None:
        with self._lock:
            self.done += 1
            if error:
                self.failed += 1
                self.write(f"{chr(13) if self.is_terminal else ''}{schema}: {error}\n")
            # Each write to a terminal takes as long as a small business does.
            steps = 100 if self.is_terminal else 10
            if self.done * steps // self.total > (self.done - 1) * steps // self.total:
                self._show()

    def _show(self) -> None:
        if not self.is_terminal:
            self.write(f"{self}\n")
            return
        self.write(f"\r[{'#' * (30 * self.done // self.total):<30}] {self}")
        if self.done == self.total:
            self.write("\n")

    def __str__(self) -> str:
        rate = self.done / max(monotonic() - self._since, 0.001)
        return f"{self.done}/{self.total}, {self.failed} failed, {rate:.0f}/s"


def roll_out(
    schemas: Sequence[str],
    canaries: Sequence[str],
    pace: Pace,
    tell: Callable[[str, str], None],
) -> Outcome:
    """Migrate those of `schemas` that are `canaries`; the others only if all of them went well."""
    first = [schema for schema in schemas if schema in set(canaries)]
    outcome = migrate(first, pace, tell)
    if not outcome.failed:
        rest = migrate([schema for schema in schemas if schema not in set(first)], pace, tell)
        outcome = Outcome(outcome.migrated + rest.migrated, rest.failed)
    return outcome
