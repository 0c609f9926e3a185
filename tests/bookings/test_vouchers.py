"""A gift voucher is bought, sent, spent to the last penny, and never more than that."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import DatabaseError, IntegrityError, transaction
from django.db.models import F
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from access.actors import SYSTEM, Actor
from bookings import money
from bookings.errors import BookingClosed, InvalidBooking
from bookings.models import Booking, Voucher, VoucherMovement, VoucherSettings
from bookings.models.offers import PrepaidQuerySet
from bookings.offers import gifts, jobs, prepaid, purchases, services
from payments.models import PaymentSession
from payments.services import default_currency, refund_payment, settle, start_checkout
from tenants.connection import connection
from tenants.models import Tenant
from tests.bookings.offers import EMAIL, a_quote, a_service, booked, race
from tests.payments.test_ledger import balances
from tests.stripe_control import Control
from tests.support import JobRunner

FORM = {
    "amount": "50.00", "customer_name": "Ann", "customer_email": EMAIL,
    "recipient_name": "Bob", "recipient_email": "bob@example.com", "message": "Happy birthday!",
}  # fmt: skip


def given(amount: int = 5000, **values: Any) -> Voucher:
    return gifts.give_voucher(
        amount=amount, customer_name="Ann", customer_email=EMAIL, reason="Raffle",
        actor=Actor("staff", "o@alpha.example"), valid_days=values.get("valid_days", 365),
    )  # fmt: skip


def left(voucher: Voucher) -> int:
    """Return what is left, having made sure that it is what the movements say."""
    voucher.refresh_from_db()
    assert voucher.left == prepaid.sum_of_movements(voucher)
    return voucher.left


@pytest.fixture
def client(client_of: Any, in_alpha: Tenant) -> Client:
    VoucherSettings.objects.create(is_sold_online=True)
    browser: Client = client_of(in_alpha)
    return browser


@pytest.fixture
def bought(client: Client, stripe: Control, run_jobs: JobRunner) -> Voucher:
    """A voucher of £50 for Bob, paid for on the page."""
    response = client.post("/vouchers/", FORM)
    assert response.status_code == 302
    stripe("pay", session=response["Location"].rsplit("/", 1)[-1])
    voucher = purchases.settle(Voucher.objects.get())
    run_jobs()
    return voucher


# --- Buying ---


@pytest.mark.django_db
def test_it_is_bought_paid_and_sent_to_whom_it_is_for(bought: Voucher, client: Client) -> None:
    assert (bought.state, bought.initial, left(bought)) == ("active", 5000, 5000)
    assert bought.expires_at is not None
    assert bought.issued_at is not None
    assert bought.expires_at - bought.issued_at == timedelta(days=365)
    letters = {letter.to[0]: letter for letter in mail.outbox if "voucher" in letter.subject}
    assert set(letters) == {"bob@example.com", EMAIL}
    gift = letters["bob@example.com"]
    assert gift.subject == "Ann has sent you a gift voucher for Alpha Salon"
    for text in ("£50.00", bought.readable_code, "Happy birthday!"):
        assert text in gift.body
    assert bought.readable_code not in letters[EMAIL].body
    page = client.get(f"/vouchers/{bought.access_token}/").content.decode()
    assert bought.readable_code in page
    assert "£50.00 to spend" in page


@pytest.mark.django_db
def test_until_it_is_paid_it_is_worth_nothing_and_unknown(client: Client, stripe: Control) -> None:
    client.post("/vouchers/", FORM)
    voucher = Voucher.objects.get()
    assert (voucher.state, left(voucher)) == ("unpaid", 0)
    with pytest.raises(services.UnknownCode):
        a_quote(None, voucher.code)
    page = client.get(f"/vouchers/{voucher.access_token}/").content.decode()
    assert "Pay £50.00" in page
    assert voucher.readable_code not in page


@pytest.mark.django_db
def test_asked_twice_the_same_page_is_given(client: Client, stripe: Control) -> None:
    first = client.post("/vouchers/", FORM)["Location"]
    again = client.post(f"/vouchers/{Voucher.objects.get().access_token}/")["Location"]
    assert first == again
    assert PaymentSession.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"amount": "9.99"}, "Choose an amount from £10.00 to £500.00."),
        ({"amount": "500.01"}, "Choose an amount from £10.00 to £500.00."),
        ({"amount": "-50"}, "greater than or equal to 0"),
        ({"amount": "x"}, "Enter a number"),
        ({"recipient_email": "bob"}, "valid email"),
        ({"customer_name": ""}, "required"),
    ],
)
def test_a_bad_order_is_said_beside_its_field(
    client: Client, stripe: Control, changes: dict[str, str], complaint: str
) -> None:
    response = client.post("/vouchers/", FORM | changes)
    assert response.status_code == 400
    assert complaint in response.content.decode()
    assert not Voucher.objects.exists()


@pytest.mark.django_db
def test_they_are_sold_only_where_the_business_says_so(
    client: Client, client_of: Any, beta: Tenant
) -> None:
    assert client.get("/vouchers/").status_code == 404
    assert client_of(beta).get("/vouchers/").status_code == 404


@pytest.mark.django_db
def test_while_stripe_cannot_be_reached_it_can_be_paid_later(
    client: Client, stripe: Control
) -> None:
    stripe("fault", kind="500", times=99, path="checkout")
    response = client.post("/vouchers/", FORM)
    assert response.status_code == 502
    assert "try again" in response.content.decode()
    stripe("clear_faults")
    voucher = Voucher.objects.get()
    assert client.post(f"/vouchers/{voucher.access_token}/").status_code == 302


@pytest.mark.django_db
def test_a_payment_of_another_amount_in_its_name_issues_nothing(
    client: Client, stripe: Control, in_alpha: Tenant
) -> None:
    client.post("/vouchers/", FORM)
    voucher = Voucher.objects.get()
    cheap = start_checkout(
        payable_type="voucher", payable_id=voucher.pk, amount=1, idempotency_key="cheap",
        success_url=f"{in_alpha.url}/", cancel_url=f"{in_alpha.url}/", own_hosts=in_alpha.hosts,
    )  # fmt: skip
    stripe("pay", session=cheap.stripe_checkout_session_id)
    assert settle(cheap.pk).is_paid
    assert (left(voucher), voucher.state) == (0, "unpaid")


@pytest.mark.django_db
def test_paid_twice_the_second_payment_goes_back(
    bought: Voucher, stripe: Control, in_alpha: Tenant, run_jobs: JobRunner
) -> None:
    second = start_checkout(
        payable_type="voucher", payable_id=bought.pk, amount=5000, idempotency_key="second",
        success_url=f"{in_alpha.url}/", cancel_url=f"{in_alpha.url}/", own_hosts=in_alpha.hosts,
    )  # fmt: skip
    stripe("pay", session=second.stripe_checkout_session_id)
    settle(second.pk)
    run_jobs()
    second.refresh_from_db()
    assert (second.status, left(bought), bought.state) == ("refunded", 5000, "active")


# --- Spending ---


@pytest.mark.django_db
def test_it_pays_the_price_and_the_deposit_as_far_as_it_goes(in_alpha: Tenant) -> None:
    service = a_service(price=6000, deposit_kind="amount", deposit_value=5500)
    voucher = given(5000)
    quote = a_quote(service, voucher.readable_code.lower())
    assert (quote.total, quote.credit, quote.deposit, quote.remaining) == (6000, 5000, 500, 500)
    assert quote.sentence == "Your voucher pays £50.00."
    booking = booked(quote)
    assert (left(voucher), voucher.state) == (0, "used")
    assert (booking.credit_amount, booking.remaining_amount) == (5000, 500)
    assert money.amount_due(booking) == 1000
    with pytest.raises(InvalidBooking, match="This voucher has been used up"):
        a_quote(service, voucher.code)


@pytest.mark.django_db
def test_what_a_booking_does_not_need_stays_on_it(in_alpha: Tenant) -> None:
    voucher = given(5000)
    quote = a_quote(a_service(price=4500, deposit_kind="full"), voucher.code)
    assert (quote.credit, quote.deposit, quote.remaining) == (4500, 0, 0)
    assert quote.sentence == "Your voucher pays £45.00; £5.00 stays on it."
    booked(quote)
    assert left(voucher) == 500


@pytest.mark.django_db
def test_a_rest_too_small_for_stripe_is_paid_at_the_business(in_alpha: Tenant) -> None:
    voucher = given(5000)
    quote = a_quote(a_service(price=5029, deposit_kind="full"), voucher.code)
    assert (quote.credit, quote.deposit, quote.remaining) == (5000, 0, 29)


@pytest.mark.django_db
def test_spending_and_giving_back_happen_once_however_often_they_are_called(
    in_alpha: Tenant,
) -> None:
    voucher = given(5000)
    quote = a_quote(a_service(), voucher.code)
    booking = booked(quote)
    services.redeem(booking, quote)
    assert left(voucher) == 500
    for _ in range(2):
        services.give_back(booking)
        assert left(voucher) == 5000
    for _ in range(2):
        assert services.use_again(booking)
        assert left(voucher) == 500
    services.give_back(booking)
    assert left(voucher) == 5000
    kinds = list(VoucherMovement.objects.values_list("kind", "change"))
    assert kinds == [
        ("issued", 5000), ("used", -4500), ("given_back", 4500), ("used", -4500),
        ("given_back", 4500),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_quote_that_somebody_else_was_faster_with_is_refused(in_alpha: Tenant) -> None:
    voucher = given(5000)
    quote = a_quote(a_service(), voucher.code)
    first = booked(quote)
    with pytest.raises(InvalidBooking) as caught:
        booked(quote, 1)
    assert caught.value.field == "code"
    assert (left(voucher), list(Booking.objects.all())) == (500, [first])


@pytest.mark.django_db
def test_an_expired_and_an_ended_one_say_so(in_alpha: Tenant) -> None:
    voucher = given(valid_days=1)
    with (
        time_machine.travel(timezone.now() + timedelta(days=2)),
        pytest.raises(InvalidBooking, match="This voucher has expired"),
    ):
        a_quote(None, voucher.code)
    other = given(valid_days=None)
    assert other.expires_at is None
    prepaid.void(other, reason="Lost", actor=SYSTEM)
    with pytest.raises(InvalidBooking, match="This voucher is not valid any more"):
        a_quote(None, other.code)
    with pytest.raises(BookingClosed):
        prepaid.void(other, reason="Lost", actor=SYSTEM)
    assert left(other) == 0


@pytest.mark.django_db
def test_the_database_refuses_to_go_below_nothing_or_to_forget(in_alpha: Tenant) -> None:
    voucher = given(100)
    for change in ({"left": -1}, {"left": 101}):
        with pytest.raises(IntegrityError, match="bookings_voucher_left"), transaction.atomic():
            Voucher.objects.filter(pk=voucher.pk).update(**change)
    for work in (
        lambda: VoucherMovement.objects.update(change=1),
        lambda: VoucherMovement.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            work()
    assert left(voucher) == 100


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_spend_the_last_of_it_once(alpha: Tenant) -> None:
    with tenant_context(alpha):
        voucher = given(4500)
        quote = a_quote(a_service(), voucher.code)
    ends = race(alpha, 20, lambda number: booked(quote, number))
    assert ends == ["This code has just been used for something else."] * 19 + ["won"]
    with tenant_context(alpha):
        assert (left(voucher), Booking.objects.count()) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_giving_back_add_it_once(alpha: Tenant) -> None:
    with tenant_context(alpha):
        voucher = given(9000)
        booking = booked(a_quote(a_service(), voucher.code))

    def give_back(number: int) -> None:
        with transaction.atomic():
            services.give_back(booking)

    assert race(alpha, 20, give_back) == ["won"] * 20
    with tenant_context(alpha):
        assert left(voucher) == 9000


@pytest.mark.django_db(transaction=True)
def test_negative_control_without_the_condition_only_the_check_is_left(
    alpha: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The UPDATE's own condition is what refuses politely; without it the database has to."""

    def take(self: Any, pk: int, amount: int, *, at: Any) -> bool:
        return bool(self.filter(pk=pk).update(left=F("left") - amount))

    monkeypatch.setattr(PrepaidQuerySet, "take", take)
    with tenant_context(alpha):
        voucher = given(4500)
        quote = a_quote(a_service(), voucher.code)
        booked(quote)
        with pytest.raises(IntegrityError, match="bookings_voucher_left"):
            booked(quote, 1)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE bookings_voucher DROP CONSTRAINT bookings_voucher_left")
        try:
            booked(quote, 1)
            voucher.refresh_from_db()
            assert voucher.left == -4500
            Voucher.objects.update(left=0)
        finally:
            with connection.cursor() as cursor:
                cursor.execute(
                    "ALTER TABLE bookings_voucher ADD CONSTRAINT bookings_voucher_left "
                    'CHECK ("left" >= 0 AND "left" <= initial)'
                )


