"""One discount code and one prepaid in one booking: reckoned in order, used together or not."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, RequestFactory
from django_tenants.utils import tenant_context

from access.actors import SYSTEM
from bookings import cancelling, services
from bookings.errors import InvalidBooking
from bookings.models import (
    AddOn,
    Booking,
    CodeAttempt,
    DiscountCode,
    DiscountUse,
    Pass,
    Service,
    Voucher,
)
from bookings.offers import discounts, guessing, prepaid
from bookings.offers import services as offers
from payments.models import StripeAccount
from tenants.models import Tenant
from tests.bookings.offers import EMAIL, START, a_quote, a_service, booked, race

DETAILS = "/book/yoga/details/?start=2027-03-01T10:00:00Z"
PERSON = {"customer_name": "Ann", "customer_email": EMAIL}
BODY = {
    **PERSON, "service_name": "Yoga", "booking_date": "2027-03-01T10:00:00Z",
    "total_amount_pence": 4500,
}  # fmt: skip
NOTHING_TO_PAY = "Nothing is left for your pass to pay: it is kept."


def a_code(**values: Any) -> DiscountCode:
    return DiscountCode.objects.create(**{"code": "TEN", "percent": 10, **values})


def a_voucher(code: str = "GIFT", worth: int = 2000) -> Voucher:
    return Voucher.objects.create(
        code=code, status="active", initial=worth, left=worth, currency="GBP",
        customer_name="Ann", customer_email=EMAIL,
    )  # fmt: skip


def a_pass(credits: int = 5) -> Pass:
    return Pass.objects.create(
        code="FIVE", status="active", initial=credits, left=credits, currency="GBP",
        customer_name="Ann", customer_email=EMAIL, name="Five",
    )  # fmt: skip


def counts() -> tuple[int, int, int]:
    """Return the uses of the code, what is left of the voucher, and the bookings."""
    return (
        DiscountCode.objects.get().used_count, Voucher.objects.get().left,
        Booking.objects.count(),
    )  # fmt: skip


@pytest.fixture
def browser(in_alpha: Tenant, client_of: Callable[[Tenant], Client]) -> Client:
    return client_of(in_alpha)


@pytest.mark.django_db
@pytest.mark.parametrize("codes", [("TEN", "GIFT"), ("gift", " t-e-n ", "GIFT")])
def test_the_discount_comes_first_whatever_was_typed_first(
    in_alpha: Tenant, codes: tuple[str, ...]
) -> None:
    a_code()
    a_voucher()
    service = a_service(deposit_kind="percent", deposit_value=50)
    quote = a_quote(service, *codes)
    # £45 less a tenth is £40.50; half of it is due ahead, of which the voucher pays £20.
    assert (quote.discount, quote.total, quote.credit) == (450, 4050, 2000)
    assert (quote.deposit, quote.remaining) == (0, 2050)
    assert quote.sentence == "TEN takes £4.50 off. Your voucher pays £20.00."
    assert [one.amount for one in quote.applied] == [450, 2000]
    booking = booked(quote)
    assert (booking.total_amount, booking.discount_amount, booking.credit_amount) == (
        4050, 450, 2000,
    )  # fmt: skip
    assert counts() == (1, 0, 1)


@pytest.mark.django_db
def test_the_deposit_is_of_what_the_voucher_leaves(in_alpha: Tenant) -> None:
    a_code()
    a_voucher(worth=1000)
    quote = a_quote(a_service(deposit_kind="full"), "TEN", "GIFT")
    assert (quote.total, quote.credit, quote.deposit, quote.remaining) == (4050, 1000, 3050, 0)


@pytest.mark.django_db
def test_a_pass_pays_the_service_as_far_as_the_discount_leaves_it(in_alpha: Tenant) -> None:
    a_code()
    ticket = a_pass()
    service = a_service()
    AddOn.objects.create(service=service, name="Towel", price=1000)
    quote = a_quote(service, "TEN", "FIVE", total=5500)
    assert (quote.total, quote.credit, quote.remaining) == (4950, 4500, 450)
    DiscountCode.objects.update(percent=100)
    quote = a_quote(service, "TEN", "FIVE")
    assert (quote.total, quote.credit, quote.pass_id) == (0, 0, None)
    assert quote.sentence.endswith(NOTHING_TO_PAY)
    booked(quote)
    ticket.refresh_from_db()
    assert ticket.left == 5


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("codes", "words", "second"),
    [
        (("TEN", "FIVER"), "A booking takes one discount code.", "FIVER"),
        (("GIFT", "FIVE"), "A booking takes one voucher, pass or membership.", "FIVE"),
        (("FIVE", "GIFT"), "A booking takes one voucher, pass or membership.", "GIFT"),
        (("TEN", "GIFT", "NONE"), "We don't know this code.", "NONE"),
    ],
)
def test_two_of_a_kind_are_refused(
    in_alpha: Tenant, codes: tuple[str, ...], words: str, second: str
) -> None:
    a_code()
    DiscountCode.objects.create(code="FIVER", amount=500)
    a_voucher()
    a_pass()
    with pytest.raises(InvalidBooking, match=words) as caught:
        a_quote(a_service(), *codes)
    assert (caught.value.field, caught.value.details["refused_code"]) == ("code", second)


@pytest.mark.django_db
def test_wrong_codes_count_one_by_one(in_alpha: Tenant) -> None:
    a_code()
    service = a_service()

    def ask(*codes: str) -> int:
        request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.1")
        return guessing.quote_for(
            request, service, 1, 4500, 0, codes=codes, customer_email=EMAIL
        ).total

    for number in range(10):
        with pytest.raises(InvalidBooking, match="don't know"):
            ask("TEN", f"WRONG{number}")
    assert CodeAttempt.objects.count() == 10
    with pytest.raises(InvalidBooking, match="Too many wrong codes"):
        ask("TEN")
    # Two guesses in one call are no more than one: what follows a wrong one is not looked at.
    assert CodeAttempt.objects.count() == 10


@pytest.mark.django_db
def test_they_are_given_back_and_used_again_together(in_alpha: Tenant) -> None:
    a_code(max_uses=1)
    a_voucher()
    booking = booked(a_quote(a_service(), "TEN", "GIFT"))
    for _ in range(2):
        offers.give_back(booking)
        assert counts() == (0, 2000, 1)
    assert offers.use_again(booking)
    assert counts() == (1, 0, 1)
    offers.give_back(booking)
    # Somebody else has had the rest of the voucher: the discount is not used either.
    Voucher.objects.update(left=100)
    assert not offers.use_again(booking)
    assert counts() == (0, 100, 1)


@pytest.mark.django_db
def test_cancelling_gives_both_back(in_alpha: Tenant, browser: Client) -> None:
    a_code()
    a_voucher()
    a_service(free_cancellation_hours=24)
    answer = browser.post(
        "/api/bookings/", {**BODY, "codes": ["TEN", "GIFT"]}, content_type="application/json"
    )
    assert answer.status_code == 201
    assert counts() == (1, 0, 1)
    cancelling.cancel_by_customer(Booking.objects.get().pk)
    assert counts() == (0, 2000, 1)
    assert DiscountUse.objects.get().given_back_at is not None


# --- At once ---


@pytest.mark.django_db(transaction=True)
def test_who_loses_the_last_use_of_the_discount_loses_nothing_of_the_voucher(
    alpha: Tenant,
) -> None:
    with tenant_context(alpha):
        a_code(max_uses=1)
        quotes = []
        for number in range(10):
            a_voucher(f"GIFT{number}")
            quotes.append(a_quote(Service.objects.first() or a_service(), "TEN", f"GIFT{number}"))
    ends = race(alpha, 10, lambda number: booked(quotes[number], number))
    assert ends == ["This code has been used up."] * 9 + ["won"]
    with tenant_context(alpha):
        assert sorted(Voucher.objects.values_list("left", flat=True)) == [0] + [2000] * 9
        assert (DiscountCode.objects.get().used_count, Booking.objects.count()) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_who_loses_the_voucher_uses_no_discount(alpha: Tenant) -> None:
    with tenant_context(alpha):
        a_code(max_uses=10)
        a_voucher()
        quote = a_quote(a_service(), "TEN", "GIFT")
    ends = race(alpha, 10, lambda number: booked(quote, number))
    assert ends == ["This code has just been used for something else."] * 9 + ["won"]
    with tenant_context(alpha):
        assert counts() == (1, 0, 1)


@pytest.mark.django_db(transaction=True)
def test_control_used_one_after_the_other_half_of_it_stays(
    alpha: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: each by itself, whoever loses the voucher has used the discount."""
    with tenant_context(alpha):
        a_code(max_uses=10)
        a_voucher()
        service = a_service()
        both, plain = a_quote(service, "TEN", "GIFT"), a_quote(service)
        bookings = [booked(plain, number) for number in range(10)]

    def in_two_steps(number: int) -> None:
        with transaction.atomic():
            discounts.use(bookings[number], both.discount_code_id or 0, both.discount)
        with transaction.atomic():
            prepaid.use(bookings[number], Voucher.objects.get(), both.voucher_amount)

    race(alpha, 10, in_two_steps)
    with tenant_context(alpha):
        assert counts() == (10, 0, 10)


