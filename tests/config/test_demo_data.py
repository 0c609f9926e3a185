"""Demo data stay off what is real."""

from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django_tenants.utils import tenant_context

from access.models import APIKey, User
from bookings.models import ClassSession, OpeningHours, Service, TableSet
from tenants.models import Tenant
from tenants.provisioning import provision
from tests.tenants.test_provisioning import drop_businesses

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _leave_no_business() -> Any:
    yield
    drop_businesses("salon", "gym", "restaurant")


def test_a_business_that_is_no_demo_is_never_seeded(tmp_path: Path) -> None:
    provision(label="salon", name="A real salon")
    with pytest.raises(CommandError, match="real business"):
        call_command("seed_demo", "--credentials", str(tmp_path / "c.json"))
    with tenant_context(Tenant.objects.get(schema_name="salon")):
        rows = (Service, User, APIKey)
        assert not any(model.objects.exists() for model in rows)


def test_without_allow_demo_nothing_is_seeded(settings: Any, tmp_path: Path) -> None:
    settings.ALLOW_DEMO = False
    with pytest.raises(CommandError, match="ALLOW_DEMO"):
        call_command("seed_demo", "--credentials", str(tmp_path / "c.json"))
    assert not Tenant.objects.filter(is_demo=True).exists()


def test_passwords_that_can_not_be_written_down_are_not_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CommandError, match="can't be written"):
        call_command("seed_demo", "--credentials", str(tmp_path / "file" / "c.json"))
    assert not Tenant.objects.filter(is_demo=True).exists()


def test_seeding_again_keeps_what_is_there(settings: Any, tmp_path: Path) -> None:
    settings.STRIPE_API_BASE = None
    file = tmp_path / "c.json"
    call_command("seed_demo", "--credentials", str(file))
    first = file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    with tenant_context(Tenant.objects.get(schema_name="salon")):
        Service.objects.filter(name="Fringe trim").update(price=999)
    call_command("seed_demo", "--credentials", str(file))
    assert file.read_text() == first
    with tenant_context(Tenant.objects.get(schema_name="salon")):
        assert Service.objects.get(name="Fringe trim").price == 999
        assert APIKey.objects.count() == 1


def test_the_demo_shows_a_chair_a_class_and_a_table(settings: Any, tmp_path: Path) -> None:
    settings.STRIPE_API_BASE = None
    call_command("seed_demo", "--credentials", str(tmp_path / "c.json"))
    with tenant_context(Tenant.objects.get(schema_name="salon")):
        cut = Service.objects.get(name="Cut & finish")
        assert (cut.resources.count(), cut.customer_chooses_resource) == (3, True)
        assert cut.add_ons.count() == 2
        kinds = Service.objects.values_list("deposit_kind", flat=True)
        assert set(kinds) == {"amount", "percent", "none", "card"}
    with tenant_context(Tenant.objects.get(schema_name="gym")):
        yoga = ClassSession.objects.filter(service__name="Vinyasa yoga")
        assert yoga.count() >= 24
        assert {session.instructor.name for session in yoga if session.instructor} == {"Lena"}
    with tenant_context(Tenant.objects.get(schema_name="restaurant")):
        dinner = Service.objects.get(name="Dinner")
        assert [dinner.minutes_for(people) for people in (2, 4, 6)] == [90, 120, 150]
        assert [dinner.deposit_for(dinner.price_for(n), n) for n in (5, 6)] == [0, 12000]
        assert TableSet.objects.get().tables.count() == 2
        saturday = OpeningHours.objects.get(weekday=5)
        assert saturday.closes_at < saturday.opens_at