# --- Its money ---


@pytest.mark.django_db
def test_its_money_is_earned_as_it_is_spent(bought: Voucher) -> None:
    assert default_currency() == "GBP"
    assert balances()["customer_deposits"] == -5000
    booking = booked(a_quote(a_service(price=2000), bought.code))
    assert balances()["customer_deposits"] == -5000
    for _ in range(2):
        services.earn(booking)
        assert (balances()["customer_deposits"], balances()["revenue"]) == (-3000, -2000)


@pytest.mark.django_db
def test_refunding_the_payment_ends_what_is_left_of_it(
    bought: Voucher, stripe: Control, run_jobs: JobRunner
) -> None:
    booked(a_quote(a_service(price=2000), bought.code))
    refund_payment(payment_session_id=str(bought.payment_id), amount=1000, actor=SYSTEM)
    run_jobs()
    assert (left(bought), bought.state) == (2000, "active")
    refund_payment(payment_session_id=str(bought.payment_id), amount=4000, actor=SYSTEM)
    run_jobs()
    assert (left(bought), bought.state) == (0, "void")
    with pytest.raises(InvalidBooking, match="not valid any more"):
        a_quote(None, bought.code)


@pytest.fixture
def tell(stripe: Control, signer: Any, client_of: Any, in_alpha: Tenant) -> Any:
    def deliver() -> None:
        for event in stripe("events"):
            if event["type"].startswith("charge.dispute"):
                assert signer.deliver(client_of(in_alpha), event).status_code == 200

    return deliver


