"""A stranger and the waitlist race for a freed place: one has it, nobody's place is lost.

With a control: what two runs of the job do without the conditional update of the entry.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from access.actors import SYSTEM
from bookings import services, waitlist_offers
from bookings.availability import Slot
from bookings.models import Booking, ClassSession, WaitlistEntry
from demo.stack import Stack
from tenants.connection import connection
from tenants.models import Tenant
from tests.bookings import waiting as waiting_support
from tests.contract.api import booking_body
from tests.faults.test_at_once import rows, starts
from tests.faults.test_capacity_races import together
from tests.http import LiveApi, at_once
from tests.support import wait_for

LIVE = "SELECT id FROM gym.bookings_booking WHERE starts_at = %s AND status <> 'CANCELLED'"
BERLIN = ZoneInfo("Europe/Berlin")


def weekday_noon(days: int) -> datetime:
    """Return noon on a weekday at least `days` ahead, when the gym is open."""
    noon = datetime.fromisoformat(starts(days)).astimezone(BERLIN).replace(hour=12)
    while noon.weekday() > 4:
        noon += timedelta(days=1)
    return noon.astimezone(UTC)


def held(starts: datetime, **changes: Any) -> dict[str, Any]:
    """A booking that waits for its deposit, which its holder may give up by the API."""
    return booking_body(booking_date=starts.isoformat(), service_name="Body check", **changes)


def wait_for_noon(api: LiveApi, starts: datetime, name: str) -> str:
    answer = api.post(
        "/api/bookings/waitlist/",
        {
            "customer_name": name, "customer_email": f"{name}@example.com",
            "service_name": "Body check",
            "first_day": starts.astimezone(BERLIN).date().isoformat(),
            "from_time": "12:00", "until_time": "12:01",
        },
    )  # fmt: skip
    assert answer.status == 201, answer.body
    return str(answer.body["waitlist_token"])


def test_strangers_and_the_waitlist_race_for_a_freed_place(stack: Stack) -> None:
    api = LiveApi(stack, "gym")
    starts = weekday_noon(100)
    mine = api.post("/api/bookings/", held(starts)).body["booking_id"]
    entry = f"/api/bookings/waitlist/{wait_for_noon(api, starts, 'patient')}/"

    def race(number: int) -> Any:
        if number == 0:
            return api.post(f"/api/bookings/{mine}/payment-cancel/", {})
        return api.post("/api/bookings/", held(starts))

    cancelled, *strangers = at_once(40, race)
    assert cancelled.status == 200
    won = [answer.body["booking_id"] for answer in strangers if answer.status == 201]
    assert len(won) <= 1
    for booking_id in won:
        assert rows(stack, LIVE, starts) == [(booking_id,)]
        assert api.get(entry).body["status"] == "WAITING"
        assert api.post(f"/api/bookings/{booking_id}/payment-cancel/", {}).status == 200
    wait_for(lambda: api.get(entry).body["status"] == "OFFERED")
    assert len(rows(stack, LIVE, starts)) == 1
    assert api.post("/api/bookings/", held(starts)).status == 409


def test_an_offer_is_taken_and_declined_at_once(stack: Stack) -> None:
    """Twenty tries of each: the place is theirs or the next one's, never both, never nobody's."""
    api = LiveApi(stack, "gym")
    starts = weekday_noon(110)
    mine = api.post("/api/bookings/", held(starts)).body["booking_id"]
    first, second = (
        f"/api/bookings/waitlist/{wait_for_noon(api, starts, name)}/" for name in ("one", "two")
    )
    assert api.post(f"/api/bookings/{mine}/payment-cancel/", {}).status == 200
    wait_for(lambda: api.get(first).body["status"] == "OFFERED")
    answers = at_once(
        40, lambda number: api.post(f"{first}{'accept' if number % 2 else 'leave'}/", {})
    )
    assert {answer.status for answer in answers} <= {200, 409, 502}
    wait_for(lambda: api.get(second).body["status"] == "OFFERED")
    assert api.get(first).body["status"] == "PASSED"
    assert len(rows(stack, LIVE, starts)) == 1


# --- Two runs of the job ---


@pytest.fixture
def waiting(in_alpha: Tenant) -> WaitlistEntry:
    """Ann waits for a full class in which two places have come free."""
    session = waiting_support.yoga(2)
    booked = waiting_support.book(session.service, "Bob", party_size=2)
    entry = waiting_support.wait(session.service, "Ann")
    services.cancel(booked.pk, actor=SYSTEM, reason="business")
    return entry


def offered_by_two_runs(
    tenant: Tenant, entry: WaitlistEntry, monkeypatch: pytest.MonkeyPatch
) -> tuple[int, int]:
    """Offer twice at once, each having seen Ann wait; return (offers, places taken)."""
    seen = waitlist_offers.fitting
    look = together(2, lambda *asked: list(seen(*asked)))
    monkeypatch.setattr(waitlist_offers, "fitting", look)
    session_id = entry.class_session_id or 0

    def run(number: int) -> int:
        with tenant_context(tenant):
            try:
                return waitlist_offers.offer_seats(session_id)
            finally:
                connection.close()

    offers = sum(at_once(2, run, threads=2))
    return offers, ClassSession.objects.get(pk=session_id).seats_taken


@pytest.mark.django_db(transaction=True)
def test_two_runs_of_the_job_offer_one_place(
    in_alpha: Tenant, waiting: WaitlistEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert offered_by_two_runs(in_alpha, waiting, monkeypatch) == (1, 1)
    waiting.refresh_from_db()
    assert waiting.status == "OFFERED"
    assert Booking.objects.filter(status="PENDING_PAYMENT").get() == waiting.offered_booking


@pytest.mark.django_db(transaction=True)
def test_control_without_the_conditional_update_one_entry_holds_two_places(
    in_alpha: Tenant, waiting: WaitlistEntry, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hold_then_write(entry: WaitlistEntry, slot: Slot) -> None:
        until = timezone.now() + timedelta(hours=1)
        request = waitlist_offers.request_for(entry, slot.starts_at)
        entry.offered_booking = services.book(request, actor=SYSTEM, hold_until=until)
        entry.status, entry.offer_expires_at = WaitlistEntry.Status.OFFERED, until
        entry.save()

    monkeypatch.setattr(waitlist_offers, "_offer_slot", hold_then_write)
    assert offered_by_two_runs(in_alpha, waiting, monkeypatch) == (2, 2)
    # One of the two places is held for nobody.
    assert Booking.objects.filter(status="PENDING_PAYMENT").count() == 2
