"""What the three demo businesses are and offer. Amounts are in minor units."""

from dataclasses import dataclass, field
from datetime import time
from typing import Any


@dataclass(frozen=True)
class DemoResource:
    """A person, room or table; `values` are more of its fields, `hours` its own week."""

    name: str
    kind: str
    values: dict[str, Any] = field(default_factory=dict)
    hours: dict[int, tuple[time, time]] = field(default_factory=dict)


@dataclass(frozen=True)
class DemoService:
    """A service; `values` are more of its fields, the rest are the rows that belong to it."""

    name: str
    description: str
    duration_minutes: int
    price: int
    deposit_kind: str
    deposit_value: int
    resources: tuple[str, ...] = ()
    category: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    add_ons: tuple[tuple[str, int, int], ...] = ()  # (name, minutes, price)
    questions: tuple[dict[str, Any], ...] = ()
    needs: dict[str, tuple[str, ...]] = field(default_factory=dict)
    turn_times: dict[int, int] = field(default_factory=dict)  # party up to: minutes


@dataclass(frozen=True)
class DemoSeries:
    service: str
    instructor: str
    rule: str
    starts_at: time
    capacity: int


@dataclass(frozen=True)
class DemoTableSet:
    name: str
    tables: tuple[str, ...]
    seats: tuple[int, int]


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
    resources: tuple[DemoResource, ...]
    services: tuple[DemoService, ...]
    hours: dict[int, tuple[time, time]] = field(default_factory=dict)
    rules: dict[str, Any] = field(default_factory=dict)
    series: tuple[DemoSeries, ...] = ()
    table_sets: tuple[DemoTableSet, ...] = ()
    # Whose, from and to in (month, day) of this year and the next, and why.
    closures: tuple[tuple[str, tuple[int, int], tuple[int, int], str], ...] = ()


def _daily(first: int, last: int, opens: int, closes: int) -> dict[int, tuple[time, time]]:
    return {weekday: (time(opens), time(closes)) for weekday in range(first, last + 1)}


def _table(name: str, seats_min: int, seats_max: int, area: str) -> DemoResource:
    seats = {"seats_min": seats_min, "seats_max": seats_max, "area": area}
    return DemoResource(name, "table", seats)


CHRISTMAS = ("", (12, 25), (12, 26), "Christmas")

SALON = DemoBusiness(
    label="salon",
    name="Marlowe & Finch",
    kind="salon",
    time_zone="Europe/London",
    currency="GBP",
    locale="en-gb",
    brand_colour="#9d174d",
    contact_phone="020 7946 0123",
    address="14 Lamb Street, London E1 6EA",
    resources=(
        DemoResource("Isla", "staff"),
        DemoResource("Noor", "staff"),
        DemoResource("Teddy", "staff", hours=_daily(2, 5, 12, 18)),
        DemoResource("Colour bar", "space"),
    ),
    services=(
        DemoService(
            "Cut & finish", "Consultation, wash, cut and blow-dry.", 60, 5500, "amount", 1500,
            ("Isla", "Noor", "Teddy"), "Cuts",
            {"customer_chooses_resource": True, "free_cancellation_hours": 24,
             "late_refund_percent": 50, "no_refund_hours": 2, "tax_rate": 20},
            add_ons=(("Deep conditioning", 15, 1200), ("Scalp massage", 15, 1000)),
            questions=({"text": "How long is your hair?", "kind": "choice",
                        "choices": "Short\nTo the shoulders\nLonger"},),
        ),
        DemoService(
            "Colour & gloss", "Full colour with a gloss and finish.", 150, 12000, "percent", 25,
            ("Isla", "Noor"), "Colour",
            {"customer_chooses_resource": True, "buffer_after_minutes": 15, "tax_rate": 20,
             "minimum_notice_minutes": 24 * 60, "free_cancellation_hours": 48,
             "late_refund_percent": 50, "no_refund_hours": 12, "counts_business_days": True,
             "consent_text": "I have had a patch test here, or will come for one two days before."},
            add_ons=(("Toner", 20, 2500),),
            questions=(
                {"text": "Are you allergic to anything?", "is_required": True},
                {"text": "Have you coloured your hair in the last three months?",
                 "kind": "yes_no"},
            ),
            needs={"Colour bar": ("Colour bar",)},
        ),
        DemoService(
            "Fringe trim", "In and out between cuts.", 15, 1200, "none", 0,
            ("Noor",), "Cuts", {"tax_rate": 20},
        ),
        DemoService(
            "Occasion styling", "Up-dos and styling for your day; a card keeps your place.", 90,
            8500, "card", 0, ("Isla", "Noor"), "Styling",
            {"customer_chooses_resource": True, "buffer_before_minutes": 10, "tax_rate": 20,
             "no_show_fee": 4000, "late_cancellation_fee": 2000, "free_cancellation_hours": 48},
        ),
    ),
    hours=_daily(1, 5, 9, 18) | {6: (time(10), time(16))},
    rules={"minimum_notice_minutes": 60, "days_ahead": 120},
    closures=(CHRISTMAS, ("Noor", (8, 2), (8, 15), "Holiday")),
)  # fmt: skip

