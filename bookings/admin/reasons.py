"""Why a time is not offered, or a deposit or fee applies, with the pages where that is set."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from bookings.availability import Reason
from bookings.diary import Wanted
from bookings.models import Allocation, ClassSession, HoursException, Service
from bookings.taking import possible_resources
from bookings.wishes import why_deposit
from tenants.current import current_tenant
from tenants.templatetags.business import clock, local_time, money

MOST_LISTED = 10


@dataclass(frozen=True)
class Link:
    """A page of the admin on which something can be seen or changed."""

    text: str
    address: str

    @property
    def permission(self) -> str:
        """Who may see the page: the name of its model is in its address."""
        _, _, app, model, *_ = self.address.split("/")
        return f"{app}.view_{model}"


def shown(text: str, links: list[Link], user: Any) -> SafeString:
    """Return a sentence with those of its links that `user` may follow."""
    pairs = [(link.address, link.text) for link in links if user.has_perm(link.permission)]
    return format_html(
        "{} {}", text, format_html_join(" · ", '<a class="underline" href="{}">{}</a>', pairs)
    )


def links_of(reason: Reason, wanted: Wanted, starts_at: datetime) -> list[Link]:
    """Return where staff see or change what is behind `reason`."""
    service = wanted.service
    rules = Link("Booking rules", reverse("staff:bookings_bookingsettings_changelist"))
    own = _of_service(service)
    if reason.code == "notice":
        return [rules if service.minimum_notice_minutes is None else own]
    if reason.code == "too_far":
        return [own if service.days_ahead else rules]
    if reason.code == "grid":
        return [own if service.step_minutes else rules]
    if reason.code == "pacing":
        return [rules]
    if reason.code == "closed":
        return list(_hours(starts_at))
    if reason.code == "taken":
        return list(_takers(wanted, starts_at))
    if reason.code in ("full", "no_session"):
        return list(_classes(service, starts_at))
    if reason.code in ("not_offered", "staff_only", "party_size", "no_resource"):
        return [_of_service(one) for one in wanted.services]
    return []


def _of_service(service: Service) -> Link:
    return Link(service.name, reverse("staff:bookings_service_change", args=[service.pk]))


def _hours(starts_at: datetime) -> Iterator[Link]:
    yield Link("Opening hours", reverse("staff:bookings_openinghours_changelist"))
    day = starts_at.astimezone(current_tenant().zone).date()
    that_day = HoursException.objects.filter(first_day__lte=day, last_day__gte=day)
    for row in that_day.select_related("resource")[:MOST_LISTED]:
        yield Link(str(row), reverse("staff:bookings_hoursexception_change", args=[row.pk]))


def _takers(wanted: Wanted, starts_at: datetime) -> Iterator[Link]:
    """Yield what takes the time of whoever or whatever could do it."""
    before = max(service.buffer_before_minutes for service in wanted.services)
    lasts = sum(
        service.minutes_for(wanted.party_size)
        + wanted.extra_minutes(service)
        + service.buffer_after_minutes
        for service in wanted.services
    )
    taken = Allocation.objects.overlapping(
        starts_at - timedelta(minutes=before), starts_at + timedelta(minutes=lasts)
    ).filter(resource__in=possible_resources(wanted, starts_at))
    rows = taken.select_related("resource", "booking", "class_session__service")
    for row in rows.defer("class_session__service__picture")[:MOST_LISTED]:
        yield _taker(row)


def _taker(row: Allocation) -> Link:
    when = f"{row.resource}, {clock(row.starts_at)} to {clock(row.ends_at)}"
    if row.booking is not None:
        address = reverse("staff:bookings_booking_change", args=[row.booking.pk])
        return Link(f"{when}: {row.booking.customer_name}", address)
    if row.class_session is not None:
        address = reverse("staff:bookings_classsession_change", args=[row.class_session.pk])
        return Link(f"{when}: {row.class_session.service.name}", address)
    address = reverse("staff:bookings_blockedtime_change", args=[row.pk])
    return Link(f"{when}: {row.reason}", address)


def _classes(service: Service, starts_at: datetime) -> Iterator[Link]:
    sessions = ClassSession.objects.filter(
        service=service, starts_at__gte=starts_at - timedelta(hours=12),
        starts_at__lte=starts_at + timedelta(hours=12), cancelled_at=None,
    ).order_by("starts_at")  # fmt: skip
    for session in sessions[:MOST_LISTED]:
        address = reverse("staff:bookings_classsession_change", args=[session.pk])
        yield Link(local_time(session.starts_at), address)
    yield Link("All classes", reverse("staff:bookings_classsession_changelist"))


def money_facts(wanted: Wanted, user: Any) -> Iterator[tuple[str, SafeString]]:
    """Yield (what, why) of the deposit and the fees that booking this would mean."""
    links = [_of_service(service) for service in wanted.services]
    why = why_deposit(wanted)
    amount = money(why["amount_pence"]) if why["amount_pence"] else "None"
    said = f"{amount} of {money(why['of_pence'])}. {' '.join(why['reasons'])}"
    yield "Deposit", shown(said, links, user)
    service = wanted.service
    for name, fee in (
        ("Fee for not coming", service.no_show_fee),
        ("Fee for cancelling late", service.late_cancellation_fee),
    ):
        if service.requires_card and fee:
            free = f"Free until {service.free_cancellation_hours} hours before the start."
            said = f"{money(fee)}, from the card that is left on booking. {free}"
            yield name, shown(said, links[:1], user)
