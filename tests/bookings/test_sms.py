"""Text messages: to whom, through whom, and what is done when it does not work."""

import base64
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
import time_machine
from django.db import connection
from django.test import Client

from access.models import User
from bookings import jobs
from bookings.messages import sms
from bookings.models import MessageSettings, SentMessage, SmsAccount
from demo.processes import free_port
from tenants.models import Tenant
from tests.bookings.message_support import a_booking
from tests.support import JobRunner

pytestmark = pytest.mark.django_db

SID = "AC" + "0123456789abcdef" * 2
PHONE = "020 7946 0000"


@dataclass
class FakeTwilio:
    """Answers as it is told; keeps what it was asked."""

    status: int = 201
    body: Any = field(default_factory=lambda: {"sid": "SM1", "status": "queued"})
    hang_up: bool = False
    is_silent: bool = False
    asked: list[dict[str, Any]] = field(default_factory=list)
    port: int = 0


@pytest.fixture
def twilio(settings: Any) -> Iterator[FakeTwilio]:
    """Twilio's API on a port of this machine."""
    fake, is_over = FakeTwilio(), Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            form = parse_qs(self.rfile.read(length).decode())
            fake.asked.append(
                {
                    "path": self.path,
                    "form": {name: values[0] for name, values in form.items()},
                    "auth": self.headers["Authorization"],
                }
            )
            if fake.is_silent:
                is_over.wait()
            if fake.hang_up or fake.is_silent:
                self.close_connection = True
                return
            content = fake.body if isinstance(fake.body, str) else json.dumps(fake.body)
            self.send_response(fake.status)
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Keep the test's output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    fake.port = server.server_port
    settings.TWILIO_API_BASE = f"http://127.0.0.1:{fake.port}"
    Thread(target=server.serve_forever, daemon=True).start()
    yield fake
    is_over.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def account(in_alpha: Tenant) -> SmsAccount:
    MessageSettings.objects.create(sms_confirmations=True, sms_reminders=True)
    return SmsAccount.objects.create(
        provider="twilio", account_sid=SID, auth_token="a-secret-token", sender="+441134960000"
    )


def confirm(run_jobs: JobRunner, **changes: Any) -> SentMessage | None:
    """Tell of a new booking; return its text message."""
    booking = a_booking(**{"customer_phone": PHONE, **changes})
    jobs.send_mail.enqueue(booking_id=booking.pk, message="confirmed")
    run_jobs()
    return SentMessage.objects.filter(channel="sms").first()


@pytest.mark.usefixtures("account")
def test_a_confirmation_goes_out_as_twilio_wants_it(
    in_alpha: Tenant, twilio: FakeTwilio, run_jobs: JobRunner
) -> None:
    message = confirm(run_jobs)
    assert message is not None
    assert message.sent_at is not None
    [asked] = twilio.asked
    assert asked["path"] == f"/2010-04-01/Accounts/{SID}/Messages.json"
    assert asked["auth"] == "Basic " + base64.b64encode(f"{SID}:a-secret-token".encode()).decode()
    link = f"{in_alpha.url}/booking/{message.booking.access_token}/"
    assert asked["form"] == {
        "To": "+442079460000",
        "From": "+441134960000",
        "Body": f"Alpha Salon: booked, Haircut, Thu 1 July 2027, 11:00. {link}",
    }


def test_a_messaging_service_sends_in_place_of_a_number(
    account: SmsAccount, twilio: FakeTwilio, run_jobs: JobRunner
) -> None:
    account.sender = "MG" + "0" * 32
    account.save()
    confirm(run_jobs)
    assert twilio.asked[0]["form"]["MessagingServiceSid"] == "MG" + "0" * 32
    assert "From" not in twilio.asked[0]["form"]


@pytest.mark.usefixtures("account")
def test_a_reminder_goes_out_too(twilio: FakeTwilio, run_jobs: JobRunner) -> None:
    booking = a_booking(customer_phone=PHONE)
    with time_machine.travel(booking.starts_at.replace(hour=1), tick=False):
        jobs.remind()
        jobs.remind()
        run_jobs()
    assert ["see you for Haircut" in asked["form"]["Body"] for asked in twilio.asked] == [True]


@pytest.mark.usefixtures("account")
def test_without_a_number_nothing_is_sent(twilio: FakeTwilio, run_jobs: JobRunner) -> None:
    assert confirm(run_jobs, customer_phone="") is None
    assert twilio.asked == []


@pytest.mark.usefixtures("account")
def test_a_business_that_did_not_ask_for_it_sends_none(
    twilio: FakeTwilio, run_jobs: JobRunner
) -> None:
    MessageSettings.objects.update(sms_confirmations=False)
    assert confirm(run_jobs) is None
    assert twilio.asked == []


@pytest.mark.usefixtures("account")
def test_what_is_no_number_is_said_to_staff_and_not_sent(
    twilio: FakeTwilio, run_jobs: JobRunner
) -> None:
    message = confirm(run_jobs, customer_phone="ask at the desk")
    assert message is not None
    assert (message.sent_at, message.problem) == (None, "This is not a telephone number.")
    assert twilio.asked == []


@pytest.mark.parametrize(
    ("zone", "typed", "number"),
    [
        ("Europe/London", "020 7946 0000", "+442079460000"),
        ("Europe/London", "+49 30 901820", "+4930901820"),
        ("America/New_York", "(212) 555-2368", "+12125552368"),
        ("UTC", "+44 20 7946 0000", "+442079460000"),
        ("UTC", "020 7946 0000", None),
        ("Europe/London", "12", None),
        ("Europe/London", "", None),
    ],
)
def test_numbers_are_read_as_the_businesss_country_writes_them(
    in_alpha: Tenant, zone: str, typed: str, number: str | None
) -> None:
    in_alpha.time_zone = zone
    assert sms.e164(typed) == number


