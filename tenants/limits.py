"""What one business may take of a web server from the others: a share of its threads' time.

Not requests are counted but the seconds they take, which is what is scarce: a class that opens
for booking may be stormed by hundreds for a moment, slow requests by the dozen may not go on for
minutes. Each process counts by itself, without a query.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

#: For so long a business may use all threads before it is held to its share.
BURST_SECONDS = 60
REMEMBERED = 10_000


class Refused(Exception):
    """The business has had its share; ask again in `retry_after` seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"ask again in {retry_after} s")
        self.retry_after = retry_after


class Shares:
    """An account of thread time for each business, for all threads of a process.

    `clock` gives seconds. Businesses that asked longest ago are forgotten beyond `remembered`,
    and begin with a full account when they come back.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, remembered: int = REMEMBERED
    ) -> None:
        self._clock = clock
        self._remembered = remembered
        self._lock = Lock()
        # {business: (seconds left, when that was)}
        self._accounts: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def enter(self, business: str, per_second: float) -> float:
        """Return the time, for `leave`; raises Refused while the account of `business` is empty.

        It gets `per_second` thread seconds a second.
        """
        now = self._clock()
        account = self._accounts.get(business)
        # What has come in since is of interest to an empty one only.
        if account is not None and account[0] <= 0:
            left = self._left(account, per_second, now)
            if left <= 0:
                raise Refused(math.ceil(-left / per_second) + 1)
        return now

    def leave(self, business: str, per_second: float, begun: float) -> None:
        """Charge the time since `begun`, and more than the account holds if need be."""
        accounts = self._accounts
        with self._lock:
            now = self._clock()
            account = accounts.get(business)
            accounts[business] = (self._left(account, per_second, now) - (now - begun), now)
            if account is not None:
                accounts.move_to_end(business)
            elif len(accounts) > self._remembered:
                accounts.popitem(last=False)

    def charge(self, business: str, per_second: float, seconds: float) -> None:
        """Take `seconds` from the account of `business`, as if they had just been spent."""
        self.leave(business, per_second, self._clock() - seconds)

    @staticmethod
    def _left(account: tuple[float, float] | None, per_second: float, now: float) -> float:
        """Return what an account holds `now`, with what has come in since the last time."""
        most = per_second * BURST_SECONDS
        if account is None:
            return most
        left = account[0] + (now - account[1]) * per_second
        return left if left < most else most


shares = Shares()
