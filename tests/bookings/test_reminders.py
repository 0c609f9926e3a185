"""Customers are reminded at the times the business chose: once, and only of what will happen."""

import smtplib
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from access.models import User
from bookings import jobs
from bookings.models import Booking, MessageSettings, SentMessage
from tenants.models import Tenant
from tests.bookings.message_support import START, a_booking, cancelled
from tests.support import JobRunner

pytestmark = pytest.mark.django_db

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def two_reminders(in_alpha: Tenant) -> MessageSettings:
    return MessageSettings.objects.create(reminder_minutes=[1440, 120])


def sweep(now: datetime, run_jobs: JobRunner) -> list[str]:
    """Look for what is due at `now`, send it, and return the subjects of what was sent."""
    before = len(mail.outbox)
    with time_machine.travel(now, tick=False):
        jobs.remind()
        run_jobs()
    return [str(letter.subject) for letter in mail.outbox[before:]]


REMINDER = ["Reminder: Haircut, Thu 1 July 2027, 11:00"]


def test_each_reminder_is_sent_once_when_it_is_due(run_jobs: JobRunner) -> None:
    a_booking()
    assert sweep(START - DAY - MINUTE, run_jobs) == []
    assert sweep(START - DAY, run_jobs) == REMINDER
    assert sweep(START - DAY, run_jobs) == []
    assert sweep(START - DAY + 5 * MINUTE, run_jobs) == []
    assert sweep(START - 2 * HOUR - MINUTE, run_jobs) == []
    assert sweep(START - 2 * HOUR, run_jobs) == REMINDER
    assert sweep(START - HOUR, run_jobs) == []
    assert sweep(START, run_jobs) == []
    assert mail.outbox[0].to == ["ann@example.com"]
    assert mail.outbox[0].bcc == []


def test_a_worker_that_was_away_sends_the_newest_one_only(run_jobs: JobRunner) -> None:
    a_booking()
    assert sweep(START - HOUR, run_jobs) == REMINDER
    assert sweep(START - HOUR + 5 * MINUTE, run_jobs) == []


def test_nobody_is_reminded_of_what_has_begun(run_jobs: JobRunner) -> None:
    a_booking()
    assert sweep(START, run_jobs) == []
    assert sweep(START + HOUR, run_jobs) == []
    assert not SentMessage.objects.exists()


def test_a_reminder_that_comes_to_be_sent_after_the_start_is_not(run_jobs: JobRunner) -> None:
    a_booking()
    with time_machine.travel(START - HOUR, tick=False):
        jobs.remind()
    with time_machine.travel(START, tick=False):
        run_jobs()
    assert mail.outbox == []


@pytest.mark.parametrize("status", ["CANCELLED", "PENDING_PAYMENT", "NO_SHOW", "COMPLETED"])
def test_only_confirmed_bookings_are_reminded_of(run_jobs: JobRunner, status: str) -> None:
    a_booking(status=status)
    assert sweep(START - HOUR, run_jobs) == []


def test_a_booking_cancelled_before_the_mail_goes_out_is_not_reminded_of(
    run_jobs: JobRunner,
) -> None:
    booking = a_booking()
    with time_machine.travel(START - HOUR, tick=False):
        jobs.remind()
        cancelled(booking)
        run_jobs()
    assert SentMessage.objects.count() == 1
    assert mail.outbox == []


def test_a_booking_made_after_a_reminder_was_due_is_not_reminded_of_it(
    run_jobs: JobRunner,
) -> None:
    a_booking(confirmed_at=START - 5 * HOUR)
    assert sweep(START - 5 * HOUR + MINUTE, run_jobs) == []
    assert sweep(START - 2 * HOUR, run_jobs) == REMINDER


def move(booking: Booking, starts_at: datetime, now: datetime, run_jobs: JobRunner) -> None:
    """Move a booking at `now` as the services do, and tell the customer."""
    previous = booking.starts_at.isoformat()
    with time_machine.travel(now, tick=False):
        booking.starts_at, booking.ends_at = starts_at, starts_at + 45 * MINUTE
        booking.save()
        jobs.send_mail.enqueue(
            booking_id=booking.pk, message="rescheduled", previous_start=previous
        )
        run_jobs()


