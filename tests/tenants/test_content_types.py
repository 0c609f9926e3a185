"""A content type has its own id in each business, and is never remembered for another."""

from threading import Event, Thread

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.migrations.state import ProjectState
from django_tenants.utils import tenant_context
from pytest_django import DjangoAssertNumQueries

from bookings.models import Booking
from tenants.models import Tenant


def test_what_another_thread_has_read_in_its_business_is_not_used(
    alpha: Tenant, beta: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    has_read, may_leave = Event(), Event()

    def read_in_beta() -> None:
        with tenant_context(beta):
            ContentType.objects.get_for_model(Booking)
            has_read.set()
            may_leave.wait(timeout=60)
        connection.close()

    with tenant_context(alpha):
        thread = Thread(target=read_in_beta)
        thread.start()
        assert has_read.wait(timeout=60)
        with django_assert_num_queries(1):
            found = ContentType.objects.get_for_model(Booking)
        assert found == ContentType.objects.get(app_label="bookings", model="booking")
        with django_assert_num_queries(0):
            assert ContentType.objects.get_for_model(Booking) is found
        may_leave.set()
        thread.join()


def test_a_migration_that_goes_from_business_to_business_reads_each_ones(
    alpha: Tenant, beta: Tenant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    historical = ProjectState.from_apps(apps).apps.get_model("contenttypes", "ContentType")
    for tenant in (alpha, beta):
        with tenant_context(tenant):
            ContentType.objects.get_for_model(Booking)
            with django_assert_num_queries(1):
                found = historical._default_manager.get_for_model(Booking)
            assert isinstance(found, historical)
