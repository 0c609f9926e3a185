"""Changes with money to pay against all that can happen meanwhile, on the running platform."""

from collections import Counter
from datetime import timedelta
from typing import Any

from demo.stack import Stack
from tests.contract.api import booking_body
from tests.faults.test_at_once import rows, session_id, starts
from tests.faults.test_changes_at_once import hours
from tests.http import LiveApi, at_once
from tests.stripe_control import Control
from tests.support import wait_for

#: What wants a card: an hour and a half for £85.
STYLING, STYLING_FACTS = "Occasion styling", ("CONFIRMED", 8500, 0)
#: What is booked: fifteen minutes for £12, nothing ahead. What it becomes: an hour, £15 ahead.
SMALL, LARGE = "Fringe trim", "Cut & finish"


def book(api: LiveApi, moment: str) -> dict[str, Any]:
    body = booking_body(
        booking_date=moment, service_name=SMALL, total_amount_pence=1200, deposit_amount_pence=0
    )
    answer = api.post("/api/bookings/", body)
    assert answer.status == 201, answer
    return dict(answer.body)


def change(api: LiveApi, booking: dict[str, Any], **asked: Any) -> Any:
    return api.post(
        f"/api/bookings/{booking['booking_id']}/change/",
        {"service_name": LARGE, "resource": "Noor", "ask_for_payment": True, **asked},
    )


def live_spans(stack: Stack, booking: dict[str, Any]) -> list[tuple[Any, ...]]:
    return rows(
        stack,
        "SELECT change_id IS NOT NULL, starts_at, ends_at FROM salon.bookings_allocation "
        "WHERE booking_id = %s AND is_live ORDER BY starts_at",
        booking["booking_id"],
    )


def kept(stack: Stack, booking: dict[str, Any]) -> int:
    """Return what the business has of a booking's money, in minor units."""
    ((paid, back),) = rows(
        stack,
        """
        SELECT COALESCE(sum(paid.amount), 0), COALESCE(sum(back.amount), 0)
        FROM salon.payments_paymentsession paid
        LEFT JOIN (
            SELECT payment_session_id, sum(amount) AS amount FROM salon.payments_refund
            WHERE status <> 'failed' GROUP BY payment_session_id
        ) back ON back.payment_session_id = paid.id
        WHERE paid.payable_id = %s AND paid.payable_type IN ('booking', 'booking_change')
            AND paid.status IN ('succeeded', 'refunded')
        """,
        str(booking["booking_id"]),
    )
    return int(paid - back)


def facts(stack: Stack, booking: dict[str, Any]) -> tuple[Any, ...]:
    ((found),) = rows(
        stack,
        "SELECT status, total_amount, deposit_amount FROM salon.bookings_booking WHERE id = %s",
        booking["booking_id"],
    )
    return tuple(found)


SMALL_FACTS, LARGE_FACTS = ("CONFIRMED", 1200, 0), ("CONFIRMED", 5500, 1500)


def test_twenty_who_pay_for_one_place_are_one_who_has_it(stack: Stack) -> None:
    api = LiveApi(stack, "salon")
    noon = starts(200)
    booked = [book(api, hours(noon, 24 * number)) for number in range(20)]
    wanted = hours(noon, 24 * 30)
    answers = at_once(20, lambda number: change(api, booked[number], booking_date=wanted))
    assert Counter(answer.status for answer in answers) == {200: 1, 409: 19}
    held = rows(
        stack,
        "SELECT count(*) FROM salon.bookings_allocation WHERE is_live AND starts_at = %s",
        wanted,
    )
    assert held == [(1,)]
    assert {facts(stack, one) for one in booked} == {SMALL_FACTS}


def test_changes_into_each_others_place_leave_both_where_they_are(stack: Stack) -> None:
    api = LiveApi(stack, "salon")
    for number in range(8):
        first_at = hours(starts(240), 24 * number)
        second_at = hours(first_at, 0.25)
        pair, places = (book(api, first_at), book(api, second_at)), (second_at, first_at)

        def act(one: int, pair: Any = pair, places: Any = places) -> Any:
            return change(api, pair[one], booking_date=places[one])

        answers = at_once(2, act)
        assert [answer.status for answer in answers] == [409, 409]
        assert [span[1].isoformat() for one in pair for span in live_spans(stack, one)] == [
            first_at, second_at,
        ]  # fmt: skip


def test_a_change_and_a_cancellation_at_once_leave_nothing_held(stack: Stack) -> None:
    api = LiveApi(stack, "salon")
    for number in range(10):
        booking = book(api, hours(starts(260), 24 * number))
        path = f"/api/bookings/{booking['booking_id']}/cancel/"

        def act(one: int, booking: Any = booking, path: str = path) -> int:
            return int((change(api, booking) if one else api.post(path, {})).status)

        cancelled, changed = at_once(2, act)
        assert (cancelled, changed in (200, 409)) == (200, True)
        assert live_spans(stack, booking) == []
        held = rows(
            stack,
            "SELECT count(*) FROM salon.bookings_bookingchange "
            "WHERE booking_id = %s AND status = 'held'",
            booking["booking_id"],
        )
        assert held == [(0,)]


