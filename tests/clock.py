"""The moment at which tests take place that name their days: the real clock would pass them by.

Days in them are of 2027, so for them it is always Tuesday, 1 December 2026, about noon. The clock
goes on from there, and the same at Stripe.
"""

import runpy
import sys
from datetime import UTC, datetime, timedelta

import time_machine

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
#: From now to then, looked up once: a worker's tests and its sandbox keep the same time.
AWAY = NOON - datetime.now(UTC)


def moved(by: timedelta = AWAY) -> time_machine.travel:
    return time_machine.travel(datetime.now(UTC) + by)


if __name__ == "__main__":
    # python -m tests.clock SECONDS MODULE ...: run a module by a clock that is so far off.
    _, seconds, *sys.argv = sys.argv
    moved(timedelta(seconds=float(seconds))).start()
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
