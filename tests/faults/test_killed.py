"""Processes die at the worst moment; nothing is lost."""

from demo.stack import Stack
from tests.contract.api import booking_body
from tests.faults.test_at_once import rows, session_id, starts
from tests.http import LiveApi
from tests.stripe_control import Control
from tests.support import wait_for


def test_mail_waits_for_a_worker_that_was_killed(stack: Stack) -> None:
    worker = next(process for process in stack.processes if process.name == "worker")
    worker.kill()
    stack.processes.remove(worker)
    api = LiveApi(stack, "salon")
    body = booking_body(
        booking_date=starts(50), deposit_amount_pence=0, customer_email="patient@example.com"
    )
    assert api.post("/api/bookings/", body).status == 201
    waiting = (
        "SELECT count(*) FROM extensions.procrastinate_jobs "
        "WHERE task_name = 'bookings.send_mail' AND status = 'todo'"
    )
    assert rows(stack, waiting)[0][0] >= 1
    stack.start_worker()
    log = stack.directory / "logs" / "worker.log"
    wait_for(lambda: "To: patient@example.com" in log.read_text())


def test_a_payment_made_while_the_web_server_was_dead_is_confirmed(
    stack: Stack, control: Control
) -> None:
    api = LiveApi(stack, "gym")
    created = api.post("/api/bookings/", booking_body(booking_date=starts(51))).body
    web = next(process for process in stack.processes if process.name == "web")
    web.kill()
    stack.processes.remove(web)
    control("pay", session=session_id(created))
    stack.start_web()
    path = f"/api/bookings/{created['booking_id']}/"
    wait_for(lambda: api.get(path).body["status"] == "CONFIRMED")
    found = rows(
        stack,
        "SELECT count(*) FROM gym.payments_transaction WHERE payment_session_id = %s",
        created["payment_session_id"],
    )
    assert found == [(1,)]


def test_a_sandbox_that_was_killed_still_delivers(stack: Stack, control: Control) -> None:
    api = LiveApi(stack, "gym")
    created = api.post("/api/bookings/", booking_body(booking_date=starts(52))).body
    control("hold")
    control("pay", session=session_id(created))
    sandbox = next(process for process in stack.processes if process.name == "sandbox")
    sandbox.kill()
    stack.processes.remove(sandbox)
    stack.start_sandbox()
    control("release")
    path = f"/api/bookings/{created['booking_id']}/"
    wait_for(lambda: api.get(path).body["status"] == "CONFIRMED")
