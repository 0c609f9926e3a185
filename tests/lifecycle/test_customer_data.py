"""A customer sees what is held on them, and is erased on their wish."""

import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError
from django.db import models
from django.utils import timezone
from django_tenants.utils import tenant_context

from access.actors import Actor
from bookings.models import (
    Booking,
    BookingChange,
    DiscountCode,
    DiscountUse,
    Membership,
    MembershipPlan,
    Pass,
    PassType,
    SentMessage,
    Service,
    Voucher,
    WaitlistEntry,
)
from events.services import record
from payments.models import (
    Customer,
    LedgerEntry,
    PaymentRequest,
    PaymentSession,
    Refund,
    SavedCard,
    StripeEvent,
    Transaction,
)
from tenants import personal
from tenants.connection import connection
from tenants.jobs import tenant_task
from tenants.lifecycle.catalogue import tables_of
from tenants.models import LifecycleEvent, Tenant
from tests.lifecycle.support import book, run
from tests.payments.builders import checkout, payment

pytestmark = pytest.mark.django_db(transaction=True)

EMAIL = "ann.unique@example.com"
#: Words of the person's that must not be found anywhere afterwards.
TRACES = ("ann.unique", "Annabel", "+447700900123", "Nut allergy", "cus_ann", "Vizacard", "Zoe")


@tenant_task("tests.tell_someone")
def tell_someone(*, offer: dict[str, Any]) -> None:
    """A job that carries a person."""


def person_of_everything() -> PaymentSession:
    """Put the person into every table that may hold them, mixed with somebody else."""
    who = {"customer_name": "Annabel", "customer_email": EMAIL}
    past = timezone.now() - timedelta(days=9)
    service = Service.objects.create(name="Cut", duration_minutes=60, price=10)
    visit = book(
        at=past, email=EMAIL.replace("ann", "Ann"), customer_name="Annabel", guest_name="Zoe",
        customer_phone="+447700900123", notes="Nut allergy", answers=[{"answer": "Nut allergy"}],
        status="COMPLETED", success_url="https://x.example/?name=Annabel",
    )  # fmt: skip
    BookingChange.objects.create(
        booking=visit, status="applied", starts_at=past, ends_at=past, party_size=1, amount_due=1,
        total_amount=1, deposit_amount=1, terms={"answers": [{"answer": "Nut allergy"}]},
    )  # fmt: skip
    book(at=past, email="other-ann.unique@example.com", customer_name="Other")
    SentMessage.objects.create(
        booking=visit, kind="confirmed", key="1", starts_at=past, sent_at=past,
        problem=f"550 no such user {EMAIL}",
    )  # fmt: skip
    SentMessage.objects.create(booking=visit, kind="review", key="1", starts_at=past)
    ann = Customer.objects.create(email=EMAIL, name="Annabel", stripe_customer_id="cus_ann")
    paid = payment(
        customer=ann, status="succeeded", payable_type="booking", payable_id=str(visit.pk),
        metadata={"name": "Annabel"}, stripe_payment_intent_id="pi_ann",
    )  # fmt: skip
    Transaction.objects.create(
        payment_session=paid, amount=1000, currency="GBP", stripe_object_id="pi_ann"
    )
    LedgerEntry.objects.create(
        kind="payment", source_id="pi_ann", debit="stripe_clearing", credit="revenue",
        amount=1000, currency="GBP", livemode=False, payment_session=paid, occurred_at=past,
    )  # fmt: skip
    Refund.objects.create(
        payment_session=paid, amount=1, currency="GBP", status="succeeded", reason="Annabel was ill"
    )
    setup = payment(customer=ann, status="succeeded", purpose="card_setup", amount=0)
    SavedCard.objects.create(
        customer=ann,
        payment_session=setup,
        stripe_payment_method_id="pm_1",
        brand="Vizacard",
        last4="4242",
    )
    PaymentRequest.objects.create(
        payable_type="booking", payable_id="1", description="For Annabel", amount=5,
        currency="GBP", expires_at=past, message="Dear Annabel", **who,
    )  # fmt: skip
    WaitlistEntry.objects.create(
        service=service, first_day=past, last_day=past, customer_phone="+447700900123", **who
    )
    code = DiscountCode.objects.create(code="TEN", percent=10)
    DiscountUse.objects.create(code=code, booking=visit, customer_email=EMAIL, amount=1)
    sold = {"initial": 5, "left": 5, "status": "active", "currency": "GBP"}
    Voucher.objects.create(**sold, **who, recipient_name="Zoe", message="Dear Zoe")
    Voucher.objects.create(
        **sold, customer_name="Other", customer_email="other@example.com",
        recipient_name="Annabel", recipient_email=EMAIL,
    )  # fmt: skip
    ten = PassType.objects.create(name="Ten", price=1, credits=5)
    Pass.objects.create(**sold, **who, pass_type=ten, name="Ten")
    plan = MembershipPlan.objects.create(name="Monthly", price=10)
    Membership.objects.create(plan=plan, name="Monthly", price=10, currency="GBP", **who)
    told = {
        "data": {"object": checkout(paid, customer_details={"email": EMAIL, "name": "Annabel"})}
    }
    StripeEvent.objects.create(
        event_id="evt_1", type="checkout.session.completed", created_at=past, status="processed",
        payload={"id": "evt_1", "type": "checkout.session.completed", **told},
    )  # fmt: skip
    charge = {"id": "ch_1", "object": "charge", "payment_intent": "pi_ann", "billing": "Annabel"}
    StripeEvent.objects.create(
        event_id="evt_2", type="charge.updated", created_at=past, status="dead",
        error="Annabel", payload={"id": "evt_2", "data": {"object": charge}},
    )  # fmt: skip
    record("booking.changed", visit, {"status": "X", "note": "Annabel"}, Actor("customer", EMAIL))
    tell_someone.enqueue(offer={"email": EMAIL, "name": "Annabel"})
    return paid


