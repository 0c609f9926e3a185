"""One business's load is not the others' wait: requests, jobs, statements."""

import asyncio
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.test import Client
from django_tenants.utils import schema_context, tenant_context
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from payments.jobs import send_receipt
from tenants.connection import connection
from tenants.limits import BURST_SECONDS, Refused, Shares, shares
from tenants.management.commands.worker import job_queue_connector
from tenants.models import Tenant


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def use(account: Shares, clock: Clock, business: str, seconds: float) -> None:
    begun = account.enter(business, 4)
    clock.now += seconds
    account.leave(business, 4, begun)


def test_a_burst_is_served_and_then_the_business_is_held_to_its_share() -> None:
    clock = Clock()
    account = Shares(clock)
    use(account, clock, "busy", 1)
    # It overdraws what is left with one very long request.
    begun = account.enter("busy", 4)
    clock.now += 1
    account.charge("busy", 4, 4 * BURST_SECONDS + 20)
    account.leave("busy", 4, begun)
    with pytest.raises(Refused) as refusal:
        use(account, clock, "busy", 1)
    assert refusal.value.retry_after > 1
    use(account, clock, "quiet", 1)
    clock.now += refusal.value.retry_after
    use(account, clock, "busy", 1)


def test_a_business_that_keeps_within_its_share_is_never_refused() -> None:
    clock = Clock()
    account = Shares(clock)
    for _ in range(10_000):
        use(account, clock, "steady", 1)


def test_only_so_many_businesses_are_remembered() -> None:
    account = Shares(Clock(), remembered=3)
    for number in range(10):
        use(account, Clock(), f"b{number}", 0)
    assert len(account._accounts) == 3


@pytest.fixture
def _own_accounts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    shares._accounts.clear()
    yield
    shares._accounts.clear()


@pytest.mark.django_db
@pytest.mark.usefixtures("_own_accounts")
def test_the_one_is_refused_in_words_and_the_other_is_served(alpha: Tenant, beta: Tenant) -> None:
    shares.charge("alpha", 4, 1000)
    page = Client(HTTP_HOST="alpha.localhost").get("/")
    assert (page.status_code, b"too many visitors" in page.content) == (429, True)
    assert int(page["Retry-After"]) > 100
    answer = Client(HTTP_HOST="alpha.localhost").get("/api/services/")
    assert answer.status_code == 429
    assert "too many visitors" in answer.json()["error"]
    assert Client(HTTP_HOST="beta.localhost").get("/").status_code == 200


@pytest.mark.django_db
@pytest.mark.usefixtures("_own_accounts")
def test_what_stripe_tells_is_taken_in_all_the_same(alpha: Tenant) -> None:
    shares.charge("alpha", 4, 1000)
    answer = Client(HTTP_HOST="alpha.localhost").post("/api/payments/webhook/stripe/")
    # Of an unsigned delivery, or a business without a secret: it was looked at.
    assert answer.status_code in (400, 503)


@pytest.mark.django_db
@pytest.mark.usefixtures("_own_accounts")
def test_a_business_may_have_a_share_of_its_own(alpha: Tenant) -> None:
    Tenant.objects.filter(pk=alpha.pk).update(request_share=0)
    shares.charge("alpha", 4, 1000)
    assert Client(HTTP_HOST="alpha.localhost").get("/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_statement_that_takes_too_long_is_stopped_and_said_so(
    alpha: Tenant, beta: Tenant, read_key: str, settings: Any
) -> None:
    settings.REQUEST_STATEMENT_SECONDS = 1
    dsn = {**connection.get_connection_params(), "cursor_factory": psycopg.Cursor}
    try:
        with psycopg.connect(**dsn) as other:
            other.execute("LOCK TABLE alpha.bookings_service IN ACCESS EXCLUSIVE MODE")
            page = Client(HTTP_HOST="alpha.localhost").get("/")
            assert (page.status_code, b"took too long" in page.content) == (503, True)
            answer = Client(HTTP_HOST="alpha.localhost").get(
                "/api/bookings/services/", headers={"Authorization": f"Bearer {read_key}"}
            )
            assert answer.status_code == 503
            assert "was stopped" in answer.json()["error"]
            assert Client(HTTP_HOST="beta.localhost").get("/").status_code == 200
    finally:
        connection.limit_statements(0)


