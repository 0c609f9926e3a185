"""The money of a change: what is due, what goes back, and that none is made or lost."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bookings import plans
from bookings.claims import without
from bookings.money import BALANCE, CHANGE, DEPOSIT
from tenants.currencies import smallest_charge
from tenants.models import Tenant

SMALLEST_CHARGE = smallest_charge("USD")
AMOUNTS = st.integers(0, 20_000)
EPOCH = datetime(2027, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Paid:
    payable_type: str
    amount_refundable: int


def difference(
    deposit: int, price: int, paid: list[Paid], *, collects: bool = True, gives_back: bool = True
) -> tuple[int, int, int]:
    return plans.difference(deposit, price, paid, collects, gives_back)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def _takes_payments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.services.payments_enabled", lambda: True)
    monkeypatch.setattr("bookings.plans.current_tenant", lambda: Tenant(currency="USD"))


@pytest.mark.parametrize(
    ("deposit", "price", "ahead", "later", "due", "back", "kept"),
    [
        # Paid in full, and it gets dearer or cheaper.
        (6000, 6000, 4000, 0, 2000, 0, 6000),
        (2000, 2000, 4000, 0, 0, 2000, 2000),
        # A part is paid ahead: only the balance grows, or the deposit does.
        (1000, 6000, 1000, 0, 0, 0, 1000),
        (1500, 6000, 1000, 0, 500, 0, 1500),
        (500, 2000, 1000, 0, 0, 500, 500),
        # Stripe takes no less than 50: it waits for the day.
        (1049, 6000, 1000, 0, 0, 0, 1000),
        # The rest was paid by a link: that stays up to the new price.
        (1000, 5000, 2000, 8000, 0, 5000, 1000),
        (3000, 9000, 2000, 500, 500, 0, 2500),
        (3000, 9000, 2000, 1000, 0, 0, 2000),
        # Nothing is due ahead any more.
        (0, 1200, 1500, 0, 0, 1500, 0),
    ],
)
def test_what_is_due_and_what_goes_back(
    deposit: int, price: int, ahead: int, later: int, due: int, back: int, kept: int
) -> None:
    paid = [Paid(DEPOSIT, ahead), Paid(BALANCE, later)]
    assert difference(deposit, price, paid) == (due, back, kept)


@given(
    price=AMOUNTS, share=st.floats(0, 1), ahead=AMOUNTS, added=AMOUNTS, later=AMOUNTS,
    collects=st.booleans(), gives_back=st.booleans(),
)  # fmt: skip
def test_no_money_is_made_or_lost(
    price: int, share: float, ahead: int, added: int, later: int, collects: bool, gives_back: bool
) -> None:
    deposit = int(price * share)
    paid = [Paid(DEPOSIT, ahead), Paid(CHANGE, added), Paid(BALANCE, later)]
    due, back, kept = difference(deposit, price, paid, collects=collects, gives_back=gives_back)
    has = ahead + added + later
    assert 0 <= back <= has and due >= 0
    # Never both, and never more in hand than the price.
    assert not (due and back)
    assert has + due - back <= price
    assert 0 <= kept <= price
    assert due == 0 or (collects and due >= SMALLEST_CHARGE)
    if collects:
        # What is due ahead is there then, but for what Stripe would not take.
        assert has + due - back > deposit - SMALLEST_CHARGE
    # Asked for the same again, nothing more moves.
    rest = [Paid(DEPOSIT, kept), Paid(BALANCE, has + due - back - kept)]
    assert difference(deposit, price, rest, collects=collects, gives_back=gives_back)[1] == 0


SPANS = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 20)), max_size=6)


@given(begins=st.integers(0, 60), length=st.integers(1, 40), spans=SPANS)
def test_what_is_held_is_what_the_new_place_needs_beyond_the_old(
    begins: int, length: int, spans: list[tuple[int, int]]
) -> None:
    taken: list[tuple[int, int]] = []
    for start, minutes in sorted(spans):
        if not taken or start >= taken[-1][1]:
            taken.append((start, start + minutes))

    def at(minute: int) -> datetime:
        return EPOCH + timedelta(minutes=minute)

    left = without(at(begins), at(begins + length), [(at(a), at(b)) for a, b in taken])
    held = {
        minute
        for minute in range(200)
        for start, end in left
        if start <= at(minute) < end
    }  # fmt: skip
    own = {minute for start, end in taken for minute in range(start, end)}
    assert held == set(range(begins, begins + length)) - own
    assert all(start < end for start, end in left)
