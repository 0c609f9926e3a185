"""What somebody asks to book, and what it costs by the catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from bookings.availability import Wanted
from bookings.models import AddOn, BookingSeries, Service
from bookings.offers.services import Quote
from tenants.currencies import smallest_charge
from tenants.current import current_tenant


@dataclass(frozen=True)
class BookingRequest:
    """What someone wants to book. Amounts are in minor units, `starts_at` is aware.

    `service` is None only for an API caller's own, unlisted `service_name`. Amounts are before
    what `quote` takes off or pays.
    """

    customer_name: str
    customer_email: str
    starts_at: datetime
    service: Service | None
    service_name: str
    total_amount: int
    deposit_amount: int
    customer_phone: str = ""
    guest_name: str = ""
    notes: str = ""
    success_url: str = ""
    cancel_url: str = ""
    party_size: int = 1
    resource_id: int | None = None
    # What follows in the same visit.
    more_services: tuple[Service, ...] = ()
    add_ons: tuple[AddOn, ...] = ()
    answers: Sequence[dict[str, str]] = field(default_factory=tuple)
    # Has the customer agreed to what the service's terms may charge to their card?
    terms_accepted: bool = False
    consent_given: bool = False
    # What a discount code, a voucher or a pass does to it; redeemed as it is booked.
    quote: Quote | None = None
    # Do hours, notice and grid not count? Staff and API keys know what they do.
    anytime: bool = True
    series: BookingSeries | None = None

    @classmethod
    def for_service(cls, service: Service, **details: Any) -> "BookingRequest":
        """Ask for `service` at the catalogue's price and deposit."""
        price = price_of(
            [service, *details.get("more_services", ())],
            details.get("add_ons", ()),
            details.get("party_size", 1),
        )
        return cls(
            service=service,
            service_name=price.name,
            total_amount=price.total,
            deposit_amount=price.deposit,
            **details,
        )

    @classmethod
    def for_wanted(cls, wanted: Wanted, **details: Any) -> "BookingRequest":
        """Ask for what was chosen, as `for_service` does."""
        return cls.for_service(
            wanted.service,
            more_services=wanted.services[1:],
            add_ons=wanted.add_ons,
            party_size=wanted.party_size,
            resource_id=wanted.resource_id,
            **details,
        )

    @property
    def services(self) -> tuple[Service, ...]:
        """What is booked, in order; nothing for what the catalogue does not list."""
        return () if self.service is None else (self.service, *self.more_services)

    @property
    def wanted(self) -> Wanted | None:
        if self.service is None:
            return None
        return Wanted(self.services, self.add_ons, self.party_size, self.resource_id)

    @property
    def amounts(self) -> dict[str, int]:
        """Return what a Booking keeps of the money, by the names of its fields."""
        if self.quote is not None:
            return self.quote.amounts
        return {"total_amount": self.total_amount, "deposit_amount": self.deposit_amount}

    @property
    def requires_card(self) -> bool:
        """A card is only asked of those who can agree to the terms: not on the phone."""
        return self.terms_accepted and any(one.requires_card for one in self.services)


@dataclass(frozen=True)
class Line:
    """One thing of a visit; `amount` is for the whole party, in minor units."""

    name: str
    service: Service | None
    is_add_on: bool
    quantity: int
    minutes: int
    amount: int
    tax_rate: Decimal


@dataclass(frozen=True)
class Price:
    """What a visit costs by the catalogue: `total` and `deposit` in minor units."""

    name: str
    lines: tuple[Line, ...]
    total: int
    deposit: int


def price_of(services: Sequence[Service], add_ons: Sequence[AddOn], party_size: int) -> Price:
    """Return what a visit costs: every service with its add-ons, for a party."""
    lines: list[Line] = []
    total = deposit = 0
    for service in services:
        own = [_service_line(service, party_size)]
        own += [
            _add_on_line(service, extra, party_size)
            for extra in add_ons
            if extra.service_id == service.pk
        ]
        amount = sum(line.amount for line in own)
        lines += own
        total += amount
        deposit += service.deposit_for(amount, party_size)
    names = " + ".join(service.name for service in services)
    if deposit < smallest_charge(current_tenant().currency):
        # Stripe would refuse it: all of it is paid at the business.
        deposit = 0
    return Price(names[:120], tuple(lines), total, deposit)


def _service_line(service: Service, party_size: int) -> Line:
    quantity = party_size if service.price_is_per_person else 1
    return Line(
        name=service.name,
        service=service,
        is_add_on=False,
        quantity=quantity,
        minutes=service.minutes_for(party_size),
        amount=service.price_for(party_size),
        tax_rate=service.tax_rate,
    )


def _add_on_line(service: Service, extra: AddOn, party_size: int) -> Line:
    quantity = party_size if service.price_is_per_person else 1
    return Line(
        name=extra.name,
        service=service,
        is_add_on=True,
        quantity=quantity,
        minutes=extra.minutes,
        amount=extra.price * quantity,
        tax_rate=service.tax_rate,
    )


def why_deposit(wanted: Wanted) -> dict[str, Any]:
    """Return the deposit, in minor units, and the rules that it follows."""
    price = price_of(wanted.services, wanted.add_ons, wanted.party_size)
    texts = []
    for service in wanted.services:
        if wanted.party_size < service.deposit_from_people:
            texts.append(f"{service.name}: only from {service.deposit_from_people} people.")
        else:
            texts.append(f"{service.name}: {service.get_deposit_kind_display().lower()}.")
    return {"amount_pence": price.deposit, "of_pence": price.total, "reasons": texts}
