"""Which times are offered, rule by rule, and in how many queries."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from bookings.availability import Wanted, free_times, is_offered, session_at
from bookings.models import (
    AddOn,
    Allocation,
    HoursException,
    Requirement,
    Resource,
    TableSet,
    TurnTime,
)
from tenants.models import Tenant
from tests.bookings.builders import (
    LONDON,
    MONDAY,
    NOW,
    at,
    booked,
    class_at,
    open_daily,
    rules,
    service,
    staff,
    table,
    times,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_alpha")]

TUESDAY = MONDAY + timedelta(days=1)


@pytest.fixture
def ann(in_alpha: Tenant) -> Resource:
    """One person, from nine to twelve."""
    open_daily()
    return staff("Ann")[0]


def test_what_is_booked_is_not_offered(ann: Resource) -> None:
    cut = service()
    booked(cut, ann, starts="10:00")
    assert times(cut) == ["09:00", "11:00"]
    assert times(cut, day=TUESDAY) == ["09:00", "10:00", "11:00"]


def test_a_booking_that_moves_is_not_in_its_own_way(ann: Resource) -> None:
    cut = service()
    row = booked(cut, ann, starts="10:00")
    assert times(cut, ignoring=row.pk) == ["09:00", "10:00", "11:00"]


def test_buffers_keep_bookings_apart_and_may_pass_closing_time(ann: Resource) -> None:
    cut = service(
        buffer_before_minutes=15, buffer_after_minutes=30, duration_minutes=30, step_minutes=15
    )
    booked(None, ann, starts="10:30", minutes=30)
    assert times(cut) == ["09:00", "09:15", "09:30", "11:15", "11:30"]


def test_time_that_staff_keep_free_is_not_offered(ann: Resource) -> None:
    Allocation.objects.create(
        resource=ann, starts_at=at("09:30"), ends_at=at("10:30"), reason="Dentist"
    )
    assert times(service()) == ["11:00"]


def test_a_hold_counts_until_it_ends(ann: Resource) -> None:
    cut = service()
    booked(cut, ann, starts="10:00", status="PENDING_PAYMENT", hold_expires_at=NOW)
    assert times(cut, now=NOW - timedelta(seconds=1)) == ["09:00", "11:00"]
    assert times(cut, now=NOW) == ["09:00", "10:00", "11:00"]


def test_a_cancelled_booking_frees_its_time(ann: Resource) -> None:
    cut = service()
    row = booked(cut, ann, starts="10:00", status="CANCELLED")
    row.allocations.update(is_live=False)
    assert times(cut) == ["09:00", "10:00", "11:00"]


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("08:00", ["09:00", "10:00", "11:00"]),
        ("08:01", ["10:00", "11:00"]),
        ("10:00", ["11:00"]),
        ("10:01", []),
    ],
)
def test_notice_is_kept_to_the_minute(ann: Resource, now: str, expected: list[str]) -> None:
    rules(minimum_notice_minutes=60)
    assert times(service(), now=at(now)) == expected


def test_a_services_own_notice_comes_before_the_businesss(ann: Resource) -> None:
    rules(minimum_notice_minutes=600)
    assert times(service(minimum_notice_minutes=0), now=at("09:00")) == ["10:00", "11:00"]


def test_days_ahead_end_with_the_last_day(ann: Resource) -> None:
    rules(days_ahead=1)
    cut = service()
    now = at("12:00", MONDAY - timedelta(days=1))
    assert times(cut, now=now) == ["09:00", "10:00", "11:00"]
    assert times(cut, day=TUESDAY, now=now) == []
    cut.days_ahead = 2
    assert times(cut, day=TUESDAY, now=now) == ["09:00", "10:00", "11:00"]


def test_a_persons_own_hours_replace_the_businesss_whole_week(ann: Resource) -> None:
    open_daily("10:00", "11:00", ann)
    ann.hours.exclude(weekday=0).delete()
    cut = service()
    assert times(cut) == ["10:00"]
    assert times(cut, day=TUESDAY) == []


def test_a_closure_closes_those_with_hours_of_their_own(ann: Resource) -> None:
    open_daily("10:00", "12:00", ann)
    HoursException.objects.create(first_day=MONDAY, last_day=MONDAY)
    assert times(service()) == []
    assert times(service(name="Later"), day=TUESDAY) == ["10:00", "11:00"]


def test_leave_is_one_persons(ann: Resource) -> None:
    bob = Resource.objects.create(name="Bob", kind="staff")
    HoursException.objects.create(resource=ann, first_day=MONDAY, last_day=TUESDAY)
    cut = service()
    assert times(cut, resource_id=ann.pk) == []
    assert times(cut, resource_id=bob.pk) == ["09:00", "10:00", "11:00"]
    assert times(cut, day=TUESDAY + timedelta(days=1), resource_id=ann.pk) == [
        "09:00",
        "10:00",
        "11:00",
    ]


def test_a_day_may_have_several_intervals_of_its_own(ann: Resource) -> None:
    for opens, closes in [("08:00", "09:00"), ("20:00", "22:00")]:
        HoursException.objects.create(
            first_day=MONDAY, last_day=MONDAY, opens_at=opens, closes_at=closes
        )
    assert times(service()) == ["08:00", "20:00", "21:00"]


def test_an_evening_past_midnight_belongs_to_both_days(ann: Resource) -> None:
    open_daily("22:00", "02:00")
    HoursException.objects.create(first_day=TUESDAY, last_day=TUESDAY)
    cut = service()
    assert times(cut) == ["00:00", "01:00", "22:00", "23:00"]
    assert times(cut, day=TUESDAY) == ["00:00", "01:00"]


def test_only_those_who_do_it_are_asked(ann: Resource) -> None:
    bob = Resource.objects.create(name="Bob", kind="staff")
    cut = service()
    cut.resources.set([bob])
    booked(cut, bob, starts="10:00")
    assert times(cut) == ["09:00", "11:00"]
    assert times(cut, resource_id=ann.pk) == []


def test_a_stylist_and_a_room_are_both_needed(ann: Resource) -> None:
    room = Resource.objects.create(name="Room")
    cut = service()
    cut.resources.set([ann])
    Requirement.objects.create(service=cut, name="room").resources.set([room])
    booked(cut, ann, starts="09:00")
    booked(cut, room, starts="11:00")
    assert times(cut) == ["10:00"]


def test_one_person_cannot_be_both_of_two(ann: Resource) -> None:
    bob = Resource.objects.create(name="Bob", kind="staff")
    cut = service()
    cut.resources.set([ann, bob])
    Requirement.objects.create(service=cut, name="assistant").resources.set([ann, bob])
    booked(cut, bob, starts="10:00")
    assert times(cut) == ["09:00", "11:00"]


def test_a_requirement_that_nothing_meets_offers_nothing(ann: Resource) -> None:
    cut = service()
    Requirement.objects.create(service=cut, name="room")
    assert times(cut) == []


def test_add_ons_make_it_longer(ann: Resource) -> None:
    cut = service()
    extra = AddOn.objects.create(service=cut, name="Colour", minutes=60)
    assert times(cut, add_ons=(extra,)) == ["09:00", "10:00"]


def test_services_follow_each_other_with_whoever_is_free(ann: Resource) -> None:
    bob = Resource.objects.create(name="Bob", kind="staff")
    cut, shave = service(), service(name="Shave")
    cut.resources.set([ann])
    shave.resources.set([bob])
    booked(shave, bob, starts="11:00")
    slots = free_times(Wanted((cut, shave)), MONDAY, MONDAY, LONDON, NOW)
    assert [(slot.starts_at, slot.ends_at) for slot in slots] == [(at("09:00"), at("11:00"))]


def test_an_inactive_resource_is_not_there(ann: Resource) -> None:
    Resource.objects.update(is_active=False)
    assert times(service()) == []


# --- Tables ---


@pytest.fixture
def dining_room(in_alpha: Tenant) -> dict[str, Resource]:
    """A table for two, two for four, and these together for eight."""
    open_daily()
    staff()
    tables = {"two": table("two", 1, 2), "four": table("four", 2, 4), "other": table("other", 3, 4)}
    joined = TableSet.objects.create(name="long", seats_min=5, seats_max=8)
    joined.tables.set([tables["four"], tables["other"]])
    return tables


def dinner(**values: Any) -> Any:
    return service(name="Dinner", kind="table", party_max=20, **values)


@pytest.mark.parametrize(
    ("party", "names"),
    [
        (1, [{"two"}]),
        (2, [{"two"}, {"four"}]),
        (3, [{"four"}, {"other"}]),
        (5, [{"four", "other"}]),
        (8, [{"four", "other"}]),
        (9, None),
    ],
)
def test_the_smallest_that_fits_comes_first(
    dining_room: dict[str, Resource], party: int, names: list[set[str]] | None
) -> None:
    name_of = {resource.pk: name for name, resource in dining_room.items()}
    slots = free_times(Wanted((dinner(),), party_size=party), MONDAY, MONDAY, LONDON, NOW)
    if names is None:
        assert slots == []
        return
    for slot in slots:
        (options,) = slot.free
        ranked = sorted(options, key=lambda option: option.rank)
        assert [{name_of[one] for one in option.resources} for option in ranked] == names


def test_a_set_is_free_when_all_its_tables_are(dining_room: dict[str, Resource]) -> None:
    meal = dinner()
    booked(meal, dining_room["other"], starts="10:00")
    assert times(meal, party_size=6) == ["09:00", "11:00"]
    assert times(meal, party_size=4) == ["09:00", "10:00", "11:00"]


def test_larger_parties_stay_longer(dining_room: dict[str, Resource]) -> None:
    meal = dinner(duration_minutes=180)
    TurnTime.objects.create(service=meal, party_up_to=2, minutes=60)
    TurnTime.objects.create(service=meal, party_up_to=4, minutes=120)
    assert times(meal, party_size=2) == ["09:00", "10:00", "11:00"]
    assert times(meal, party_size=3) == ["09:00", "10:00"]
    assert times(meal, party_size=5) == ["09:00"]


def test_no_more_guests_arrive_within_a_quarter_than_the_kitchen_wants(
    dining_room: dict[str, Resource],
) -> None:
    rules(covers_per_quarter=4)
    meal = dinner(step_minutes=15, duration_minutes=150)
    booked(meal, starts="09:10", minutes=5, party_size=3)
    assert times(meal, party_size=1) == ["09:00", "09:15", "09:30"]
    assert times(meal, party_size=2) == ["09:15", "09:30"]


def test_pacing_does_not_count_ended_holds_or_other_kinds(
    dining_room: dict[str, Resource],
) -> None:
    rules(covers_per_quarter=4)
    meal = dinner()
    booked(
        meal, starts="09:00", party_size=4, status="PENDING_PAYMENT", hold_expires_at=NOW
    )  # fmt: skip
    booked(meal, starts="10:00", party_size=4, status="CANCELLED")
    booked(service(party_max=9), starts="11:00", party_size=4)
    assert times(meal, party_size=2) == ["09:00", "10:00", "11:00"]


@pytest.mark.parametrize(("party", "offered"), [(1, False), (2, True), (4, True), (5, False)])
def test_the_party_must_be_of_the_services_size(
    dining_room: dict[str, Resource], party: int, offered: bool
) -> None:
    meal = service(kind="table", party_min=2, party_max=4)
    assert bool(times(meal, party_size=party)) is offered


# --- Classes ---


def test_a_class_is_offered_while_it_has_enough_seats(in_alpha: Tenant) -> None:
    yoga = service(name="Yoga", kind="class", party_max=5)
    class_at(yoga, "09:00", 3, 1)
    class_at(yoga, "10:00", 3, 2)
    class_at(yoga, "11:00", 3, 3)
    assert times(yoga) == ["09:00", "10:00"]
    assert times(yoga, party_size=2) == ["09:00"]


def test_seats_of_a_hold_that_has_ended_are_free(in_alpha: Tenant) -> None:
    yoga = service(name="Yoga", kind="class", party_max=5)
    session = class_at(yoga, "09:00", 3, 3)
    booked(
        yoga, starts="09:00", class_session=session, party_size=2, status="PENDING_PAYMENT",
        hold_expires_at=NOW,
    )  # fmt: skip
    assert times(yoga, party_size=2, now=NOW - timedelta(seconds=1)) == []
    assert times(yoga, party_size=2) == ["09:00"]
    assert times(yoga, party_size=3) == []


def test_a_cancelled_class_is_not_offered(in_alpha: Tenant) -> None:
    yoga = service(name="Yoga", kind="class")
    session = class_at(yoga, "09:00", 3)
    session.cancelled_at = NOW
    session.save()
    assert times(yoga) == []


def test_a_class_keeps_the_businesss_notice_and_days_ahead(in_alpha: Tenant) -> None:
    rules(minimum_notice_minutes=60, days_ahead=7)
    yoga = service(name="Yoga", kind="class")
    class_at(yoga, "09:00", 3)
    assert times(yoga, now=at("08:00")) == ["09:00"]
    assert times(yoga, now=at("08:01")) == []
    assert times(yoga, now=at("12:00", MONDAY - timedelta(days=7))) == ["09:00"]
    assert times(yoga, now=at("12:00", MONDAY - timedelta(days=8))) == []
    yoga.minimum_notice_minutes = 0
    assert times(yoga, now=at("08:59")) == ["09:00"]


def test_a_class_is_for_parties_of_the_services_size(in_alpha: Tenant) -> None:
    yoga = service(name="Yoga", kind="class", party_max=2)
    class_at(yoga, "09:00", 9)
    assert times(yoga, party_size=2) == ["09:00"]
    assert times(yoga, party_size=3) == []


# --- Queries ---


@pytest.mark.parametrize("days", [1, 31])
def test_two_queries_whatever_the_range(
    in_alpha: Tenant, days: int, django_assert_num_queries: Callable[[int], Any]
) -> None:
    open_daily()
    people = staff(*(f"Person {number}" for number in range(20)))
    cut = service()
    cut.resources.set(people)
    for person in people[:19]:
        booked(cut, person, starts="09:00")
    last = MONDAY + timedelta(days=days - 1)
    with django_assert_num_queries(2):
        slots = free_times(Wanted((cut,)), MONDAY, last, LONDON, NOW)
    # On the 28th clocks go forward before anybody comes: no time is lost.
    assert len(slots) == 3 * days
    assert [len(slot.free[0]) for slot in slots[:2]] == [1, 20]


def test_two_queries_for_classes(
    in_alpha: Tenant, django_assert_num_queries: Callable[[int], Any]
) -> None:
    yoga = service(name="Yoga", kind="class")
    class_at(yoga, "09:00", 3)
    with django_assert_num_queries(2):
        assert len(free_times(Wanted((yoga,)), MONDAY, date(2027, 3, 31), LONDON, NOW)) == 1


def test_a_visit_longer_than_a_day_sees_what_is_booked_at_its_end(ann: Resource) -> None:
    open_daily("00:00", "00:00")
    long = [service(name=f"Day {n}", duration_minutes=1440, step_minutes=720) for n in range(3)]
    Allocation.objects.create(
        resource=ann, starts_at=datetime(2027, 3, 4, 6, tzinfo=UTC),
        ends_at=datetime(2027, 3, 4, 7, tzinfo=UTC), reason="Dentist",
    )  # fmt: skip
    slots = free_times(Wanted(tuple(long)), MONDAY, MONDAY, LONDON, NOW)
    assert [slot.starts_at for slot in slots] == [at("00:00")]


@pytest.mark.parametrize("first_is_full", [True, False])
def test_of_two_classes_at_once_the_one_with_an_ended_hold_is_found(
    in_alpha: Tenant, first_is_full: bool
) -> None:
    yoga = service(name="Yoga", kind="class")
    ann, bob = staff("Ann", "Bob")
    held, full = (ann, bob) if first_is_full else (bob, ann)
    one, other = class_at(yoga, "09:00", 2, 2, held), class_at(yoga, "09:00", 2, 2, full)
    booked(
        yoga, starts="09:00", class_session=one, status="PENDING_PAYMENT", hold_expires_at=NOW
    )  # fmt: skip
    found = session_at(Wanted((yoga,)), at("09:00"), NOW)
    assert (found, other.seats_left) == (one, 0)


def test_a_class_can_be_chosen_by_its_instructor(in_alpha: Tenant) -> None:
    yoga = service(name="Yoga", kind="class")
    ann, bob = staff("Ann", "Bob")
    class_at(yoga, "09:00", 2, instructor=ann)
    class_at(yoga, "10:00", 2, instructor=bob)
    assert times(yoga, resource_id=bob.pk) == ["10:00"]


def test_a_class_is_offered_by_the_same_rules_whatever_is_taken(in_alpha: Tenant) -> None:
    rules(minimum_notice_minutes=60)
    yoga = Wanted((service(name="Yoga", kind="class"),))
    class_at(yoga.service, "09:00", 2, 2)
    assert is_offered(yoga, at("09:00"), LONDON, at("08:00"))
    assert not is_offered(yoga, at("09:00"), LONDON, at("08:01"))
    assert not is_offered(yoga, at("10:00"), LONDON, at("08:00"))