# --- The API ---


@pytest.mark.django_db
def test_the_api_takes_a_list_and_one_code_as_before(browser: Client) -> None:
    a_code()
    a_voucher()
    a_service()

    def post(**more: Any) -> Any:
        return browser.post("/api/bookings/", {**BODY, **more}, content_type="application/json")

    twice = post(code="TEN", codes=["GIFT"])
    assert (twice.status_code, twice.json()["error"]) == (
        400, "codes: Send either code or codes, not both.",
    )  # fmt: skip
    assert post(codes=["TEN", "GIFT", "X"]).json()["error"].startswith("codes")
    DiscountCode.objects.create(code="FIVER", amount=500)
    refused = post(codes=["TEN", "FIVER"]).json()
    assert (refused["field"], refused["refused_code"]) == ("codes", "FIVER")
    assert post(code="FIVEX").json()["field"] == "code"
    assert not Booking.objects.exists()
    assert post(codes=["GIFT", "TEN"]).status_code == 201
    booking = Booking.objects.get()
    assert (booking.total_amount, booking.discount_amount, booking.credit_amount) == (
        4050, 450, 2000,
    )  # fmt: skip
    assert post(code="FIVER", booking_date="2027-03-01T12:00:00Z").status_code == 201


# --- The page ---


@pytest.mark.django_db
def test_the_page_takes_a_second_code_after_the_first(browser: Client) -> None:
    a_code()
    a_voucher()
    a_service()
    first = browser.post(DETAILS, {**PERSON, "code": "ten"})
    shown = first.content.decode()
    assert "TEN takes £4.50 off." in shown
    assert "Voucher, pass or membership as well" in shown
    assert first.context["form"]["code"].value() == ""
    sent = {**PERSON, "codes": ["TEN"], "shown": first.context["quote"].sentence}
    second = browser.post(DETAILS, {**sent, "code": "gift"})
    shown = second.content.decode()
    for words in ("TEN takes £4.50 off.", "Your voucher pays £20.00.", "£20.50"):
        assert words in shown
    assert 'name="code"' not in shown
    assert not Booking.objects.exists()
    both = {**PERSON, "codes": ["TEN", "GIFT"], "shown": second.context["quote"].sentence}
    assert browser.post(DETAILS, both).status_code == 302
    assert counts() == (1, 0, 1)


