"""A membership is charged by Stripe again and again, and each payment is good for its credits."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from access.actors import SYSTEM
from bookings.errors import InvalidBooking
from bookings.models import Booking, Membership, MembershipPlan, Pass
from bookings.offers import changing, membership_credits, memberships, prepaid, services
from payments import balances as balance_lines
from payments import invoices
from payments import services as payments
from payments.connecting import disconnect
from payments.errors import ConnectionRefused
from payments.gateway import Gateway
from payments.models import PaymentSession, StripeAccount, StripeEvent, Transaction
from payments.reconciliation import reconcile
from payments.services import refund_payment
from tenants.models import Tenant
from tests.bookings.offers import EMAIL, a_quote, a_service, booked, race
from tests.payments.test_ledger import balances
from tests.stripe_control import Control
from tests.support import JobRunner, StripeSigner

Deliver = Callable[..., list[str]]


def a_plan(**values: Any) -> MembershipPlan:
    return MembershipPlan.objects.create(
        **{"name": "Eight classes", "price": 8000, "credits": 8, **values}
    )


def only() -> Membership:
    return Membership.objects.select_related("subscription").get()


def periods() -> list[tuple[int, int]]:
    """Return (credits, left) of each paid period, each equal to what its movements say."""
    for period in Pass.objects.all():
        assert period.left == prepaid.sum_of_movements(period)
    return list(Pass.objects.order_by("pk").values_list("initial", "left"))


@pytest.fixture
def client(client_of: Any, in_alpha: Tenant) -> Client:
    browser: Client = client_of(in_alpha)
    return browser


@pytest.fixture
def deliver(client: Client, stripe: Control, signer: StripeSigner, run_jobs: JobRunner) -> Deliver:
    """Deliver what Stripe has to tell and has not told yet, signed, in an order, so many times."""
    told: set[str] = set()

    def send(*, first: str = "", only: str = "", times: int = 1) -> list[str]:
        events = [event for event in stripe("events") if event["id"] not in told]
        events = [event for event in events if only in ("", event["type"])]
        events.sort(key=lambda event: event["type"] != first)
        for event in events:
            told.add(event["id"])
            for _ in range(times):
                assert signer.deliver(client, event).status_code == 200
        run_jobs()
        return [event["type"] for event in events]

    return send


@pytest.fixture
def begin(client: Client, stripe: Control) -> Callable[..., Membership]:
    """Buy a membership on the page and pay for it at Stripe, of which nothing is told yet."""

    def buy(plan: MembershipPlan | None = None) -> Membership:
        plan = plan or a_plan()
        form = {"plan": plan.pk, "customer_name": "Ann", "customer_email": EMAIL}
        response = client.post("/memberships/", form)
        assert response.status_code == 302, response.content
        stripe("pay", session=response["Location"].rsplit("/", 1)[-1])
        return Membership.objects.get(plan=plan)

    return buy


@pytest.fixture
def member(begin: Any, deliver: Deliver) -> Membership:
    begin()
    deliver()
    return only()


def at_stripe(member: Membership) -> str:
    assert member.subscription is not None
    return member.subscription.stripe_subscription_id or ""


def card_of(stripe: Control, member: Membership) -> str:
    [found] = [one for one in stripe("subscriptions") if one["id"] == at_stripe(member)]
    return str(found["default_payment_method"])


def flagged() -> list[str]:
    problems = StripeEvent.objects.exclude(status__in=("processed", "ignored"))
    return list(problems.values_list("error", flat=True))


@pytest.mark.django_db
def test_it_is_bought_paid_and_welcomed(member: Membership, client: Client) -> None:
    assert (member.status, periods(), flagged()) == ("active", [(8, 8)], [])
    paid = PaymentSession.objects.get()
    assert (paid.status, paid.amount, paid.is_deposit) == ("succeeded", 8000, True)
    [welcome] = [one for one in mail.outbox if one.subject == "Welcome: Eight classes"]
    assert welcome.to == [EMAIL]
    assert member.readable_code in welcome.body
    assert memberships.page_of(member) in welcome.body
    assert [one.subject for one in mail.outbox if "Receipt" in one.subject]
    page = client.get(f"/memberships/{member.access_token}/").content.decode()
    for text in ("8 times left", member.readable_code, "£80.00 per month", "Renews on"):
        assert text in page


@pytest.mark.django_db
def test_the_return_page_needs_no_webhook(begin: Any, client: Client) -> None:
    mine = begin()
    page = client.get(f"/memberships/{mine.access_token}/?back=paid").content.decode()
    assert "8 times left" in page
    assert (only().status, periods()) == ("active", [(8, 8)])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "first",
    ["invoice.paid", "customer.subscription.updated", "checkout.session.completed", ""],
)
def test_the_order_and_number_of_events_change_nothing(
    begin: Any, deliver: Deliver, stripe: Control, first: str
) -> None:
    mine = begin()
    deliver(first=first, times=2)
    stripe("renew", subscription=at_stripe(only()))
    deliver(first=first, times=2)
    mine.refresh_from_db()
    assert (mine.status, periods(), flagged()) == ("active", [(8, 8), (8, 8)], [])
    assert PaymentSession.objects.count() == Transaction.objects.count() == 2
    subjects = [one.subject for one in mail.outbox]
    assert subjects.count("Welcome: Eight classes") == 1
    assert sum("Receipt" in subject for subject in subjects) == 2


@pytest.mark.django_db
def test_a_period_ends_and_what_is_left_of_it_with_it(
    member: Membership, stripe: Control, deliver: Deliver
) -> None:
    service = a_service(price=1500)
    booked(a_quote(service, member.code))
    stripe("renew", subscription=at_stripe(member))
    deliver()
    assert periods() == [(8, 7), (8, 8)]
    with time_machine.travel(timezone.now() + timedelta(days=33)):
        prepaid.close_lapsed()
        assert periods() == [(8, 0), (8, 8)]
        assert membership_credits.credits_left(only()) == 8
    stripe("settle_now")
    deliver()
    # The first period's money is earned, the second's is still the customer's.
    assert (balances()["customer_deposits"], balances()["revenue"]) == (-8000, -8000)


@pytest.mark.django_db
def test_what_is_left_rolls_over_and_is_used_first(
    begin: Any, deliver: Deliver, stripe: Control
) -> None:
    begin(a_plan(rolls_over=True))
    deliver()
    mine = only()
    stripe("renew", subscription=at_stripe(mine))
    deliver()
    with time_machine.travel(timezone.now() + timedelta(days=40)):
        assert membership_credits.credits_left(only()) == 16
        quote = a_quote(a_service(), mine.code)
        assert quote.sentence == "Your membership pays £45.00; 15 left on it after this."
        booked(quote)
    assert periods() == [(8, 7), (8, 8)]


@pytest.mark.django_db
def test_without_a_limit_it_pays_for_anything(begin: Any, deliver: Deliver) -> None:
    begin(a_plan(credits=None))
    deliver()
    mine = only()
    assert membership_credits.credits_left(mine) is None
    quote = a_quote(a_service(), mine.code)
    assert quote.sentence == "Your membership pays £45.00."
    booked(quote)
    assert membership_credits.credits_left(only()) is None


@pytest.mark.django_db
def test_it_is_its_owners_for_its_services_and_says_why_not(begin: Any, deliver: Deliver) -> None:
    yoga, sauna = a_service(), a_service(name="Sauna")
    plan = a_plan(credits=1)
    plan.services.add(yoga)
    unpaid = memberships.start(plan, customer_name="Ann", customer_email=EMAIL)
    with pytest.raises(InvalidBooking, match="credits are used up"):
        a_quote(yoga, unpaid.code)
    unpaid.delete()
    begin(plan)
    deliver()
    mine = only()
    with pytest.raises(InvalidBooking, match="belongs to another e-mail address"):
        a_quote(yoga, mine.code, email="eve@example.com")
    with pytest.raises(InvalidBooking, match="This membership is not for Sauna"):
        a_quote(sauna, mine.code)
    with pytest.raises(InvalidBooking, match="good for 1 more, and you are 2"):
        a_quote(yoga, mine.code, party_size=2)
    booking = booked(a_quote(yoga, mine.readable_code.lower()))
    with pytest.raises(InvalidBooking, match=r"used up\. They come back on"):
        a_quote(yoga, mine.code)
    services.give_back(booking)
    assert periods() == [(1, 1)]


@pytest.mark.django_db
def test_a_declined_renewal_is_told_and_paid_with_another_card(
    member: Membership,
    stripe: Control,
    deliver: Deliver,
    client: Client,
    run_jobs: JobRunner,
    site: Client,
) -> None:
    stripe("card_behaviour", payment_method=card_of(stripe, member), outcome="declined")
    stripe("renew", subscription=at_stripe(member))
    deliver(times=2)
    assert (only().status, periods(), flagged()) == ("past_due", [(8, 8)], [])
    assert "A membership waits for a payment" in site.get("/admin/").content.decode()
    letters = [one for one in mail.outbox if "did not go through" in one.subject]
    assert len(letters) == 1
    assert memberships.page_of(member) in letters[0].body
    page = f"/memberships/{member.access_token}/"
    assert "The last payment did not go through" in client.get(page).content.decode()
    response = client.post(f"{page}card/")
    stripe("pay", session=response["Location"].rsplit("/", 1)[-1])
    assert "Trying your new card" in client.get(f"{page}?back=card").content.decode()
    run_jobs()
    assert "Your new card is saved" in client.get(f"{page}?back=card").content.decode()
    deliver(times=2)
    assert (only().status, periods(), flagged()) == ("active", [(8, 8), (8, 8)], [])
    stripe("renew", subscription=at_stripe(member))
    deliver()
    assert periods() == [(8, 8)] * 3


@pytest.mark.django_db
def test_a_credit_comes_back_to_the_period_in_which_its_booking_is_cancelled(
    member: Membership, stripe: Control, deliver: Deliver
) -> None:
    booking = booked(a_quote(a_service(), member.code))
    stripe("renew", subscription=at_stripe(member))
    deliver()
    with time_machine.travel(timezone.now() + timedelta(days=33)):
        for _ in range(2):
            services.give_back(booking)
            prepaid.close_lapsed()
        # Seven of the eight have lapsed, the one that came back has not.
        assert (periods(), membership_credits.credits_left(only())) == ([(8, 1), (8, 8)], 9)
    with time_machine.travel(timezone.now() + timedelta(days=66)):
        prepaid.close_lapsed()
        assert periods() == [(8, 0), (8, 0)]
    stripe("cancel_subscription", subscription=at_stripe(member))
    deliver()
    other = booked(a_quote(a_service(name="Sauna"), "", email=EMAIL))
    services.give_back(other)
    assert "customer_deposits" not in balances()


@pytest.mark.django_db
def test_a_booking_that_is_changed_stays_paid_by_its_membership(member: Membership) -> None:
    service = a_service(price=1500, price_is_per_person=True)
    booking = booked(a_quote(service, member.code))
    quote = changing.requote(booking, service, 3, 4500, 0)
    assert (quote.sentence, quote.remaining) == ("Your membership pays £45.00.", 0)
    booking.party_size = 3
    changing.reuse(booking, changing.Offered(0, quote.credit), had_credit=1500)
    assert periods() == [(8, 5)]


@pytest.mark.django_db
def test_what_follows_a_renewal_may_come_before_it(
    member: Membership, stripe: Control, deliver: Deliver
) -> None:
    stripe("renew", subscription=at_stripe(member))
    charges = stripe.listed("charges")
    stripe("dashboard_refund", charge=charges[0]["id"], amount=1000)
    stripe("settle_now")
    assert deliver(only="refund.created") == ["refund.created"]
    assert (periods(), flagged()) == ([(8, 8), (8, 7)], [])
    stripe("renew", subscription=at_stripe(member))
    stripe("dispute", charge=stripe.listed("charges")[0]["id"])
    deliver(only="charge.dispute.created")
    assert (len(periods()), flagged()) == (3, [])
    assert PaymentSession.objects.order_by("-created_at")[0].is_disputed


@pytest.mark.django_db
def test_an_older_answer_of_stripe_changes_nothing(member: Membership) -> None:
    assert member.subscription is not None
    told = invoices.ask(at_stripe(member))
    payments.end_subscription(member.subscription)
    invoices.apply_locked(member.subscription, told)
    assert (only().status, periods()) == ("canceled", [(8, 8)])


@pytest.mark.django_db
def test_a_line_of_the_balance_may_come_before_its_renewal(
    member: Membership, stripe: Control, deliver: Deliver
) -> None:
    """A renewal between two questions of a comparison is not booked as other activity."""
    stripe("renew", subscription=at_stripe(member))
    stripe("settle_now")
    account = Gateway(StripeAccount.objects.current())
    for line in reversed(list(account.list_balance_transactions())):
        balance_lines.take_over(line)
    assert periods() == [(8, 8), (8, 8)]
    deliver()
    assert balances()["stripe_clearing"] == 2 * 7860
    assert "other" not in balances()


@pytest.mark.django_db
def test_a_key_is_kept_while_memberships_run(member: Membership, site: Client) -> None:
    with pytest.raises(ConnectionRefused, match="1 running subscription"):
        disconnect(actor=SYSTEM)
    assert member.subscription is not None
    payments.end_subscription(member.subscription)
    disconnect(actor=SYSTEM)


@pytest.mark.django_db
def test_stripes_own_retry_is_as_good(
    member: Membership, stripe: Control, deliver: Deliver
) -> None:
    card = card_of(stripe, member)
    stripe("card_behaviour", payment_method=card, outcome="declined")
    invoice = stripe("renew", subscription=at_stripe(member))["latest_invoice"]
    deliver()
    stripe("retry_invoice", invoice=invoice)
    stripe("card_behaviour", payment_method=card, outcome="ok")
    stripe("retry_invoice", invoice=invoice)
    deliver(first="invoice.paid")
    assert (only().status, periods()) == ("active", [(8, 8), (8, 8)])


@pytest.mark.django_db
def test_a_customer_cancels_changes_their_mind_and_cancels_again(
    member: Membership, stripe: Control, deliver: Deliver, client: Client
) -> None:
    page = f"/memberships/{member.access_token}/"
    client.post(f"{page}cancel/")
    deliver(times=2)
    assert (only().is_ending, only().status) == (True, "active")
    assert "nothing more is charged" in client.get(page).content.decode()
    client.post(f"{page}keep/")
    assert not only().is_ending
    client.post(f"{page}cancel/")
    deliver(times=2)
    assert [one.subject for one in mail.outbox].count("Cancelled: Eight classes") == 2
    stripe("renew", subscription=at_stripe(member))
    deliver()
    assert (only().status, periods()) == ("canceled", [(8, 8)])
    assert PaymentSession.objects.count() == 1
    assert not [one for one in mail.outbox if "has ended" in one.subject]


@pytest.mark.django_db
def test_one_that_is_ended_in_stripes_dashboard_has_ended_here(
    member: Membership, stripe: Control, deliver: Deliver
) -> None:
    stripe("cancel_subscription", subscription=at_stripe(member))
    deliver(times=2)
    assert only().status == "canceled"
    assert [one.subject for one in mail.outbox].count(
        "Your membership has ended: Eight classes"
    ) == 1
    # What was paid for stays good.
    assert a_quote(a_service(), member.code).pass_credits == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_use_the_last_credit_once(
    alpha: Tenant, begin: Any, deliver: Deliver
) -> None:
    with tenant_context(alpha):
        begin(a_plan(credits=1))
        deliver()
        quote = a_quote(a_service(), only().code)
    ends = race(alpha, 20, lambda number: booked(quote, number))
    assert ends == ["This code has just been used for something else."] * 19 + ["won"]
    with tenant_context(alpha):
        assert (periods(), Booking.objects.count()) == ([(1, 0)], 1)


@pytest.mark.django_db
def test_a_refund_takes_the_credits_of_its_period_alone(
    member: Membership, stripe: Control, deliver: Deliver
) -> None:
    stripe("renew", subscription=at_stripe(member))
    deliver()
    newest = PaymentSession.objects.order_by("-created_at")[0]
    refund_payment(payment_session_id=str(newest.pk), amount=2000, actor=SYSTEM)
    deliver()
    assert periods() == [(8, 8), (8, 6)]
    refund_payment(payment_session_id=str(newest.pk), actor=SYSTEM)
    deliver()
    assert periods() == [(8, 8), (8, 0)]
    assert only().status == "active"


@pytest.mark.django_db
def test_a_dispute_of_a_renewal_is_its_payments(
    member: Membership, stripe: Control, deliver: Deliver
) -> None:
    stripe("renew", subscription=at_stripe(member))
    deliver()
    newest = PaymentSession.objects.order_by("-created_at")[0]
    stripe("dispute", payment_intent=newest.stripe_payment_intent_id)
    deliver()
    assert newest.is_disputed
    assert flagged() == []
    # The credits of that period are frozen, the others are not.
    assert membership_credits.credits_left(only()) == 8


@pytest.mark.django_db
def test_a_comparison_with_stripe_restores_what_no_webhook_told(
    begin: Any, stripe: Control, run_jobs: JobRunner
) -> None:
    begin()
    stripe("settle_now")
    subscription = stripe("subscriptions")[0]["id"]
    stripe("renew", subscription=subscription)
    stripe("settle_now")
    report = reconcile()
    run_jobs()
    assert (only().status, periods()) == ("active", [(8, 8), (8, 8)])
    fees = Transaction.objects.values_list("amount", "fee", "net")
    assert sorted(fees) == [(8000, 140, 7860)] * 2
    again = reconcile()
    assert report is not None
    assert again is not None
    assert again.changes == 0
    assert set(again.problems) <= {"webhook", "webhooks_missing"}
    held = balances()
    assert held["stripe_clearing"] == 2 * 7860
    assert sum(held.values()) == 0


@pytest.mark.django_db
def test_old_events_are_not_needed_to_learn_of_a_renewal(
    member: Membership, stripe: Control, run_jobs: JobRunner
) -> None:
    """Stripe lists the events of thirty days: what is older is asked for."""
    stripe("renew", subscription=at_stripe(member))
    with time_machine.travel(timezone.now() + timedelta(days=34)):
        reconcile(since=timezone.now())
    assert periods() == [(8, 8), (8, 8)]


@pytest.mark.django_db
def test_with_payments_off_nobody_begins_and_who_is_a_member_stays_one(
    member: Membership, stripe: Control, deliver: Deliver, client: Client
) -> None:
    StripeAccount.objects.update(payments_enabled=False)
    assert client.get("/memberships/").status_code == 404
    stripe("renew", subscription=at_stripe(member))
    deliver()
    assert periods() == [(8, 8), (8, 8)]
    client.post(f"/memberships/{member.access_token}/cancel/")
    assert only().is_ending


@pytest.mark.django_db
def test_other_subscriptions_of_the_account_are_none_of_ours(
    member: Membership, stripe: Control, deliver: Deliver, client: Client, signer: StripeSigner
) -> None:
    foreign = {
        "id": "in_foreign", "object": "invoice", "status": "paid", "currency": "gbp",
        "billing_reason": "subscription_cycle", "period_start": 1, "period_end": 2,
        "parent": {"subscription_details": {"subscription": "sub_foreign", "metadata": {}}},
    }  # fmt: skip
    assert signer.deliver(client, signer.event("invoice.paid", foreign)).status_code == 200
    assert StripeEvent.objects.get(payload__data__object__id="in_foreign").status == "ignored"
    assert periods() == [(8, 8)]


@pytest.mark.django_db
def test_a_second_subscription_of_the_same_goes_back(
    begin: Any, deliver: Deliver, stripe: Control, client: Client
) -> None:
    plan = a_plan()
    form = {"plan": plan.pk, "customer_name": "Ann", "customer_email": EMAIL}
    first = client.post("/memberships/", form)["Location"].rsplit("/", 1)[-1]
    PaymentSession.objects.update(checkout_expires_at=timezone.now())
    mine = Membership.objects.get()
    second = client.post(f"/memberships/{mine.access_token}/")["Location"].rsplit("/", 1)[-1]
    assert first != second
    stripe("pay", session=first)
    stripe("pay", session=second)
    deliver()
    deliver()
    assert sorted(PaymentSession.objects.values_list("status", flat=True)) == [
        "refunded", "succeeded",
    ]  # fmt: skip
    assert sorted(one["status"] for one in stripe("subscriptions")) == ["active", "canceled"]
    assert periods() == [(8, 8)]


@pytest.fixture
def site(in_alpha: Tenant, owner: Any) -> Client:
    client = Client(HTTP_HOST=in_alpha.hosts[0])
    client.force_login(owner, backend="access.backends.RoleBackend")
    return client


@pytest.mark.django_db
def test_staff_make_a_plan(site: Client, stripe: Control) -> None:
    form = {
        "name": "Eight classes", "description": "", "price": "80", "tax_rate": "0",
        "interval": "month", "interval_count": "1", "credits": "8", "is_active": "on",
        "position": "0", "book_ahead_days": "10",
    }  # fmt: skip
    path = "/admin/bookings/membershipplan/add/"
    assert "less than this" in site.post(path, form | {"price": "0.10"}).content.decode()
    too_long = form | {"interval": "year", "interval_count": "4"}
    assert "At most 3" in site.post(path, too_long).content.decode()
    assert site.post(path, form).status_code == 302
    plan = MembershipPlan.objects.get()
    stripe("restrict", key="sk_test_alpha", forbidden=["invoices:write"])
    refused = site.post(path, form | {"name": "Another"}).content.decode()
    assert "Add in Stripe&#x27;s dashboard: Invoices (write)." in refused
    assert (plan.price, plan.credits, plan.is_sold_online) == (8000, 8, False)


@pytest.mark.django_db
@pytest.mark.parametrize(("refund", "left"), [("on", [(8, 0)]), ("", [(8, 8)])])
def test_staff_end_one_with_or_without_its_money(
    member: Membership, site: Client, deliver: Deliver, stripe: Control, refund: str, left: Any
) -> None:
    base = f"/admin/bookings/membership/{member.pk}/"
    shown = site.get(f"{base}change/").content.decode()
    for text in ("Active", "8 of 8", "£80.00 per month", "End it now"):
        assert text in shown
    assert "Eight classes" in site.get("/admin/bookings/membership/").content.decode()
    assert site.post(f"{base}end/", {"refund": refund, "reason": "Moved"}).status_code == 302
    deliver()
    assert (only().status, periods()) == ("canceled", left)
    assert stripe("subscriptions")[0]["status"] == "canceled"


@pytest.mark.django_db
def test_the_booking_form_knows_a_member_who_comes_from_their_page(
    member: Membership, client: Client, in_alpha: Tenant
) -> None:
    response = client.post(f"/memberships/{member.access_token}/book/")
    assert response["Location"] == "/"
    assert client.session["membership"] == member.access_token