def test_a_moved_booking_is_reminded_of_its_new_time_only(run_jobs: JobRunner) -> None:
    booking = a_booking()
    assert sweep(START - DAY, run_jobs) == REMINDER
    move(booking, START + 3 * DAY, START - 20 * HOUR, run_jobs)
    assert sweep(START - HOUR, run_jobs) == []
    assert sweep(START + 2 * DAY, run_jobs) == ["Reminder: Haircut, Sun 4 July 2027, 11:00"]


def test_a_reminder_planned_before_the_move_is_not_sent(run_jobs: JobRunner) -> None:
    booking = a_booking()
    with time_machine.travel(START - HOUR, tick=False):
        jobs.remind()
        Booking.objects.filter(pk=booking.pk).update(
            starts_at=START + DAY, ends_at=START + DAY + HOUR
        )
        run_jobs()
    assert mail.outbox == []


def test_whoever_has_just_been_told_of_a_move_is_not_reminded_at_once(run_jobs: JobRunner) -> None:
    booking = a_booking(starts_at=START + 9 * DAY)
    move(booking, START, START - 10 * HOUR, run_jobs)
    assert sweep(START - 9 * HOUR, run_jobs) == []
    assert sweep(START - 2 * HOUR, run_jobs) == REMINDER


def test_another_choice_of_times_reminds_nobody_again(
    run_jobs: JobRunner, two_reminders: MessageSettings
) -> None:
    a_booking()
    assert sweep(START - DAY, run_jobs) == REMINDER
    two_reminders.reminder_minutes = [1500]
    two_reminders.save()
    assert sweep(START - DAY + HOUR, run_jobs) == []


def test_without_reminder_times_nobody_is_reminded(
    run_jobs: JobRunner, two_reminders: MessageSettings
) -> None:
    two_reminders.reminder_minutes = []
    two_reminders.save()
    a_booking()
    assert sweep(START - HOUR, run_jobs) == []


def test_a_business_that_chose_nothing_reminds_a_day_before(run_jobs: JobRunner) -> None:
    MessageSettings.objects.all().delete()
    a_booking()
    assert sweep(START - DAY, run_jobs) == REMINDER
    assert sweep(START - HOUR, run_jobs) == []


def test_real_hours_pass_over_the_night_on_which_the_clocks_change(run_jobs: JobRunner) -> None:
    # Sunday 28 March 2027, 10:00 in London: the clocks went forward in the night.
    starts_at = datetime(2027, 3, 28, 9, tzinfo=UTC)
    long_before = datetime(2027, 3, 1, tzinfo=UTC)
    a_booking(starts_at=starts_at, confirmed_at=long_before)
    assert sweep(starts_at - DAY - MINUTE, run_jobs) == []
    assert sweep(starts_at - DAY, run_jobs) == ["Reminder: Haircut, Sun 28 March 2027, 10:00"]


# --- Rather never than twice ---


def planned(booking: Booking) -> SentMessage:
    with time_machine.travel(START - HOUR, tick=False):
        jobs.remind()
    return SentMessage.objects.get(booking=booking)


def test_a_job_that_was_killed_while_sending_does_not_send_again(run_jobs: JobRunner) -> None:
    message = planned(a_booking())
    SentMessage.objects.filter(pk=message.pk).update(started_at=START - HOUR)
    with time_machine.travel(START - HOUR + MINUTE, tick=False):
        run_jobs()
    assert mail.outbox == []


@pytest.mark.parametrize(
    ("error", "sent_later"),
    [
        (ConnectionRefusedError("refused"), True),
        (smtplib.SMTPConnectError(421, "busy"), True),
        (TimeoutError("silence"), False),
        (smtplib.SMTPServerDisconnected("gone"), False),
    ],
)
def test_it_is_tried_again_only_if_nothing_was_sent(
    monkeypatch: pytest.MonkeyPatch, error: Exception, sent_later: bool
) -> None:
    message = planned(a_booking())

    def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    with time_machine.travel(START - HOUR, tick=False):
        with monkeypatch.context() as patch:
            patch.setattr("bookings.messages.sending.send_mail", fail)
            if sent_later:
                with pytest.raises(type(error)):
                    jobs.deliver_message(message_id=message.pk)
            else:
                jobs.deliver_message(message_id=message.pk)
        jobs.deliver_message(message_id=message.pk)
    assert len(mail.outbox) == int(sent_later)
    message.refresh_from_db()
    assert (message.sent_at is not None) == sent_later
    assert bool(message.problem) == (not sent_later)


