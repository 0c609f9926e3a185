"""What a booking would become, and what that costs: worked out before anything is changed.

Another time, or another person for the same, keeps the price that was agreed. Anything else
(people, services, add-ons) is priced by today's catalogue, with the code that the booking has
used: see `bookings.offers.changing`. What is due ahead is then what would be due had it been
booked like this: money that was paid above that goes back, what is missing is to be paid before
the change happens. What was paid by a link towards the price stays up to the new price.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone

from bookings.agreements import Asked, Given, asked_of, kept
from bookings.availability import Wanted, is_offered
from bookings.choices import check_party, resources_to_choose
from bookings.errors import BookingClosed, InvalidBooking
from bookings.models import AddOn, Booking, Service
from bookings.money import DEPOSITS, card_of
from bookings.offers.changing import Offered, requote
from bookings.wishes import Line, price_of
from payments import services as payments
from payments.models import PaymentSession
from tenants.currencies import smallest_charge
from tenants.current import current_tenant

TERMS = (
    "tax_rate", "free_cancellation_hours", "late_refund_percent", "no_refund_hours",
    "counts_business_days",
)  # fmt: skip
NOT_OFFERED = "booking_date is not one of the times at which this service starts"


@dataclass(frozen=True)
class Wish:
    """What somebody wants changed; None leaves it as it is. `starts_at` is aware."""

    starts_at: datetime | None = None
    resource_id: int | None = None
    party_size: int | None = None
    services: tuple[Service, ...] | None = None
    add_ons: tuple[AddOn, ...] | None = None
    #: What was given of what the new services ask for; None while nobody was asked.
    given: Given | None = None


@dataclass(frozen=True)
class Plan:
    """What a booking becomes; amounts are in minor units.

    `amount_due` is to be paid before it happens, `goes_back` is refunded as it happens: one of
    them is 0. `lines` is None where the same is sold as before. `note` says what becomes of a
    code.
    """

    wanted: Wanted | None
    service: Service | None
    starts_at: datetime
    party_size: int
    name: str
    lines: tuple[Line, ...] | None
    total: int
    deposit: int
    offered: Offered
    amount_due: int = 0
    goes_back: int = 0
    note: str = ""
    # Of another service: what a booking keeps of its terms, by the names of the fields.
    terms: Mapping[str, Any] = field(default_factory=dict)
    asks: Asked = field(default_factory=Asked)
    # Has a card to be left before it happens? Nothing is due then.
    wants_card: bool = False

    @property
    def is_other(self) -> bool:
        """Is something else sold than before?"""
        return self.lines is not None

    @property
    def figures(self) -> tuple[int, int]:
        """What somebody agrees to: the new price, and what they pay (or, negative, get) now."""
        return self.total, self.amount_due - self.goes_back


@dataclass(frozen=True)
class Sold:
    """What a booking consists of, as far as the catalogue still knows it."""

    services: tuple[Service, ...]
    add_ons: tuple[AddOn, ...]


def sold(booking: Booking) -> Sold:
    """Return the services and add-ons of a booking; nothing for what the catalogue never knew."""
    lines = [line for line in booking.lines.select_related("service") if line.service]
    visited = dict.fromkeys(line.service for line in lines if not line.is_add_on)
    services = tuple(service for service in visited if service)
    if not services and booking.service is not None:
        services = (booking.service,)
    names = {(line.service_id, line.name) for line in lines if line.is_add_on}
    offered = AddOn.objects.filter(service__in=services, is_active=True)
    return Sold(services, tuple(one for one in offered if (one.service_id, one.name) in names))


def wanted_for(booking: Booking, resource_id: int | None = None) -> Wanted | None:
    """Return what `booking` needs at another time: as long as when it was booked.

    A customer who could choose a person keeps theirs, unless `resource_id` names another. None for
    what the catalogue does not know.
    """
    if booking.service is None:
        return None
    lines = [line for line in booking.lines.all() if line.service_id]
    visit = sold(booking).services
    minutes = {
        service.pk: sum(line.minutes for line in lines if line.service_id == service.pk)
        for service in visit
    }
    if not lines:
        whole = booking.ends_at - booking.starts_at
        minutes[booking.service.pk] = int(whole.total_seconds() // 60)
    return Wanted(
        visit,
        # The catalogue may have changed since; what was booked has not.
        tuple(
            AddOn(service=one, minutes=minutes[one.pk] - one.minutes_for(booking.party_size))
            for one in visit
        ),
        booking.party_size,
        _resource_for(booking, booking.service, resource_id),
    )


def wanted_by(booking: Booking, wish: Wish) -> tuple[Wanted | None, bool]:
    """Return what `booking` would be, and whether that is another thing than what was sold."""
    now = sold(booking)
    services = wish.services or now.services
    # An add-on goes with its service.
    extras = now.add_ons if wish.add_ons is None else wish.add_ons
    extras = tuple(one for one in extras if one.service in services)
    party_size = booking.party_size if wish.party_size is None else wish.party_size
    if party_size < 1:
        raise InvalidBooking("party_size must be at least 1", field="party_size")
    is_other = (
        party_size != booking.party_size
        or services != now.services
        or set(extras) != set(now.add_ons)
    )
    if not is_other:
        return wanted_for(booking, wish.resource_id), False
    if not services:
        raise InvalidBooking(
            "service_name: the catalogue does not know what was booked; name a service",
            field="service_name",
        )
    resource = _resource_for(booking, services[0], wish.resource_id)
    return Wanted(services, extras, party_size, resource), True


def _resource_for(booking: Booking, service: Service, resource_id: int | None) -> int | None:
    """Return whom to ask for: whoever is named, else theirs where customers choose for `service`.

    Another service keeps the person only if they do it.
    """
    theirs = booking.resource
    if resource_id is not None or theirs is None or not service.customer_chooses_resource:
        return resource_id
    if service.pk != booking.service_id and theirs not in resources_to_choose(service):
        return None
    return theirs.pk if theirs.is_active else None


def make(
    booking: Booking,
    wish: Wish,
    paid: Sequence[PaymentSession],
    *,
    collects: bool = True,
    gives_back: bool = True,
) -> Plan:
    """Return what `wish` makes of `booking`, for which `paid` was paid ahead.

    `collects`: is the deposit due as though it were booked now? Else nothing more is asked for.
    `gives_back`: does what was paid above the new deposit go back? Else only what is above the
    new price. Raises InvalidBooking.
    """
    starts_at = wish.starts_at or booking.starts_at
    wanted, is_other = wanted_by(booking, wish)
    if wanted is None or not is_other:
        return Plan(
            wanted, booking.service, starts_at, booking.party_size, booking.service_name, None,
            booking.total_amount, booking.deposit_amount,
            Offered(booking.discount_amount, booking.credit_amount),
        )  # fmt: skip
    if any(one.is_disputed for one in paid):
        raise InvalidBooking(
            "The bank has a payment for this booking in question: only its time can be changed."
        )
    price = price_of(wanted.services, wanted.add_ons, wanted.party_size)
    quote = requote(booking, wanted.service, wanted.party_size, price.total, price.deposit)
    offered = Offered(quote.discount, quote.credit)
    asks = asked_of(booking, sold(booking).services, wanted.services)
    given = wish.given
    takes_card = collects and asks.wants_card and (given is None or given.terms)
    due, back, deposit = difference(
        # A card stands in for a deposit.
        quote.deposit, quote.total - quote.credit, paid, collects and not takes_card, gives_back
    )  # fmt: skip
    terms = terms_of(wanted.service) if wanted.service.pk != booking.service_id else {}
    if given is not None:
        terms |= kept(booking, asks, given, timezone.now())
    return Plan(
        wanted, wanted.service, starts_at, wanted.party_size, price.name, price.lines,
        quote.total, deposit, offered, due, back, quote.sentence, terms, asks,
        # One that was left for this booking before is good for the new terms.
        wants_card=takes_card and card_of(booking) is None,
    )  # fmt: skip


def terms_of(service: Service) -> dict[str, Any]:
    """Return what a booking keeps of the terms of `service`, by the names of its fields."""
    return {name: getattr(service, name) for name in TERMS}


def difference(
    deposit: int, price: int, paid: Sequence[PaymentSession], collects: bool, gives_back: bool
) -> tuple[int, int, int]:
    """Return what is due, what goes back, and what the booking's deposit is from then on.

    `deposit` is what the catalogue wants ahead of a `price` in money.
    """
    ahead = sum(one.amount_refundable for one in paid if one.payable_type in DEPOSITS)
    later = sum(one.amount_refundable for one in paid) - ahead
    kept = min(ahead, deposit if gives_back else price)
    due = 0
    if collects and payments.payments_enabled():
        missing = max(deposit - kept - later, 0)
        # Stripe would refuse less: it waits for the day.
        due = missing if missing >= smallest_charge(current_tenant().currency) else 0
    back = ahead - kept + later - min(later, price - kept)
    # Where no payments are taken, the deposit is only what the business asks for itself.
    is_asked_for = collects and not payments.payments_enabled()
    return due, back, deposit if is_asked_for else kept + due


def check_for_customer(booking: Booking, plan: Plan, now: datetime) -> None:
    """Raise InvalidBooking or BookingClosed unless customers can have `plan` by themselves.

    Whether they have given what it asks for is `agreements.check`.
    """
    if plan.wanted is None:
        # Nothing says when it is on offer.
        raise BookingClosed("This booking can only be changed by the business. Please call.")
    if plan.is_other:
        for service in plan.wanted.services:
            check_party(service, plan.party_size)
            _check_offered(booking, service, leads=service == plan.wanted.service)
    if not is_offered(plan.wanted, plan.starts_at, current_tenant().zone, now):
        raise InvalidBooking(NOT_OFFERED, field="booking_date")


def _check_offered(booking: Booking, service: Service, *, leads: bool) -> None:
    if service in sold(booking).services:
        return
    if not (service.is_active and service.is_online):
        raise InvalidBooking(
            f"service_name: {service.name} can't be booked online", field="service_name"
        )
    if not leads and needs_to_lead(service):
        raise InvalidBooking(
            f"more_services: {service.name} needs your consent or card; please book it by itself",
            field="more_services",
        )


def needs_to_lead(service: Service) -> bool:
    """Does `service` want a consent or a card? A booking keeps those of its first service."""
    return bool(service.consent_text) or (service.requires_card and payments.payments_enabled())


def services_to_change_to(booking: Booking) -> list[Service]:
    """Return what customers may have instead, the one they have first."""
    from bookings.choices import offered_services

    if booking.service is None:
        return []
    others = [
        one
        for one in offered_services()
        if one.pk != booking.service_id
        and one.kind == booking.service.kind
        and one.party_min <= booking.party_size <= one.party_max
    ]
    return [booking.service, *others]


def preview(booking: Booking, wish: Wish, paid: Sequence[PaymentSession]) -> Plan:
    """Return what a customer is shown before they confirm `wish`; raises what `make` does."""
    plan = make(booking, wish, paid)
    check_for_customer(booking, plan, timezone.now())
    return plan
