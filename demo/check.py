"""``python -m demo.check``: start the demo as a newcomer does, book and pay once, stop it.

Talks to it over HTTP only, and stops it with Ctrl-C's signal.
"""

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from demo.bootstrap import ROOT
from demo.processes import free_port, is_free

PATIENCE = 300


class CheckFailed(Exception):
    """The demo does not do what it promises."""


def say(text: str) -> None:
    print(f"demo check: {text}", flush=True)


def call(
    port: int, host: str, method: str, path: str, body: Any = None, key: str = ""
) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Host": host, "Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    content = None if body is None else json.dumps(body)
    connection.request(method, path, content, headers)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, text


def expect(condition: object, complaint: str) -> None:
    if not condition:
        raise CheckFailed(complaint)


def wait_for_credentials(demo: subprocess.Popen[bytes], path: Path, port: int) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        expect(demo.poll() is None, "the demo ended before it was up")
        try:
            known = json.loads(path.read_text())
            if call(port, f"salon.localhost:{port}", "GET", "/")[0] == 200:
                return dict(known)
        except (OSError, ValueError, http.client.HTTPException):
            pass
        time.sleep(0.2)
    raise CheckFailed(f"the demo was not up after {PATIENCE} s")


def check_hosts(known: dict[str, Any], port: int) -> None:
    expect(set(known["businesses"]) == {"salon", "gym", "restaurant"}, "not the three businesses")
    for name, business in known["businesses"].items():
        status, page = call(port, business["host"], "GET", "/")
        expect(status == 200 and "Book at" in page, f"{name} answered {status}")
        say(f"{business['host']} answers {status}")


def check_booking(known: dict[str, Any], port: int) -> None:
    salon = known["businesses"]["salon"]
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    body = {
        "customer_name": "Demo Check",
        "customer_email": "check@example.com",
        "service_name": "Cut & finish",
        "booking_date": (noon + timedelta(days=3)).isoformat(),
        "total_amount_pence": 4000,
        "deposit_amount_pence": 1000,
    }
    status, text = call(port, salon["host"], "POST", "/api/bookings/", body, salon["api_key"])
    expect(status == 201, f"booking answered {status}: {text}")
    booked = json.loads(text)
    expect(booked["status"] == "PENDING_PAYMENT", text)
    say(f"booking {booked['booking_id']} is {booked['status']}")
    pay(known, booked["checkout_url"].rsplit("/", 1)[-1])
    path = f"/api/bookings/{booked['booking_id']}/"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        _, text = call(port, salon["host"], "GET", path, key=salon["api_key"])
        if json.loads(text)["status"] == "CONFIRMED":
            say(f"booking {booked['booking_id']} is CONFIRMED by the signed webhook")
            return
        time.sleep(0.2)
    raise CheckFailed(f"the booking was never confirmed: {text}")


def pay(known: dict[str, Any], session: str) -> None:
    port = int(known["sandbox"]["url"].rsplit(":", 1)[-1])
    status, text = call(port, "localhost", "POST", "/_control/pay/", {"session": session})
    expect(status == 200, f"paying answered {status}: {text}")


def check_stopping(demo: subprocess.Popen[bytes], ports: list[int]) -> None:
    demo.send_signal(signal.SIGINT)
    expect(demo.wait(60) == 0, f"the demo ended with {demo.returncode}")
    expect(all(is_free(port) for port in ports), "something is still listening")
    say("Ctrl-C stopped all of it")


def main() -> int:
    port, sandbox_port = free_port(), free_port()
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".demo-check-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        started = time.monotonic()
        demo = subprocess.Popen(
            [sys.executable, "-m", "demo", "--port", str(port), "--sandbox-port",
             str(sandbox_port), "--dir", str(directory)],
            cwd=ROOT, env=os.environ.copy(), start_new_session=True,
        )  # fmt: skip
        try:
            known = wait_for_credentials(demo, directory / "credentials.json", port)
            say(f"up after {time.monotonic() - started:.0f} s")
            check_hosts(known, port)
            check_booking(known, port)
            check_stopping(demo, [port, sandbox_port])
        except CheckFailed as failure:
            say(f"FAILED: {failure}")
            return 1
        finally:
            if demo.poll() is None:
                demo.terminate()
                demo.wait(60)
            subprocess.run(
                [sys.executable, "-m", "demo", "--reset", "--dir", str(directory)],
                cwd=ROOT,
                stdout=subprocess.DEVNULL,
                check=False,
            )
            directory.mkdir(exist_ok=True)
    say("passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
