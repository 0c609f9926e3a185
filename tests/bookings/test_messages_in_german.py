"""What a German business's customers get about offers, the waitlist and repeating bookings."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.core import mail
from django_tenants.utils import tenant_context

from bookings import waitlist_mail
from bookings.deposits import start_payment
from bookings.descriptions import described
from bookings.models import (
    BookingSeries,
    Membership,
    MessageSettings,
    Pass,
    Service,
    Voucher,
    WaitlistEntry,
)
from bookings.offers.mail import send_prepaid
from bookings.offers.membership_messages import membership_words
from notifications.models import MessageTemplate
from tenants.models import Tenant
from tests.bookings.message_support import START, a_booking, cancelled
from tests.stripe_control import Control

pytestmark = pytest.mark.django_db

UNTIL = datetime(2027, 12, 31, 22, 59, tzinfo=UTC)


@pytest.fixture
def in_beta(beta: Tenant) -> Any:
    with tenant_context(beta):
        yield beta


def prepaid(model: Any, **values: Any) -> Any:
    return model.objects.create(
        **{
            "status": "active", "currency": "EUR", "customer_name": "Ann",
            "customer_email": "ann@example.com", "expires_at": UNTIL, **values,
        }
    )  # fmt: skip


def test_a_voucher_and_word_that_it_was_sent(in_beta: Tenant) -> None:
    voucher = prepaid(
        Voucher, initial=5000, left=5000, recipient_name="Bob", recipient_email="bob@example.com"
    )
    send_prepaid("voucher", voucher.pk)
    gift, note = mail.outbox
    assert gift.to == ["bob@example.com"]
    assert gift.subject == "Ann schenkt Ihnen einen Gutschein für Beta Gym"
    assert (
        f"  50,00\xa0€\n  Code {voucher.readable_code}\n"
        "  Gültig bis Freitag, 31. Dezember 2027, 23:59 Uhr\n"
    ) in gift.body
    assert note.to == ["ann@example.com"]
    assert note.subject == "Ihr Geschenkgutschein ist unterwegs"
    assert voucher.readable_code not in note.body


def test_a_voucher_for_oneself(in_beta: Tenant) -> None:
    send_prepaid("voucher", prepaid(Voucher, initial=5000, left=5000, expires_at=None).pk)
    [letter] = mail.outbox
    assert letter.to == ["ann@example.com"]
    assert letter.subject == "Ihr Geschenkgutschein für Beta Gym"
    assert letter.body.startswith(
        "Guten Tag,\n\nhier ist Ihr Geschenkgutschein für Beta Gym.\n\n  50,00\xa0€\n"
    )
    assert "Gültig" not in letter.body


@pytest.mark.parametrize(("count", "said"), [(1, "1 Termin,"), (10, "10 Termine,")])
def test_a_pass(in_beta: Tenant, count: int, said: str) -> None:
    item = prepaid(Pass, name="Karte", initial=count, left=count)
    send_prepaid("pass", item.pk)
    [letter] = mail.outbox
    assert letter.subject == "Ihre Mehrfachkarte: Karte"
    assert f"  Gültig für {said} bis Freitag, 31. Dezember 2027, 23:59 Uhr\n" in letter.body


@pytest.mark.parametrize(
    ("interval", "count", "german", "english"),
    [
        ("month", 1, "pro Monat", "per month"),
        ("month", 3, "alle 3 Monate", "every 3 months"),
        ("week", 2, "alle 2 Wochen", "every 2 weeks"),
        ("year", 1, "pro Jahr", "per year"),
    ],
)
def test_how_often_a_membership_is_paid(
    in_beta: Tenant, interval: str, count: int, german: str, english: str
) -> None:
    membership = Membership(
        name="Abo", price=8000, currency="EUR", interval=interval, interval_count=count
    )
    assert membership_words(membership, None, "de")["every"] == german
    assert membership_words(membership, None, "en-gb")["every"] == english


def test_a_place_on_the_waitlist(in_beta: Tenant) -> None:
    entry = WaitlistEntry.objects.create(
        service=Service.objects.create(name="Massage", duration_minutes=60, price=4500),
        first_day=date(2027, 3, 1), last_day=date(2027, 3, 3), from_time=time(9, 30),
        until_time=time(12), customer_name="Ann", customer_email="ann@example.com",
    )  # fmt: skip
    waitlist_mail.send_waiting(entry.pk)
    [letter] = mail.outbox
    assert letter.subject == "Auf der Warteliste: Massage"
    assert (
        "  Massage\n  Montag, 1. März 2027 – Mittwoch, 3. März 2027, 09:30 Uhr – 12:00 Uhr\n\n"
        f"Warteliste ansehen oder verlassen: {in_beta.url}/waitlist/{entry.token}/\n"
    ) in letter.body


# --- Repeating bookings ---


@pytest.fixture
def series(in_beta: Tenant) -> BookingSeries:
    service = Service.objects.create(name="Yoga", duration_minutes=60, price=4500)
    return BookingSeries.objects.create(
        service=service, customer_name="Ann", customer_email="ann@example.com",
        first_day=START.date(), local_time=time(12), time_zone="Europe/Berlin", interval_weeks=2,
        count=2,
    )  # fmt: skip


def test_dates_that_are_booked_and_dates_that_are_to_be_paid(
    in_beta: Tenant, series: BookingSeries
) -> None:
    booked = a_booking(series=series, currency="EUR")
    unpaid = a_booking(
        series=series, currency="EUR", starts_at=START + timedelta(weeks=2), confirmed_at=None,
        status="PENDING_PAYMENT", hold_expires_at=START - timedelta(days=1),
    )  # fmt: skip
    waitlist_mail.send_series(series.pk)
    [letter] = mail.outbox
    assert letter.subject == "Bitte um Anzahlung: Yoga, alle 2 Wochen"
    assert letter.body == (
        "Guten Tag Ann,\n\nIhre Buchungen bei Beta Gym sind bestätigt: Yoga, alle 2 Wochen.\n\n"
        f"  Donnerstag, 1. Juli 2027, 12:00 Uhr, Buchungsnummer {booked.reference}\n"
        f"  {in_beta.url}/booking/{booked.access_token}/\n\n"
        "Diese Termine warten noch auf Ihre Anzahlung. Jeder gehört Ihnen, sobald seine Anzahlung "
        "bezahlt ist.\n\n"
        f"  Donnerstag, 15. Juli 2027, 12:00 Uhr, Buchungsnummer {unpaid.reference}\n"
        "  10,00\xa0€, für Sie frei gehalten bis Mittwoch, 30. Juni 2027, 12:00 Uhr\n"
        f"  Hier bezahlen: {in_beta.url}/booking/{unpaid.access_token}/\n"
    )


def test_a_business_lists_the_dates_in_its_own_words(series: BookingSeries) -> None:
    MessageTemplate.objects.create(
        kind="series", subject="Servus", body="{{ rhythm }}:\n{{ dates }}{{ dates_to_pay }}\nBaba!"
    )
    booked = a_booking(series=series)
    waitlist_mail.send_series(series.pk)
    [letter] = mail.outbox
    assert letter.subject == "Servus"
    assert letter.body.startswith("alle 2 Wochen:\n  Donnerstag, 1. Juli 2027, 12:00 Uhr, ")
    assert letter.body.endswith(f"/booking/{booked.access_token}/\nBaba!")


def test_dates_that_are_cancelled(in_beta: Tenant, series: BookingSeries) -> None:
    booking = cancelled(a_booking(series=series), "business")
    waitlist_mail.send_cancelled(series.pk, datetime(2027, 6, 1, tzinfo=UTC))
    [letter] = mail.outbox
    assert letter.subject == "Storniert: Yoga, alle 2 Wochen"
    assert (
        "storniert:\n\nYoga\n\n  Donnerstag, 1. Juli 2027, 12:00 Uhr, "
        f"Buchungsnummer {booking.reference}\n"
    ) in letter.body
    assert f"Neu buchen: {in_beta.url}/\n" in letter.body


@pytest.mark.parametrize(("wanted", "copied"), [(True, ["desk@beta.example"]), (False, [])])
def test_the_business_gets_a_copy_if_it_wants_one(
    in_beta: Tenant, series: BookingSeries, wanted: bool, copied: list[str]
) -> None:
    in_beta.contact_email = "desk@beta.example"
    MessageSettings.objects.create(copy_to_business=wanted)
    a_booking(series=series)
    waitlist_mail.send_series(series.pk)
    assert mail.outbox[0].bcc == copied


# --- What a payment is for, on receipts and at Stripe ---


def test_payments_are_described_in_the_businesss_language(alpha: Tenant, beta: Tenant) -> None:
    def fee() -> str:
        return described("no_show", service="Yoga", reference="AB{reference}")

    with tenant_context(alpha):
        assert fee() == "Yoga, booking AB{reference}: no-show fee"
    with tenant_context(beta):
        assert fee() == "Yoga, Buchung AB{reference}: Gebühr für Nichterscheinen"
        assert described("voucher") == "Geschenkgutschein"


def test_a_page_that_is_open_stays_so_when_the_business_changes_its_language(
    in_alpha: Tenant, stripe: Control
) -> None:
    booking = a_booking(
        status="PENDING_PAYMENT", confirmed_at=None,
        hold_expires_at=datetime.now(UTC) + timedelta(minutes=15),
    )  # fmt: skip
    first = start_payment(booking, own_hosts=in_alpha.hosts)
    in_alpha.locale = "de"
    again = start_payment(booking, own_hosts=in_alpha.hosts)
    assert (again.pk, again.description) == (first.pk, "Haircut: deposit")