# --- Review requests ---


@pytest.fixture
def reviews(two_reminders: MessageSettings) -> MessageSettings:
    two_reminders.review_delay_minutes = 120
    two_reminders.review_link = "https://maps.example/alpha"
    two_reminders.save()
    return two_reminders


@pytest.mark.usefixtures("reviews")
def test_customers_who_came_are_asked_for_a_review_once(run_jobs: JobRunner) -> None:
    booking = a_booking(status="COMPLETED")
    assert sweep(booking.ends_at + 119 * MINUTE, run_jobs) == []
    asked = sweep(booking.ends_at + 120 * MINUTE, run_jobs)
    assert asked == ["How was it? Haircut at Alpha Salon"]
    assert "Write a review: https://maps.example/alpha\n" in mail.outbox[0].body
    assert sweep(booking.ends_at + DAY, run_jobs) == []


@pytest.mark.usefixtures("reviews")
@pytest.mark.parametrize("status", ["CANCELLED", "NO_SHOW", "CONFIRMED"])
def test_nobody_else_is_asked(run_jobs: JobRunner, status: str) -> None:
    a_booking(status=status)
    assert sweep(START + 5 * HOUR, run_jobs) == []


@pytest.mark.usefixtures("reviews")
def test_what_was_long_ago_is_not_asked_about(run_jobs: JobRunner) -> None:
    booking = a_booking(status="COMPLETED")
    assert sweep(booking.ends_at + 2 * HOUR + 3 * DAY, run_jobs) == []


def test_a_business_that_does_not_ask_asks_nobody(run_jobs: JobRunner) -> None:
    booking = a_booking(status="COMPLETED")
    assert sweep(booking.ends_at + 2 * HOUR, run_jobs) == []


# --- The page on which it is chosen ---

PAGE = "/admin/bookings/messagesettings/"


@pytest.fixture
def site(in_alpha: Tenant, owner: User) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


def test_times_are_written_as_people_say_them(site: Client) -> None:
    assert 'value="1 d, 2 h"' in site.get(PAGE).content.decode()
    wanted = {
        "reminder_minutes": "90 min, 2 d", "review_delay": "3", "review_link": "maps.example/a"
    }  # fmt: skip
    assert site.post(PAGE, wanted).status_code == 302
    row = MessageSettings.objects.get()
    assert (row.reminder_minutes, row.review_delay_minutes) == ([2880, 90], 180)
    assert row.review_link == "https://maps.example/a"
    site.post(PAGE, {"reminder_minutes": ""})
    row.refresh_from_db()
    assert (row.reminder_minutes, row.review_delay_minutes) == ([], None)


@pytest.mark.parametrize(
    ("form", "field", "complaint"),
    [
        ({"reminder_minutes": "soon"}, "reminder_minutes", "“soon” is not a time"),
        ({"reminder_minutes": "0 min"}, "reminder_minutes", "different times before the start"),
        ({"reminder_minutes": "61 d"}, "reminder_minutes", "different times before the start"),
        ({"reminder_minutes": "1 h, 60 min"}, "reminder_minutes", "different times"),
        ({"reminder_minutes": "1 h,2 h,3 h,4 h,5 h,6 h"}, "reminder_minutes", "at most 5"),
        ({"review_delay": "2"}, "review_link", "Say where customers write their review."),
        ({"review_delay": "-1"}, "review_delay", "greater than or equal to 0"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(
    site: Client, form: dict[str, str], field: str, complaint: str
) -> None:
    response = site.post(PAGE, form)
    assert response.status_code == 400
    assert complaint in response.context["form"].errors[field][0]
    assert MessageSettings.objects.get().reminder_minutes == [1440, 120]
