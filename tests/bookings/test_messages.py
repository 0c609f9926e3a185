"""What customers and staff are told of a booking, in the business's words and language."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django_tenants.utils import tenant_context

from access.models import User
from bookings import jobs
from bookings.messages.kinds import KINDS
from bookings.messages.offers import Offer, offer_place
from bookings.messages.texts.en import MESSAGES as ENGLISH
from bookings.models import MessageSettings, SentMessage, StaffPreference
from notifications.models import MessageTemplate
from tenants.models import Tenant
from tests.bookings.message_support import START, a_booking, cancelled
from tests.support import JobRunner

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(in_alpha: Tenant, owner: User) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


# --- The standard texts ---


def test_a_confirmation_says_what_when_and_how_much(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    booking = a_booking()
    jobs.send_mail.enqueue(booking_id=booking.pk, message="confirmed")
    run_jobs()
    [letter] = mail.outbox
    assert letter.to == ["ann@example.com"]
    assert letter.subject == "Booked: Haircut, Thu 1 July 2027, 11:00"
    assert letter.body == (
        "Hello Ann,\n\nyour booking at Alpha Salon is confirmed.\n\n"
        "  Haircut\n  Thu 1 July 2027, 11:00\n"
        f"  Reference {booking.reference}\n\n"
        "Price: £45.50\nDeposit: £10.00\nTo pay on the day: £35.50\n\n"
        f"See your booking: {in_alpha.url}/booking/{booking.access_token}/\n"
        f"Add to your calendar: {in_alpha.url}/booking/{booking.access_token}/calendar.ics\n"
    )


def test_a_confirmation_carries_the_calendar_file(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    booking = a_booking()
    jobs.send_mail.enqueue(booking_id=booking.pk, message="confirmed")
    run_jobs()
    message = mail.outbox[0].message()
    [attached] = [part for part in message.walk() if part.get_filename() == "booking.ics"]
    assert attached.get_content_type() == "text/calendar"
    assert attached.get_param("method") == "PUBLISH"
    assert booking.reference in str(attached.get_payload(decode=True))


def test_a_german_business_writes_german(beta: Tenant, run_jobs: JobRunner) -> None:
    with tenant_context(beta):
        booking = a_booking(currency="EUR", total_amount=123450)
        jobs.send_mail.enqueue(booking_id=booking.pk, message="confirmed")
        run_jobs()
    [letter] = mail.outbox
    assert letter.subject == "Gebucht: Haircut, Donnerstag, 1. Juli 2027, 12:00 Uhr"
    assert "Preis: 1.234,50\xa0€\nAnzahlung: 10,00\xa0€\n" in letter.body


def test_a_french_business_writes_french(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    in_alpha.locale = "fr"
    booking = a_booking()
    jobs.send_mail(booking_id=booking.pk, message="confirmed")
    jobs.deliver_message(message_id=SentMessage.objects.get().pk)
    [letter] = mail.outbox
    assert letter.subject == "Réservation confirmée : Haircut, jeudi 1er juillet 2027, 11:00"
    assert "Prix\xa0: 45,50\xa0£GB\nAcompte\xa0: 10,00\xa0£GB\n" in letter.body


def test_own_words_in_another_language_get_that_languages_times(in_alpha: Tenant) -> None:
    in_alpha.locale = "fr"
    MessageTemplate.objects.create(
        kind="confirmed", subject="Réservé : {{ time }}", body="Bonjour, {{ total }}"
    )
    jobs.send_mail(booking_id=a_booking().pk, message="confirmed")
    jobs.deliver_message(message_id=SentMessage.objects.get().pk)
    assert mail.outbox[0].subject == "Réservé : jeudi 1er juillet 2027, 11:00"
    assert mail.outbox[0].body == "Bonjour, 45,50\xa0£GB"


def test_what_may_go_by_text_message_has_a_text_for_it() -> None:
    for kind in KINDS.values():
        assert kind.has_sms == bool(kind.sms_setting)


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("customer", "is cancelled.\n"),
        ("hold_expired", "is cancelled, because the deposit was not paid in time.\n"),
        ("payment_failed", "is cancelled, because the payment failed.\n"),
    ],
)
def test_a_cancellation_says_why(
    in_alpha: Tenant, run_jobs: JobRunner, reason: str, said: str
) -> None:
    booking = cancelled(a_booking(), reason)
    jobs.send_mail.enqueue(booking_id=booking.pk, message="cancelled")
    run_jobs()
    assert mail.outbox[0].subject == "Cancelled: Haircut, Thu 1 July 2027, 11:00"
    assert said in mail.outbox[0].body


def test_a_moved_booking_says_when_it_was_before(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    booking = a_booking(starts_at=START + timedelta(days=1))
    jobs.send_mail.enqueue(
        booking_id=booking.pk, message="rescheduled", previous_start=START.isoformat()
    )
    run_jobs()
    assert mail.outbox[0].subject == "Moved: Haircut, now Fri 2 July 2027, 11:00"
    assert "  It was: Thu 1 July 2027, 11:00\n" in mail.outbox[0].body


def test_a_text_is_no_longer_sent_once_it_is_untrue(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    booking = a_booking()
    jobs.send_mail.enqueue(booking_id=booking.pk, message="confirmed")
    cancelled(booking)
    run_jobs()
    assert mail.outbox == []


def test_a_job_that_runs_twice_sends_one_mail(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    booking = a_booking()
    for _ in range(2):
        jobs.send_mail.enqueue(booking_id=booking.pk, message="confirmed")
    run_jobs()
    jobs.deliver_message(message_id=SentMessage.objects.get().pk)
    assert len(mail.outbox) == 1


def test_a_mail_that_failed_is_sent_by_the_next_try(
    in_alpha: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    booking = a_booking()
    jobs.send_mail(booking_id=booking.pk, message="confirmed")
    message = SentMessage.objects.get()
    with monkeypatch.context() as patch:
        patch.setattr("bookings.messages.sending.send_mail", _broken)
        with pytest.raises(TimeoutError):
            jobs.deliver_message(message_id=message.pk)
    jobs.deliver_message(message_id=message.pk)
    assert len(mail.outbox) == 1


def _broken(*args: object, **kwargs: object) -> None:
    raise TimeoutError("the mail server is silent")


# --- Offers from a waitlist ---


def an_offer(**changes: Any) -> Offer:
    return Offer(
        name="Wanda", email="wanda@example.com", service_name="Yoga",
        starts_at=START.isoformat(), ends_at=(START + timedelta(hours=1)).isoformat(),
        link="https://alpha.example/take/1", **{"until": "2027-06-30T18:00:00+00:00", **changes},
    )  # fmt: skip


def test_a_place_is_offered_until_a_time(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    offer_place(an_offer())
    with time_machine.travel(datetime(2027, 6, 30, 17, tzinfo=UTC)):
        run_jobs()
    [letter] = mail.outbox
    assert letter.to == ["wanda@example.com"]
    assert letter.subject == "A place is free: Yoga, Thu 1 July 2027, 11:00"
    assert "We keep it for you until Wed 30 June 2027, 19:00." in letter.body
    assert "Take it: https://alpha.example/take/1\n" in letter.body


def test_an_offer_that_has_run_out_is_not_sent(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    offer_place(an_offer())
    with time_machine.travel(datetime(2027, 6, 30, 18, tzinfo=UTC)):
        run_jobs()
    assert mail.outbox == []


def test_an_offered_booking_is_told_of_while_it_is_held(
    in_alpha: Tenant, run_jobs: JobRunner
) -> None:
    held = datetime(2027, 6, 30, 18, tzinfo=UTC)
    booking = a_booking(status="PENDING_PAYMENT", confirmed_at=None, hold_expires_at=held)
    jobs.send_mail.enqueue(booking_id=booking.pk, message="waitlist_offer")
    with time_machine.travel(held - timedelta(minutes=1)):
        run_jobs()
    assert f"/booking/{booking.access_token}/" in mail.outbox[0].body


# --- The business's own words ---

CONFIRMATION = "/admin/notifications/messagetemplate/confirmed/text/"


def text_form(**changes: str) -> dict[str, str]:
    standard = ENGLISH["confirmed"]
    return {
        "subject": standard.subject, "body": standard.body, "sms": standard.sms,
        "is_active": "on", "action": "save", **changes,
    }  # fmt: skip


def test_a_business_writes_its_own_text(site: Client, run_jobs: JobRunner) -> None:
    own = text_form(subject="Yes, {{ customer_name }}!", body="{{ date }} at {{ start_time }}")
    assert site.post(CONFIRMATION, own).status_code == 302
    jobs.send_mail.enqueue(booking_id=a_booking().pk, message="confirmed")
    run_jobs()
    assert mail.outbox[0].subject == "Yes, Ann!"
    assert mail.outbox[0].body == "Thu 1 July 2027 at 11:00"


@pytest.mark.parametrize(
    ("field", "text", "complaint"),
    [
        ("subject", "{{ customer }}", "There is no placeholder {{ customer }}."),
        ("body", "{{ business.owner }}", "There is no placeholder {{ business.owner }}."),
        ("body", "{{ old_time }}", "There is no placeholder {{ old_time }}."),
        ("body", "{% if deposit %}", "An {% if … %} has no {% endif %}."),
        ("sms", "{% debug %}", "{% debug %} is not known"),
    ],
)
def test_a_broken_text_is_refused_when_it_is_saved(
    site: Client, field: str, text: str, complaint: str
) -> None:
    response = site.post(CONFIRMATION, text_form(**{field: text}))
    assert response.status_code == 400
    assert list(response.context["form"].errors) == [field]
    assert complaint in response.context["form"].errors[field][0]
    assert not MessageTemplate.objects.exists()


def test_the_preview_shows_what_a_customer_would_get_and_saves_nothing(site: Client) -> None:
    wanted = text_form(action="preview", body="Dear {{ customer_name }}, <b>see you</b>")
    response = site.post(CONFIRMATION, wanted)
    assert response.status_code == 200
    assert response.context["preview"].body == "Dear Ada Byron, <b>see you</b>"
    assert "&lt;b&gt;see you&lt;/b&gt;" in response.content.decode()
    assert not MessageTemplate.objects.exists()


def test_a_text_that_is_left_as_it_stands_stays_the_standard_one(site: Client) -> None:
    own = text_form(subject="Yes!", body=ENGLISH["confirmed"].body.replace("\n", "\r\n"))
    site.post(CONFIRMATION, own)
    template = MessageTemplate.objects.get()
    assert (template.subject, template.body, template.sms) == ("Yes!", "", "")


def test_own_texts_can_be_switched_off_and_thrown_away(site: Client, run_jobs: JobRunner) -> None:
    site.post(CONFIRMATION, text_form(subject="Yes!", is_active=""))
    jobs.send_mail.enqueue(booking_id=a_booking().pk, message="confirmed")
    run_jobs()
    assert mail.outbox[0].subject == "Booked: Haircut, Thu 1 July 2027, 11:00"
    site.post(CONFIRMATION, {"action": "reset"})
    assert not MessageTemplate.objects.exists()


def test_ordinary_staff_may_not_change_texts(in_alpha: Tenant) -> None:
    someone = User.objects.create_user("s@alpha.example", "a-good-password", role="staff")
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(someone, backend="access.backends.RoleBackend")
    assert client.post(CONFIRMATION, text_form(subject="No")).status_code == 403
    assert client.get("/admin/bookings/messagesettings/").status_code == 403
    assert client.get("/admin/bookings/smsaccount/").status_code == 403
    assert not MessageTemplate.objects.exists()


# --- Staff ---


def test_staff_are_told_what_they_chose(site: Client, owner: User, run_jobs: JobRunner) -> None:
    other = User.objects.create_user("other@alpha.example", None, role="staff")
    StaffPreference.objects.create(user=other, cancelled=True)
    assert site.post("/admin/bookings/staffpreference/", {"new": "on"}).status_code == 302
    booking = a_booking()
    jobs.send_mail.enqueue(booking_id=booking.pk, message="confirmed")
    run_jobs()
    assert [letter.to for letter in mail.outbox] == [["ann@example.com"], [owner.email]]
    assert mail.outbox[1].subject == "New booking: Haircut, Thu 1 July 2027, 11:00"
    assert f"/admin/bookings/booking/{booking.pk}/change/" in mail.outbox[1].body
    cancelled(booking)
    jobs.send_mail.enqueue(booking_id=booking.pk, message="cancelled")
    run_jobs()
    assert [letter.to for letter in mail.outbox[2:]] == [["ann@example.com"], [other.email]]


def test_a_preference_is_ones_own(site: Client, owner: User) -> None:
    other = User.objects.create_user("other@alpha.example", None, role="staff")
    theirs = StaffPreference.objects.create(user=other, new=True)
    site.post(f"/admin/bookings/staffpreference/{theirs.pk}/change/", {"cancelled": "on"})
    theirs.refresh_from_db()
    assert (theirs.new, theirs.cancelled) == (True, False)
    assert StaffPreference.objects.get(user=owner).cancelled


def test_staff_who_have_left_are_told_nothing(in_alpha: Tenant, run_jobs: JobRunner) -> None:
    gone = User.objects.create_user("gone@alpha.example", None, is_active=False)
    StaffPreference.objects.create(user=gone, new=True)
    jobs.send_mail.enqueue(booking_id=a_booking().pk, message="confirmed")
    run_jobs()
    assert [letter.to for letter in mail.outbox] == [["ann@example.com"]]


@pytest.mark.parametrize(("wanted", "copied"), [(True, ["desk@alpha.example"]), (False, [])])
def test_the_business_gets_a_copy_if_it_wants_one(
    in_alpha: Tenant, wanted: bool, copied: list[str]
) -> None:
    in_alpha.contact_email = "desk@alpha.example"
    MessageSettings.objects.create(copy_to_business=wanted)
    jobs.send_mail(booking_id=a_booking().pk, message="confirmed")
    jobs.deliver_message(message_id=SentMessage.objects.get().pk)
    assert mail.outbox[0].bcc == copied