@pytest.mark.django_db
@pytest.mark.parametrize("decision", ["won", "lost"])
def test_a_contested_payment_freezes_it_until_the_bank_has_decided(
    bought: Voucher, stripe: Control, tell: Any, decision: str
) -> None:
    booked(a_quote(a_service(price=2000), bought.code))
    assert bought.payment is not None
    intent = bought.payment.stripe_payment_intent_id
    dispute = stripe("dispute", payment_intent=intent)["id"]
    tell()
    assert (left(bought), bought.state) == (3000, "frozen")
    with pytest.raises(InvalidBooking, match="is contested"):
        a_quote(None, bought.code)
    # Somebody who was shown its worth before loses the race.
    assert not Voucher.objects.take(bought.pk, 1, at=timezone.now())
    with time_machine.travel(timezone.now() + timedelta(days=366)):
        jobs.close_lapsed()
    assert left(bought) == 3000
    stripe(f"dispute_{decision}", dispute=dispute)
    tell()
    tell()
    if decision == "won":
        assert (left(bought), bought.state) == (3000, "active")
        assert a_quote(None, bought.code).voucher_amount == 3000
    else:
        assert (left(bought), bought.state) == (0, "void")
    assert prepaid.sum_of_movements(bought) == left(bought)


@pytest.mark.django_db
def test_what_has_expired_lapses_and_is_earned_once(bought: Voucher) -> None:
    booked(a_quote(a_service(price=2000), bought.code))
    jobs.close_lapsed()
    assert left(bought) == 3000
    with time_machine.travel(timezone.now() + timedelta(days=366)):
        for _ in range(2):
            jobs.close_lapsed()
    assert (left(bought), bought.closed_at is None) == (0, False)
    assert "customer_deposits" not in balances()
    assert balances()["revenue"] == -5000


