"""Staff book at the desk and on the phone: what is free, against their rules if need be."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from access.models import User
from bookings import desk, services
from bookings.models import (
    AddOn,
    Booking,
    HoursException,
    IntakeQuestion,
    Resource,
    Service,
)
from events.models import Event
from payments.models import LedgerEntry, StripeAccount
from tenants.models import Tenant
from tests.bookings.builders import class_at, open_daily, rules, staff, table
from tests.stripe_control import Control
from tests.support import JobRunner

pytestmark = pytest.mark.django_db

ADD = "/admin/bookings/booking/add/"
PERSON = {"customer_name": "Walk In", "customer_email": "w@example.com"}
TEN = "start=2027-03-01T10:00:00Z"


@pytest.fixture
def site(in_alpha: Tenant, owner: User) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


@pytest.fixture
def cut(in_alpha: Tenant) -> Service:
    open_daily("09:00", "17:00")
    staff("Ann", "Bob")
    return Service.objects.create(name="Cut", duration_minutes=60, price=4500)


def test_it_is_taken_in_one_go_with_all_that_belongs_to_it(site: Client, cut: Service) -> None:
    colour = Service.objects.create(name="Colour", duration_minutes=30, price=2000, party_max=3)
    wash = AddOn.objects.create(service=cut, name="Wash", minutes=15, price=500)
    asks = IntakeQuestion.objects.create(service=cut, text="Allergies?", is_required=True)
    bob = Resource.objects.get(name="Bob")
    cut.party_max = 3
    cut.save()
    page = f"{ADD}?service=cut&people=2&with={bob.pk}&extra={wash.pk}&also=colour&{TEN}"
    shown = site.get(page).content.decode()
    for words in ("Cut + Colour", "Wash", "Bob", "1 h 45 min", "£70.00", "Allergies?"):
        assert words in shown
    sent = {**PERSON, "guest_name": "Kim", "notes": "Back door"}
    assert site.post(page, sent).status_code == 400
    sent[f"question_{asks.pk}"] = "Nuts"
    assert site.post(page, sent).status_code == 302
    booking = Booking.objects.get()
    assert (booking.status, booking.total_amount, booking.deposit_amount) == ("CONFIRMED", 7000, 0)
    assert (booking.party_size, booking.resource, booking.guest_name) == (2, bob, "Kim")
    assert booking.answers == [{"question": "Allergies?", "answer": "Nuts"}]
    assert booking.ends_at == datetime(2027, 3, 1, 11, 45, tzinfo=UTC)
    assert [line.name for line in booking.lines.all()] == ["Cut", "Wash", colour.name]
    assert booking.notes == "Back door"
    shown = site.get(f"/admin/bookings/booking/{booking.pk}/change/").content.decode()
    for words in ("Cut + Wash + Colour", "Kim", "Allergies? Nuts"):
        assert words in shown


def test_the_times_shown_are_the_free_ones_of_whom_was_asked_for(
    site: Client, cut: Service
) -> None:
    bob = Resource.objects.get(name="Bob")
    page = f"{ADD}?service=cut&with={bob.pk}&date=2027-03-01"
    ten = f'{ADD}?service=cut&amp;with={bob.pk}&amp;{TEN}"'.replace("&amp;with", "&amp;with")
    assert ten in site.get(page).content.decode()
    site.post(f"{ADD}?service=cut&with={bob.pk}&{TEN}", PERSON)
    assert ten not in site.get(page).content.decode()
    assert TEN in site.get(f"{ADD}?service=cut&date=2027-03-01").content.decode()


def test_a_time_of_ones_own_is_read_on_the_businesss_clocks(site: Client, cut: Service) -> None:
    answer = site.get(f"{ADD}?service=cut&at=2027-07-01T10:00")
    assert answer["Location"] == f"{ADD}?service=cut&start=2027-07-01T09:00:00Z"
    for at, words in (("2027-03-28T01:30", "may be ambiguous or it may not exist"),
                      ("soon", "Enter a valid date/time")):  # fmt: skip
        assert words in site.get(f"{ADD}?service=cut&at={at}").content.decode()


@pytest.mark.parametrize(
    ("change", "start", "rule", "words"),
    [
        ({"days_ahead": 7}, "10:00", "too_far", "Bookings open 7 days ahead."),
        ({"minimum_notice_minutes": 60 * 24 * 90}, "10:00", "notice", "129600 minutes"),
        ({"step_minutes": 60}, "10:30", "grid", "Bookings start every 60 minutes."),
        ({}, "08:00", "closed", "not within the opening hours"),
    ],
)
def test_a_rule_is_broken_only_by_saying_so(
    site: Client,
    owner: User,
    cut: Service,
    change: dict[str, int],
    start: str,
    rule: str,
    words: str,
) -> None:
    rules(**change)
    now = datetime(2027, 2, 1, 12, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        site.force_login(owner, backend="access.backends.RoleBackend")
        page = f"{ADD}?service=cut&start=2027-03-01T{start}:00Z"
        shown = site.get(page).content.decode()
        assert words in shown and "Book against the rules" in shown
        assert site.post(page, PERSON).status_code == 400
        assert not Booking.objects.exists()
        assert site.post(page, {**PERSON, "overrule": "on"}).status_code == 302
    booking = Booking.objects.get()
    told = Event.objects.get(type="booking.rules_overruled")
    assert (booking.status, told.data["rules"]) == ("CONFIRMED", [rule])


def test_a_rule_that_comes_up_meanwhile_is_asked_about(site: Client, cut: Service) -> None:
    page = f"{ADD}?service=cut&{TEN}"
    seen = desk.objections
    calls: list[int] = []

    def closes_right_after(*args: Any) -> Any:
        calls.append(1)
        found = seen(*args)
        if len(calls) == 1:
            HoursException.objects.create(first_day="2027-03-01", last_day="2027-03-01")
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk, "objections", closes_right_after)
        answer = site.post(page, PERSON)
    assert answer.status_code == 400
    assert "Your rules are against it" in answer.content.decode()
    assert 'name="overrule"' in answer.content.decode()
    assert not Booking.objects.exists()


def test_what_is_taken_is_never_booked_twice(site: Client, cut: Service) -> None:
    Resource.objects.filter(name="Bob").update(is_active=False)
    page = f"{ADD}?service=cut&{TEN}"
    assert site.post(page, PERSON).status_code == 302
    answer = site.post(page, {**PERSON, "overrule": "on"}, follow=True)
    booking = Booking.objects.get()
    shown = answer.content.decode()
    assert "is taken then." in shown
    # With who it is that has it.
    assert f'/admin/bookings/booking/{booking.pk}/change/">Ann, 10:00 to 11:00: Walk In' in shown


def test_a_race_is_lost_with_its_words(site: Client, cut: Service) -> None:
    Resource.objects.filter(name="Bob").update(is_active=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(desk, "objections", lambda *args: [])
        for _ in range(2):
            answer = site.post(f"{ADD}?service=cut&{TEN}", PERSON, follow=True)
    assert "This time is taken." in answer.content.decode()
    assert Booking.objects.count() == 1


def test_a_class_shows_its_places_and_takes_no_more(site: Client, in_alpha: Tenant) -> None:
    yoga = Service.objects.create(
        name="Yoga", kind="class", duration_minutes=60, price=1500, party_max=2,
        price_is_per_person=True,
    )  # fmt: skip
    session = class_at(yoga, "10:00", capacity=4)
    shown = site.get(f"{ADD}?service=yoga&people=2&date=2027-03-01").content.decode()
    assert "10:00, 4 places left" in shown
    # Three are more than customers may book at once: staff can.
    page = f"{ADD}?service=yoga&people=3&{TEN}"
    assert "Yoga is for 1 to 2 people." in site.get(page).content.decode()
    assert site.post(page, {**PERSON, "overrule": "on"}).status_code == 302
    session.refresh_from_db()
    assert (session.seats_taken, Booking.objects.get().total_amount) == (3, 4500)
    again = site.post(page, {**PERSON, "overrule": "on"}, follow=True).content.decode()
    assert "1 of 4 places are left." in again
    assert Booking.objects.count() == 1


def test_a_table_can_be_chosen(site: Client, in_alpha: Tenant) -> None:
    open_daily("09:00", "17:00")
    staff("Waiter")
    table("small", 1, 2)
    big = table("big", 2, 6)
    Service.objects.create(name="Lunch", kind="table", duration_minutes=90, price=0, party_max=6)
    shown = site.get(f"{ADD}?service=lunch&people=2").content.decode()
    assert "Which table" in shown and "Waiter</option>" not in shown
    site.post(f"{ADD}?service=lunch&people=2&with={big.pk}&{TEN}", PERSON)
    assert Booking.objects.get().resource == big
    answer = site.get(f"{ADD}?service=lunch&people=7&{TEN}", follow=True)
    assert "Nobody and nothing there does this." in answer.content.decode()


def test_a_service_for_staff_only_is_booked_without_a_word(site: Client, cut: Service) -> None:
    Service.objects.update(is_online=False)
    page = f"{ADD}?service=cut&{TEN}"
    assert "overrule" not in site.get(page).content.decode()
    assert site.post(page, PERSON).status_code == 302


def test_what_went_with_another_service_is_left_out(site: Client, cut: Service) -> None:
    Service.objects.create(name="Yoga", kind="class", duration_minutes=60, price=0)
    wash = AddOn.objects.create(service=cut, name="Wash")
    answer = site.get(f"{ADD}?service=yoga&people=1&with=1&extra={wash.pk}&also=cut")
    assert answer.status_code == 200 and "errorlist" not in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "service=none",
        "service=cut&people=x",
        "service=cut&people=0",
        "service=cut&start=x",
        "service=cut&date=x",
    ],
)
def test_bad_addresses_are_answered(site: Client, cut: Service, query: str) -> None:
    assert site.get(f"{ADD}?{query}").status_code == 200


# --- The deposit ---


@pytest.fixture
def with_deposit(cut: Service) -> Service:
    Service.objects.filter(pk=cut.pk).update(deposit_kind="amount", deposit_value=1000)
    cut.refresh_from_db()
    return cut


def test_without_payments_no_deposit_is_spoken_of(site: Client, with_deposit: Service) -> None:
    assert "Deposit" not in site.get(f"{ADD}?service=cut&{TEN}").content.decode()


def test_none_is_due_unless_staff_ask_for_it(
    site: Client, with_deposit: Service, account: StripeAccount
) -> None:
    page = f"{ADD}?service=cut&{TEN}"
    assert "Deposit of £10.00" in site.get(page).content.decode()
    assert site.post(page, {**PERSON, "deposit": "none"}).status_code == 302
    booking = Booking.objects.get()
    assert (booking.status, booking.deposit_amount) == ("CONFIRMED", 0)


def test_a_payment_link_holds_the_time_until_it_is_paid(
    site: Client,
    with_deposit: Service,
    in_alpha: Tenant,
    client_of: Callable[[Tenant], Client],
    stripe: Control,
    run_jobs: JobRunner,
) -> None:
    page = f"{ADD}?service=cut&{TEN}"
    sent = {**PERSON, "deposit": "link", "hours": "5"}
    said = site.post(page, sent, follow=True).content.decode()
    booking = Booking.objects.get()
    assert "The payment link is on its way." in said
    assert (booking.status, booking.deposit_amount) == ("PENDING_PAYMENT", 1000)
    held = booking.hold_expires_at - datetime.now(UTC)  # type: ignore[operator]
    assert timedelta(hours=4, minutes=59) < held <= timedelta(hours=5)
    run_jobs()
    (letter,) = [one for one in mail.outbox if one.to == ["w@example.com"]]
    assert "Please pay your deposit" in letter.subject
    link = f"/booking/{booking.access_token}/"
    assert link in letter.body
    browser = client_of(in_alpha)
    assert "Pay £10.00 deposit" in browser.get(link).content.decode()
    browser.post(f"{link}pay/")
    stripe("pay", session=stripe("sessions")[0]["id"])
    services.settle(booking)
    assert booking.status == "CONFIRMED"
    assert LedgerEntry.objects.filter(credit="customer_deposits").exists()


def test_a_link_that_nobody_pays_gives_the_time_back(
    site: Client, with_deposit: Service, account: StripeAccount, run_jobs: JobRunner
) -> None:
    site.post(f"{ADD}?service=cut&{TEN}", {**PERSON, "deposit": "link", "hours": "1"})
    booking = Booking.objects.get()
    Booking.objects.update(hold_expires_at=datetime.now(UTC) - timedelta(seconds=1))
    services.release_hold(booking.pk)
    booking.refresh_from_db()
    assert (booking.status, booking.cancel_reason) == ("CANCELLED", "hold_expired")