@pytest.fixture
def paid(in_alpha: Tenant) -> PaymentSession:
    return person_of_everything()


def everything() -> str:
    """Return every row of the business and of the job queue, as text."""
    text = []
    with connection.cursor() as cursor:
        for table in tables_of("alpha"):
            cursor.execute(f'SELECT t::text FROM "alpha"."{table.name}" t')
            text += [row for (row,) in cursor.fetchall()]
        cursor.execute("SELECT args::text FROM extensions.procrastinate_jobs")
        text += [row for (row,) in cursor.fetchall()]
    # Another person, whose address ends in the first one's.
    return "\n".join(text).replace("other-ann.unique", "")


def test_every_field_is_declared_personal_or_not() -> None:
    assert personal.undeclared_fields() == []


def test_a_field_that_nobody_spoke_of_stops_the_erasure(
    paid: PaymentSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    birthday = models.DateField(null=True)
    birthday.set_attributes_from_name("birthday")
    from tenants.personal import declarations

    columns = declarations._columns

    def with_one_more(model: type[models.Model]) -> list[Any]:
        return [*columns(model), *([birthday] if model is Booking else [])]

    monkeypatch.setattr(declarations, "_columns", with_one_more)
    assert personal.undeclared_fields() == ["bookings.Booking.birthday"]
    with pytest.raises(personal.ErasureRefused, match="birthday"):
        personal.erase(EMAIL)
    assert Booking.objects.filter(customer_name="Annabel").exists()


def test_a_table_that_no_app_knows_stops_showing_and_erasing(paid: PaymentSession) -> None:
    """An app that was taken away has left it, and perhaps the person is in it."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE alpha.loyalty (email text)")
        try:
            with pytest.raises(personal.UnknownColumns, match=r"loyalty\.email"):
                personal.erase(EMAIL)
            with pytest.raises(personal.UnknownColumns, match=r"loyalty\.email"):
                personal.package(EMAIL)
        finally:
            cursor.execute("DROP TABLE alpha.loyalty")
    assert Booking.objects.filter(customer_name="Annabel").exists()


def test_the_person_is_gone_and_the_money_stays(paid: PaymentSession) -> None:
    before = everything()
    assert [trace for trace in TRACES if trace not in before] == []
    money = list(LedgerEntry.objects.values_list()), list(Transaction.objects.values_list())
    dates = list(Booking.objects.order_by("pk").values_list("pk", "starts_at", "total_amount"))
    changed = personal.erase(EMAIL)
    assert changed["Bookings"] == 1
    after = everything()
    assert [trace for trace in TRACES if trace.lower() in after.lower()] == []
    assert (
        list(LedgerEntry.objects.values_list()),
        list(Transaction.objects.values_list()),
    ) == money
    assert (
        list(Booking.objects.order_by("pk").values_list("pk", "starts_at", "total_amount")) == dates
    )
    paid.refresh_from_db()
    assert (paid.amount, paid.status, paid.stripe_payment_intent_id) == (
        1000,
        "succeeded",
        "pi_ann",
    )
    assert Booking.objects.get(customer_name="Other").customer_email.startswith("other-ann")
    assert StripeEvent.objects.get(event_id="evt_1").payload["data"]["object"]["id"]
    assert SavedCard.objects.get().last4 == ""
    assert SentMessage.objects.get(booking__customer_name="Erased").sent_at is not None
    assert personal.erase(EMAIL) == {}


def test_nothing_of_them_is_in_the_platforms_own_record(paid: PaymentSession) -> None:
    personal.erase(EMAIL)
    connection.set_schema_to_public()
    noted = LifecycleEvent.objects.get(kind="customer_erased")
    assert EMAIL not in json.dumps(noted.details)
    assert noted.details["Bookings"] == 1


def test_a_job_that_carries_an_address_in_another_script_goes_too(in_alpha: Tenant) -> None:
    email = "ann.unique@bücher.example"
    tell_someone.enqueue(offer={"email": email.replace("ann", "Ann")})
    assert personal.erase(email) == {"Messages waiting to be sent": 1}
    assert "bücher" not in everything()


def test_only_a_whole_address_names_a_person(paid: PaymentSession) -> None:
    """Nobody's address is the empty one, though many rows have it."""
    before = everything()
    for email in ("", " ", "%", "ann", "@example.com"):
        for act in (personal.erase, personal.package):
            with pytest.raises(personal.NotAnAddress):
                act(email)
    assert everything() == before


def test_what_lies_ahead_comes_first(paid: PaymentSession) -> None:
    ahead = book(at=timezone.now() + timedelta(days=1), email=EMAIL)
    with pytest.raises(personal.ErasureRefused, match=ahead.reference):
        personal.erase(EMAIL)
    Booking.objects.filter(pk=ahead.pk).update(status="CANCELLED")
    under_way = payment(customer=Customer.objects.get(email=EMAIL))
    with pytest.raises(personal.ErasureRefused, match="not decided"):
        personal.erase(EMAIL)
    under_way.delete()
    Refund.objects.update(status="requested")
    with pytest.raises(personal.ErasureRefused, match="Refunds"):
        personal.erase(EMAIL)
    Refund.objects.update(status="succeeded")
    link = PaymentRequest.objects.get()
    PaymentRequest.objects.update(expires_at=timezone.now() + timedelta(days=1))
    with pytest.raises(personal.ErasureRefused, match="links"):
        personal.erase(EMAIL)
    PaymentRequest.objects.update(expires_at=link.expires_at)
    assert Booking.objects.filter(customer_name="Annabel").exists()
    assert personal.erase(EMAIL)


def test_the_customer_gets_everything_but_what_opens_doors(paid: PaymentSession) -> None:
    content = personal.package(EMAIL)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        found = json.loads(archive.read("customer.json"))
        text = archive.read("customer.txt").decode()
    for trace in ("Annabel", "Nut allergy", "+447700900123", "4242", "Vizacard"):
        assert trace in text
        assert trace in json.dumps(found, ensure_ascii=False)
    assert "Other" not in [row["customer_name"] for row in found["data"]["Bookings"]]
    assert {
        "Bookings", "Messages", "Waitlist", "Passes", "Vouchers bought", "Vouchers received",
        "Memberships", "Payments", "Payment links", "Cards", "What Stripe told of it", "Activity",
    } <= set(found["data"])  # fmt: skip
    assert sorted(row["amount"] for row in found["data"]["Payments"]) == [0, 1000]
    assert paid.access_token not in json.dumps(found)
    assert Booking.objects.get(customer_name="Annabel").access_token not in text


def test_the_commands(alpha: Tenant, tmp_path: Path) -> None:
    with tenant_context(alpha):
        person_of_everything()
    file = tmp_path / "ann.zip"
    run("customer", "export", "alpha", EMAIL, str(file))
    assert zipfile.is_zipfile(file)
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(CommandError, match="can't be written"):
        run("customer", "export", "alpha", EMAIL, str(file))
    assert "Bookings: 1" in run("customer", "erase", "alpha", EMAIL)
    assert "Nothing is held" in run("customer", "erase", "alpha", EMAIL)
    assert "Nothing is held" in run("customer", "erase", "beta", EMAIL)
