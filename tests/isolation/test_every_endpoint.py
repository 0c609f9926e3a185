"""Business A's key, token, session, sign-in and signature are worth nothing on B's host.

The addresses are read from the URL configuration, so a new endpoint is covered the day it is
added: it must either be named as open below, or refuse all of them.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django_tenants.utils import tenant_context

from access.actors import SYSTEM
from access.models import APIKey, User
from access.tokens import password_reset_tokens
from bookings.models import Booking, Membership, MembershipPlan, Pass, PassType, Service, Voucher
from bookings.offers import gifts, memberships
from bookings.services import book
from bookings.wishes import BookingRequest
from events.models import Event
from payments.models import PaymentSession, StripeAccount, StripeEvent
from tenants.models import Tenant
from tests.payments import builders
from tests.support import StripeSigner

pytestmark = pytest.mark.django_db

#: What anyone may open on any business's host: nothing of a person, and no change.
OPEN_TO_ANYONE = {
    "bookings-services", "bookings-availability", "bookings-availability-explain",
    "landing", "brand-css", "logo", "choose-time", "details", "waitlist-join", "find",
    "admin_password_reset",
    "password_reset_done", "password_reset_complete", "staff:login", "staff:logout",
    "staff:jsi18n", "service-picture", "passes-types", "memberships-plans", "vouchers-rules",
    "vouchers", "passes", "memberships",
}  # fmt: skip
#: Where the credential is in the address: A's token or link.
BY_ADDRESS = {
    "booking", "pay", "payment-return", "payment-status", "unpaid", "give-up", "payment-link",
    "receipt", "calendar", "voucher", "pass",
    "membership", "membership-book", "membership-card", "membership-cancel", "membership-keep",
    "change-time", "confirm-change", "pay-change", "change-paid", "change-unpaid", "give-up-change",
    "cancel-booking", "waitlist-entry", "waitlist-accept", "waitlist-leave",
    "password_reset_confirm",
}  # fmt: skip
API = re.compile(r"api/")


def every_address(
    patterns: list[Any] | None = None, prefix: str = "", namespace: str = ""
) -> Iterator[tuple[str, str]]:
    """Yield (route, name) of all that a business's host serves."""
    for entry in patterns or get_resolver(settings.ROOT_URLCONF).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from every_address(entry.url_patterns, route, inner)
        elif isinstance(entry, URLPattern):
            yield route, f"{namespace}{entry.name}"


class Alpha:
    """Everything that business A knows and B must not believe."""

    def __init__(self, tenant: Tenant) -> None:
        with tenant_context(tenant):
            self.service = Service.objects.create(name="Cut", duration_minutes=60, price=100)
            wanted = BookingRequest.for_service(
                self.service,
                customer_name="Secret Person",
                customer_email="secret@alpha.example",
                starts_at=_next_monday(),
            )
            self.booking = book(wanted)
            self.payment = builders.payment(payable_type="booking", payable_id=self.booking.pk)
            self.refund = self.payment.refunds.create(amount=1, currency="GBP")
            self.key = APIKey.objects.create_key(name="a", scope="write")[1]
            self.owner = User.objects.create_user("o@alpha.example", "alpha-password", role="owner")
            self.reset = password_reset_tokens.make_token(self.owner)
            self.sold = sold_by_hand()
            client = Client(HTTP_HOST=tenant.hosts[0])
            client.force_login(self.owner, backend="access.backends.RoleBackend")
            self.cookies = {name: morsel.value for name, morsel in client.cookies.items()}

    def address(self, route: str) -> str:
        values = {
            "token": self.booking.access_token,
            "booking_id": str(self.booking.pk),
            "payment_session_id": str(self.payment.pk),
            "session_id": str(self.payment.pk),
            "refund_id": str(self.refund.pk),
            "event_pk": "1",
            "request_pk": "1",
            "item_id": "1",
            "entry_id": "1",
            "series_id": "1",
            "pass_id": str(self.sold[0].pk),
            "voucher_id": str(self.sold[1].pk),
            "membership_id": str(self.sold[2].pk),
            "slug": self.service.slug,
            "kind": "confirmed",
            "uidb64": "MQ",
            "object_id": "1",
            "content_type_id": "1",
            "app_label": "bookings",
            "url": "x",
        }

        def fill(match: re.Match[str]) -> str:
            return values[match.group("name")]

        path = re.sub(r"<(?:\w+:)?(?P<name>\w+)>", fill, route)
        path = re.sub(r"\(\?P(<\w+>)[^)]*\)", lambda found: values[found.group(1)[1:-1]], path)
        if "password/choose" in path:
            path = path.replace(self.booking.access_token, self.reset)
        return "/" + path.replace("^", "").replace("$", "").replace("\\Z", "")

    def credentials(self) -> dict[str, dict[str, Any]]:
        """Return what to send with a request, by what is tried."""
        bearer = {
            "API key": self.key,
            "booking token": self.booking.access_token,
            "payment token": self.payment.access_token,
            **{f"{one._meta.model_name} token": one.access_token for one in self.sold},
        }
        tried = {
            name: {"headers": {"Authorization": f"Bearer {value}"}}
            for name, value in bearer.items()
        }
        return {
            **tried,
            "session": {"cookies": self.cookies},
            "token in the query": {"query": {"token": self.booking.access_token}},
            "nothing": {},
        }