def test_a_payment_and_giving_up_at_once_are_a_change_or_no_money(
    stack: Stack, control: Control
) -> None:
    api = LiveApi(stack, "salon")
    outcomes = Counter[tuple[bool, int]]()
    for number in range(8):
        booking = book(api, hours(starts(280), 24 * number))
        held = change(api, booking).body["change"]
        path = f"/api/bookings/{booking['booking_id']}/change/give-up/"

        def act(one: int, held: Any = held, path: str = path) -> None:
            if one:
                control("pay", session=session_id(held))
            else:
                api.post(path, {})

        try:
            at_once(2, act)
        except OSError:
            # The sandbox refuses to take money for a page that has ended.
            pass
        control.wait_until_idle()
        api.get(f"/api/bookings/{booking['booking_id']}/change/")
        found = facts(stack, booking)
        assert found in (SMALL_FACTS, LARGE_FACTS)
        outcomes[found == LARGE_FACTS, kept(stack, booking)] += 1
        assert len(live_spans(stack, booking)) == 1
    assert set(outcomes) <= {(True, 1500), (False, 0)}
    assert sum(outcomes.values()) == 8


def test_a_change_is_made_once_however_often_its_payment_is_told(
    stack: Stack, control: Control
) -> None:
    api = LiveApi(stack, "salon")
    booking = book(api, starts(300))
    held = change(api, booking).body["change"]
    control("pay", session=session_id(held))
    path = f"/api/bookings/{booking['booking_id']}/change/"
    told = [one for one in control("events") if one["type"] == "checkout.session.completed"]

    def hear(number: int) -> None:
        if number % 2:
            control("redeliver", event=told[-1]["id"])
        else:
            api.get(path)

    at_once(10, hear)
    control.wait_until_idle()
    assert (facts(stack, booking), kept(stack, booking)) == (LARGE_FACTS, 1500)
    changed = rows(
        stack,
        "SELECT count(*) FROM salon.events_event WHERE type = 'booking.changed' "
        "AND (data->>'booking_id')::int = %s",
        booking["booking_id"],
    )
    assert changed == [(1,)]
    (span,) = live_spans(stack, booking)
    assert (span[0], span[2] - span[1]) == (False, timedelta(hours=1))


def pay_unless_ended(control: Control, session: str) -> None:
    try:
        control("pay", session=session)
    except OSError:
        # The sandbox takes no card on a page that has ended.
        pass


def test_a_card_and_the_end_of_its_hold_at_once_are_a_change_or_nothing(
    stack: Stack, control: Control
) -> None:
    """Its time has just run out, and somebody else wants the place."""
    api = LiveApi(stack, "salon")
    outcomes = Counter[tuple[Any, ...]]()
    for number in range(8):
        booking = book(api, hours(starts(320), 24 * number))
        wanted = hours(starts(340), 24 * number)
        asked = {"service_name": STYLING, "booking_date": wanted, "accept_terms": True}
        held = change(api, booking, **asked).body["change"]
        assert (held["wants_card"], held["due_now_pence"]) == (True, 0)
        rows(
            stack,
            "UPDATE salon.bookings_bookingchange SET hold_expires_at = now() "
            "WHERE booking_id = %s RETURNING id",
            booking["booking_id"],
        )
        body = booking_body(
            booking_date=wanted, service_name=SMALL, total_amount_pence=1200,
            deposit_amount_pence=0,
        )  # fmt: skip

        def act(one: int, held: Any = held, body: Any = body) -> int:
            if one:
                pay_unless_ended(control, session_id(held))
                return 0
            return int(api.post("/api/bookings/", body).status)

        status, _ = at_once(2, act)
        control.wait_until_idle()
        shown = api.get(f"/api/bookings/{booking['booking_id']}/change/").body
        found = facts(stack, booking)
        outcomes[status, found, shown["change"]["status"]] += 1
        assert len(live_spans(stack, booking)) == 1
    won, lost = (409, STYLING_FACTS, "applied"), (201, SMALL_FACTS, "lapsed")
    assert set(outcomes) <= {won, lost}, outcomes


def test_a_card_and_giving_up_at_once_are_a_change_or_nothing(
    stack: Stack, control: Control
) -> None:
    api = LiveApi(stack, "salon")
    outcomes = Counter[tuple[Any, ...]]()
    for number in range(8):
        booking = book(api, hours(starts(350), 24 * number))
        held = change(api, booking, service_name=STYLING, accept_terms=True).body["change"]
        path = f"/api/bookings/{booking['booking_id']}/change/"

        def act(one: int, held: Any = held, path: str = path) -> None:
            if one:
                pay_unless_ended(control, session_id(held))
            else:
                api.post(f"{path}give-up/", {})

        at_once(2, act)
        control.wait_until_idle()
        outcomes[facts(stack, booking), api.get(path).body["change"]["status"]] += 1
        assert len(live_spans(stack, booking)) == 1
    assert set(outcomes) <= {(STYLING_FACTS, "applied"), (SMALL_FACTS, "withdrawn")}


def test_a_difference_paid_while_the_web_server_was_dead_makes_the_change(
    stack: Stack, control: Control
) -> None:
    api = LiveApi(stack, "salon")
    booking = book(api, starts(302))
    held = change(api, booking).body["change"]
    web = next(process for process in stack.processes if process.name == "web")
    web.kill()
    stack.processes.remove(web)
    control("pay", session=session_id(held))
    stack.start_web()
    wait_for(lambda: facts(stack, booking) == LARGE_FACTS)
    assert kept(stack, booking) == 1500
