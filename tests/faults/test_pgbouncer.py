"""The whole platform behind PgBouncer in transaction mode, with fewer connections than threads."""

import os
from collections.abc import Iterator

import psycopg
import pytest

from demo import postgres
from demo.stack import Stack
from tests.contract.api import booking_body
from tests.faults.test_at_once import starts
from tests.http import LiveApi, at_once
from tests.poolers import pooler
from tests.support import wait_for

SHOPS = ("salon", "gym")


@pytest.fixture
def pooled_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A platform whose migrations, pages and jobs share two connections."""
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    name = f"tillhouse_pooled_{os.getpid()}"
    postgres.create_database(f"{server}/postgres", name)
    with pooler(tmp_path_factory.mktemp("pgbouncer"), name, size=2) as pgbouncer:
        stack = Stack(
            tmp_path_factory.mktemp("stack"),
            port=0,
            database_url=pgbouncer.url,
            environment={
                "DATABASE_POOLING": "transaction",
                "JOBS_DATABASE_URL": f"{server}/{name}",
            },
        )
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()
    postgres.drop_database(f"{server}/postgres", name)


@pytest.mark.xdist_group("stack")
def test_two_businesses_book_at_once_and_each_has_its_own(pooled_stack: Stack) -> None:
    def book(number: int) -> str:
        shop = SHOPS[number % 2]
        body = booking_body(
            booking_date=starts(40 + number),
            deposit_amount_pence=0,
            customer_email=f"{shop}{number}@example.com",
        )
        answer = LiveApi(pooled_stack, shop).post("/api/bookings/", body)
        assert answer.status == 201, answer
        return str(body["customer_email"])

    booked = at_once(40, book, threads=10)
    url = pooled_stack.environment["JOBS_DATABASE_URL"].replace("postgres:", "postgresql:", 1)
    with psycopg.connect(url) as connection:
        for shop in SHOPS:
            found = connection.execute(f"SELECT customer_email FROM {shop}.bookings_booking")
            ours = [email for email in booked if email.startswith(shop)]
            assert sorted(ours) == sorted(email for (email,) in found if email in booked)
    log = pooled_stack.directory / "logs" / "worker.log"
    wait_for(lambda: all(f"To: {email}" in log.read_text() for email in booked))