GYM = DemoBusiness(
    label="gym",
    name="Kraftwerk Nord",
    kind="gym",
    time_zone="Europe/Berlin",
    currency="EUR",
    locale="de",
    brand_colour="#1d4ed8",
    contact_phone="030 1234567",
    address="Torstraße 99, 10119 Berlin",
    resources=(
        DemoResource("Coach Mia", "staff"),
        DemoResource("Coach Jonas", "staff"),
        DemoResource("Lena", "staff"),
        DemoResource("Studio 2", "space"),
    ),
    services=(
        DemoService(
            "Personal training", "One hour, one coach, one goal.", 60, 7500, "percent", 20,
            ("Coach Mia", "Coach Jonas"), "With a coach",
            {"customer_chooses_resource": True, "late_refund_percent": 50, "tax_rate": 19},
        ),
        DemoService(
            "Body check", "Measurements and a plan for the next three months.", 45, 4900,
            "amount", 1000, ("Coach Jonas",), "With a coach", {"tax_rate": 19},
        ),
        DemoService(
            "Trial session", "See whether we suit you.", 30, 0, "none", 0, ("Studio 2",),
            "With a coach",
        ),
        DemoService(
            "Vinyasa yoga", "Breath and movement, for every level.", 60, 1600, "full", 0,
            category="Classes",
            values={"kind": "class", "buffer_after_minutes": 15, "free_cancellation_hours": 12,
                    "tax_rate": 19},
        ),
        DemoService(
            "Early HIIT", "Forty-five minutes, then the day can come.", 45, 1200, "none", 0,
            category="Classes",
            values={"kind": "class", "party_max": 2, "price_is_per_person": True, "tax_rate": 19},
        ),
    ),
    hours=_daily(0, 4, 7, 21) | _daily(5, 6, 9, 18),
    series=(
        DemoSeries("Vinyasa yoga", "Lena", "FREQ=WEEKLY;BYDAY=TU,TH", time(18, 30), 16),
        DemoSeries("Early HIIT", "Coach Jonas", "FREQ=WEEKLY;BYDAY=MO,WE,FR", time(7, 15), 12),
    ),
    closures=(CHRISTMAS,),
)  # fmt: skip

RESTAURANT = DemoBusiness(
    label="restaurant",
    name="Juniper & Rye",
    kind="restaurant",
    time_zone="America/New_York",
    currency="USD",
    locale="en-us",
    brand_colour="#14532d",
    contact_phone="(212) 555-0142",
    address="88 Bedford St, New York, NY 10014",
    resources=(
        DemoResource("Chef's table", "space"),
        DemoResource("Window table", "space"),
        DemoResource("Counter seat 1", "space"),
        _table("Table 1", 1, 2, "Dining room"),
        _table("Table 2", 1, 2, "Dining room"),
        _table("Table 3", 2, 4, "Dining room"),
        _table("Table 4", 2, 4, "Dining room"),
        _table("Table 5", 2, 4, "Garden"),
        _table("Table 6", 4, 6, "Garden"),
    ),
    services=(
        DemoService(
            "Chef's table", "Seven courses for two at the pass.", 150, 24000, "amount", 5000,
            ("Chef's table",), "Something special",
            {"free_cancellation_hours": 72, "late_refund_percent": 25, "no_refund_hours": 24},
        ),
        DemoService(
            "Dinner for two", "A table by the window; the deposit comes off the bill.", 120,
            9000, "amount", 2000, ("Window table",), "Something special",
        ),
        DemoService(
            "Counter seat", "Walk up to the bar, we'll keep it warm.", 90, 0, "none", 0,
            ("Counter seat 1",), "Every evening",
        ),
        DemoService(
            "Dinner", "Three courses from the evening's menu.", 150, 6500, "amount", 2000,
            tuple(f"Table {number}" for number in range(1, 7)), "Every evening",
            {"kind": "table", "party_max": 10, "price_is_per_person": True,
             "deposit_from_people": 6, "buffer_after_minutes": 15, "late_refund_percent": 50,
             "no_refund_hours": 4},
            questions=({"text": "Does anyone not eat something?"},),
            turn_times={2: 90, 4: 120},
        ),
    ),
    hours=_daily(1, 6, 17, 23) | {5: (time(17), time(1))},
    rules={"step_minutes": 15, "minimum_notice_minutes": 60, "days_ahead": 90,
           "covers_per_quarter": 12},
    table_sets=(DemoTableSet("Tables 5 and 6", ("Table 5", "Table 6"), (7, 10)),),
    closures=(("", (12, 25), (12, 25), "Christmas"),),
)  # fmt: skip

BUSINESSES = (SALON, GYM, RESTAURANT)
