"""A pass pays for as many times as it was sold for, for its owner, while it is good."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from access.actors import SYSTEM
from bookings.errors import InvalidBooking
from bookings.models import Booking, DiscountCode, Pass, PassMovement, PassType
from bookings.offers import gifts, prepaid, purchases, services
from payments.services import refund_payment
from tenants.models import Tenant
from tests.bookings.offers import EMAIL, a_quote, a_service, booked, race
from tests.payments.test_ledger import balances
from tests.stripe_control import Control
from tests.support import JobRunner


def a_type(**values: Any) -> PassType:
    return PassType.objects.create(
        **{"name": "Ten classes", "price": 10000, "credits": 10, "valid_days": 90, **values}
    )


def given(**values: Any) -> Pass:
    return gifts.give_pass(
        pass_type=a_type(**values), customer_name="Ann", customer_email=EMAIL, reason="Cash",
        actor=SYSTEM,
    )  # fmt: skip


def left(bought: Pass) -> int:
    """Return how many are left, having made sure that it is what the movements say."""
    bought.refresh_from_db()
    assert bought.left == prepaid.sum_of_movements(bought)
    return bought.left


@pytest.fixture
def client(client_of: Any, in_alpha: Tenant) -> Client:
    browser: Client = client_of(in_alpha)
    return browser


@pytest.fixture
def bought(client: Client, stripe: Control, run_jobs: JobRunner) -> Pass:
    """Ten classes for £100, paid for on the page."""
    form = {"pass_type": a_type().pk, "customer_name": "Ann", "customer_email": EMAIL}
    response = client.post("/passes/", form)
    assert response.status_code == 302
    stripe("pay", session=response["Location"].rsplit("/", 1)[-1])
    found = purchases.settle(Pass.objects.get())
    run_jobs()
    return found


@pytest.mark.django_db
def test_it_is_bought_paid_and_sent(bought: Pass, client: Client) -> None:
    assert (left(bought), bought.state) == (10, "active")
    assert bought.expires_at is not None
    assert bought.issued_at is not None
    assert bought.expires_at - bought.issued_at == timedelta(days=90)
    [letter] = [one for one in mail.outbox if one.subject == "Your pass: Ten classes"]
    assert letter.to == [EMAIL]
    assert bought.readable_code in letter.body
    page = client.get(f"/passes/{bought.access_token}/").content.decode()
    assert "10 times left" in page
    assert bought.readable_code in page


@pytest.mark.django_db
def test_the_page_offers_what_is_on_sale(client: Client, stripe: Control) -> None:
    assert client.get("/passes/").status_code == 404
    a_type(is_sold_online=False, name="Staff")
    shown = a_type()
    shown.services.add(a_service())
    page = client.get("/passes/").content.decode()
    for text in ("Ten classes", "£100.00", "10 times", "3 months", "For Yoga"):
        assert text in page
    hidden = {"pass_type": PassType.objects.get(name="Staff").pk}
    form = {"customer_name": "Ann", "customer_email": EMAIL} | hidden
    assert client.post("/passes/", form).status_code == 400
    assert not Pass.objects.exists()


@pytest.mark.django_db
def test_changing_what_is_sold_never_changes_what_was_sold(in_alpha: Tenant) -> None:
    yoga, sauna = a_service(), a_service(name="Sauna")
    kind = a_type()
    kind.services.add(yoga)
    mine = purchases.new_pass(kind, customer_name="Ann", customer_email=EMAIL, price=0)
    prepaid.issue(mine, cause="test")
    kind.services.set([sauna])
    PassType.objects.update(credits=1, price=1)
    assert a_quote(yoga, mine.code).pass_credits == 1
    with pytest.raises(InvalidBooking, match="This pass is not for Sauna"):
        a_quote(sauna, mine.code)
    assert left(mine) == 10


@pytest.mark.django_db
def test_it_pays_the_service_for_each_person_and_not_what_is_added(in_alpha: Tenant) -> None:
    service = a_service(price=1500, price_is_per_person=True, deposit_kind="full")
    mine = given()
    quote = a_quote(service, mine.code, party_size=2, total=3400, deposit=3400)
    assert (quote.pass_credits, quote.credit, quote.deposit, quote.remaining) == (2, 3000, 400, 0)
    assert quote.sentence == "Your pass pays £30.00; 8 left on it after this."
    booked(quote)
    assert left(mine) == 8


@pytest.mark.django_db
def test_it_is_its_owners_and_pays_for_no_more_than_it_has(in_alpha: Tenant) -> None:
    service = a_service()
    mine = given(credits=1)
    with pytest.raises(InvalidBooking, match="belongs to another e-mail address"):
        a_quote(service, mine.code, email="eve@example.com")
    with pytest.raises(InvalidBooking, match="good for 1 more, and you are 2"):
        a_quote(service, mine.code, party_size=2)
    with pytest.raises(InvalidBooking, match="not for this booking"):
        a_quote(None, mine.code)
    booked(a_quote(service, mine.code, email=EMAIL.upper()))
    with pytest.raises(InvalidBooking, match="This pass has been used up"):
        a_quote(service, mine.code)
    assert left(mine) == 0


@pytest.mark.django_db
def test_it_ends_when_its_time_is_over(in_alpha: Tenant) -> None:
    service, mine = a_service(), given(valid_days=90)
    quote = a_quote(service, mine.code)
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        with pytest.raises(InvalidBooking, match="This pass has expired"):
            a_quote(service, mine.code)
        with pytest.raises(InvalidBooking, match="just been used"):
            booked(quote)
        prepaid.close_lapsed()
    assert left(mine) == 0


@pytest.mark.django_db
def test_a_cancelled_booking_gives_its_credit_back_once(in_alpha: Tenant) -> None:
    mine = given()
    booking = booked(a_quote(a_service(), mine.code))
    assert left(mine) == 9
    for _ in range(2):
        services.give_back(booking)
        assert left(mine) == 10
    kinds = list(PassMovement.objects.values_list("kind", "change"))
    assert kinds == [("issued", 10), ("used", -1), ("given_back", 1)]


@pytest.mark.django_db
def test_a_late_payment_brings_a_lapsed_booking_back_with_its_credit(in_alpha: Tenant) -> None:
    mine, service = given(credits=1), a_service()
    first = booked(a_quote(service, mine.code))
    services.give_back(first)
    booked(a_quote(service, mine.code), 1)
    assert not services.use_again(first)
    assert left(mine) == 0


@pytest.mark.django_db
def test_the_database_refuses_a_credit_that_is_not_there(in_alpha: Tenant) -> None:
    given(credits=1)
    with pytest.raises(IntegrityError, match="bookings_pass_left"), transaction.atomic():
        Pass.objects.update(left=-1)


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_use_the_last_credit_once(alpha: Tenant) -> None:
    with tenant_context(alpha):
        mine = given(credits=1)
        quote = a_quote(a_service(), mine.code)
    ends = race(alpha, 20, lambda number: booked(quote, number))
    assert ends == ["This code has just been used for something else."] * 19 + ["won"]
    with tenant_context(alpha):
        assert (left(mine), Booking.objects.count()) == (0, 1)


@pytest.mark.django_db
def test_its_money_is_earned_credit_by_credit_and_the_rest_when_it_ends(bought: Pass) -> None:
    service = a_service(price=1500)
    first = booked(a_quote(service, bought.code))
    second = booked(a_quote(service, bought.code), 1)
    services.give_back(second)
    for booking in (first, second, first):
        services.earn(booking)
    assert (balances()["customer_deposits"], balances()["revenue"]) == (-9000, -1000)
    with time_machine.travel(timezone.now() + timedelta(days=91)):
        prepaid.close_lapsed()
    assert "customer_deposits" not in balances()


@pytest.mark.django_db
def test_a_refund_takes_its_share_of_the_credits(
    bought: Pass, stripe: Control, run_jobs: JobRunner
) -> None:
    booked(a_quote(a_service(), bought.code))
    refund_payment(payment_session_id=str(bought.payment_id), amount=2999, actor=SYSTEM)
    run_jobs()
    assert (left(bought), bought.state) == (7, "active")
    refund_payment(payment_session_id=str(bought.payment_id), amount=7001, actor=SYSTEM)
    run_jobs()
    assert (left(bought), bought.state) == (0, "void")


@pytest.mark.django_db
def test_a_free_pass_needs_no_payment(client: Client, stripe: Control, run_jobs: JobRunner) -> None:
    form = {"pass_type": a_type(price=0).pk, "customer_name": "Ann", "customer_email": EMAIL}
    response = client.post("/passes/", form)
    mine = Pass.objects.get()
    assert response["Location"].endswith(f"/passes/{mine.access_token}/")
    assert left(mine) == 10


@pytest.fixture
def site(in_alpha: Tenant, owner: Any) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


@pytest.mark.django_db
def test_staff_make_kinds_of_pass_and_give_one(site: Client) -> None:
    form = {
        "name": "Ten classes", "description": "", "price": "100", "tax_rate": "0",
        "credits": "10", "valid_days": "90", "is_active": "on", "position": "0",
    }  # fmt: skip
    assert site.post("/admin/bookings/passtype/add/", form).status_code == 302
    kind = PassType.objects.get()
    assert (kind.price, kind.is_sold_online) == (10000, False)
    gift = {
        "pass_type": kind.pk, "customer_name": "Ann", "customer_email": EMAIL, "reason": "Cash",
    }  # fmt: skip
    assert site.post("/admin/bookings/pass/add/", gift).status_code == 302
    mine = Pass.objects.get()
    assert (left(mine), mine.price) == (10, 0)
    for page in ("pass/", f"pass/{mine.pk}/change/", "passtype/"):
        assert "Ten classes" in site.get(f"/admin/bookings/{page}").content.decode()


@pytest.mark.django_db
def test_staff_make_a_discount_code(site: Client) -> None:
    form = {
        "code": "spring 20",
        "percent": "20",
        "amount": "",
        "minimum_amount": "",
        "max_uses": "",
    }
    path = "/admin/bookings/discountcode/add/"
    assert site.post(path, form | {"is_active": "on"}).status_code == 302
    code = DiscountCode.objects.get()
    assert (code.code, code.percent, code.amount, code.minimum_amount) == ("SPRING20", 20, None, 0)
    both = site.post(path, form | {"code": "other", "amount": "5"})
    assert "either a percentage or an amount" in both.content.decode()
    again = site.post(path, form | {"code": "SPRING-20"})
    assert "already exists" in again.content.decode()
    assert DiscountCode.objects.count() == 1
