"""Statements written once and sent together: the same rows as by the models, in fewer trips."""

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.db import connection as django_connection
from django.test.utils import CaptureQueriesContext
from django_tenants.utils import tenant_context

from events.models import Event
from payments.models import PaymentSession, StripeAccount, StripeEvent, Transaction
from tenants.connection import connection
from tenants.models import Tenant
from tenants.statements import Rows, Statement, insert, insert_once, run, together, update

pytestmark = pytest.mark.django_db


def event(type: str = "test.happened") -> Event:
    return Event(type=type, subject_type="test", subject_id="1", data={"a": [1, "\u20ac 'x' %s"]})


def payment() -> PaymentSession:
    return PaymentSession.objects.create(
        payable_type="invoice", payable_id="7", amount=1000, currency="GBP",
        idempotency_key=uuid.uuid4().hex, metadata={"note": "50 % off; it's \u20ac5"},
    )  # fmt: skip


def inbox_event(event_id: str = "evt_1") -> StripeEvent:
    from django.utils import timezone

    return StripeEvent(
        event_id=event_id, type="x", payload={"id": event_id}, created_at=timezone.now()
    )


def test_what_is_inserted_is_what_the_model_would_have_written(in_alpha: Tenant) -> None:
    written = event()
    insert(written)
    read = Event.objects.get(pk=written.pk)
    assert not written._state.adding
    for field in Event._meta.concrete_fields:
        assert getattr(read, field.attname) == getattr(written, field.attname), field


def test_an_update_writes_the_named_fields_and_no_others(in_alpha: Tenant) -> None:
    session = payment()
    before = session.updated_at
    session.status, session.description = "pending", "not to be written"
    update(session, ["status", "updated_at"])
    read = PaymentSession.objects.get(pk=session.pk)
    assert (read.status, read.description) == ("pending", "")
    assert read.updated_at > before


def test_rows_are_those_of_the_query_set_converted_alike(in_alpha: Tenant) -> None:
    session = payment()
    rows = Rows(PaymentSession, lambda pk: PaymentSession.objects.filter(pk=pk), uuid.UUID(int=0))
    (read,) = rows(session.pk)
    expected = PaymentSession.objects.get(pk=session.pk)
    assert rows(uuid.uuid4()) == []
    for field in PaymentSession._meta.concrete_fields:
        assert getattr(read, field.attname) == getattr(expected, field.attname), field


def test_encrypted_fields_are_read_as_each_business_wrote_them(alpha: Tenant, beta: Tenant) -> None:
    for tenant, secret in ((alpha, "whsec_alpha"), (beta, "whsec_beta")):
        with tenant_context(tenant):
            StripeAccount.objects.update(webhook_secret=secret)
    for tenant, secret in ((alpha, "whsec_alpha"), (beta, "whsec_beta"), (alpha, "whsec_alpha")):
        with tenant_context(tenant):
            assert StripeAccount.objects.current().webhook_secret == secret


def test_a_query_with_other_parameters_than_its_places_is_refused(in_alpha: Tenant) -> None:
    rows = Rows(Event, lambda pk: Event.objects.filter(pk=pk, type="x"), 1)
    with pytest.raises(TypeError, match="the query takes"):
        rows(1)


def test_statements_together_make_one_round_trip_and_know_their_keys(in_alpha: Tenant) -> None:
    session, first, second = payment(), event(), event("test.other")
    others = Rows(Event, lambda type: Event.objects.filter(type=type), "")
    with transaction.atomic(), CaptureQueriesContext(django_connection) as queries:
        with together():
            insert(first)
            session.status = "pending"
            update(session, ["status"])
            insert(second)
            assert [one.pk for one in others("test.other")] == [second.pk]
        assert len(queries) == 1
    assert first.pk != second.pk
    assert Event.objects.get(pk=first.pk).type == "test.happened"
    session.refresh_from_db()
    assert session.status == "pending"


def test_what_waits_is_sent_at_the_end(in_alpha: Tenant) -> None:
    written = event()
    with together():
        insert(written)
        known_before = written.pk
    assert not known_before
    assert Event.objects.filter(pk=written.pk).exists()


def test_a_query_that_would_miss_what_waits_is_refused(in_alpha: Tenant) -> None:
    with pytest.raises(RuntimeError, match="1 statements wait"), transaction.atomic(), together():
        insert(event())
        Event.objects.count()
    assert Event.objects.count() == 0


def test_what_waits_is_never_sent_to_another_business(alpha: Tenant, beta: Tenant) -> None:
    refused = pytest.raises(RuntimeError, match="Another business")
    with tenant_context(alpha), refused, together():
        insert(event())
        connection.set_tenant(beta)
    for tenant in (alpha, beta):
        with tenant_context(tenant):
            assert Event.objects.count() == 0


def test_an_exception_sends_nothing_of_what_waits(in_alpha: Tenant) -> None:
    with pytest.raises(ValueError), together():
        insert(event())
        raise ValueError
    assert Event.objects.count() == 0
    with together():
        insert(event())
    assert Event.objects.count() == 1


def test_one_that_fails_takes_the_others_with_it(in_alpha: Tenant) -> None:
    session = payment()
    money = {"payment_session": session, "amount": 1000, "currency": "GBP"}
    with pytest.raises(IntegrityError), transaction.atomic(), together():
        insert(event())
        insert(Transaction(**money, stripe_object_id="pi_1"))
        insert(Transaction(**money, stripe_object_id="pi_1"))
    assert (Event.objects.count(), Transaction.objects.count()) == (0, 0)


