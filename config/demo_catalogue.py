"""Puts what a demo business offers into its schema."""

from datetime import date, time

from django.utils import timezone

from bookings.models import (
    AddOn,
    BookingSettings,
    ClassSeries,
    HoursException,
    IntakeQuestion,
    OpeningHours,
    Requirement,
    Resource,
    Service,
    ServiceCategory,
    TableSet,
    TurnTime,
)
from bookings.series import apply
from config.demo_businesses import DemoBusiness, DemoResource, DemoService
from tenants.current import current_tenant


def seed_catalogue(demo: DemoBusiness) -> None:
    """Create all that can be booked, and when; once: what was edited since stays as it is."""
    if Service.objects.exists():
        return
    today = timezone.now().astimezone(current_tenant().zone).date()
    Resource.objects.all().delete()
    OpeningHours.objects.all().delete()
    _hours(None, demo.hours)
    for position, wanted in enumerate(demo.resources):
        _resource(wanted, position)
    for position, offered in enumerate(demo.services):
        _service(offered, position)
    for tables in demo.table_sets:
        fewest, most = tables.seats
        joined = TableSet.objects.create(name=tables.name, seats_min=fewest, seats_max=most)
        joined.tables.set(_resources(tables.tables))
    BookingSettings.objects.create(**demo.rules)
    _closures(demo, today.year)
    for series in demo.series:
        apply(
            ClassSeries(
                service=Service.objects.get(name=series.service),
                instructor=Resource.objects.get(name=series.instructor),
                rule=series.rule,
                starts_at=series.starts_at,
                capacity=series.capacity,
                first_day=today,
            )
        )


def _resource(wanted: DemoResource, position: int) -> None:
    resource = Resource.objects.create(
        name=wanted.name, kind=wanted.kind, position=position, **wanted.values
    )
    _hours(resource, wanted.hours)


def _hours(resource: Resource | None, week: dict[int, tuple[time, time]]) -> None:
    for weekday, (opens_at, closes_at) in week.items():
        OpeningHours.objects.create(
            resource=resource, weekday=weekday, opens_at=opens_at, closes_at=closes_at
        )


def _resources(names: tuple[str, ...]) -> list[Resource]:
    return list(Resource.objects.filter(name__in=names))


def _service(offered: DemoService, position: int) -> None:
    category = None
    if offered.category:
        category, _ = ServiceCategory.objects.get_or_create(
            name=offered.category, defaults={"position": position}
        )
    service = Service.objects.create(
        name=offered.name,
        description=offered.description,
        category=category,
        duration_minutes=offered.duration_minutes,
        price=offered.price,
        deposit_kind=offered.deposit_kind,
        deposit_value=offered.deposit_value,
        position=position,
        **offered.values,
    )
    service.resources.set(_resources(offered.resources))
    for number, (name, minutes, price) in enumerate(offered.add_ons):
        AddOn.objects.create(
            service=service, name=name, minutes=minutes, price=price, position=number
        )
    for number, question in enumerate(offered.questions):
        IntakeQuestion.objects.create(service=service, position=number, **question)
    for name, resources in offered.needs.items():
        needed = Requirement.objects.create(service=service, name=name)
        needed.resources.set(_resources(resources))
    for party_up_to, minutes in offered.turn_times.items():
        TurnTime.objects.create(service=service, party_up_to=party_up_to, minutes=minutes)


def _closures(demo: DemoBusiness, this_year: int) -> None:
    for whose, first, last, reason in demo.closures:
        for year in (this_year, this_year + 1):
            HoursException.objects.create(
                resource=Resource.objects.filter(name=whose).first(),
                first_day=date(year, *first),
                last_day=date(year, *last),
                reason=reason,
            )