def sold_by_hand() -> tuple[Pass, Voucher, Membership]:
    """A pass, a voucher and a membership of one person."""
    person = {"customer_name": "Secret Person", "customer_email": "secret@alpha.example"}
    ten = PassType.objects.create(name="Ten", price=1000, credits=10)
    plan = MembershipPlan.objects.create(name="Monthly", price=1000, credits=8)
    gift = gifts.give_voucher(amount=1000, valid_days=None, reason="", actor=SYSTEM, **person)
    given = gifts.give_pass(pass_type=ten, reason="", actor=SYSTEM, **person)
    return given, gift, memberships.start(plan, **person)


def _next_monday() -> Any:
    from datetime import UTC, datetime

    return datetime(2027, 3, 1, 10, tzinfo=UTC)


def take_payments(tenant: Tenant) -> None:
    with tenant_context(tenant):
        row = StripeAccount.objects.current()
        row.secret_key, row.webhook_secret = "sk_test_beta", "whsec_beta"
        row.payments_enabled = True
        row.save()


def state(tenant: Tenant) -> list[list[Any]]:
    with tenant_context(tenant):
        return [
            list(model.objects.order_by("pk").values_list())
            for model in (
                Booking,
                PaymentSession,
                StripeEvent,
                User,
                APIKey,
                StripeAccount,
                Event,
                Pass,
                Voucher,
                Membership,
            )
        ]


BODY = {
    "payable_type": "booking", "payable_id": "1", "amount_pence": 1000, "idempotency_key": "k",
    "success_url": "http://beta.localhost/", "cancel_url": "http://beta.localhost/",
    "payment_session_id": "x", "customer_name": "Eve", "customer_email": "eve@example.com",
    "service_name": "Cut", "booking_date": "2027-03-01T10:00:00+00:00", "total_amount_pence": 100,
    "pass_type_id": 1, "plan_id": 1, "code": "ABCDEFGHJKMN",
}  # fmt: skip


def test_whatever_alpha_holds_opens_nothing_at_beta(alpha: Tenant, beta: Tenant) -> None:
    known = Alpha(alpha)
    take_payments(beta)
    before = state(alpha), state(beta)
    tried = 0
    for route, name in every_address():
        if name in OPEN_TO_ANYONE:
            continue
        for what, sent in known.credentials().items():
            for method in ("get", "post"):
                client = Client(HTTP_HOST=beta.hosts[0])
                client.cookies.load(sent.get("cookies", {}))
                path = known.address(route)
                extra = {"headers": sent.get("headers", {})}
                if method == "get":
                    response = client.get(path, sent.get("query", {}), **extra)
                else:
                    path += "?token=" + sent["query"]["token"] if "query" in sent else ""
                    response = client.post(path, BODY, content_type="application/json", **extra)
                tried += 1
                seen = f"{what} {method} {path}: {response.status_code}"
                assert is_refused(name, response), seen
                text = response.content.decode(errors="replace")
                assert "Secret Person" not in text, seen
                assert "secret@alpha.example" not in text, seen
    assert tried > 500
    assert (state(alpha), state(beta)) == before


