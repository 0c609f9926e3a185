"""``manage.py worker``: run background jobs until told to stop."""

import asyncio
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS
from django.db.utils import ConnectionHandler
from procrastinate.contrib.django import app
from procrastinate.psycopg_connector import PsycopgConnector


class Command(BaseCommand):
    help = "Run background jobs until stopped by SIGTERM or Ctrl-C; running jobs finish first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=4, help="jobs at once (default 4)")
        parser.add_argument("--once", action="store_true", help="stop when no job is due")

    def handle(self, *args: Any, **options: Any) -> None:
        with app.replace_connector(job_queue_connector()) as worker_app:
            asyncio.run(self._work(worker_app, options["concurrency"], wait=not options["once"]))

    async def _work(self, worker_app: Any, concurrency: int, *, wait: bool) -> None:
        async with worker_app.open_async():
            await worker_app.run_worker_async(
                concurrency=concurrency,
                wait=wait,
                delete_jobs="successful",
                fetch_job_polling_interval=2.0,
                shutdown_graceful_timeout=20.0,
            )


def job_queue_connector() -> PsycopgConnector:
    """Return a pool of the worker's own that sees the queue's tables and nothing of a business.

    Raises CommandError where it could not hear of new jobs.
    """
    database = settings.JOBS_DATABASE
    if database.get("POOLS_TRANSACTIONS"):
        raise CommandError(
            "With DATABASE_POOLING=transaction the worker can't hear of new jobs through "
            "DATABASE_URL: set JOBS_DATABASE_URL to an address of PostgreSQL itself."
        )
    wrapper = ConnectionHandler({DEFAULT_DB_ALIAS: database})[DEFAULT_DB_ALIAS]
    params = wrapper.get_connection_params()
    path = f"-c search_path=public,{settings.EXTENSIONS_SCHEMA}"
    params["options"] = f"{params.get('options', '')} {path}".strip()
    for name in ("cursor_factory", "context"):
        del params[name]
    return PsycopgConnector(kwargs=params)
