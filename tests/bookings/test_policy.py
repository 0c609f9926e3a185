"""What cancelling gives back, to the second and to the penny, as the accepted terms say."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from bookings import policy
from bookings.models import Booking, HoursException, OpeningHours
from bookings.policy import deadline, quote_for
from bookings.slots import Week
from tenants.models import Tenant

LONDON = ZoneInfo("Europe/London")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
# Monday.
START = datetime(2027, 3, 1, 10, tzinfo=UTC)
HOURS = [(time(9), time(17))]
WEEKDAYS = Week(dict.fromkeys(range(5), HOURS))
SECOND = timedelta(seconds=1)


def booking(**terms: object) -> Booking:
    values = {
        "starts_at": START, "ends_at": START + timedelta(hours=1), "currency": "GBP",
        "free_cancellation_hours": 48, "late_refund_percent": 50, "no_refund_hours": 24,
    }  # fmt: skip
    return Booking(**{**values, **terms})


@pytest.mark.parametrize(
    ("now", "code", "refund", "kept"),
    [
        (START - timedelta(hours=48) - SECOND, "free", 1001, 0),
        (START - timedelta(hours=48), "free", 1001, 0),
        (START - timedelta(hours=48) + SECOND, "late", 501, 500),
        (START - timedelta(hours=24), "late", 501, 500),
        (START - timedelta(hours=24) + SECOND, "too_late", 0, 1001),
        (START - SECOND, "too_late", 0, 1001),
        (START, "begun", 0, 1001),
        (START + timedelta(days=1), "begun", 0, 1001),
    ],
)
def test_all_then_half_then_nothing(now: datetime, code: str, refund: int, kept: int) -> None:
    found = quote_for(booking(), 1001, now, LONDON, None)
    assert (found.code, found.refund, found.kept) == (code, refund, kept)


@pytest.mark.parametrize(
    ("paid", "percent", "refund"),
    [
        (1, 50, 1),
        (1, 49, 0),
        (3, 50, 2),
        (999, 33, 330),
        (1000, 0, 0),
        (1000, 100, 1000),
        (0, 50, 0),
    ],
)
def test_a_part_is_rounded_half_up(paid: int, percent: int, refund: int) -> None:
    late = START - timedelta(hours=30)
    assert (
        quote_for(booking(late_refund_percent=percent), paid, late, LONDON, None).refund == refund
    )


def test_without_a_percentage_nothing_goes_back_after_the_free_hours() -> None:
    terms = booking(late_refund_percent=0, no_refund_hours=0)
    found = quote_for(terms, 1000, START - timedelta(hours=48) + SECOND, LONDON, None)
    assert (found.code, found.refund) == ("too_late", 0)
    assert found.partial_until == found.free_until == START - timedelta(hours=48)


def test_without_free_hours_it_is_free_until_the_start() -> None:
    terms = booking(free_cancellation_hours=0, late_refund_percent=0, no_refund_hours=0)
    assert quote_for(terms, 1000, START - SECOND, LONDON, None).refund == 1000
    assert quote_for(terms, 1000, START + SECOND, LONDON, None).refund == 0


def test_the_fee_for_the_card_is_named_from_the_second_on_at_which_it_is_owed() -> None:
    terms = booking(requires_card=True, terms_accepted_at=START, late_cancellation_fee=2000)
    edge = START - timedelta(hours=48)
    found = [quote_for(terms, 0, now, LONDON, None) for now in (edge, edge + SECOND)]
    assert [one.fee for one in found] == [0, 2000]
    assert [one.code for one in found] == ["nothing_paid", "nothing_paid"]


@pytest.mark.parametrize(
    ("starts_at", "free_until"),
    [
        # Clocks go forward on 28 March 2027: 24 real hours are noon to 11:00.
        (datetime(2027, 3, 28, 11, tzinfo=UTC), "2027-03-27T11:00:00+00:00"),
        # And back on 31 October: from noon (GMT) to 13:00 (BST).
        (datetime(2027, 10, 31, 12, tzinfo=UTC), "2027-10-30T13:00:00+01:00"),
    ],
)
def test_24_hours_are_real_hours_when_clocks_change(starts_at: datetime, free_until: str) -> None:
    found = deadline(starts_at, 24, LONDON, None)
    assert found.astimezone(LONDON).isoformat() == free_until


@pytest.mark.parametrize(
    ("hours", "free_until"),
    [
        (0, "2027-03-01T10:00:00+00:00"),
        (1, "2027-03-01T09:00:00+00:00"),
        # Ten hours of Monday are left at its midnight, and all through the weekend.
        (10, "2027-03-01T00:00:00+00:00"),
        (11, "2027-02-26T23:00:00+00:00"),
        (24, "2027-02-26T10:00:00+00:00"),
        (48, "2027-02-25T10:00:00+00:00"),
        # A whole week of five days, and another weekend.
        (24 * 5, "2027-02-22T10:00:00+00:00"),
        (24 * 5 + 11, "2027-02-19T23:00:00+00:00"),
    ],
)
def test_business_hours_stand_still_on_closed_days(hours: int, free_until: str) -> None:
    assert deadline(START, hours, LONDON, WEEKDAYS).astimezone(LONDON).isoformat() == free_until


def test_a_closure_stands_still_and_an_opened_sunday_counts() -> None:
    closed = Week(WEEKDAYS.weekly, {date(2027, 2, 26): []})
    opened = Week(WEEKDAYS.weekly, {date(2027, 2, 28): HOURS})
    assert deadline(START, 24, LONDON, closed) == datetime(2027, 2, 25, 10, tzinfo=UTC)
    assert deadline(START, 24, LONDON, opened) == datetime(2027, 2, 28, 10, tzinfo=UTC)


def test_a_booking_on_a_closed_day_counts_from_the_open_day_before() -> None:
    sunday = datetime(2027, 2, 28, 10, tzinfo=UTC)
    assert deadline(sunday, 1, LONDON, WEEKDAYS) == datetime(2027, 2, 26, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "starts_at", "hours", "free_until"),
    [
        # The Sunday has 23 hours; 34 before Monday 10:00 are one hour into Saturday's end.
        (LONDON, "2027-03-29T10:00+01:00", 34, "2027-03-27T23:00:00+00:00"),
        # 25 hours: 35 before Monday 10:00 are Sunday's midnight.
        (LONDON, "2027-11-01T10:00+00:00", 35, "2027-10-31T00:00:00+01:00"),
        # 23 hours and a half, where clocks move by half an hour.
        (LORD_HOWE, "2027-10-04T10:00+11:00", 34, "2027-10-02T23:30:00+10:30"),
    ],
)
def test_a_business_day_is_as_long_as_its_clocks_make_it(
    zone: ZoneInfo, starts_at: str, hours: int, free_until: str
) -> None:
    every_day = Week(dict.fromkeys(range(7), HOURS))
    found = deadline(datetime.fromisoformat(starts_at), hours, zone, every_day)
    assert found.astimezone(zone).isoformat() == free_until


def test_a_business_without_hours_counts_every_day() -> None:
    assert deadline(START, 48, LONDON, Week()) == START - timedelta(hours=48)


def test_a_day_that_a_zone_left_out_does_not_count() -> None:
    apia = ZoneInfo("Pacific/Apia")
    every_day = Week(dict.fromkeys(range(7), HOURS))
    after = datetime(2011, 12, 31, 10, tzinfo=apia)
    found = deadline(after, 11, apia, every_day)
    assert found.astimezone(apia).isoformat() == "2011-12-29T23:00:00-10:00"


@pytest.mark.django_db
def test_the_businesss_own_hours_and_closures_are_what_counts(in_alpha: Tenant) -> None:
    assert OpeningHours.objects.count() == 5
    HoursException.objects.create(first_day="2027-02-25", last_day="2027-02-26", reason="Holiday")
    terms = booking(counts_business_days=True, free_cancellation_hours=24)
    assert terms.free_cancellation_until == datetime(2027, 2, 24, 10, tzinfo=UTC)
    assert policy.free_until(booking(free_cancellation_hours=24)) == START - timedelta(hours=24)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("hours_before", "text"),
    [
        (49, "Cancelling is free until Sat 27 February 2027, 10:00."),
        (
            30,
            "Cancelling was free until Sat 27 February 2027, 10:00. Until Sun 28 February 2027, "
            "10:00, 50% of what was paid goes back.",
        ),
        (5, "Nothing goes back after Sun 28 February 2027, 10:00."),
        (-1, "The booking has begun already, so nothing goes back."),
    ],
)
def test_the_reason_is_said_in_words(in_alpha: Tenant, hours_before: int, text: str) -> None:
    now = START - timedelta(hours=hours_before)
    assert quote_for(booking(), 1000, now, LONDON, None).text == text
