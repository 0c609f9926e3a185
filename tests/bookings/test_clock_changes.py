"""The days on which clocks change: exact times, in real minutes, none skipped and none twice.

A time that clocks skip is not offered; one that they show twice is offered once, the first.
"""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bookings.availability import Wanted, explain, free_times
from bookings.models import BookingSettings, OpeningHours, Service
from tenants.models import Tenant

pytestmark = pytest.mark.django_db

NOW = datetime(2027, 1, 1, tzinfo=UTC)
LONDON = ZoneInfo("Europe/London")
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")


@pytest.fixture
def night(in_alpha: Tenant) -> Wanted:
    """An hour's service, every half hour, from midnight to five."""
    OpeningHours.objects.all().delete()
    OpeningHours.objects.bulk_create(
        OpeningHours(weekday=weekday, opens_at=time(0), closes_at=time(5)) for weekday in range(7)
    )
    return Wanted((Service.objects.create(name="Night", duration_minutes=60, price=0),))


def offered(wanted: Wanted, day: date, zone: ZoneInfo) -> list[str]:
    """Return each slot as local start, local end, and the start in UTC."""
    return [
        f"{slot.starts_at.astimezone(zone):%H:%M}-{slot.ends_at.astimezone(zone):%H:%M} "
        f"{slot.starts_at:%H:%M}Z"
        for slot in free_times(wanted, day, day, zone, NOW)
    ]


def test_london_springs_forward(night: Wanted) -> None:
    assert offered(night, date(2027, 3, 28), LONDON) == [
        "00:00-02:00 00:00Z",
        "00:30-02:30 00:30Z",
        "02:00-03:00 01:00Z",
        "02:30-03:30 01:30Z",
        "03:00-04:00 02:00Z",
        "03:30-04:30 02:30Z",
        "04:00-05:00 03:00Z",
    ]


def test_london_falls_back(night: Wanted) -> None:
    assert offered(night, date(2027, 10, 31), LONDON) == [
        "00:00-01:00 23:00Z",
        "00:30-01:30 23:30Z",
        "01:00-01:00 00:00Z",
        "01:30-01:30 00:30Z",
        "02:00-03:00 02:00Z",
        "02:30-03:30 02:30Z",
        "03:00-04:00 03:00Z",
        "03:30-04:30 03:30Z",
        "04:00-05:00 04:00Z",
    ]


def test_new_york_springs_forward(night: Wanted) -> None:
    assert offered(night, date(2027, 3, 14), NEW_YORK) == [
        "00:00-01:00 05:00Z",
        "00:30-01:30 05:30Z",
        "01:00-03:00 06:00Z",
        "01:30-03:30 06:30Z",
        "03:00-04:00 07:00Z",
        "03:30-04:30 07:30Z",
        "04:00-05:00 08:00Z",
    ]


def test_new_york_falls_back(night: Wanted) -> None:
    assert offered(night, date(2027, 11, 7), NEW_YORK) == [
        "00:00-01:00 04:00Z",
        "00:30-01:30 04:30Z",
        "01:00-01:00 05:00Z",
        "01:30-01:30 05:30Z",
        "02:00-03:00 07:00Z",
        "02:30-03:30 07:30Z",
        "03:00-04:00 08:00Z",
        "03:30-04:30 08:30Z",
        "04:00-05:00 09:00Z",
    ]


def test_lord_howe_falls_back_by_half_an_hour(night: Wanted) -> None:
    assert offered(night, date(2027, 4, 4), LORD_HOWE) == [
        "00:00-01:00 13:00Z",
        "00:30-01:30 13:30Z",
        "01:00-01:30 14:00Z",
        "01:30-02:00 14:30Z",
        "02:00-03:00 15:30Z",
        "02:30-03:30 16:00Z",
        "03:00-04:00 16:30Z",
        "03:30-04:30 17:00Z",
        "04:00-05:00 17:30Z",
    ]


def test_lord_howe_springs_forward_by_half_an_hour(night: Wanted) -> None:
    assert offered(night, date(2027, 10, 3), LORD_HOWE) == [
        "00:00-01:00 13:30Z",
        "00:30-01:30 14:00Z",
        "01:00-02:30 14:30Z",
        "01:30-03:00 15:00Z",
        "02:30-03:30 15:30Z",
        "03:00-04:00 16:00Z",
        "03:30-04:30 16:30Z",
        "04:00-05:00 17:00Z",
    ]


def test_hours_that_clocks_skip_altogether_offer_nothing(night: Wanted) -> None:
    OpeningHours.objects.update(opens_at=time(1), closes_at=time(2))
    assert offered(night, date(2027, 3, 28), LONDON) == []


def test_hours_past_midnight_count_the_hour_that_comes_twice(night: Wanted) -> None:
    """From ten to two is five hours on that night: the last hour may begin at two, first time."""
    OpeningHours.objects.update(opens_at=time(22), closes_at=time(2))
    assert offered(night, date(2027, 10, 31), LONDON) == [
        "00:00-01:00 23:00Z",
        "00:30-01:30 23:30Z",
        "01:00-01:00 00:00Z",
        "01:30-01:30 00:30Z",
        "22:00-23:00 22:00Z",
        "22:30-23:30 22:30Z",
        "23:00-00:00 23:00Z",
        "23:30-00:30 23:30Z",
    ]


def test_an_hour_is_sixty_minutes_on_every_day(night: Wanted) -> None:
    slots = free_times(night, date(2027, 3, 1), date(2027, 4, 30), LONDON, NOW)
    assert {(slot.ends_at - slot.starts_at).total_seconds() for slot in slots} == {3600}
    assert len({slot.starts_at for slot in slots}) == len(slots) == 60 * 9 + 7


def test_the_second_showing_is_explained(night: Wanted) -> None:
    second = datetime(2027, 10, 31, 1, 30, tzinfo=UTC)
    (reason,) = explain(night, second, LONDON, NOW)
    assert (reason.code, reason.text) == (
        "grid",
        "Clocks show this time twice; the first one is offered.",
    )


def test_a_grid_of_another_step_keeps_to_the_wall_clock(night: Wanted) -> None:
    BookingSettings.objects.update_or_create(
        is_only_row=True, defaults={"step_minutes": 90, "offset_minutes": 15}
    )
    assert offered(night, date(2027, 3, 28), LONDON) == [
        "00:15-02:15 00:15Z",
        "03:15-04:15 02:15Z",
    ]


def test_a_visit_may_go_on_over_a_date_that_never_was(night: Wanted) -> None:
    """Samoa went from the 29th to the 31st of December 2011."""
    OpeningHours.objects.update(opens_at=time(0), closes_at=time(0))
    apia, day = ZoneInfo("Pacific/Apia"), date(2011, 12, 29)
    before = datetime(2011, 12, 1, tzinfo=UTC)
    slots = free_times(night, day, day, apia, before)
    assert len(slots) == 48
    assert f"{slots[-1].starts_at.astimezone(apia):%d %H:%M}" == "29 23:30"
    assert f"{slots[-1].ends_at.astimezone(apia):%d %H:%M}" == "31 00:30"
    assert free_times(night, date(2011, 12, 30), date(2011, 12, 30), apia, before) == []
