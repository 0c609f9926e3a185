"""What the placeholders of a message stand for: plain strings, made from a booking."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from django.utils import timezone

from bookings.messages.texts import LANGUAGES
from bookings.models import Booking, MessageSettings, Service
from notifications import formats
from notifications.sending import business_words
from notifications.texts import in_language
from tenants.current import current_tenant


def words_of(booking: Booking, locale: str, details: Mapping[str, str]) -> dict[str, str]:
    """Return every placeholder's text for `booking`, written for `locale`.

    `details` is what the booking itself does not know: what it was before a change
    (``previous_start`` in ISO 8601, ``previous_service``, ``previous_people``, ``previous_total``
    in minor units), and what was ``paid_more`` or ``goes_back`` for that, in minor units.
    """
    return {
        **business_words(),
        **_people_and_place(booking),
        **_times(booking, locale, details),
        **_changes(booking, locale, details),
        **_money(booking, locale),
        **_links(booking),
        "was_not_paid": _yes(booking.cancel_reason == Booking.CancelReason.HOLD_EXPIRED),
        "payment_failed": _yes(booking.cancel_reason == Booking.CancelReason.PAYMENT_FAILED),
    }


def _people_and_place(booking: Booking) -> dict[str, str]:
    tenant = current_tenant()
    resource = booking.resource.name if booking.resource_id and booking.resource else ""
    return {
        "customer_name": booking.customer_name,
        "guest_name": booking.guest_name,
        "people": str(booking.party_size),
        "service": booking.service_name,
        # A business of one person is its own only resource: saying so would say its name twice.
        "with": "" if resource == tenant.name else resource,
        "reference": booking.reference,
    }


def _times(booking: Booking, locale: str, details: Mapping[str, str]) -> dict[str, str]:
    previous = details.get("previous_start", "")
    has_moved = previous and datetime.fromisoformat(previous) != booking.starts_at
    held = booking.hold_expires_at
    return {
        "time": formats.day_and_clock(booking.starts_at, locale),
        "date": formats.day(booking.starts_at, locale),
        "start_time": formats.clock(booking.starts_at, locale),
        "end_time": formats.clock(booking.ends_at, locale),
        "old_time": formats.day_and_clock(datetime.fromisoformat(previous), locale)
        if has_moved
        else "",
        "offer_until": formats.day_and_clock(held, locale) if held else "",
        "pay_until": formats.day_and_clock(held, locale) if held else "",
    }


def _changes(booking: Booking, locale: str, details: Mapping[str, str]) -> dict[str, str]:
    """Return what was otherwise before a change; what is as it was stays empty."""

    def shown(name: str) -> str:
        amount = int(details.get(name) or 0)
        return formats.amount(amount, booking.currency, locale) if amount else ""

    def if_other(name: str, now: str) -> str:
        before = details.get(name, now)
        return "" if before == now else before

    total = if_other("previous_total", str(booking.total_amount))
    return {
        "old_service": if_other("previous_service", booking.service_name),
        "old_people": if_other("previous_people", str(booking.party_size)),
        "old_total": formats.amount(int(total), booking.currency, locale) if total else "",
        "paid_more": shown("paid_more"),
        "goes_back": shown("goes_back"),
    }


def _money(booking: Booking, locale: str) -> dict[str, str]:
    def shown(amount: int) -> str:
        return formats.amount(amount, booking.currency, locale)

    deposit, remaining = booking.deposit_amount, booking.remaining_amount
    return {
        "total": shown(booking.total_amount),
        "deposit": shown(deposit) if deposit else "",
        "remaining": shown(remaining) if remaining else "",
    }


def _links(booking: Booking) -> dict[str, str]:
    url = current_tenant().url
    page = f"{url}/booking/{booking.access_token}/"
    return {
        "link": page,
        "calendar_link": f"{page}calendar.ics",
        "book_link": f"{url}/",
        "review_link": MessageSettings.objects.current().review_link,
        "staff_link": f"{url}/admin/bookings/booking/{booking.pk}/change/",
    }


def _yes(condition: bool) -> str:
    return "yes" if condition else ""


def sample_words(locale: str) -> dict[str, str]:
    """Return what a message says of a sample booking."""
    booking = sample_booking()
    words = words_of(booking, locale, sample_details(booking))
    return {**words, "review_link": words["review_link"] or words["book_link"]}


def sample_booking() -> Booking:
    """Return an unsaved booking to show a message with: the first service, tomorrow at ten."""
    tenant = current_tenant()
    service = Service.objects.filter(is_active=True).first()
    total = service.price if service else 4500
    tomorrow = timezone.now().astimezone(tenant.zone).date() + timedelta(days=1)
    starts_at = datetime(
        tomorrow.year, tomorrow.month, tomorrow.day, 10, tzinfo=tenant.zone
    ).astimezone(UTC)
    return Booking(
        pk=0,
        reference="ABCD2345",
        access_token="sample",  # noqa: S106 - leads nowhere
        service_name=service.name if service else in_language(LANGUAGES).HAIRCUT,
        starts_at=starts_at,
        ends_at=starts_at + (service.duration if service else timedelta(minutes=45)),
        customer_name="Ada Byron",
        customer_email="ada@example.com",
        total_amount=total,
        deposit_amount=service.deposit if service else 1000,
        currency=tenant.currency,
        status=Booking.Status.CONFIRMED,
        hold_expires_at=starts_at - timedelta(hours=12),
        cancel_reason=Booking.CancelReason.HOLD_EXPIRED,
    )


def sample_details(booking: Booking) -> dict[str, str]:
    """Return details for `sample_booking`: it was a day earlier, for two, at half the price."""
    before = booking.total_amount // 2
    return {
        "previous_start": (booking.starts_at - timedelta(days=1)).isoformat(),
        "previous_people": "2",
        "previous_total": str(before),
        "paid_more": str(booking.total_amount - before),
    }
