"""The waitlist, as staff see it: who waits for what, and who holds an offer."""

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import display

from bookings import waitlist
from bookings.admin.without_pictures import WithoutPictures
from bookings.errors import BookingError
from bookings.models import WaitlistEntry
from tenants.admin_sites import ReadOnlyMixin, form_page, staff_site
from tenants.templatetags.business import local_date, local_time, wall_clock

COLOURS = {
    "WAITING": "warning",
    "OFFERED": "info",
    "TAKEN": "success",
    "PASSED": "danger",
    "EXPIRED": "danger",
    "LEFT": "danger",
}


@admin.register(WaitlistEntry, site=staff_site)
class WaitlistEntryAdmin(ReadOnlyMixin, WithoutPictures, ModelAdmin):
    """In the order in which people came, which is the order of the offers."""

    list_display = ("waits_for", "service", "customer_name", "party_size", "status_badge", "since")
    list_display_links = ("waits_for", "customer_name")
    list_filter = ("status", "service", "first_day")
    search_fields = ("customer_name", "customer_email", "customer_phone")
    list_select_related = ("service", "class_session", "offered_booking")
    fields = (
        "status", "what_next", "service", "waits_for", "party_size", "resource", "customer_name",
        "customer_email", "customer_phone", "since", "offer", "offer_ends",
    )  # fmt: skip
    readonly_fields = fields

    @display(description="Waits for")
    def waits_for(self, entry: WaitlistEntry) -> str:
        if entry.class_session is not None:
            return local_time(entry.class_session.starts_at)
        days = local_date(entry.first_day)
        if entry.last_day != entry.first_day:
            days = f"{days} to {local_date(entry.last_day)}"
        if entry.from_time and entry.until_time:
            return f"{days}, {wall_clock(entry.from_time)} to {wall_clock(entry.until_time)}"
        return days

    @display(description="Status", label=COLOURS, ordering="status")
    def status_badge(self, entry: WaitlistEntry) -> tuple[str, str]:
        return entry.status, entry.get_status_display()

    @display(description="Since", ordering="created_at")
    def since(self, entry: WaitlistEntry) -> str:
        return local_time(entry.created_at)

    @display(description="Offered place")
    def offer(self, entry: WaitlistEntry) -> str:
        booking = entry.offered_booking
        if booking is None:
            return "None"
        address = reverse("staff:bookings_booking_change", args=[booking.pk])
        text = f"{booking.reference}, {local_time(booking.starts_at)}"
        return format_html('<a class="underline" href="{}">{}</a>', address, text)

    @display(description="Offer ends")
    def offer_ends(self, entry: WaitlistEntry) -> str:
        return local_time(entry.offer_expires_at) if entry.offer_expires_at else "–"

    @display(description="What next")
    def what_next(self, entry: WaitlistEntry) -> str:
        if not entry.is_open:
            return "–"
        address = reverse("staff:bookings_waitlistentry_remove", args=[entry.pk])
        return format_html('<a class="underline" href="{}">Take off the waitlist</a>', address)

    def get_urls(self) -> list[URLPattern]:
        remove = path(
            "<int:entry_id>/remove/",
            self.admin_site.admin_view(self.remove_view),
            name="bookings_waitlistentry_remove",
        )
        return [remove, *super().get_urls()]

    def remove_view(self, request: HttpRequest, entry_id: int) -> HttpResponse:
        entry = get_object_or_404(WaitlistEntry, pk=entry_id)
        if not request.user.has_perm("bookings.change_waitlistentry"):
            raise PermissionDenied
        back = reverse("staff:bookings_waitlistentry_change", args=[entry.pk])
        form = forms.Form(request.POST or None)
        if request.method == "POST":
            try:
                waitlist.leave(entry.token)
                messages.success(request, f"{entry.customer_name} waits no longer.")
            except BookingError as error:
                messages.error(request, str(error))
            return redirect(back)
        return form_page(
            staff_site, request, form, title=f"Take {entry.customer_name} off the waitlist?",
            intro="A place that is kept for them goes to the next person. They are not told.",
            button="Take off the waitlist", back=back, danger=True,
        )  # fmt: skip
