"""Single classes: put on the timetable, changed, cancelled."""

from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db.models import F
from django.test import Client

from access.models import User
from bookings import jobs, services
from bookings.models import Allocation, Booking, ClassSession, Resource, Service
from events.models import Event
from tenants.models import Tenant
from tests.support import JobRunner

pytestmark = pytest.mark.django_db

SESSIONS = "/admin/bookings/classsession/"


@pytest.fixture(autouse=True)
def _in_march() -> Any:
    with time_machine.travel(datetime(2027, 3, 1, 12, tzinfo=UTC), tick=False):
        yield


@pytest.fixture
def site(in_alpha: Tenant, owner: User) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


@pytest.fixture
def yoga(in_alpha: Tenant) -> Service:
    return Service.objects.create(
        name="Yoga", kind="class", duration_minutes=60, price=1500, buffer_after_minutes=15
    )


@pytest.fixture
def mia(in_alpha: Tenant) -> Resource:
    return Resource.objects.create(name="Mia", kind="staff")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def session_form(yoga: Service, mia: Resource | None, **changes: Any) -> dict[str, Any]:
    return {
        "service": yoga.pk, "instructor": mia.pk if mia else "", "capacity": "10",
        "starts_at": "2027-07-01T18:00", **changes,
    }  # fmt: skip


def booking_on(session: ClassSession, **values: Any) -> Booking:
    if values.get("status") != "CANCELLED":
        ClassSession.objects.filter(pk=session.pk).update(seats_taken=F("seats_taken") + 1)
    return Booking.objects.create(
        **{
            "service": session.service, "class_session": session, "service_name": "Yoga",
            "starts_at": session.starts_at, "ends_at": session.ends_at, "customer_name": "Ann",
            "customer_email": "a@example.com", "total_amount": 0, "currency": "GBP",
            "status": "CONFIRMED", **values,
        }
    )  # fmt: skip


def test_one_class_is_added_on_the_businesss_clocks(
    site: Client, yoga: Service, mia: Resource
) -> None:
    assert site.get(f"{SESSIONS}add/").status_code == 200
    assert site.post(f"{SESSIONS}add/", session_form(yoga, mia)).status_code == 302
    session = ClassSession.objects.get()
    assert (session.starts_at, session.ends_at) == (utc(2027, 7, 1, 17), utc(2027, 7, 1, 18))
    assert "0 of 10" in site.get(SESSIONS).content.decode()
    assert Event.objects.filter(type="class_session.created").count() == 1


def test_an_instructor_teaches_one_class_at_a_time(
    site: Client, yoga: Service, mia: Resource
) -> None:
    site.post(f"{SESSIONS}add/", session_form(yoga, mia))
    spin = Service.objects.create(name="Spin", kind="class", duration_minutes=30, price=0)
    response = site.post(f"{SESSIONS}add/", session_form(spin, mia, starts_at="2027-07-01T19:00"))
    assert response.status_code == 400
    assert (
        "Mia is already booked on Thu 1 July 2027, 18:00 to 19:15: Yoga."
        in response.content.decode()
    )
    assert ClassSession.objects.count() == Allocation.objects.count() == 1
    assert site.post(
        f"{SESSIONS}add/", session_form(spin, mia, starts_at="2027-07-01T19:15")
    ).status_code == 302  # fmt: skip


def test_the_same_class_is_not_there_twice_at_once(site: Client, yoga: Service) -> None:
    site.post(f"{SESSIONS}add/", session_form(yoga, None))
    response = site.post(f"{SESSIONS}add/", session_form(yoga, None))
    assert response.status_code == 400
    assert "Yoga takes place on Thu 1 July 2027, 18:00 already." in response.content.decode()
    assert ClassSession.objects.count() == 1


def test_an_instructor_can_be_swapped_and_an_empty_class_moved(
    site: Client, yoga: Service, mia: Resource
) -> None:
    site.post(f"{SESSIONS}add/", session_form(yoga, mia))
    session = ClassSession.objects.get()
    jonas = Resource.objects.create(name="Jonas", kind="staff")
    path = f"{SESSIONS}{session.pk}/change/"
    assert site.get(path).status_code == 200
    moved = session_form(yoga, jonas, starts_at="2027-07-01T19:00")
    assert site.post(path, moved).status_code == 302
    taken = Allocation.objects.get()
    assert (taken.resource, taken.starts_at) == (jonas, utc(2027, 7, 1, 18))


def test_a_booked_class_is_not_moved_and_not_made_too_small(
    site: Client, yoga: Service, mia: Resource
) -> None:
    site.post(f"{SESSIONS}add/", session_form(yoga, mia))
    ClassSession.objects.update(seats_taken=4)
    session = ClassSession.objects.get()
    path = f"{SESSIONS}{session.pk}/change/"
    page = site.post(path, session_form(yoga, mia, starts_at="2027-07-01T19:00")).content.decode()
    assert "4 have booked this class" in page
    small = site.post(path, session_form(yoga, mia, capacity="3"))
    assert small.status_code == 400
    assert site.post(path, session_form(yoga, mia, capacity="4")).status_code == 302
    session.refresh_from_db()
    assert (session.starts_at, session.capacity, session.seats_taken) == (
        utc(2027, 7, 1, 17), 4, 4,
    )  # fmt: skip


def test_cancelling_a_class_frees_the_instructor_and_cancels_its_bookings(
    site: Client, yoga: Service, mia: Resource, run_jobs: JobRunner
) -> None:
    site.post(f"{SESSIONS}add/", session_form(yoga, mia))
    session = ClassSession.objects.get()
    there = booking_on(session)
    gone = booking_on(session, status="CANCELLED", cancel_reason="customer")
    path = f"{SESSIONS}{session.pk}/"
    page = site.get(f"{path}change/").content.decode()
    assert "Ann" in page
    asked = site.post(f"{path}change/", {"action": "cancel"})
    assert asked["Location"] == f"{path}cancel/"
    assert "goes back in full" in site.get(f"{path}cancel/").content.decode()
    assert not ClassSession.objects.get().is_cancelled
    site.post(f"{path}cancel/")
    site.post(f"{path}cancel/")
    run_jobs()
    session.refresh_from_db()
    assert session.is_cancelled
    assert not Allocation.objects.exists()
    there.refresh_from_db()
    gone.refresh_from_db()
    assert (there.status, there.cancel_reason) == ("CANCELLED", "business")
    assert gone.cancel_reason == "customer"
    events = Event.objects.filter(type="class_session.cancelled")
    assert [event.actor_label for event in events] == ["owner@alpha.example"]
    assert site.post(f"{SESSIONS}add/", session_form(yoga, mia)).status_code == 302


def test_bookings_of_a_cancelled_class_are_cancelled_even_if_the_first_try_was_killed(
    site: Client, yoga: Service, run_jobs: JobRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.post(f"{SESSIONS}add/", session_form(yoga, None))
    session = ClassSession.objects.get()
    bookings = [booking_on(session), booking_on(session)]
    site.post(f"{SESSIONS}{session.pk}/cancel/")
    cancel = services.cancel

    def die_at_the_second(booking_id: int, **how: Any) -> Booking:
        if booking_id == bookings[1].pk:
            raise SystemExit
        return cancel(booking_id, **how)

    arguments = {"session_id": session.pk, "actor_kind": "staff", "actor_label": "x"}
    with monkeypatch.context() as patch:
        patch.setattr(services, "cancel", die_at_the_second)
        with pytest.raises(SystemExit):
            jobs.cancel_bookings_of_session(**arguments)
    run_jobs()
    assert list(Booking.objects.values_list("status", flat=True)) == ["CANCELLED"] * 2
