"""``python -m benchmarks.webhooks``: signed checkout.session.completed events per second.

Three are measured in turns, on one database server, with the same gunicorn settings and load:

- ours: each event confirms a payment of its own: inbox, job, transaction, ledger, audit trail;
- dj-stripe's webhook view: it stores the event and the Checkout Session, which it fetches first
  (from memory here, see djstripe_site/stub.py);
- the floor: what ours writes, and reads under a lock, by psycopg alone, over as many connections.

Then ours again with more businesses, the events spread over all of them: first as they come to
connections that have not seen most of the businesses (PostgreSQL reads what each one's tables are,
once for each connection), then, which is what counts, to connections that have, as after some
minutes of such a load. Connections are not replaced meanwhile: each new one would be a stranger
again.
"""

import argparse
import hashlib
import hmac
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
from typing import Any

import psycopg

from benchmarks.load import Post, post_all, rate
from benchmarks.place import (
    ENVIRONMENT,
    FAMILIAR,
    database,
    dsn,
    gunicorn,
    python_with,
    server,
)
from benchmarks.schemas import copy_tenants, dump
from demo.bootstrap import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "webhooks.json"
WEBHOOK = "/api/payments/webhook/stripe/"
SECRET = "whsec_bench"
TARGETS = {"dj-stripe": 2.0, "floor": 0.4, "growth": 0.85}


