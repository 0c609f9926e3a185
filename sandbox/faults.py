"""What goes wrong on the way to Stripe, on request: errors, time-outs, slowness."""

import re
import threading
import time
from dataclasses import dataclass
from typing import Any

from sandbox import errors

KINDS = ("429", "500", "timeout_before", "timeout_after", "slow")


@dataclass
class Fault:
    """The next `times` requests that match suffer `kind`; `seconds` is for time-outs and slow."""

    kind: str
    times: int = 1
    method: str = ""
    path: str = ""
    account: str = ""
    seconds: float = 0.0


class Faults:
    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, wanted: dict[str, Any]) -> None:
        """Plan a fault; raises StripeError for one that does not exist."""
        if wanted.get("kind") not in KINDS:
            raise errors.invalid("kind", f"kind must be one of {', '.join(KINDS)}")
        with self._lock:
            self._faults.append(Fault(**wanted))

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str, account: str) -> Fault | None:
        """Return the fault that this request suffers, used up once more."""
        with self._lock:
            for fault in self._faults:
                if fault.times > 0 and _matches(fault, method, path, account):
                    fault.times -= 1
                    return fault
        return None


def _matches(fault: Fault, method: str, path: str, account: str) -> bool:
    return (
        fault.method in ("", method)
        and fault.account in ("", account)
        and re.search(fault.path, path) is not None
    )


def before(fault: Fault | None) -> None:
    """Suffer what happens instead of the request; raises StripeError."""
    if fault is None:
        return
    if fault.kind == "429":
        raise errors.StripeError("Request rate limit exceeded.", status=429, code="rate_limit")
    if fault.kind == "500":
        raise errors.StripeError("An unknown error occurred.", status=500, type="api_error")
    if fault.kind in ("timeout_before", "slow"):
        time.sleep(fault.seconds)
    if fault.kind == "timeout_before":
        raise errors.StripeError("Gateway time-out", status=504, type="api_error")
