"""A booking as a calendar file (RFC 5545) for the customer's own calendar."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from icalendar import Calendar, Event, vCalAddress, vText

from bookings.messages.vtimezone import vtimezone
from bookings.models import Booking
from tenants.current import current_tenant

METHOD = "PUBLISH"
CONTENT_TYPE = f"text/calendar; charset=utf-8; method={METHOD}"
FILE_NAME = "booking.ics"
A_YEAR = timedelta(days=366)


def calendar_file(booking: Booking) -> bytes:
    """Return a calendar that holds `booking`, at the business's own clocks.

    Opened again after a change it replaces what was there: the UID stays, the SEQUENCE rises
    (RFC 5546, section 2.1.5), and a cancelled booking says so.
    """
    tenant = current_tenant()
    calendar = Calendar()
    calendar.add("prodid", "-//Tillhouse//Bookings//EN")
    calendar.add("version", "2.0")
    calendar.add("method", METHOD)
    if tenant.time_zone != "UTC":
        calendar.add_component(
            vtimezone(
                tenant.zone, tenant.time_zone, booking.starts_at - A_YEAR, booking.ends_at + A_YEAR
            )
        )
    calendar.add_component(_event(booking))
    return bytes(calendar.to_ical())


def _event(booking: Booking) -> Event:
    tenant = current_tenant()
    page = f"{tenant.url}/booking/{booking.access_token}/"
    event = Event()
    event.add("uid", uid(booking))
    event.add("sequence", sequence(booking))
    event.add("dtstamp", booking.updated_at.astimezone(UTC))
    event.add("dtstart", _local(booking.starts_at))
    event.add("dtend", _local(booking.ends_at))
    event.add("summary", f"{booking.service_name}, {tenant.name}")
    event.add("description", page)
    event.add("url", page)
    event.add("status", _status(booking))
    event.add("organizer", _organizer())
    if tenant.address:
        event.add("location", tenant.address)
    return event


def _local(instant: datetime) -> datetime:
    """Return `instant` on the business's clocks, or in UTC where those would be misread.

    A local time that comes twice means the first one (RFC 5545, section 3.3.5).
    """
    local = instant.astimezone(current_tenant().zone)
    return instant.astimezone(UTC) if local.fold else local


def _organizer() -> vCalAddress:
    tenant = current_tenant()
    address = vCalAddress(f"mailto:{tenant.contact_email or settings.DEFAULT_FROM_EMAIL}")
    address.params["CN"] = vText(tenant.name)
    return address


def _status(booking: Booking) -> str:
    if booking.is_cancelled:
        return "CANCELLED"
    return "TENTATIVE" if booking.is_pending else "CONFIRMED"


def uid(booking: Booking) -> str:
    """Return the event's name for life: the business's hosts may change, its schema does not."""
    return f"{booking.reference}@{current_tenant().original_name}.{settings.ROOT_DOMAIN}"


def sequence(booking: Booking) -> int:
    """Return a number that rises with every saved change: the seconds from the booking to it."""
    age = booking.updated_at - booking.created_at
    return max(int(age.total_seconds()), 0) + booking.is_cancelled
