"""Repeating bookings: preview the dates, book them, end them."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from unfold.admin import ModelAdmin
from unfold.decorators import display

from access.actors import staff_actor
from bookings.admin.without_pictures import WithoutPictures
from bookings.admin_forms import CancelRestForm, StaffSeriesForm
from bookings.errors import BookingError, InvalidBooking
from bookings.models import Booking, BookingSeries, Service
from bookings.recurring import Clash, Outcome, Weekly, book_series, cancel_rest, preview
from bookings.wishes import BookingRequest, price_of
from payments.services import PaymentError
from tenants.admin_sites import ReadOnlyMixin, form_page, staff_site
from tenants.templatetags.business import clock, local_date, local_time, wall_clock

SHORT = {"taken": "Taken", "slot_taken": "Taken", "closed": "Closed", "full": "Full"}


@admin.register(BookingSeries, site=staff_site)
class BookingSeriesAdmin(ReadOnlyMixin, WithoutPictures, ModelAdmin):
    list_display = ("customer_name", "service", "rhythm_shown", "first_day", "live")
    list_display_links = ("customer_name", "service")
    list_filter = ("service",)
    search_fields = ("customer_name", "customer_email")
    list_select_related = ("service",)
    fields = (
        "what_next", "service", "customer_name", "customer_email", "rhythm_shown", "first_day",
        "at", "count", "dates", "created_by", "created_at",
    )  # fmt: skip
    readonly_fields = fields

    @display(description="How often")
    def rhythm_shown(self, series: BookingSeries) -> str:
        return series.rhythm.capitalize()

    @display(description="At")
    def at(self, series: BookingSeries) -> str:
        return wall_clock(series.local_time)

    @display(description="Still booked")
    def live(self, series: BookingSeries) -> int:
        return series.bookings.exclude(status=Booking.Status.CANCELLED).count()

    @display(description="Dates")
    def dates(self, series: BookingSeries) -> str:
        rows = [
            (
                reverse("staff:bookings_booking_change", args=[booking.pk]),
                local_time(booking.starts_at),
                booking.get_status_display(),
            )
            for booking in series.bookings.order_by("starts_at")
        ]
        return format_html_join("", '<a class="underline" href="{}">{}</a>, {}<br>', rows)

    @display(description="What next")
    def what_next(self, series: BookingSeries) -> str:
        address = reverse("staff:bookings_bookingseries_cancel", args=[series.pk])
        return format_html('<a class="underline" href="{}">Cancel the rest</a>', address)

    def has_add_permission(self, request: HttpRequest, *args: Any) -> bool:
        return request.user.has_perm("bookings.add_bookingseries")

    def get_urls(self) -> list[URLPattern]:
        cancel = path(
            "<int:series_id>/cancel/",
            self.admin_site.admin_view(self.cancel_view),
            name="bookings_bookingseries_cancel",
        )
        return [cancel, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Ask for a rhythm, show its dates and what clashes, and book once that was seen."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        typed = request.POST.copy()
        form = StaffSeriesForm(typed or None)
        found: Outcome | None = None
        if request.method == "POST" and form.is_valid():
            wanted, rule = asked_for(form.cleaned_data)
            try:
                if form.cleaned_data["seen"] == form.fingerprint:
                    outcome = book_series(wanted, rule, actor=staff_actor(request))
                    return self._booked(request, outcome)
                found = preview(wanted, rule)
                typed["seen"] = form.fingerprint
            except InvalidBooking as error:
                form.add_error(error.field if error.field in form.fields else None, str(error))
        return form_page(
            staff_site, request, form, title="Add a repeating booking",
            button=_button(found), facts=_facts(found),
            back=reverse("staff:bookings_bookingseries_changelist"),
            intro=_intro(found),
        )  # fmt: skip

    def _booked(self, request: HttpRequest, outcome: Outcome) -> HttpResponse:
        for clash in outcome.clashes:
            messages.warning(request, f"Not booked: {local_date(clash.day)}. {clash.reason}")
        if outcome.series is None:
            messages.error(request, "None of the dates could be booked.")
            return redirect("staff:bookings_bookingseries_add")
        messages.success(request, f"Booked {_free_of_all(outcome)} dates.")
        return redirect("staff:bookings_bookingseries_change", outcome.series.pk)

    def cancel_view(self, request: HttpRequest, series_id: int) -> HttpResponse:
        series = get_object_or_404(BookingSeries, pk=series_id)
        if not request.user.has_perm("bookings.change_bookingseries"):
            raise PermissionDenied
        back = reverse("staff:bookings_bookingseries_change", args=[series.pk])
        form = CancelRestForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                ended = cancel_rest(series, actor=staff_actor(request), **form.cleaned_data)
                messages.success(request, f"Cancelled {len(ended)} bookings.")
            except (BookingError, PaymentError) as error:
                messages.error(request, str(error))
            return redirect(back)
        return form_page(
            staff_site, request, form, title=f"Cancel the rest of {series}?",
            intro="The customer is told in one e-mail, and the times are free again at once.",
            button="Cancel the rest", back=back, danger=True,
        )  # fmt: skip


def asked_for(typed: dict[str, Any]) -> tuple[BookingRequest, Weekly]:
    """Return the booking and the rhythm that staff typed; no deposit is due."""
    details = dict(typed)
    details.pop("seen")
    rule = Weekly(details.pop("interval_weeks"), details.pop("count"), details.pop("until"))
    service: Service = details["service"]
    price = price_of([service], (), details["party_size"])
    wanted = BookingRequest(
        service_name=price.name, total_amount=price.total, deposit_amount=0, **details
    )
    return wanted, rule


def _free_of_all(found: Outcome) -> str:
    return f"{len(found.booked)} of {len(found.booked) + len(found.clashes)}"


def _intro(found: Outcome | None) -> str:
    if found is None:
        return "Without a deposit. You see the dates before anything is booked."
    return f"{_free_of_all(found)} dates can be booked. Nothing is booked yet."


def _button(found: Outcome | None) -> str:
    if found is None or not found.booked:
        return "Show the dates"
    return f"Book {_free_of_all(found)}"


def _facts(found: Outcome | None) -> Iterable[tuple[str, str]]:
    """Yield a line for each date, in order: free, or why not and what is free instead."""
    if found is None:
        return []
    lines = [
        (booking.starts_at.date(), local_time(booking.starts_at), "Free")
        for booking in found.booked
    ]
    lines += [(clash.day, local_date(clash.day), _clash_text(clash)) for clash in found.clashes]
    return [line[1:] for line in sorted(lines)]


def _clash_text(clash: Clash) -> str:
    """Return why not, in a line that fits a phone, and what is free instead."""
    why = SHORT.get(clash.code, clash.reason)
    if not clash.alternatives:
        return why
    times = ", ".join(clock(slot.starts_at) for slot in clash.alternatives)
    return f"{why}; free: {times}"
