"""The customer's calendar file."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookings.messages.calendar import CONTENT_TYPE, FILE_NAME, calendar_file
from bookings.models import Booking


@require_safe
@never_cache
def calendar(request: HttpRequest, token: str) -> HttpResponse:
    """Return a booking as a calendar file, by its unguessable link."""
    booking = get_object_or_404(Booking, access_token=token)
    response = HttpResponse(calendar_file(booking), content_type=CONTENT_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    return response
