"""What the three demo businesses are and offer. Amounts are in minor units."""

from dataclasses import dataclass, field
from datetime import time


@dataclass(frozen=True)
class DemoService:
    name: str
    description: str
    duration_minutes: int
    price: int
    deposit_kind: str
    deposit_value: int
    resource: str


@dataclass(frozen=True)
class DemoBusiness:
    """A business as `seed_demo` makes it; `hours` are (opens, closes), per weekday from Monday."""

    label: str
    name: str
    kind: str
    time_zone: str
    currency: str
    locale: str
    brand_colour: str
    contact_phone: str
    address: str
    services: tuple[DemoService, ...]
    hours: dict[int, tuple[time, time]] = field(default_factory=dict)


def _daily(first: int, last: int, opens: int, closes: int) -> dict[int, tuple[time, time]]:
    return {weekday: (time(opens), time(closes)) for weekday in range(first, last + 1)}


BUSINESSES = (
    DemoBusiness(
        label="salon",
        name="Marlowe & Finch",
        kind="salon",
        time_zone="Europe/London",
        currency="GBP",
        locale="en-gb",
        brand_colour="#9d174d",
        contact_phone="020 7946 0123",
        address="14 Lamb Street, London E1 6EA",
        services=(
            DemoService(
                "Cut & finish", "Consultation, wash, cut and blow-dry.", 60, 5500, "amount", 1500,
                "Isla's chair",
            ),
            DemoService(
                "Colour & gloss", "Full colour with a gloss and finish.", 150, 12000, "percent", 25,
                "Noor's chair",
            ),
            DemoService(
                "Fringe trim", "In and out between cuts.", 15, 1200, "none", 0, "Teddy's chair"
            ),
        ),
        hours=_daily(1, 5, 9, 18) | {6: (time(10), time(16))},
    ),
    DemoBusiness(
        label="gym",
        name="Kraftwerk Nord",
        kind="gym",
        time_zone="Europe/Berlin",
        currency="EUR",
        locale="de",
        brand_colour="#1d4ed8",
        contact_phone="030 1234567",
        address="Torstraße 99, 10119 Berlin",
        services=(
            DemoService(
                "Personal training", "One hour, one coach, one goal.", 60, 7500, "percent", 20,
                "Coach Mia",
            ),
            DemoService(
                "Body check", "Measurements and a plan for the next three months.", 45, 4900,
                "amount", 1000, "Coach Jonas",
            ),
            DemoService(
                "Trial session", "See whether we suit you.", 30, 0, "none", 0, "Studio 2"
            ),
        ),
        hours=_daily(0, 4, 7, 21) | _daily(5, 6, 9, 18),
    ),
    DemoBusiness(
        label="restaurant",
        name="Juniper & Rye",
        kind="restaurant",
        time_zone="America/New_York",
        currency="USD",
        locale="en-us",
        brand_colour="#14532d",
        contact_phone="(212) 555-0142",
        address="88 Bedford St, New York, NY 10014",
        services=(
            DemoService(
                "Chef's table", "Seven courses for two at the pass.", 150, 24000, "amount", 5000,
                "Chef's table",
            ),
            DemoService(
                "Dinner for two", "A table by the window; the deposit comes off the bill.", 120,
                9000, "amount", 2000, "Window table",
            ),
            DemoService(
                "Counter seat", "Walk up to the bar, we'll keep it warm.", 90, 0, "none", 0,
                "Counter seat 1",
            ),
        ),
        hours=_daily(1, 6, 17, 23),
    ),
)  # fmt: skip