def signed(event: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    body = json.dumps(event).encode()
    at = int(time.time())
    digest = hmac.new(SECRET.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return body, {"Stripe-Signature": f"t={at},v1={digest}"}


def completed(session_id: str, schema: str, payment: str, intent: str | None) -> dict[str, Any]:
    """Return a new event about a paid Checkout Session."""
    return {
        "id": f"evt_{uuid.uuid4().hex}", "object": "event", "api_version": "2026-10-28.endive",
        "created": int(time.time()), "livemode": False, "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": "checkout.session.completed",
        "data": {"object": {
            "id": session_id, "object": "checkout.session", "amount_total": 1000,
            "currency": "gbp", "livemode": False, "payment_intent": intent, "mode": "payment",
            "payment_status": "paid", "status": "complete", "url": None, "customer": None,
            "expires_at": 1900000000,
            "metadata": {"tillhouse_schema": schema, "payment_session_id": payment},
        }},
    }  # fmt: skip


class Ours:
    """The platform, with some businesses that wait for payments."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.schemas: list[str] = []
        self.empty = ""

    def set_up(self) -> None:
        """Migrate, and provision the first business."""
        self._manage("migrate_schemas", "--verbosity", "0")
        self._manage("tenant", "create", "bench0", "--name", "bench0")
        self.schemas = ["bench0"]
        self._give_keys(["bench0"])
        # As long as it is empty: the copies need none of the rows that it gets while measured.
        self.empty = dump(self.url, "bench0")

    def grow(self, count: int) -> None:
        """Have `count` businesses."""
        names = [f"bench{number}" for number in range(len(self.schemas), count)]
        if names:
            copy_tenants(self.url, "bench0", self.empty, names)
            self._give_keys(names)
            self.schemas += names

    def _give_keys(self, names: list[str]) -> None:
        """Secrets are bound to their business: each gets them through the models."""
        script = (
            "import sys\n"
            "KEYS = dict(webhook_secret='whsec_bench', secret_key='sk_test_bench')\n"
            "from django_tenants.utils import tenant_context\n"
            "from tenants.models import Tenant\n"
            "from payments.models import StripeAccount\n"
            "names = sys.stdin.read().split()\n"
            "for tenant in Tenant.objects.with_hosts().filter(schema_name__in=names):\n"
            "    with tenant_context(tenant):\n"
            "        StripeAccount.objects.update(payments_enabled=True, **KEYS)\n"
        )  # fmt: skip
        self._python(["-c", f"import django; django.setup()\n{script}"], stdin=" ".join(names))

    def posts(self, count: int) -> list[Post]:
        """Insert `count` waiting payments, in turn over all businesses; return their events."""
        posts: list[Post] = []
        with psycopg.connect(dsn(self.url), autocommit=True) as connection:
            for number, schema in enumerate(self.schemas):
                share = len(range(number, count, len(self.schemas)))
                posts += [self._post(schema, id) for id in insert(connection, schema, share)]
        # One business after the other would be easier than real life is.
        return sorted(posts, key=lambda post: hashlib.md5(post.body).digest())

    def _post(self, schema: str, payment: str) -> Post:
        event = completed(f"cs_{payment}", schema, payment, f"pi_{payment}")
        body, headers = signed(event)
        return Post(f"{schema}.localhost", WEBHOOK, body, headers)

    def check(self, expected: int) -> None:
        """Every event has had its effect once."""
        with psycopg.connect(dsn(self.url)) as connection:
            paid = sum(
                count(connection, f"{schema}.payments_ledgerentry") for schema in self.schemas
            )
        if paid != expected:
            raise AssertionError(f"{paid} payments are in the books instead of {expected}")

    def forget_jobs(self) -> None:
        """Empty the queue, as a worker does in time: it would grow from round to round."""
        with psycopg.connect(dsn(self.url), autocommit=True) as connection:
            connection.execute("TRUNCATE extensions.procrastinate_jobs CASCADE")

    def environment(self) -> dict[str, str]:
        return {**ENVIRONMENT, "DATABASE_URL": self.url}

    def _manage(self, *arguments: str) -> None:
        self._python(["manage.py", *arguments])

    def _python(self, arguments: list[str], stdin: str = "") -> None:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", *arguments], env={**os.environ, **self.environment()},
            cwd=ROOT, capture_output=True, text=True, input=stdin, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(done.stdout + done.stderr)


def count(connection: psycopg.Connection[Any], table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


INSERT = """
INSERT INTO {schema}.payments_paymentsession (id, payable_type, payable_id, description, purpose,
    amount, currency, tax_rate, status, is_processing, is_deposit, livemode, success_url,
    cancel_url, metadata, access_token, idempotency_key, request_fingerprint,
    stripe_checkout_session_id, checkout_url, failure_code, created_at, updated_at)
SELECT id, 'invoice', '7', 'Bench', 'checkout', 1000, 'GBP', 0, 'pending', false, false, false,
    '', '', '{{}}', '', id::text, '', 'cs_' || id, '', '', now(), now()
FROM unnest(%s::uuid[]) AS id
"""


def insert(connection: psycopg.Connection[Any], schema: str, count: int) -> list[str]:
    """Insert `count` waiting payments and return their ids."""
    ids = [str(uuid.uuid4()) for _ in range(count)]
    connection.execute(INSERT.format(schema=schema), [ids])
    return ids


# --- The floor ---


def floor_connect(url: str) -> Callable[[], psycopg.Connection[Any]]:
    def connect() -> psycopg.Connection[Any]:
        connection = psycopg.connect(dsn(url))
        connection.execute("SET search_path = bench0, extensions")
        connection.commit()
        return connection

    return connect


EVENT_DATA = {
    "payable_type": "invoice", "payable_id": "7", "status": "succeeded", "amount": 1000,
    "currency": "GBP",
}  # fmt: skip


def floor_write(connection: psycopg.Connection[Any], work: tuple[str, str]) -> None:
    """What ours writes and locks for one event, in the same two transactions."""
    payment, payload = work
    event_id = f"evt_{payment}"
    with connection.transaction():
        pk = connection.execute(
            "INSERT INTO payments_stripeevent (event_id, type, source, api_version, livemode,"
            " payload, status, attempts, error, created_at, received_at) VALUES (%s,"
            " 'checkout.session.completed', 'webhook', '2026-10-28.endive', false, %s, 'received',"
            " 0, '', now(), now()) ON CONFLICT DO NOTHING RETURNING id",
            [event_id, payload],
        ).fetchone()[0]
        connection.execute(
            "SELECT unnest(procrastinate_defer_jobs_v1(ARRAY[ROW('default',"
            " 'payments.process_stripe_event', 0, NULL, NULL, %s, now() + interval '15 s')"
            "::procrastinate_job_to_defer_v1]))",
            [json.dumps({"schema": "bench0", "event_pk": pk})],
        )
    with connection.transaction():
        connection.execute(
            "UPDATE payments_stripeevent SET status = 'processed', error = '',"
            " attempts = attempts + 1, processed_at = now() WHERE id = %s AND id IN"
            " (SELECT id FROM payments_stripeevent WHERE id = %s AND"
            " status NOT IN ('processed', 'ignored', 'flagged', 'dead') FOR UPDATE SKIP LOCKED)",
            [pk, pk],
        )
        connection.execute(
            "SELECT * FROM payments_paymentsession WHERE id = %s FOR UPDATE", [payment]
        ).fetchone()
        connection.execute(
            "INSERT INTO payments_transaction (payment_session_id, amount, currency,"
            " stripe_object_id, settled_currency, created_at)"
            " VALUES (%s, 1000, 'GBP', %s, '', now())",
            [payment, f"pi_{payment}"],
        )
        connection.execute(
            "INSERT INTO payments_ledgerentry (kind, source_id, debit, credit, amount, currency,"
            " livemode, payment_session_id, description, occurred_at, recorded_at)"
            " VALUES ('payment', %s, 'stripe_clearing', 'revenue', 1000, 'GBP', false, %s, '',"
            " now(), now())",
            [f"pi_{payment}", payment],
        )
        connection.execute(
            "UPDATE payments_paymentsession SET status = 'succeeded', succeeded_at = now(),"
            " stripe_payment_intent_id = %s, updated_at = now() WHERE id = %s",
            [f"pi_{payment}", payment],
        )
        connection.execute(
            "INSERT INTO events_event (uuid, type, subject_type, subject_id, data, actor_kind,"
            " actor_label, created_at) VALUES (gen_random_uuid(), 'payment.succeeded',"
            " 'payments.paymentsession', %s, %s, 'stripe', '', now())",
            [payment, json.dumps(EVENT_DATA | {"payment_session_id": payment})],
        )


def floor_work(url: str, count: int) -> list[tuple[str, str]]:
    with psycopg.connect(dsn(url), autocommit=True) as connection:
        ids = insert(connection, "bench0", count)
    return [(id, json.dumps(completed(f"cs_{id}", "bench0", id, f"pi_{id}"))) for id in ids]


# --- dj-stripe ---


def djstripe_posts(endpoint: str, count: int) -> list[Post]:
    posts = []
    for _ in range(count):
        event = completed(f"cs_test_{uuid.uuid4().hex}", "", "", None)
        body, headers = signed(event)
        posts.append(Post("localhost", f"/stripe/webhook/{endpoint}/", body, headers))
    return posts


def djstripe_check(url: str, expected: int) -> None:
    with psycopg.connect(dsn(url)) as connection:
        for table in ("djstripe_event", "djstripe_session"):
            found = count(connection, table)
            if found != expected:
                raise AssertionError(f"{table} has {found} rows instead of {expected}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    # Many short rounds: a machine that others share is now faster, now slower.
    parser.add_argument("--events", type=int, default=500, help="per round")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--tenants", default="1,100,1000", help="how many businesses, in turn")
    parser.add_argument(
        "--growth-only", action="store_true", help="leave out dj-stripe and the floor"
    )
    options = parser.parse_args()
    sizes = [int(text) for text in options.tenants.split(",")]
    results: dict[str, list[float]] = {}
    with ExitStack() as stack:
        address = stack.enter_context(server())
        ours = Ours(stack.enter_context(database(address, "bench_ours")))
        ours.set_up()
        if not options.growth_only:
            theirs = stack.enter_context(database(address, "bench_djstripe"))
            results |= compare(ours, theirs, options)
        results |= grow(ours, options, sizes)
    report(results, sizes)


def compare(ours: Ours, theirs: str, options: argparse.Namespace) -> dict[str, list[float]]:
    """Measure ours, dj-stripe and the floor, in turns."""
    python, environment = python_with("requirements-djstripe.txt"), {"BENCH_DATABASE_URL": theirs}
    endpoint = subprocess.run(
        [python, "-m", "benchmarks.djstripe_site.prepare"], cwd=ROOT, check=True,
        env={**os.environ, **environment}, capture_output=True, text=True,
    ).stdout.strip()  # fmt: skip
    results: dict[str, list[float]] = {"ours": [], "dj-stripe": [], "floor": []}
    count = options.events
    with (
        gunicorn(sys.executable, "config.wsgi", ours.environment(), "/healthz/") as port,
        gunicorn(python, "benchmarks.djstripe_site.wsgi", environment, "/healthz/") as their_port,
    ):
        for number in range(options.rounds + 1):
            measured = {
                "ours": post_all(port, ours.posts(count)),
                "dj-stripe": post_all(their_port, djstripe_posts(endpoint, count)),
                "floor": rate(floor_work(ours.url, count), floor_connect(ours.url), floor_write),
            }
            ours.check((number + 1) * 2 * count)
            djstripe_check(theirs, (number + 1) * count)
            # The first round warms everybody up.
            if number:
                for name, figure in measured.items():
                    results[name].append(figure)
                print(f"  round {number}: {shown(measured)}", flush=True)
    return results


def grow(ours: Ours, options: argparse.Namespace, sizes: list[int]) -> dict[str, list[float]]:
    """Measure ours with more and more businesses."""
    results: dict[str, list[float]] = {}
    lasting = ours.environment() | {"DATABASE_CONNECTION_SECONDS": "86400"}
    with gunicorn(sys.executable, "config.wsgi", lasting, "/healthz/") as port:
        for size in sizes:
            ours.grow(size)
            at_first = post_all(port, ours.posts(max(options.events, size)))
            results[f"ours, {size} strangers"] = [at_first]
            print(f"  {size} businesses, at first {at_first:.0f}/s", flush=True)
            post_all(port, ours.posts(FAMILIAR * size))
        # In turns again: the machine's mood is shared by all sizes.
        everyone = ours.schemas
        for _ in range(options.rounds):
            for size in sizes:
                ours.schemas = everyone[:size]
                ours.forget_jobs()
                figure = post_all(port, ours.posts(max(options.events, size)))
                results.setdefault(f"ours, {size} businesses", []).append(figure)
        ours.schemas = everyone
    return results


def shown(measured: dict[str, float]) -> str:
    return ", ".join(f"{name} {figure:.0f}/s" for name, figure in measured.items())


def report(results: dict[str, list[float]], sizes: list[int]) -> None:
    """Print medians and ratios, and write them down."""
    medians = {name: median(figures) for name, figures in results.items()}
    print(f"\n{'':26} {'median':>9} {'min':>7} {'max':>7}   events per second")
    for name, figures in results.items():
        print(f"{name:26} {medians[name]:9.0f} {min(figures):7.0f} {max(figures):7.0f}")
    first, last = (medians[f"ours, {sizes[number]} businesses"] for number in (0, -1))
    ratios = {f"{sizes[-1]} businesses / {sizes[0]}": (last / first, TARGETS["growth"])}
    for other in ("dj-stripe", "floor"):
        if other in medians:
            ratios[f"ours / {other}"] = (medians["ours"] / medians[other], TARGETS[other])
    print()
    for name, (ratio, target) in ratios.items():
        verdict = "met" if ratio >= target else "MISSED"
        print(f"{name:26} {ratio:9.2f}   target at least {target}: {verdict}")
    RESULTS.parent.mkdir(exist_ok=True)
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {"medians": {}, "ratios": {}}
    written = {
        "medians": known["medians"] | medians,
        "ratios": known["ratios"] | {name: ratio for name, (ratio, _) in ratios.items()},
    }
    RESULTS.write_text(json.dumps(written, indent=2) + "\n")


if __name__ == "__main__":
    main()
