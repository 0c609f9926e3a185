"""Public holidays as closures."""

from dataclasses import dataclass, field
from datetime import date
from functools import cache

import holidays
from babel import Locale
from django.db import transaction

from bookings.models import HoursException

REASON_LENGTH = 100


@cache
def places() -> list[tuple[str, str]]:
    """Return (code, name) of every country and region whose holidays are known.

    The code is ISO 3166's: DE, or DE-BE for a region.
    """
    names = Locale("en").territories
    found = []
    for country, regions in holidays.list_supported_countries(include_aliases=False).items():
        name = names.get(country, country)
        found.append((country, name))
        aliases = holidays.country_holidays(country).get_subdivision_aliases()
        for region in regions:
            called = next(iter(aliases.get(region, [])), region)
            found.append((f"{country}-{region}", f"{name}: {called}"))
    return sorted(found, key=lambda place: place[1])


def holidays_in(place: str, year: int) -> dict[date, str]:
    """Return the public holidays of a place from `places` in `year`, by day, in English."""
    country, _, region = place.partition("-")
    found = holidays.country_holidays(country, subdiv=region or None, years=year, language="en_US")
    return {day: name for day, name in sorted(found.items()) if day.year == year}


@dataclass(frozen=True)
class Closures:
    """What came of adding holidays: the new closures, and the days that were closed already."""

    added: list[HoursException] = field(default_factory=list)
    there: list[date] = field(default_factory=list)


@transaction.atomic
def close_on_holidays(place: str, year: int) -> Closures:
    """Close the business on each public holiday; days on which it says something already stay."""
    result = Closures()
    said = _days_with_exceptions(year)
    for day, name in holidays_in(place, year).items():
        if day in said:
            result.there.append(day)
            continue
        result.added.append(
            HoursException.objects.create(first_day=day, last_day=day, reason=name[:REASON_LENGTH])
        )
    return result


def _days_with_exceptions(year: int) -> set[date]:
    first, last = date(year, 1, 1), date(year, 12, 31)
    rows = HoursException.objects.filter(
        resource__isnull=True, first_day__lte=last, last_day__gte=first
    )
    return {
        date.fromordinal(number)
        for row in rows
        for number in range(
            max(row.first_day, first).toordinal(), min(row.last_day, last).toordinal() + 1
        )
    }