@pytest.mark.django_db
def test_a_job_has_a_limit_of_its_own(alpha: Tenant, settings: Any) -> None:
    settings.JOB_STATEMENT_SECONDS = 7
    found: list[str] = []

    def look(**arguments: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            found.append(cursor.fetchone()[0])

    function, send_receipt.function = send_receipt.function, look
    try:
        send_receipt._run(schema="alpha", payment_session_id="x")
    finally:
        send_receipt.function = function
        connection.limit_statements(0)
    assert found == ["7s"]


def take(count: int, at_once: int = 1) -> list[dict[str, Any]]:
    """Have `at_once` fetchers take up to `count` jobs each; return what they got, in order."""

    async def fetch(worker_app: Any) -> list[Any]:
        async with worker_app.open_async():
            worker = await worker_app.job_manager.register_worker()
            jobs: list[Any] = []

            async def one() -> None:
                for _ in range(count):
                    job = await worker_app.job_manager.fetch_job(None, worker)
                    if job is None:
                        return
                    jobs.append(job)

            await asyncio.gather(*(one() for _ in range(at_once)))
            return jobs

    with app.replace_connector(job_queue_connector()) as worker_app:
        return [
            {"schema": job.task_kwargs["schema"], "id": job.id}
            for job in asyncio.run(fetch(worker_app))
        ]


def enqueue(tenant: Tenant, count: int) -> None:
    with tenant_context(tenant):
        for number in range(count):
            send_receipt.enqueue(payment_session_id=str(number))


@pytest.mark.django_db(transaction=True)
def test_a_thousand_mails_of_one_business_do_not_delay_the_others_confirmation(
    alpha: Tenant, beta: Tenant
) -> None:
    enqueue(alpha, 1000)
    enqueue(beta, 2)
    taken = [job["schema"] for job in take(6)]
    assert taken.count("beta") == 2
    assert set(taken[:2]) == {"alpha", "beta"}
    assert set(taken[2:4]) == {"alpha", "beta"}
    assert taken[4:] == ["alpha", "alpha"]


@pytest.mark.django_db(transaction=True)
def test_jobs_of_one_business_are_taken_in_their_order(alpha: Tenant) -> None:
    enqueue(alpha, 20)
    ids = [job["id"] for job in take(30)]
    assert len(ids) == 20
    assert ids == sorted(ids)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_take_each_job_once(alpha: Tenant, beta: Tenant) -> None:
    enqueue(alpha, 60)
    enqueue(beta, 60)
    ids = [job["id"] for job in take(200, at_once=8)]
    assert sorted(ids) == sorted(set(ids))
    with schema_context("public"):
        assert ProcrastinateJob.objects.filter(status="doing").count() == len(ids)
        left = ProcrastinateJob.objects.filter(status="todo").count()
    # A fetcher that lost a race looks again at its next turn.
    assert len(ids) + left == 120
    assert len(take(200)) == left


@pytest.mark.django_db(transaction=True)
def test_a_job_for_later_waits_and_hides_none_that_is_due(alpha: Tenant) -> None:
    from datetime import timedelta

    from django.utils import timezone

    with tenant_context(alpha):
        send_receipt.enqueue(at=timezone.now() + timedelta(days=1), payment_session_id="later")
        send_receipt.enqueue(at=timezone.now() - timedelta(days=1), payment_session_id="overdue")
    assert len(take(5)) == 1


@pytest.mark.django_db(transaction=True)
def test_the_index_carries_every_step_of_a_turn(alpha: Tenant) -> None:
    """Without it the cost of each job would grow with the number that wait."""
    from tenants.queue import NEXT

    enqueue(alpha, 300)
    with schema_context("public"), connection.cursor() as cursor:
        cursor.execute("SET search_path = public, extensions")
        cursor.execute("ANALYZE procrastinate_jobs")
        # It is small here.
        cursor.execute("SET enable_seqscan = off")
        cursor.execute(f"EXPLAIN {NEXT}", {"after": "", "queues": None, "worker_id": None})
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("RESET enable_seqscan")
    assert "Seq Scan" not in plan
    by_turns = plan.partition("procrastinate_jobs_turns")[2]
    assert "Index Cond: (((queue_name)" in by_turns and "<= now()" in by_turns, plan
