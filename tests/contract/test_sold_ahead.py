"""Passes, vouchers and memberships through the API: listed, sold once a key, read, cancelled."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django_tenants.utils import tenant_context

from access.actors import SYSTEM
from access.models import User
from bookings.models import Membership, MembershipPlan, Pass, PassType, Voucher, VoucherSettings
from bookings.offers import gifts, prepaid, purchases
from events.models import Event
from payments.models import PaymentSession, StripeAccount
from tenants.models import Tenant
from tests.bookings.offers import a_quote, a_service, booked, race
from tests.contract.api import Api, without_nothing
from tests.stripe_control import Control
from tests.support import StripeSigner

PERSON = {"customer_name": "Ann Lee", "customer_email": "ann@example.com"}


@pytest.fixture
def api(in_alpha: Tenant, write_key: str) -> Api:
    return Api(in_alpha, write_key)


@pytest.fixture
def ten(in_alpha: Tenant) -> PassType:
    return PassType.objects.create(name="Ten classes", price=9000, credits=10, valid_days=90)


@pytest.fixture
def monthly(in_alpha: Tenant) -> MembershipPlan:
    return MembershipPlan.objects.create(name="Eight a month", price=8000, credits=8)


def sale(**changes: Any) -> dict[str, Any]:
    return without_nothing({**PERSON, "idempotency_key": "order-1", **changes})


def sell_pass(api: Api, ten: PassType, **changes: Any) -> Any:
    return api.post("/api/passes/", sale(pass_type_id=ten.pk, **changes))


@pytest.fixture
def told(
    stripe: Control, signer: StripeSigner, client_of: Any, in_alpha: Tenant
) -> Callable[[], None]:
    """Deliver everything that Stripe has to tell."""

    def deliver() -> None:
        for event in stripe("events"):
            assert signer.deliver(client_of(in_alpha), event).status_code == 200

    return deliver


# --- What is sold ---


@pytest.mark.django_db
def test_anyone_sees_what_is_sold(
    in_alpha: Tenant, account: StripeAccount, ten: PassType, monthly: MembershipPlan
) -> None:
    yoga = a_service()
    ten.services.add(yoga)
    PassType.objects.create(name="For regulars", price=1, credits=1, is_sold_online=False)
    anyone = Api(in_alpha)
    assert anyone.get("/api/passes/types/").json() == {
        "pass_types": [
            {
                "pass_type_id": ten.pk, "name": "Ten classes", "description": "",
                "price_pence": 9000, "currency": "GBP", "credits": 10, "valid_days": 90,
                "services": ["Yoga"],
            }
        ]
    }  # fmt: skip
    assert anyone.get("/api/memberships/plans/").json() == {
        "plans": [
            {
                "plan_id": monthly.pk, "name": "Eight a month", "description": "",
                "price_pence": 8000, "currency": "GBP", "interval": "month", "interval_count": 1,
                "credits": 8, "rolls_over": False, "book_ahead_days": 7, "services": None,
            }
        ]
    }  # fmt: skip
    VoucherSettings.objects.create(is_sold_online=True, valid_days=None)
    assert anyone.get("/api/vouchers/rules/").json() == {
        "is_sold_online": True, "minimum_amount_pence": 1000, "maximum_amount_pence": 50000,
        "currency": "GBP", "valid_days": None,
    }  # fmt: skip


@pytest.mark.django_db
def test_with_payments_off_nothing_is_sold(
    api: Api, ten: PassType, monthly: MembershipPlan
) -> None:
    assert api.get("/api/passes/types/").json() == {"pass_types": []}
    assert api.get("/api/memberships/plans/").json() == {"plans": []}
    for path, what in (
        ("/api/passes/", {"pass_type_id": ten.pk}),
        ("/api/memberships/", {"plan_id": monthly.pk}),
        ("/api/vouchers/", {"amount_pence": 1000}),
    ):
        answer = api.post(path, sale(**what))
        assert (answer.status_code, answer.json()) == (
            400,
            {"error": "Payments are not enabled for this instance", "code": "payments_disabled"},
        )
    assert not any(model.objects.exists() for model in (Pass, Voucher, Membership))


# --- Selling ---


@pytest.mark.django_db
def test_a_pass_is_sold_paid_and_used(
    api: Api, ten: PassType, stripe: Control, told: Callable[[], None], in_alpha: Tenant
) -> None:
    answer = sell_pass(api, ten, success_url="http://alpha.localhost:8000/thanks")
    body = answer.json()
    assert (answer.status_code, body["status"]) == (201, "unpaid")
    assert "/c/pay/cs_test_" in body["checkout_url"]
    assert PaymentSession.objects.get().success_url == "http://alpha.localhost:8000/thanks"
    path = f"/api/passes/{body['pass_id']}/"
    assert "code" not in api.get(path).json()
    stripe("pay", session=body["checkout_url"].rsplit("/", 1)[-1])
    told()
    item = Pass.objects.get()
    quote = a_quote(a_service(), item.code, email=PERSON["customer_email"], party_size=2)
    used = booked(quote)
    shown = api.get(path).json()
    assert {name: shown[name] for name in ("status", "credits", "credits_left", "code")} == {
        "status": "active", "credits": 10, "credits_left": 8, "code": item.readable_code,
    }  # fmt: skip
    assert (shown["price_pence"], shown["currency"], shown["services"]) == (9000, "GBP", None)
    assert shown["payment_session_id"] == body["payment_session_id"]
    assert shown["expires_at"] == item.expires_at.isoformat() if item.expires_at else False
    assert [(one["kind"], one["change"], one["booking_id"]) for one in shown["movements"]] == [
        ("issued", 10, None), ("used", -2, used.pk),
    ]  # fmt: skip
    assert list(Event.objects.filter(type__startswith="pass.").values_list("type", flat=True)) == [
        "pass.issued"
    ]


@pytest.mark.django_db
def test_the_same_key_sells_once(api: Api, ten: PassType, stripe: Control) -> None:
    first, again = (sell_pass(api, ten).json() for _ in range(2))
    assert first == again
    stripe("pay", session=first["checkout_url"].rsplit("/", 1)[-1])
    paid = sell_pass(api, ten)
    assert (paid.status_code, paid.json()) == (
        201,
        {**first, "status": "active", "checkout_url": None, "payment_session_id": None},
    )
    for changes in ({"customer_name": "Bob"}, {"customer_email": "bob@example.com"}):
        other = sell_pass(api, ten, **changes)
        assert (other.status_code, other.json()["code"], other.json()["field"]) == (
            409, "idempotency_mismatch", "idempotency_key",
        )  # fmt: skip
    assert (Pass.objects.count(), PaymentSession.objects.count()) == (1, 1)
    assert sell_pass(api, ten, idempotency_key="order-2").json()["pass_id"] != first["pass_id"]


@pytest.mark.django_db
def test_a_sale_that_stripe_did_not_answer_goes_on_under_its_key(
    api: Api, ten: PassType, stripe: Control
) -> None:
    stripe("fault", kind="500", method="POST", path="/v1/checkout/sessions", times=9)
    assert sell_pass(api, ten).status_code == 502
    stripe("clear_faults")
    answer = sell_pass(api, ten)
    assert (answer.status_code, Pass.objects.count()) == (201, 1)
    assert answer.json()["checkout_url"]


@pytest.mark.django_db(transaction=True)
def test_one_key_on_many_threads_sells_once(alpha: Tenant) -> None:
    with tenant_context(alpha):
        ten = PassType.objects.create(name="Ten", price=9000, credits=10)
    found: set[int] = set()

    def buy(number: int) -> None:
        found.add(purchases.start_pass(ten, sale_key="k", **PERSON).pk)

    assert race(alpha, 8, buy) == ["won"] * 8
    with tenant_context(alpha):
        assert found == set(Pass.objects.values_list("pk", flat=True))
        assert len(found) == 1


@pytest.mark.django_db
def test_a_membership_is_sold_renewed_cancelled_and_kept(
    api: Api, monthly: MembershipPlan, stripe: Control, told: Callable[[], None]
) -> None:
    asked = sale(plan_id=monthly.pk)
    body = api.post("/api/memberships/", asked).json()
    assert body == api.post("/api/memberships/", asked).json()
    path = f"/api/memberships/{body['membership_id']}/"
    assert api.get(path).json()["status"] == "incomplete"
    assert api.post(f"{path}cancel/", {}).status_code == 409
    stripe("pay", session=body["checkout_url"].rsplit("/", 1)[-1])
    shown = api.get(path).json()
    assert (shown["status"], shown["credits_left"], shown["is_ending"]) == ("active", 8, False)
    item = Membership.objects.select_related("subscription").get()
    assert item.subscription is not None
    stripe("renew", subscription=item.subscription.stripe_subscription_id)
    told()
    shown = api.get(path).json()
    assert (shown["credits_left"], len(shown["periods"])) == (16, 2)
    assert [one["movements"][0]["change"] for one in shown["periods"]] == [8, 8]
    cancelled = api.post(f"{path}cancel/", {}).json()
    assert (cancelled["status"], cancelled["is_ending"]) == ("active", True)
    assert api.post(f"{path}cancel/", {}).status_code == 200
    assert api.post(f"{path}keep/", {}).json()["is_ending"] is False
    told()
    stripe("cancel_subscription", subscription=item.subscription.stripe_subscription_id)
    told()
    happened = Event.objects.filter(type__startswith="membership.").order_by("pk")
    assert list(happened.values_list("type", "data__status")) == [
        ("membership.started", "active"), ("membership.renewed", "active"),
        ("membership.cancelled", "active"), ("membership.kept", "active"),
        ("membership.ended", "canceled"),
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_voucher_is_sold_within_the_limits(api: Api, stripe: Control) -> None:
    VoucherSettings.objects.create(minimum_amount=1000, maximum_amount=5000)
    gift = sale(amount_pence=2500, recipient_name="Bo", message="Happy birthday")
    body = api.post("/api/vouchers/", gift).json()
    assert api.post("/api/vouchers/", {**gift, "message": "Sorry"}).status_code == 409
    stripe("pay", session=body["checkout_url"].rsplit("/", 1)[-1])
    shown = api.get(f"/api/vouchers/{body['voucher_id']}/").json()
    assert (shown["status"], shown["amount_pence"], shown["amount_left_pence"]) == (
        "active", 2500, 2500,
    )  # fmt: skip
    assert (shown["recipient_name"], shown["code"]) == ("Bo", Voucher.objects.get().readable_code)
    refused = api.post("/api/vouchers/", sale(amount_pence=999, idempotency_key="o2"))
    assert (refused.status_code, refused.json()["field"]) == (400, "amount_pence")
    assert Voucher.objects.count() == 1


# --- Reading ---


@pytest.mark.django_db
def test_a_list_is_given_page_by_page_and_filtered(
    api: Api, ten: PassType, in_alpha: Tenant
) -> None:
    people = ("ann@example.com", "Ann@Example.com", "bob@example.com")
    made = [
        gifts.give_pass(
            pass_type=ten, customer_name="A", customer_email=email, reason="", actor=SYSTEM
        )
        for email in people
    ]
    prepaid.void(made[1], reason="", actor=SYSTEM)
    first = api.get("/api/passes/", limit="2").json()
    assert [one["pass_id"] for one in first["passes"]] == [made[2].pk, made[1].pk]
    assert "code" not in first["passes"][0]
    rest = api.get(first["next"].removeprefix(in_alpha.url))
    assert [one["pass_id"] for one in rest.json()["passes"]] == [made[0].pk]
    assert rest.json()["next"] is None
    anns = api.get("/api/passes/", customer_email="ANN@example.com").json()["passes"]
    assert [one["pass_id"] for one in anns] == [made[1].pk, made[0].pk]
    void = api.get("/api/passes/", customer_email="ann@example.com", status="void").json()
    assert [one["status"] for one in void["passes"]] == ["void"]
    active = api.get("/api/passes/", status="active").json()["passes"]
    assert [one["status"] for one in active] == ["active", "active"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/passes/", "/api/vouchers/", "/api/memberships/"])
@pytest.mark.parametrize(
    ("name", "value"),
    [("status", "x"), ("status", "\x00"), ("limit", "0"), ("limit", "101"), ("limit", "1e3"),
     ("limit", "-1"), ("limit", "١"), ("before", "0"), ("before", "9" * 25), ("before", "x"),
     ("customer_email", "x" * 300), ("customer_email", "a\x00b")],
)  # fmt: skip
def test_a_bad_filter_is_named(api: Api, path: str, name: str, value: str) -> None:
    answer = api.get(path, **{name: value})
    assert (answer.status_code, answer.json().get("field", name)) == (400, name)


@pytest.mark.django_db
def test_every_status_can_be_asked_for(api: Api) -> None:
    for path, states in (
        ("/api/passes/", "unpaid active frozen used expired void"),
        ("/api/vouchers/", "unpaid active frozen used expired void"),
        ("/api/memberships/", "incomplete active past_due canceled"),
    ):
        for state in states.split():
            assert api.get(path, status=state).json()["next"] is None


# --- Who may ---


@pytest.fixture
def sold(ten: PassType, monthly: MembershipPlan) -> dict[str, Any]:
    given: dict[str, Any] = {"reason": "", "actor": SYSTEM, **PERSON}
    return {
        "passes": gifts.give_pass(pass_type=ten, **given),
        "vouchers": gifts.give_voucher(amount=1000, valid_days=None, **given),
        "memberships": Membership.objects.create(
            plan=monthly, name="M", price=1, currency="GBP", credits=8, **PERSON
        ),
    }


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["passes", "vouchers", "memberships"])
def test_who_may_read_and_sell(
    in_alpha: Tenant, sold: dict[str, Any], read_key: str, account: StripeAccount, kind: str
) -> None:
    path, one = f"/api/{kind}/", f"/api/{kind}/{sold[kind].pk}/"
    nobody, reader = Api(in_alpha), Api(in_alpha, read_key)
    assert [api.get(path).status_code for api in (nobody, reader)] == [401, 200]
    assert [api.get(one).status_code for api in (nobody, reader)] == [401, 200]
    assert "code" not in reader.get(one).json()
    assert [api.post(path, sale()).status_code for api in (nobody, reader)] == [401, 403]
    holder = Api(in_alpha, sold[kind].access_token)
    assert (holder.get(one).status_code, holder.get(path).status_code) == (200, 401)
    other = next(item for name, item in sold.items() if name != kind)
    stranger = Api(in_alpha, other.access_token)
    assert stranger.get(one).json() == stranger.get(f"/api/{kind}/999/").json()
    assert reader.get(f"/api/{kind}/999/").status_code == 404
    assert reader.get(f"/api/{kind}/{10**30}/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "status"), [("staff", 403), ("manager", 400), ("owner", 400)])
def test_selling_is_for_those_who_may(in_alpha: Tenant, role: str, status: int) -> None:
    who = User.objects.create_user(f"{role}@alpha.example", "a-good-password", role=role)
    client = Client(HTTP_HOST="alpha.localhost")
    client.force_login(who, backend="access.backends.RoleBackend")
    for path in ("/api/passes/", "/api/vouchers/", "/api/memberships/"):
        assert client.get(path).status_code == 200
        answer = client.post(path, {}, content_type="application/json")
        assert answer.status_code == status
        if status == 400:
            assert "idempotency_key" in answer.json()["error"]


# --- Checking a code ---


@pytest.mark.django_db
def test_a_code_says_what_it_would_pay(in_alpha: Tenant, sold: dict[str, Any]) -> None:
    a_service(price_is_per_person=True)
    asked = {"code": sold["passes"].code, "service_name": "yoga", "party_size": 2,
             "customer_email": PERSON["customer_email"]}  # fmt: skip
    assert Api(in_alpha).post("/api/codes/check/", asked).json() == {
        "text": "Your pass pays £90.00; 8 left on it after this.", "paid_by": "pass",
        "price_pence": 9000, "discount_amount_pence": 0, "total_amount_pence": 9000,
        "credit_amount_pence": 9000, "credits": 2, "deposit_amount_pence": 0,
        "remaining_amount_pence": 0, "currency": "GBP",
    }  # fmt: skip
    assert Pass.objects.get().left == 10
    other = Api(in_alpha).post("/api/codes/check/", {**asked, "customer_email": "eve@x.example"})
    assert (other.status_code, other.json()["field"]) == (400, "code")


@pytest.mark.django_db
def test_wrong_codes_are_counted(in_alpha: Tenant, sold: dict[str, Any]) -> None:
    a_service()
    asked = {"code": "WRONG", "service_name": "Yoga", "customer_email": "eve@example.com"}
    answers = [Api(in_alpha).post("/api/codes/check/", asked).json()["error"] for _ in range(11)]
    assert len(set(answers[:10])) == 1
    assert "Too many wrong codes" in answers[10]
    good = {**asked, "code": sold["vouchers"].code}
    assert "Too many" in Api(in_alpha).post("/api/codes/check/", good).json()["error"]