def is_refused(name: str, response: Any) -> bool:
    """Is this a refusal: 4xx, the sign-in page, or a password link that does not work?"""
    if name == "password_reset_confirm":
        return b"does not work any more" in response.content or response.status_code in (400, 404)
    if name.startswith("staff:"):
        return bool(response.status_code in (400, 403, 404, 405)) or (
            response.status_code == 302 and "/admin/login/" in response["Location"]
        )
    return bool(400 <= response.status_code < 500)


def test_the_same_holds_for_a_stranger_who_signs_in_with_alphas_password(
    alpha: Tenant, beta: Tenant
) -> None:
    known = Alpha(alpha)
    form = {"username": known.owner.email, "password": "alpha-password"}
    at_home = Client(HTTP_HOST=alpha.hosts[0]).post("/admin/login/?next=/admin/", form)
    assert at_home.status_code == 302
    abroad = Client(HTTP_HOST=beta.hosts[0]).post("/admin/login/?next=/admin/", form)
    assert abroad.status_code == 200
    assert b"Please enter the correct" in abroad.content


def test_alphas_signature_is_refused_at_beta(
    alpha: Tenant, beta: Tenant, account: StripeAccount, signer: StripeSigner
) -> None:
    with tenant_context(alpha):
        session = builders.payment()
    take_payments(beta)
    event = signer.event("checkout.session.completed", builders.checkout(session))
    before = state(alpha), state(beta)
    response = signer.deliver(Client(HTTP_HOST=beta.hosts[0]), event, "whsec_alpha")
    assert (response.status_code, response.json()) == (400, {"error": "Invalid signature"})
    assert (state(alpha), state(beta)) == before


def test_an_event_about_alphas_payment_signed_by_beta_changes_nothing_at_alpha(
    alpha: Tenant, beta: Tenant, account: StripeAccount, signer: StripeSigner
) -> None:
    with tenant_context(alpha):
        session = builders.payment()
    take_payments(beta)
    event = signer.event("checkout.session.completed", builders.checkout(session))
    before = state(alpha)
    response = signer.deliver(Client(HTTP_HOST=beta.hosts[0]), event, "whsec_beta")
    assert response.status_code == 200
    assert state(alpha) == before
    with tenant_context(beta):
        assert StripeEvent.objects.get().status == "ignored"


def test_every_api_view_says_who_may_call_it() -> None:
    """A view that forgot its permissions would be open only if the default were."""
    assert settings.REST_FRAMEWORK["DEFAULT_PERMISSION_CLASSES"] == [
        "access.permissions.IsMemberOfBusiness"
    ]
    for route, name in every_address():
        assert name in OPEN_TO_ANYONE | BY_ADDRESS or API.match(route) or ":" in name, name


def test_what_is_open_to_anyone_holds_nothing_of_a_person(alpha: Tenant) -> None:
    known = Alpha(alpha)
    for route, name in every_address():
        if name in OPEN_TO_ANYONE:
            response = Client(HTTP_HOST=alpha.hosts[0]).get(known.address(route))
            assert response.status_code < 500, route
            assert b"Secret Person" not in response.content


def test_a_cookie_names_no_domain(alpha: Tenant) -> None:
    client = Client(HTTP_HOST=alpha.hosts[0])
    response = client.get("/find/")
    assert json.dumps([morsel["domain"] for morsel in response.cookies.values()]) == '[""]'
