"""Classes that come back: right on the clocks, never doubled, never taken from who has booked."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.test import Client

from access.models import User
from bookings import jobs
from bookings.models import (
    Allocation,
    ClassSeries,
    ClassSession,
    HoursException,
    Resource,
    Service,
)
from bookings.series import AHEAD, extend_all, occurrences, parse
from tenants.models import Tenant
from tests.bookings.test_class_sessions import SESSIONS, booking_on, utc
from tests.support import JobRunner

pytestmark = pytest.mark.django_db

SERIES = "/admin/bookings/classseries/"
NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)  # a Monday


@pytest.fixture(autouse=True)
def _in_march() -> Any:
    with time_machine.travel(NOW, tick=False):
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


def series_form(yoga: Service, mia: Resource | None = None, **changes: Any) -> dict[str, Any]:
    return {
        "service": yoga.pk, "instructor": mia.pk if mia else "", "capacity": "10",
        "weekdays": ["TU"], "every": "1", "own_rule": "", "starts_at": "18:00",
        "first_day": "2027-03-01", "until": "", "count": "", "days_off": "", **changes,
    }  # fmt: skip


def add(site: Client, yoga: Service, mia: Resource | None = None, **changes: Any) -> ClassSeries:
    response = site.post(f"{SERIES}add/", series_form(yoga, mia, **changes))
    assert response.status_code == 302, response.content.decode()
    return ClassSeries.objects.latest("id")


def change(site: Client, series: ClassSeries, form: dict[str, Any]) -> str:
    return site.post(f"{SERIES}{series.pk}/change/", form, follow=True).content.decode()


def days(**wanted: Any) -> list[date]:
    rows = ClassSession.objects.filter(cancelled_at__isnull=True, **wanted)
    return [row.starts_at.date() for row in rows.order_by("starts_at")]


def of(rule: str, first_day: date, at: time, **values: Any) -> ClassSeries:
    return ClassSeries(rule=rule, first_day=first_day, starts_at=at, capacity=1, **values)


# --- From a rule to instants ---


def test_the_time_on_the_clocks_stays_the_same_across_both_clock_changes() -> None:
    london = ZoneInfo("Europe/London")
    sundays = of("FREQ=WEEKLY;BYDAY=SU", date(2027, 3, 21), time(9))
    spring = occurrences(sundays, date(2027, 3, 21), date(2027, 3, 28), london)
    assert list(spring.values()) == [utc(2027, 3, 21, 9), utc(2027, 3, 28, 8)]
    autumn = occurrences(sundays, date(2027, 10, 24), date(2027, 10, 31), london)
    assert list(autumn.values()) == [utc(2027, 10, 24, 8), utc(2027, 10, 31, 9)]


@pytest.mark.parametrize(
    ("zone", "day", "at", "instant"),
    [
        ("Europe/London", date(2027, 3, 28), time(1, 30), utc(2027, 3, 28, 1, 30)),
        ("America/New_York", date(2027, 3, 14), time(2, 30), utc(2027, 3, 14, 7, 30)),
        ("Australia/Lord_Howe", date(2027, 10, 3), time(2, 15), utc(2027, 10, 2, 15, 45)),
    ],
)
def test_a_time_that_does_not_exist_moves_forward(
    zone: str, day: date, at: time, instant: datetime
) -> None:
    daily = of("FREQ=DAILY", day - timedelta(days=1), at)
    found = occurrences(daily, day, day, ZoneInfo(zone))
    assert found == {day: instant}
    assert instant.astimezone(ZoneInfo(zone)).time() > at


@pytest.mark.parametrize(
    ("zone", "day", "at", "instant"),
    [
        ("Europe/London", date(2027, 10, 31), time(1, 30), utc(2027, 10, 31, 0, 30)),
        ("America/New_York", date(2027, 11, 7), time(1, 30), utc(2027, 11, 7, 5, 30)),
        ("Australia/Lord_Howe", date(2027, 4, 4), time(1, 45), utc(2027, 4, 3, 14, 45)),
    ],
)
def test_a_time_that_comes_twice_is_the_first_and_never_doubled(
    zone: str, day: date, at: time, instant: datetime
) -> None:
    daily = of("FREQ=DAILY", day, at)
    assert occurrences(daily, day, day, ZoneInfo(zone)) == {day: instant}


def test_a_date_that_the_zone_skips_makes_no_second_class() -> None:
    daily = of("FREQ=DAILY", date(2011, 12, 29), time(10))
    found = occurrences(daily, date(2011, 12, 29), date(2011, 12, 31), ZoneInfo("Pacific/Apia"))
    assert list(found.values()) == [utc(2011, 12, 29, 20), utc(2011, 12, 30, 20)]


def test_rules_know_intervals_ends_and_days_off() -> None:
    zone, first, last = ZoneInfo("UTC"), date(2027, 3, 1), date(2027, 4, 30)
    second = of("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE", first, time(9), count=4)
    assert list(occurrences(second, first, last, zone)) == [
        date(2027, 3, 1), date(2027, 3, 3), date(2027, 3, 15), date(2027, 3, 17),
    ]  # fmt: skip
    second.exceptions = [date(2027, 3, 3)]
    assert list(occurrences(second, date(2027, 3, 2), last, zone)) == [
        date(2027, 3, 15), date(2027, 3, 17),
    ]  # fmt: skip
    monthly = of("FREQ=MONTHLY;BYDAY=1SA", first, time(9), until=date(2027, 4, 2))
    assert list(occurrences(monthly, first, last, zone)) == [date(2027, 3, 6)]


@pytest.mark.parametrize(
    "rule",
    [
        "", "x", "FREQ=HOURLY", "FREQ=WEEKLY;BYDAY=XX", "FREQ=WEEKLY;COUNT=3",
        "FREQ=WEEKLY;UNTIL=20270101", "FREQ=DAILY;BYHOUR=1,2", "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY;INTERVAL=0", "FREQ=DAILY;INTERVAL=99999999999", "FREQ=WEEKLY;BYDAY=",
        "FREQ=MONTHLY;BYMONTHDAY=99", "DTSTART:20270101T000000\nRRULE:FREQ=DAILY",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;WKST=", "FREQ=MONTHLY;BYSETPOS=0",
        "FREQ=DAILY;BYMONTHDAY=99", "FREQ=DAILY;BYMONTHDAY=0", "FREQ=WEEKLY;BYSETPOS=7",
        "FREQ=MONTHLY;BYDAY=9MO",
    ],
)  # fmt: skip
def test_what_is_no_rule_for_days_is_refused(rule: str) -> None:
    with pytest.raises(ValidationError):
        parse(rule, date(2027, 3, 1))


# --- On the timetable ---


def test_a_series_fills_the_next_twelve_weeks_and_takes_its_instructor(
    site: Client, yoga: Service, mia: Resource
) -> None:
    add(site, yoga, mia)
    tuesdays = [date(2027, 3, 2) + timedelta(weeks=number) for number in range(12)]
    assert days() == tuesdays
    session = ClassSession.objects.first()
    assert session is not None
    assert (session.starts_at, session.ends_at) == (utc(2027, 3, 2, 18), utc(2027, 3, 2, 19))
    assert (session.capacity, session.service, session.instructor) == (10, yoga, mia)
    taken = Allocation.objects.get(class_session=session)
    assert (taken.resource, taken.ends_at) == (mia, utc(2027, 3, 2, 19, 15))
    summer = ClassSession.objects.get(series_day=date(2027, 3, 30))
    assert summer.starts_at == utc(2027, 3, 30, 17)


def test_the_nightly_job_rolls_on_and_makes_nothing_twice(
    site: Client, yoga: Service, mia: Resource, run_jobs: JobRunner
) -> None:
    add(site, yoga, mia)
    extend_all()
    assert ClassSession.objects.count() == 12
    with time_machine.travel(NOW + timedelta(weeks=2), tick=False):
        jobs.extend_class_series.enqueue()
        jobs.extend_class_series.enqueue()
        run_jobs()
    assert ClassSession.objects.count() == 14
    assert days()[-1] == date(2027, 6, 1)
    assert date(2027, 6, 1) <= (NOW + timedelta(weeks=2) + AHEAD).date()


def test_a_clash_of_the_instructor_is_an_error_that_names_the_time(
    site: Client, yoga: Service, mia: Resource
) -> None:
    Allocation.objects.create(
        resource=mia, starts_at=utc(2027, 3, 16, 19, 10), ends_at=utc(2027, 3, 16, 20),
        reason="Dentist",
    )  # fmt: skip
    response = site.post(f"{SERIES}add/", series_form(yoga, mia))
    assert response.status_code == 400
    assert (
        "Mia is already booked on Tue 16 March 2027, 19:10 to 20:00: Dentist."
        in response.content.decode()
    )
    assert not ClassSeries.objects.exists()
    assert not ClassSession.objects.exists()


def test_what_the_job_finds_no_time_for_is_left_out_and_shown(
    site: Client, owner: User, yoga: Service, mia: Resource
) -> None:
    series = add(site, yoga, mia)
    Allocation.objects.create(
        resource=mia, starts_at=utc(2027, 5, 25, 12), ends_at=utc(2027, 5, 25, 20), reason="Leave"
    )
    with time_machine.travel(NOW + timedelta(weeks=2), tick=False):
        extend_all()
        assert days()[-2:] == [date(2027, 5, 18), date(2027, 6, 1)]
        site.force_login(owner, backend="access.backends.RoleBackend")
        page = site.get(f"{SERIES}{series.pk}/change/").content.decode()
        assert "Left out: the instructor is booked" in page
        assert "Tue 25 May 2027, 18:00" in page
        Allocation.objects.filter(reason="Leave").delete()
        extend_all()
    assert date(2027, 5, 25) in days()


def test_a_change_leaves_classes_that_people_have_booked(
    site: Client, yoga: Service, mia: Resource
) -> None:
    series = add(site, yoga, mia)
    ClassSession.objects.filter(series_day=date(2027, 3, 9)).update(seats_taken=3)
    page = change(site, series, series_form(yoga, mia, starts_at="19:30", capacity="12"))
    assert "1 class stays as it was" in page
    assert "Tue 9 March 2027, 18:00, 3 booked" in page
    rows = ClassSession.objects.order_by("starts_at").values_list("starts_at", "capacity")
    assert list(rows[:3]) == [
        (utc(2027, 3, 2, 19, 30), 12), (utc(2027, 3, 9, 18), 10), (utc(2027, 3, 16, 19, 30), 12),
    ]  # fmt: skip
    assert ClassSession.objects.count() == Allocation.objects.count() == 12


def test_ending_a_series_removes_free_classes_to_come_and_keeps_the_past(
    site: Client, owner: User, yoga: Service, mia: Resource
) -> None:
    series = add(site, yoga, mia)
    ClassSession.objects.filter(series_day=date(2027, 4, 6)).update(seats_taken=1)
    with time_machine.travel(NOW + timedelta(weeks=2), tick=False):
        site.force_login(owner, backend="access.backends.RoleBackend")
        page = change(site, series, series_form(yoga, mia, until="2027-03-14"))
    assert "Tue 6 April 2027, 18:00, 1 booked" in page
    assert days() == [date(2027, 3, 2), date(2027, 3, 9), date(2027, 4, 6)]
    assert Allocation.objects.count() == 3


def test_a_day_off_takes_one_class_out(site: Client, yoga: Service) -> None:
    series = add(site, yoga, days_off="2027-03-09\n\n2027-03-23")
    assert days()[:3] == [date(2027, 3, 2), date(2027, 3, 16), date(2027, 3, 30)]
    page = site.get(f"{SERIES}{series.pk}/change/").content.decode()
    assert "2027-03-09\n2027-03-23" in page
    change(site, series, series_form(yoga, days_off="2027-03-23"))
    assert days()[:3] == [date(2027, 3, 2), date(2027, 3, 9), date(2027, 3, 16)]


def test_no_class_is_on_when_the_business_is_closed_or_the_instructor_away(
    site: Client, yoga: Service, mia: Resource
) -> None:
    for whose, first, last in (
        (None, date(2027, 3, 2), date(2027, 3, 2)),
        (mia, date(2027, 3, 15), date(2027, 3, 25)),
        (Resource.objects.get(kind="space"), date(2027, 3, 9), date(2027, 3, 9)),
    ):
        HoursException.objects.create(resource=whose, first_day=first, last_day=last)
    series = add(site, yoga, mia)
    assert days()[:2] == [date(2027, 3, 9), date(2027, 3, 30)]
    assert "Left out" not in site.get(f"{SERIES}{series.pk}/change/").content.decode()


def test_a_class_cancelled_alone_does_not_come_back(
    site: Client, yoga: Service, mia: Resource
) -> None:
    series = add(site, yoga, mia)
    session = ClassSession.objects.get(series_day=date(2027, 3, 9))
    site.post(f"{SESSIONS}{session.pk}/cancel/")
    extend_all()
    change(site, series, series_form(yoga, mia, capacity="11"))
    assert date(2027, 3, 9) not in days()
    assert not Allocation.objects.filter(class_session=session).exists()


def test_a_class_that_only_had_cancelled_bookings_is_kept_cancelled(
    site: Client, yoga: Service, mia: Resource
) -> None:
    series = add(site, yoga, mia)
    session = ClassSession.objects.get(series_day=date(2027, 3, 9))
    booking_on(session, status="CANCELLED")
    change(site, series, series_form(yoga, mia, capacity="11"))
    session.refresh_from_db()
    assert session.is_cancelled
    again = ClassSession.objects.get(series_day=date(2027, 3, 9))
    assert (again.pk == session.pk, again.capacity) == (False, 11)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"weekdays": []}, "Choose days of the week"),
        ({"own_rule": "FREQ=DAILY"}, "or give a rule of your own"),
        ({"weekdays": [], "own_rule": "FREQ=HOURLY"}, "FREQ=HOURLY can&#x27;t be understood"),
        ({"weekdays": [], "own_rule": "FREQ=MONTHLY;BYSETPOS=9;BYDAY=MO"}, "no day that fits"),
        ({"until": "2027-04-01", "count": "3"}, "not both"),
        ({"days_off": "Easter"}, "“Easter” is no day"),
        ({"capacity": "0"}, "greater than or equal to 1"),
        ({"every": "0"}, "greater than or equal to 1"),
        ({"starts_at": ""}, "required"),
        ({"first_day": ""}, "required"),
    ],
)
def test_a_bad_series_is_said_beside_its_field(
    site: Client, yoga: Service, changes: dict[str, Any], complaint: str
) -> None:
    response = site.post(f"{SERIES}add/", series_form(yoga, **changes))
    assert response.status_code == 400
    assert complaint in response.content.decode()
    assert not ClassSeries.objects.exists()


def test_the_form_shows_a_series_as_it_was_typed(site: Client, yoga: Service) -> None:
    series = add(site, yoga, weekdays=["TU", "TH"], every="2")
    assert series.rule == "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH"
    own = add(site, yoga, weekdays=[], own_rule="freq=monthly;byday=1SA", starts_at="10:00")
    assert own.rule == "FREQ=MONTHLY;BYDAY=1SA"
    form = site.get(f"{SERIES}{series.pk}/change/").context["form"]
    assert (form["weekdays"].value(), form["every"].value()) == (["TU", "TH"], 2)
    assert "FREQ=MONTHLY;BYDAY=1SA" in site.get(f"{SERIES}{own.pk}/change/").content.decode()
    listed = site.get(SERIES).content.decode()
    assert "Tuesday, Thursday, every 2 weeks" in listed
    assert "FREQ=MONTHLY;BYDAY=1SA" in listed


def test_the_timetable_shows_what_is_to_come_unless_asked(
    site: Client, owner: User, yoga: Service
) -> None:
    add(site, yoga, count="2")
    with time_machine.travel(NOW + timedelta(days=5), tick=False):
        for asked, shown in (("", [False, True]), ("?when=past", [True, False]),
                             ("?when=all", [True, True])):  # fmt: skip
            page = site.get(f"{SESSIONS}{asked}").content.decode()
            days = ("Tue 2 March 2027, 18:00", "Tue 9 March 2027, 18:00")
            assert [day in page for day in days] == shown


def test_staff_look_at_classes_and_change_none(
    site: Client, in_alpha: Tenant, yoga: Service
) -> None:
    series = add(site, yoga)
    session = ClassSession.objects.order_by("starts_at")[0]
    person = User.objects.create_user("p@alpha.example", "a-good-password", role="staff")
    staff = Client(HTTP_HOST=in_alpha.hosts[0])
    staff.force_login(person, backend="access.backends.RoleBackend")
    for path in (f"{SERIES}{series.pk}/change/", f"{SESSIONS}{session.pk}/change/"):
        assert staff.get(path).status_code == 200
        assert staff.post(path, {"capacity": "1"}).status_code == 403
    assert staff.post(f"{SESSIONS}{session.pk}/cancel/").status_code == 403
    session.refresh_from_db()
    assert (session.capacity, session.is_cancelled) == (10, False)
