"""Two businesses and a stranger: what every test may start from.

The schemas are built once per worker, by the real provisioning; the rows that a test writes are
rolled back, or truncated after a test that needs real transactions.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, TransactionTestCase
from django.utils import timezone
from django_tenants.utils import schema_context, tenant_context

from access.models import APIKey, User
from demo import postgres
from demo.bootstrap import ROOT
from demo.processes import Process, free_port, wait_until_answers
from demo.stack import Stack
from payments.models import StripeAccount
from tenants.connection import connection
from tenants.directory import directory
from tenants.models import Tenant
from tests.clock import AWAY, moved
from tests.stripe_control import Control
from tests.support import JobRunner, StripeSigner, business, empty_everything

BUSINESSES = {
    "alpha": {"name": "Alpha Salon", "kind": "salon", "time_zone": "Europe/London"},
    "beta": {
        "name": "Beta Gym",
        "kind": "gym",
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "locale": "de",
    },
}

#: In these directories tests name their days.
DATED = {"bookings", "contract", "faults", "isolation"}


# A test looks at the very next request; those of the lease itself set it.
directory.lease_seconds = 0


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Build the businesses' schemas after the platform's."""
    with django_db_blocker.unblock():
        for label, values in BUSINESSES.items():
            business(label, **values)


def _names_its_days(request: pytest.FixtureRequest) -> bool:
    """Is the test one that names its days, and not one of the platform's own processes?"""
    return request.path.parent.name in DATED and "stack" not in request.fixturenames


@pytest.fixture(autouse=True)
def _at_its_moment(request: pytest.FixtureRequest) -> Iterator[None]:
    """Have a test that names its days take place before them, whenever it runs."""
    with moved() if _names_its_days(request) else nullcontext():
        yield


@pytest.fixture(autouse=True)
def _start_outside_every_business(request: pytest.FixtureRequest) -> Iterator[None]:
    """Leave connection and clock as the platform's: the test client stays where it was last."""
    timezone.deactivate()
    if not {"db", "transactional_db"} & set(request.fixturenames):
        yield
        return
    connection.set_schema_to_public()
    yield
    connection.set_schema_to_public()


@pytest.fixture(autouse=True, scope="session")
def _clean_up_every_schema() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: empty_everything())
        yield


@pytest.fixture(autouse=True)
def _fast_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def alpha(db: None) -> Tenant:
    return _tenant("alpha")


@pytest.fixture
def beta(db: None) -> Tenant:
    return _tenant("beta")


def _tenant(schema: str) -> Tenant:
    with schema_context("public"):
        tenant = Tenant.objects.with_hosts().get(schema_name=schema)
    assert isinstance(tenant, Tenant)
    return tenant


@pytest.fixture
def in_alpha(alpha: Tenant) -> Iterator[Tenant]:
    with tenant_context(alpha):
        yield alpha


@pytest.fixture
def run_jobs() -> JobRunner:
    """Run every background job that is due, in this process."""
    return JobRunner()


@pytest.fixture
def signer() -> StripeSigner:
    return StripeSigner()


@pytest.fixture
def write_key(in_alpha: Tenant) -> str:
    return str(APIKey.objects.create_key(name="tests", scope=APIKey.Scope.WRITE)[1])


@pytest.fixture
def read_key(in_alpha: Tenant) -> str:
    return str(APIKey.objects.create_key(name="tests", scope=APIKey.Scope.READ)[1])


@pytest.fixture
def client_of() -> Callable[[Tenant], Client]:
    """Return a browser at a business's own host."""
    return lambda tenant: Client(HTTP_HOST=tenant.hosts[0])


@pytest.fixture
def owner(in_alpha: Tenant) -> User:
    return User.objects.create_user("owner@alpha.example", "a-good-password", role="owner")


@pytest.fixture
def account(in_alpha: Tenant) -> StripeAccount:
    """Alpha takes payments; nothing listens where its gateway would call."""
    row = StripeAccount.objects.current()
    row.secret_key = "sk_test_alpha"
    row.webhook_secret = "whsec_alpha"
    row.payments_enabled = True
    row.save()
    return row


# --- Real processes ---


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep what needs the whole platform on one worker: one is enough for two processors."""
    for item in items:
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("stack"))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole platform as `make demo` runs it, on ports and a database of its own."""
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    name = f"tillhouse_stack_{os.getpid()}"
    postgres.create_database(f"{server}/postgres", name)
    stack = Stack(
        tmp_path_factory.mktemp("stack"),
        port=0,
        database_url=f"{server}/{name}",
        environment={"DATABASE_POOL_SIZE": "10"},
    )
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
        postgres.drop_database(f"{server}/postgres", name)


@pytest.fixture
def control(stack: Stack) -> Control:
    """What happens at the platform's Stripe, on request."""
    return Control(stack.sandbox_port)


@pytest.fixture(scope="session")
def sandbox_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A Stripe sandbox of this worker's own; its port."""
    yield from _sandbox(tmp_path_factory.mktemp("sandbox"), "sandbox")


@pytest.fixture(scope="session")
def dated_sandbox_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The same by the clock of the tests that name their days."""
    command = ("tests.clock", str(AWAY.total_seconds()), "sandbox")
    yield from _sandbox(tmp_path_factory.mktemp("dated-sandbox"), *command)


def _sandbox(directory: Path, *module: str) -> Iterator[int]:
    port = free_port()
    process = Process(
        "sandbox",
        [sys.executable, "-m", *module, "--port", str(port), "--data", str(directory)],
        environment={**os.environ},
        log=directory / "sandbox.log",
        cwd=ROOT,
    )
    wait_until_answers(process, f"http://127.0.0.1:{port}/healthz", None)
    yield port
    process.stop()


@pytest.fixture
def stripe_control(request: pytest.FixtureRequest) -> Iterator[Control]:
    """What happens at this worker's Stripe, on request; forgotten after the test."""
    its_sandbox = "dated_sandbox_port" if _names_its_days(request) else "sandbox_port"
    control = Control(request.getfixturevalue(its_sandbox))
    yield control
    control("reset")


@pytest.fixture
def stripe(account: StripeAccount, stripe_control: Control, settings: Any) -> Control:
    """Alpha's payments reach the sandbox."""
    settings.STRIPE_API_BASE = stripe_control.base
    return stripe_control