# --- Staff ---


@pytest.fixture
def site(in_alpha: Tenant, owner: Any) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


@pytest.mark.django_db
def test_staff_give_one_and_end_it_with_a_reason(site: Client, run_jobs: JobRunner) -> None:
    form = {
        "amount": "25.00", "valid_days": "30", "customer_name": "Bob",
        "customer_email": "bob@example.com", "reason": "Late last time",
    }  # fmt: skip
    assert site.post("/admin/bookings/voucher/add/", form).status_code == 302
    run_jobs()
    voucher = Voucher.objects.get()
    assert (left(voucher), voucher.price) == (2500, 0)
    assert [letter.to for letter in mail.outbox] == [["bob@example.com"]]
    page = site.get(f"/admin/bookings/voucher/{voucher.pk}/change/").content.decode()
    for text in (voucher.readable_code, "Late last time", "£25.00", ">Active<"):
        assert text in page
    assert site.get("/admin/bookings/voucher/").status_code == 200
    path = f"/admin/bookings/voucher/{voucher.pk}/void/"
    assert site.post(path, {"reason": ""}).status_code == 400
    assert left(voucher) == 2500
    site.post(path, {"reason": "A mistake"})
    assert (left(voucher), voucher.state) == (0, "void")
    assert VoucherMovement.objects.last().reason == "A mistake"  # type: ignore[union-attr]


@pytest.mark.django_db
def test_staff_take_some_of_it_at_the_counter(site: Client, bought: Voucher) -> None:
    path = f"/admin/bookings/voucher/{bought.pk}/use/"
    assert site.get(path).status_code == 200
    for _ in range(2):
        site.post(path, {"amount": "20.00", "reason": "Shampoo"})
    assert left(bought) == 1000
    assert (balances()["customer_deposits"], balances()["revenue"]) == (-1000, -4000)
    refused = site.post(path, {"amount": "20.00", "reason": "Shampoo"}, follow=True)
    assert "That much is not left on it" in refused.content.decode()
    assert site.post(path, {"amount": "-1", "reason": "x"}).status_code == 400
    assert left(bought) == 1000


@pytest.mark.django_db
def test_staff_set_how_they_are_sold(site: Client, stripe: Control) -> None:
    path = "/admin/bookings/vouchersettings/"
    assert site.get(path).status_code == 200
    form = {"minimum_amount": "20", "maximum_amount": "10", "valid_days": "", "is_sold_online": "1"}
    assert site.post(path, form).status_code == 400
    assert site.post(path, form | {"maximum_amount": "100"}).status_code == 302
    rules = VoucherSettings.objects.get()
    assert (rules.minimum_amount, rules.maximum_amount, rules.valid_days) == (2000, 10000, None)
    assert "From £20.00 to £100.00" in site.get("/vouchers/").content.decode()
