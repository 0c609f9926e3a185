"""The calls before a booking: what there is, when, why not, and booking what was found."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from bookings.models import (
    AddOn,
    Allocation,
    Booking,
    ClassSession,
    IntakeQuestion,
    OpeningHours,
    Requirement,
    Resource,
    Service,
    TableSet,
    TurnTime,
)
from payments.models import StripeAccount
from tenants.models import Tenant
from tests.contract.api import BOOKINGS, Api

pytestmark = pytest.mark.django_db

MONDAY = "2027-03-01"


@pytest.fixture
def anyone(alpha: Tenant) -> Api:
    return Api(alpha)


@pytest.fixture
def salon(in_alpha: Tenant) -> Service:
    """A cut of an hour by Isla or Noor, 9 to 12 on Mondays, with a treatment of 15 minutes."""
    OpeningHours.objects.all().delete()
    OpeningHours.objects.create(weekday=0, opens_at=time(9), closes_at=time(12))
    service = Service.objects.create(
        name="Cut", duration_minutes=60, price=5000, deposit_kind="percent", deposit_value=20,
        buffer_after_minutes=15, customer_chooses_resource=True,
    )  # fmt: skip
    service.resources.set(
        Resource.objects.create(name=name, kind="staff") for name in ("Isla", "Noor")
    )
    AddOn.objects.create(service=service, name="Treatment", minutes=15, price=1000)
    Service.objects.create(name="Fringe", duration_minutes=15, price=1200)
    return service


def times(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [slot["starts_at"][11:16] for slot in response.json()["slots"]]


def free(api: Api, **query: str) -> list[str]:
    asked = {"service": "cut", "from": MONDAY, **query}
    return times(api.get(f"{BOOKINGS}availability/", **asked))


def book(api: Api, **changes: Any) -> Any:
    return api.book(
        **{
            "service_name": "Cut", "booking_date": "2027-03-01T10:00:00+00:00",
            "total_amount_pence": 5000, "deposit_amount_pence": 1000, **changes,
        }
    )  # fmt: skip


def test_the_catalogue_lists_what_customers_may_book(anyone: Api, salon: Service) -> None:
    Service.objects.create(name="Secret", duration_minutes=30, price=1, is_online=False)
    listed = anyone.get(f"{BOOKINGS}services/").json()["services"]
    assert [one["service_name"] for one in listed] == ["Cut", "Fringe"]
    cut = listed[0]
    assert (cut["price_pence"], cut["deposit_pence"], cut["currency"]) == (5000, 1000, "GBP")
    assert [one["name"] for one in cut["resources"]] == ["Isla", "Noor"]
    assert [one["name"] for one in cut["add_ons"]] == ["Treatment"]


def test_free_times_shrink_as_people_are_taken(anyone: Api, salon: Service) -> None:
    everything = ["09:00", "09:30", "10:00", "10:30", "11:00"]
    assert free(anyone) == everything
    assert book(anyone, resource="Isla").status_code == 201
    assert free(anyone) == everything
    # An hour and a quarter of Isla's is gone, and before 10 there is no room for the buffer.
    assert free(anyone, resource="Isla") == []
    assert book(anyone).status_code == 201
    assert free(anyone) == []
    taken = set(Booking.objects.values_list("resource__name", flat=True))
    assert taken == {"Isla", "Noor"}
    assert book(anyone).status_code == 409


def test_an_add_on_takes_time_and_costs_money(anyone: Api, salon: Service) -> None:
    assert free(anyone, add_on="Treatment")[-1] == "10:30"
    asked = {"add_ons": ["Treatment"], "resource": "Noor"}
    refused = book(anyone, **asked)
    assert (refused.status_code, refused.json()["total_amount_pence"]) == (400, 6000)
    body = book(anyone, **asked, total_amount_pence=6000, deposit_amount_pence=1200)
    assert body.status_code == 201
    booking = Booking.objects.get()
    assert booking.ends_at - booking.starts_at == timedelta(minutes=75)
    assert list(booking.lines.values_list("name", "minutes", "amount", "is_add_on")) == [
        ("Cut", 60, 5000, False),
        ("Treatment", 15, 1000, True),
    ]
    claim = Allocation.objects.get()
    assert claim.ends_at - booking.ends_at == timedelta(minutes=15)


def test_two_services_are_one_visit(anyone: Api, salon: Service) -> None:
    found = free(anyone, more_service="fringe")
    assert found == ["09:00", "09:30", "10:00", "10:30"]
    response = book(
        anyone, more_services=["Fringe"], total_amount_pence=6200, deposit_amount_pence=1000
    )
    assert response.status_code == 201
    booking = Booking.objects.get()
    assert booking.service_name == "Cut"
    assert [line.name for line in booking.lines.all()] == ["Cut", "Fringe"]
    assert booking.ends_at - booking.starts_at == timedelta(minutes=75)
    assert Allocation.objects.count() == 2


def test_a_service_may_need_somebody_and_something(anyone: Api, salon: Service) -> None:
    room = Resource.objects.create(name="Room")
    Requirement.objects.create(service=salon, name="room").resources.add(room)
    assert book(anyone).status_code == 201
    assert Allocation.objects.filter(resource=room).count() == 1
    # The second stylist is free, the only room is not.
    assert free(anyone, resource="Noor") == []
    assert book(anyone).status_code == 409
    assert Booking.objects.count() == 1


@pytest.fixture
def restaurant(in_alpha: Tenant) -> Service:
    """Tables for 2, 4 and 4; the two fours can be joined for up to 8. Dinner on Mondays."""
    OpeningHours.objects.all().delete()
    OpeningHours.objects.create(weekday=0, opens_at=time(18), closes_at=time(1))
    tables = [
        Resource.objects.create(name=name, kind="table", seats_min=1, seats_max=seats)
        for name, seats in (("Two", 2), ("Four", 4), ("Other four", 4))
    ]
    joined = TableSet.objects.create(name="Fours", seats_min=5, seats_max=8)
    joined.tables.set(tables[1:])
    dinner = Service.objects.create(
        name="Dinner", kind="table", duration_minutes=150, price=0, party_max=8, step_minutes=60
    )
    TurnTime.objects.create(service=dinner, party_up_to=2, minutes=90)
    return dinner


def table(api: Api, people: int, at: str = "19:00") -> Any:
    return api.book(
        service_name="Dinner", booking_date=f"2027-03-01T{at}:00+00:00", party_size=people,
        total_amount_pence=0, deposit_amount_pence=0,
    )  # fmt: skip


def test_the_smallest_table_that_fits_is_taken(anyone: Api, restaurant: Service) -> None:
    assert table(anyone, 2).status_code == 201
    assert Booking.objects.latest("id").resource.name == "Two"  # type: ignore[union-attr]
    assert table(anyone, 7).status_code == 201
    taken = Booking.objects.latest("id").allocations.values_list("resource__name", flat=True)
    assert set(taken) == {"Four", "Other four"}
    assert table(anyone, 2).status_code == 409
    assert table(anyone, 9).json()["field"] == "party_size"


def test_a_table_is_kept_as_long_as_the_party_stays(anyone: Api, restaurant: Service) -> None:
    # Open until one in the night: 90 minutes for two, 150 for more, on a grid of hours.
    for people, last in (("2", "23:00"), ("3", "22:00")):
        found = times(
            anyone.get(
                f"{BOOKINGS}availability/", service="dinner", party_size=people, **{"from": MONDAY}
            )
        )
        assert (found[0], found[-1]) == ("18:00", last)


@pytest.fixture
def spinning(in_alpha: Tenant) -> ClassSession:
    service = Service.objects.create(
        name="Spinning", kind="class", duration_minutes=45, price=1500, party_max=3,
        price_is_per_person=True,
    )  # fmt: skip
    starts_at = datetime(2027, 3, 1, 18, tzinfo=UTC)
    return ClassSession.objects.create(
        service=service, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=45), capacity=3
    )


def seat(api: Api, people: int) -> Any:
    return api.book(
        service_name="Spinning", booking_date="2027-03-01T18:00:00+00:00", party_size=people,
        total_amount_pence=1500 * people, deposit_amount_pence=0,
    )  # fmt: skip


def test_a_class_sells_its_seats_and_no_more(anyone: Api, spinning: ClassSession) -> None:
    assert [seat(anyone, 2).status_code, seat(anyone, 2).status_code] == [201, 409]
    assert seat(anyone, 1).status_code == 201
    spinning.refresh_from_db()
    assert (spinning.seats_taken, Booking.objects.count()) == (3, 2)
    query = {"service": "spinning", "from": MONDAY}
    assert times(anyone.get(f"{BOOKINGS}availability/", **query)) == []


def test_a_cancelled_booking_gives_its_seats_back(
    anyone: Api, spinning: ClassSession, write_key: str
) -> None:
    from access.actors import SYSTEM
    from bookings import services

    booking_id = seat(anyone, 3).json()["booking_id"]
    services.cancel(booking_id, actor=SYSTEM)
    spinning.refresh_from_db()
    assert spinning.seats_taken == 0


# --- Why ---


def reasons(api: Api, at: str, **query: str) -> list[str]:
    asked = {"service": "cut", "booking_date": f"2027-03-01T{at}:00+00:00", **query}
    body = api.get(f"{BOOKINGS}availability/explain/", **asked).json()
    assert body["offered"] == (not body["reasons"])
    return [one["code"] for one in body["reasons"]]


def test_it_says_why_a_time_is_not_offered(anyone: Api, salon: Service) -> None:
    assert reasons(anyone, "10:00") == []
    assert reasons(anyone, "10:07") == ["grid"]
    assert reasons(anyone, "08:00") == ["closed"]
    assert reasons(anyone, "11:30") == ["closed"]
    book(anyone, resource="Isla")
    assert reasons(anyone, "10:00", resource="Isla") == ["taken"]
    Service.objects.update(days_ahead=1)
    assert reasons(anyone, "10:00") == ["too_far"]


def test_it_says_which_deposit_applies(anyone: Api, salon: Service) -> None:
    query = {"service": "cut", "booking_date": "2027-03-01T10:00:00+00:00"}
    body = anyone.get(f"{BOOKINGS}availability/explain/", **query).json()
    assert body["deposit"] == {
        "amount_pence": 1000, "of_pence": 5000,
        "reasons": ["Cut: a percentage of the price."],
    }  # fmt: skip


# --- Questions and consent ---


def test_questions_are_asked_and_answers_kept(anyone: Api, salon: Service) -> None:
    IntakeQuestion.objects.create(service=salon, text="Allergies?", is_required=True)
    IntakeQuestion.objects.create(service=salon, text="Length?", kind="choice", choices="a\nb")
    assert book(anyone).json()["field"] == "answers"
    assert book(anyone, answers={"Allergies?": "no", "Length?": "c"}).json()["field"] == "answers"
    assert book(anyone, answers={"Allergies?": "no", "Age?": "3"}).json()["field"] == "answers"
    assert not Booking.objects.exists()
    assert book(anyone, answers={"Allergies?": "Nuts"}).status_code == 201
    assert Booking.objects.get().answers == [{"question": "Allergies?", "answer": "Nuts"}]


def test_consent_is_asked_and_kept_with_its_version(anyone: Api, salon: Service) -> None:
    Service.objects.update(consent_text="I am over 18.", consent_version=3)
    refused = book(anyone)
    assert (refused.status_code, refused.json()["field"]) == (400, "accept_consent")
    assert book(anyone, accept_consent=True).status_code == 201
    booking = Booking.objects.get()
    assert (booking.consent_text, booking.consent_version) == ("I am over 18.", 3)


def test_the_terms_are_kept_as_they_were(anyone: Api, salon: Service) -> None:
    Service.objects.update(free_cancellation_hours=48, late_refund_percent=50, no_refund_hours=6)
    book(anyone)
    Service.objects.update(free_cancellation_hours=1, late_refund_percent=0, no_refund_hours=0)
    booking = Booking.objects.get()
    assert (
        booking.free_cancellation_hours, booking.late_refund_percent, booking.no_refund_hours
    ) == (48, 50, 6)  # fmt: skip


# --- Bad input ---


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"service": "nothing"}, "service"), ({"service": ""}, "service"),
        ({"from": "x"}, "from"), ({"from": "2027-13-01"}, "from"), ({"from": "9999-12-31"}, "from"),
        ({"from": "0001-01-01"}, "from"), ({"to": "2027-02-28"}, "to"),
        ({"to": "2027-06-01"}, "to"),
        ({"party_size": "0"}, "party_size"), ({"party_size": "-1"}, "party_size"),
        ({"party_size": "²"}, "party_size"), ({"party_size": "9" * 99}, "party_size"),
        ({"resource": "Nobody"}, "resource"), ({"add_on": "Nothing"}, "add_ons"),
        ({"more_service": "nothing"}, "more_services"),
    ],
)  # fmt: skip
def test_a_bad_question_names_its_field(
    anyone: Api, salon: Service, query: dict[str, str], field: str
) -> None:
    response = anyone.get(f"{BOOKINGS}availability/", **{"service": "cut", "from": MONDAY, **query})
    assert (response.status_code, response.json()["field"]) == (400, field)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"party_size": 0}, "party_size"), ({"party_size": "2"}, "party_size"),
        ({"party_size": 2}, "party_size"), ({"party_size": 10**30}, "party_size"),
        ({"resource": "Nobody"}, "resource"), ({"resource": 7}, "resource"),
        ({"add_ons": ["Nothing"]}, "add_ons"), ({"add_ons": "Treatment"}, "add_ons"),
        ({"more_services": ["Nothing"]}, "more_services"), ({"answers": []}, "answers"),
        ({"answers": {"?": "x"}}, "answers"), ({"accept_consent": "yes"}, "accept_consent"),
        ({"guest_name": "a\tb"}, "guest_name"),
    ],
)  # fmt: skip
def test_a_bad_choice_names_its_field_and_books_nothing(
    anyone: Api, salon: Service, account: StripeAccount, change: dict[str, Any], field: str
) -> None:
    response = book(anyone, **change)
    assert response.status_code == 400
    body = response.json()
    assert field in (body.get("field") or "") or any(field in name for name in body["fields"])
    assert not Booking.objects.exists()


def test_a_service_for_staff_only_is_not_bookable_online(
    anyone: Api, salon: Service, alpha: Tenant, write_key: str
) -> None:
    Service.objects.filter(pk=salon.pk).update(is_online=False)
    assert book(anyone).status_code == 400
    assert book(Api(alpha, write_key), deposit_amount_pence=0).status_code == 201
