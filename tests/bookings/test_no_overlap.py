"""The database itself refuses two bookings of one resource at one time, whoever asks."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django_tenants.utils import tenant_context

from bookings.models import Allocation, Booking, Resource
from tenants.connection import connection
from tenants.models import Tenant
from tenants.provisioning import provision
from tests.tenants.test_provisioning import drop_businesses

START = datetime(2027, 3, 1, 10, tzinfo=UTC)


def insert(resource: Resource, minutes: int = 0, *, is_live: bool = True) -> Booking:
    """Insert a booking of an hour and what it takes, past all of our own code."""
    starts_at = START + timedelta(minutes=minutes)
    booking = Booking.objects.create(
        resource=resource,
        service_name="Haircut",
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        customer_name="Ann",
        customer_email="ann@example.com",
        total_amount=0,
        currency="GBP",
        status="CONFIRMED",
    )
    Allocation.objects.create(
        booking=booking,
        resource=resource,
        starts_at=starts_at,
        ends_at=booking.ends_at,
        is_live=is_live,
    )
    return booking


@pytest.mark.django_db
@pytest.mark.parametrize("minutes", [-59, -1, 0, 1, 59])
def test_a_shared_minute_is_refused(in_alpha: Tenant, minutes: int) -> None:
    resource = Resource.objects.get()
    insert(resource)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert(resource, minutes)
    assert Booking.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("minutes", [-60, 60])
def test_one_after_the_other_is_taken(in_alpha: Tenant, minutes: int) -> None:
    resource = Resource.objects.get()
    insert(resource)
    insert(resource, minutes)
    assert Booking.objects.count() == 2


@pytest.mark.django_db
def test_what_is_not_live_and_another_resource_are_not_in_the_way(in_alpha: Tenant) -> None:
    resource = Resource.objects.get()
    insert(resource, is_live=False)
    insert(resource)
    insert(Resource.objects.create(name="Second chair"))
    assert Booking.objects.count() == 3


@pytest.mark.django_db
def test_negative_control_without_the_constraint_both_are_taken(in_alpha: Tenant) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE bookings_allocation DROP CONSTRAINT bookings_allocation_no_overlap"
        )
    resource = Resource.objects.get()
    insert(resource)
    insert(resource)
    assert Booking.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_dropping_one_business_takes_no_other_ones_constraint_with_it(beta: Tenant) -> None:
    provision(label="newcomer", name="New")
    drop_businesses("newcomer")
    with tenant_context(beta):
        resource = Resource.objects.get()
        insert(resource)
        with pytest.raises(IntegrityError), transaction.atomic():
            insert(resource)