# --- When Twilio does not take it ---


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (
            400,
            {"code": 21610, "message": "Attempt to send to unsubscribed recipient"},
            "Twilio says: Attempt to send to unsubscribed recipient (21610)",
        ),
        (
            401,
            {"code": 20003, "message": "Authenticate"},
            "Twilio does not accept the account or its token. Twilio says: Authenticate (20003)",
        ),
        (404, "<html>", "Twilio says: HTTP 404"),
        (500, {"code": 20500, "message": "Oops"}, "Perhaps not sent: Twilio says: Oops (20500)"),
        (302, "", "Perhaps not sent: Twilio says: HTTP 302"),
        (200, "[]", "Perhaps not sent: Twilio says: HTTP 200"),
    ],
)
def test_a_refusal_is_kept_for_staff_and_never_repeated(
    twilio: FakeTwilio, run_jobs: JobRunner, status: int, body: Any, problem: str
) -> None:
    twilio.status, twilio.body = status, body
    message = confirm(run_jobs)
    assert message is not None
    assert (message.sent_at, message.problem) == (None, problem)
    jobs.deliver_message(message_id=message.pk)
    assert len(twilio.asked) == 1


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("status", [429, 503])
def test_what_was_not_taken_for_now_is_tried_again(
    twilio: FakeTwilio, run_jobs: JobRunner, status: int
) -> None:
    twilio.status, twilio.body = status, {"code": 20429, "message": "Too Many Requests"}
    with pytest.raises(sms.SmsUnavailable):
        confirm(run_jobs)
    twilio.status = 201
    message = SentMessage.objects.get(channel="sms")
    assert message.problem == "Twilio says: Too Many Requests (20429)"
    jobs.deliver_message(message_id=message.pk)
    message.refresh_from_db()
    assert message.sent_at is not None
    assert message.problem == ""


@pytest.mark.usefixtures("account")
def test_a_connection_that_broke_is_not_tried_again(
    twilio: FakeTwilio, run_jobs: JobRunner
) -> None:
    twilio.hang_up = True
    message = confirm(run_jobs)
    assert message is not None
    assert message.problem == "Perhaps not sent: The connection to Twilio broke."
    jobs.deliver_message(message_id=message.pk)
    assert len(twilio.asked) == 1


@pytest.mark.usefixtures("account")
def test_a_silent_server_is_waited_for_only_so_long(
    twilio: FakeTwilio, run_jobs: JobRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sms, "READ_SECONDS", 0.2)
    twilio.is_silent = True
    message = confirm(run_jobs)
    assert message is not None
    assert message.problem == "Perhaps not sent: Twilio did not answer in time."


@pytest.mark.usefixtures("account")
def test_a_server_that_is_not_there_is_tried_again(settings: Any, run_jobs: JobRunner) -> None:
    settings.TWILIO_API_BASE = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(sms.SmsUnavailable):
        confirm(run_jobs)
    message = SentMessage.objects.get(channel="sms")
    assert (message.started_at, message.problem) == (None, "Twilio could not be reached.")


# --- The account ---

PAGE = "/admin/bookings/smsaccount/"


@pytest.fixture
def site(in_alpha: Tenant, owner: User) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


def account_form(**changes: str) -> dict[str, str]:
    return {
        "provider": "twilio", "account_sid": SID, "auth_token": "a-secret-token",
        "sender": "+441134960000", **changes,
    }  # fmt: skip


def test_the_token_is_stored_encrypted_and_never_shown(site: Client) -> None:
    assert site.post(PAGE, account_form()).status_code == 302
    assert SmsAccount.objects.get().auth_token == "a-secret-token"
    with connection.cursor() as cursor:
        cursor.execute("SELECT auth_token FROM bookings_smsaccount")
        assert "a-secret-token" not in cursor.fetchone()[0]
    assert "a-secret-token" not in site.get(PAGE).content.decode()


def test_an_empty_token_keeps_the_stored_one(site: Client) -> None:
    site.post(PAGE, account_form())
    site.post(PAGE, account_form(auth_token="", sender="Alpha Salon"))
    row = SmsAccount.objects.get()
    assert (row.auth_token, row.sender) == ("a-secret-token", "Alpha Salon")


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"account_sid": "AC1/../x"}, "account_sid"),
        ({"account_sid": ""}, "account_sid"),
        ({"auth_token": ""}, "auth_token"),
        ({"sender": ""}, "sender"),
        ({"sender": "a name too long"}, "sender"),
        ({"provider": "pigeon"}, "provider"),
    ],
)
def test_an_account_that_cannot_work_is_refused_beside_its_field(
    site: Client, changes: dict[str, str], name: str
) -> None:
    response = site.post(PAGE, account_form(**changes))
    assert response.status_code == 400
    assert list(response.context["form"].errors) == [name]
    assert not SmsAccount.objects.exists()


def test_the_console_writes_to_the_log(
    in_alpha: Tenant, run_jobs: JobRunner, caplog: pytest.LogCaptureFixture
) -> None:
    MessageSettings.objects.create(sms_confirmations=True)
    SmsAccount.objects.create(provider="console")
    with caplog.at_level(logging.INFO, logger="bookings.messages.sms"):
        message = confirm(run_jobs)
    assert message is not None
    assert message.sent_at is not None
    assert "Text message to +442079460000: Alpha Salon: booked" in caplog.text


def test_without_an_account_staff_see_why_none_was_sent(
    in_alpha: Tenant, run_jobs: JobRunner
) -> None:
    MessageSettings.objects.create(sms_confirmations=True)
    message = confirm(run_jobs)
    assert message is not None
    assert message.problem == "No text message account is set up."