def test_a_row_is_inserted_once_and_so_is_what_goes_with_it(in_alpha: Tenant) -> None:
    done = (
        "set_config('test.done', coalesce(current_setting('test.done', true), '') || %s, true)",
        ["x"],
    )
    with transaction.atomic():
        assert insert_once(inbox_event(), "event_id", then=done)
        assert not insert_once(inbox_event(), "event_id", then=done)
        found: list[str] = []
        run(
            Statement(
                "SELECT current_setting('test.done')", [], lambda c: found.append(c.fetchone()[0])
            )
        )
    assert found == ["x"]
    assert StripeEvent.objects.count() == 1


def messages() -> CaptureQueriesContext:
    return CaptureQueriesContext(django_connection)


@pytest.mark.django_db(transaction=True)
def test_what_waits_until_the_commit_leaves_in_its_message(in_alpha: Tenant) -> None:
    written = event()
    with messages() as sent, transaction.atomic():
        with together(until_commit=True):
            insert(written)
        assert connection.unsent
    texts = [one["sql"] for one in sent if "INSERT" in one["sql"]]
    assert len(texts) == 1
    assert texts[0].startswith("BEGIN;\n")
    assert texts[0].endswith(";\nCOMMIT")
    assert Event.objects.get().pk == written.pk


@pytest.mark.django_db(transaction=True)
def test_any_query_before_the_commit_sees_what_waits(in_alpha: Tenant) -> None:
    with transaction.atomic():
        with together(until_commit=True):
            insert(event())
        assert Event.objects.count() == 1
        assert not connection.unsent
    assert Event.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_waits_begins_the_transaction_for_the_query_after_it(in_alpha: Tenant) -> None:
    connection.ensure_connection()
    told: list[str] = []
    connection.connection.add_notice_handler(lambda diagnostic: told.append(diagnostic.sqlstate))
    with transaction.atomic(), messages() as queries:
        with together(until_commit=True):
            insert(event())
        assert Event.objects.exists()
    # PostgreSQL would tell of a second BEGIN.
    assert (len(queries), told) == (2, [])


@pytest.mark.django_db(transaction=True)
def test_an_error_of_what_waits_is_the_commits_and_undoes_it(in_alpha: Tenant) -> None:
    session = payment()
    money = {"payment_session": session, "amount": 1000, "currency": "GBP"}
    done: list[str] = []
    with pytest.raises(IntegrityError), transaction.atomic():
        transaction.on_commit(lambda: done.append("committed"))
        with together(until_commit=True):
            insert(event())
            insert(Transaction(**money, stripe_object_id="pi_1"))
            insert(Transaction(**money, stripe_object_id="pi_1"))
    assert (Event.objects.count(), Transaction.objects.count(), done) == (0, 0, [])


@pytest.mark.django_db(transaction=True)
def test_a_savepoint_that_is_rolled_back_takes_only_its_own_with_it(in_alpha: Tenant) -> None:
    with transaction.atomic():
        with together(until_commit=True):
            insert(event("test.outer"))
        with pytest.raises(ValueError), transaction.atomic():
            with together(until_commit=True):
                insert(event("test.inner"))
            raise ValueError
    assert [one.type for one in Event.objects.all()] == ["test.outer"]


@pytest.mark.django_db(transaction=True)
def test_an_exception_in_a_block_leaves_what_waited_before_it(in_alpha: Tenant) -> None:
    with transaction.atomic():
        with together(until_commit=True):
            insert(event("test.first"))
        with pytest.raises(ValueError), together(until_commit=True):
            insert(event("test.second"))
            raise ValueError
    assert [one.type for one in Event.objects.all()] == ["test.first"]


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_transaction_leaves_nothing_to_the_next(in_alpha: Tenant) -> None:
    with pytest.raises(ValueError), transaction.atomic():
        with together(until_commit=True):
            insert(event())
        raise ValueError
    with transaction.atomic():
        assert Event.objects.count() == 0
    assert Event.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_what_waits_reaches_its_own_business(alpha: Tenant, beta: Tenant) -> None:
    with transaction.atomic():
        with tenant_context(alpha), together(until_commit=True):
            insert(event())
        with tenant_context(beta):
            assert Event.objects.count() == 0
    with tenant_context(alpha):
        assert Event.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_rows_asked_for_ahead_cost_no_message_of_their_own(in_alpha: Tenant) -> None:
    insert(event("test.wanted"))
    rows = Rows(Event, lambda type: Event.objects.filter(type=type), "")
    with transaction.atomic(), messages() as sent:
        with together():
            rows.ahead("test.wanted")
            insert(event())
        assert len(sent) == 1
        assert [one.type for one in rows("test.wanted")] == ["test.wanted"]
        assert len(sent) == 1
        # Only once: what it has changed since is seen.
        insert(event("test.wanted"))
        assert len(rows("test.wanted")) == 2
    assert len(rows("test.wanted")) == 2


@pytest.mark.django_db(transaction=True)
def test_rows_asked_for_ahead_are_forgotten_with_the_transaction(in_alpha: Tenant) -> None:
    rows = Rows(Event, lambda type: Event.objects.filter(type=type), "")
    with transaction.atomic(), together():
        rows.ahead("test.wanted")
    insert(event("test.wanted"))
    assert len(rows("test.wanted")) == 1
