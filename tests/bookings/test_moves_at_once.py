"""Two bookings change classes in opposite directions: both arrive, and neither waits for ever."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connections
from django_tenants.utils import tenant_context

from bookings import changes, claims, taking
from bookings.models import Booking, ClassSession
from tenants.models import Tenant
from tests.bookings.changing import book, haircut, noon
from tests.http import at_once

pytestmark = pytest.mark.django_db(transaction=True)

Move = Callable[[int], str]


@pytest.fixture
def crossing(in_alpha: Tenant) -> tuple[list[Booking], Move]:
    """Two bookings, each of them in the class that the other one wants; and how to move one."""
    yoga = haircut(name="Yoga", kind="class", party_max=4)
    for days in (7, 8):
        ClassSession.objects.create(
            service=yoga, starts_at=noon(days), ends_at=noon(days) + timedelta(hours=1), capacity=9
        )
    pair = [book(yoga, noon(7)), book(yoga, noon(8), party_size=2)]

    def move(number: int) -> str:
        try:
            with tenant_context(in_alpha):
                changes.reschedule(pair[number].pk, starts_at=noon(8 - number))
            return "moved"
        except OperationalError as error:
            return str(getattr(error.__cause__, "sqlstate", ""))
        finally:
            connections.close_all()

    return pair, move


def seats() -> list[int]:
    return list(ClassSession.objects.order_by("starts_at").values_list("seats_taken", flat=True))


def test_both_arrive_with_their_seats(
    in_alpha: Tenant, crossing: tuple[list[Booking], Move]
) -> None:
    pair, move = crossing
    assert at_once(2, move) == ["moved", "moved"]
    with tenant_context(in_alpha):
        assert seats() == [2, 1]
        assert [Booking.objects.get(pk=one.pk).starts_at for one in pair] == [noon(8), noon(7)]


def test_without_locking_both_classes_first_they_would_wait_in_a_circle(
    in_alpha: Tenant, crossing: tuple[list[Booking], Move], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: one of the two is ended by PostgreSQL's deadlock detection (40P01)."""
    _, move = crossing
    both_have_taken = threading.Barrier(2)
    move_seats = claims.move_seats

    def take_then_wait(session_id: int, number: int) -> bool:
        taken = move_seats(session_id, number)
        if number > 0:
            both_have_taken.wait(timeout=30)
        return taken

    def lock_nothing(*anything: Any) -> None:
        pass

    monkeypatch.setattr(taking, "move_seats", take_then_wait)
    monkeypatch.setattr(taking, "lock_for_move", lock_nothing)
    assert sorted(at_once(2, move)) == ["40P01", "moved"]
    with tenant_context(in_alpha):
        # Even then the database has kept every seat in its place.
        assert sum(seats()) == 3
