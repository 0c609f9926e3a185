"""The order in which the worker takes jobs: by turns over all businesses.

The queue's own order is first come, first served: a business that sends ten thousand mails would
keep everybody else's confirmations waiting. Here each job goes into its business's queue, and a
worker takes one from each that has one due before it comes back to the first.
"""

import random
from collections.abc import Iterable

from procrastinate import App
from procrastinate.jobs import Job
from procrastinate.manager import JobManager

# Jumps from business to business by the index of migration 0005: the cost of a turn does not
# depend on how many jobs wait. A job that another worker is taking is passed over.
NEXT = """
WITH RECURSIVE business AS (
    (
        SELECT queue_name FROM procrastinate_jobs
        WHERE status = 'todo' AND queue_name > %(after)s
        ORDER BY queue_name LIMIT 1
    )
    UNION ALL
    SELECT next.queue_name FROM business, LATERAL (
        SELECT queue_name FROM procrastinate_jobs
        WHERE status = 'todo' AND queue_name > business.queue_name
        ORDER BY queue_name LIMIT 1
    ) AS next
), due AS (
    SELECT first.id FROM business, LATERAL (
        SELECT id FROM procrastinate_jobs
        WHERE status = 'todo' AND queue_name = business.queue_name
          AND coalesce(scheduled_at, '-infinity'::timestamptz) <= now()
        ORDER BY coalesce(scheduled_at, '-infinity'::timestamptz), id
        LIMIT 1 FOR UPDATE SKIP LOCKED
    ) AS first
    WHERE %(queues)s::varchar[] IS NULL OR business.queue_name = ANY (%(queues)s::varchar[])
    LIMIT 1
)
UPDATE procrastinate_jobs SET status = 'doing', worker_id = %(worker_id)s
FROM due WHERE procrastinate_jobs.id = due.id
RETURNING procrastinate_jobs.*
"""


class FairJobManager(JobManager):
    """Takes the jobs of all businesses by turns; none of ours has a `lock`, so none is read."""

    # Whose turn was last. Several workers begin at different businesses.
    _last = ""

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """Return the next job that is due, marked as being done, or None."""
        wanted = None if queues is None else list(queues)
        self._last = self._last or random.choice("abcdefghijklmnopqrstuvwxyz")  # noqa: S311
        for after in (self._last, ""):
            rows = await self.connector.execute_query_all_async(
                NEXT, queues=wanted, worker_id=worker_id, after=after
            )
            if rows:
                self._last = rows[0]["queue_name"]
                return Job.from_row(rows[0])
        return None


def take_turns(app: App) -> None:
    """Make the app's workers take jobs by turns (PROCRASTINATE_ON_APP_READY)."""
    app.job_manager = FairJobManager(app.connector)