@pytest.mark.django_db
def test_a_code_can_be_taken_out_again(browser: Client) -> None:
    a_code()
    a_voucher()
    a_service()
    both = {"codes": ["TEN", "GIFT"], "shown": "TEN takes £4.50 off. Your voucher pays £20.00."}
    # Nothing else needs to be filled in for that, and nothing that was is lost.
    answer = browser.post(DETAILS, {"customer_name": "Ann", **both, "remove": "TEN"})
    shown = answer.content.decode()
    assert "TEN takes" not in shown and "Your voucher pays £20.00." in shown
    assert "Discount code as well" in shown
    assert 'value="Ann"' in shown and "required." not in shown
    answer = browser.post(DETAILS, {**PERSON, **both, "codes": ["GIFT"]})
    # What was shown is not what would be booked: it is shown again.
    assert answer.status_code == 200
    sent = {**PERSON, "codes": ["GIFT"], "shown": answer.context["quote"].sentence}
    assert browser.post(DETAILS, sent).status_code == 302
    assert counts() == (0, 0, 1)


@pytest.mark.django_db
def test_a_second_code_of_the_same_kind_is_said_beside_its_field(browser: Client) -> None:
    a_code()
    DiscountCode.objects.create(code="FIVER", amount=500)
    a_service()
    sent = {**PERSON, "codes": ["TEN"], "shown": "TEN takes £4.50 off.", "code": "fiver"}
    answer = browser.post(DETAILS, sent)
    assert answer.context["form"].errors == {
        "code": ["A booking takes one discount code. Please leave this one out, or the other."]
    }
    assert answer.context["form"]["code"].value() == "fiver"
    assert answer.context["quote"].sentence == "TEN takes £4.50 off."
    # A code that was accepted and is used up meanwhile says so, and is gone from the form.
    DiscountCode.objects.filter(code="TEN").update(max_uses=0)
    answer = browser.post(DETAILS, {**sent, "code": ""})
    assert answer.context["form"].errors == {"code": ["TEN: This code has been used up."]}
    assert answer.context["quote"].applied == ()
    assert not Booking.objects.exists()


# --- At the desk ---


@pytest.mark.django_db
def test_staff_see_what_codes_do_before_they_book(
    in_alpha: Tenant, browser: Client, owner: Any, account: StripeAccount
) -> None:
    a_code()
    a_voucher()
    a_service(deposit_kind="full")
    browser.force_login(owner, backend="access.backends.RoleBackend")
    page = "/admin/bookings/booking/add/?service=yoga&start=2027-03-01T10:00:00Z"
    sent = {**PERSON, "discount_code": "ten", "prepaid_code": "gift", "deposit": "link"}
    answer = browser.post(page, {**sent, "prepaid_code": "nothing"})
    assert "We don't know this code" in answer.context["form"].errors["prepaid_code"][0]
    answer = browser.post(page, sent)
    shown = answer.content.decode()
    for words in ("TEN takes off £4.50", "GIFT pays £20.00", "£20.50"):
        assert words in shown
    assert not Booking.objects.exists()
    seen = {"seen": answer.context["form"]["seen"].value()}
    assert browser.post(page, sent | seen).status_code == 302
    booking = Booking.objects.get()
    assert (booking.status, booking.deposit_amount) == ("PENDING_PAYMENT", 2050)
    assert counts() == (1, 0, 1)
    services.cancel(booking.pk, actor=SYSTEM)
    assert browser.post(page, sent | seen | {"deposit": "none"}).status_code == 302
    booking = Booking.objects.filter(status="CONFIRMED").get()
    assert (booking.starts_at, booking.deposit_amount) == (START, 0)
    assert (booking.remaining_amount, counts()) == (2050, (1, 0, 2))
