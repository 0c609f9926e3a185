"""One booking: found, locked, and told of. Everything else about bookings builds on this."""

from bookings import claims
from bookings.errors import BookingNotFound
from bookings.models import Booking


def event_data(booking: Booking) -> dict[str, object]:
    """Return what an event says of a booking: no personal data beyond the reference."""
    return {
        "booking_id": booking.pk,
        "reference": booking.reference,
        "status": booking.status,
        "service_name": booking.service_name,
        "starts_at": booking.starts_at.isoformat(),
    }


def get_booking(booking_id: int) -> Booking:
    """Return the booking; raises BookingNotFound."""
    # Ids beyond bigint would be an error of the database.
    if 0 < booking_id < 2**63:
        booking = Booking.objects.filter(pk=booking_id).first()
        if booking is not None:
            return booking
    raise BookingNotFound("Booking not found")


def locked(booking_id: int) -> Booking:
    """Lock a booking, what it takes up first: the order in which everyone locks."""
    claims.lock_capacity(booking_id)
    return Booking.objects.select_for_update().get(pk=booking_id)
