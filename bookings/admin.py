"""The staff's pages about bookings, the catalogue and opening hours."""

from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.admin import ModelAdmin
from unfold.decorators import display

from access.actors import Actor
from bookings import services
from bookings.admin_forms import CancelForm, ServiceForm, StaffBookingForm
from bookings.errors import BookingError
from bookings.models import Booking, OpeningHours, Resource, Service
from payments import services as payments
from payments.models import PaymentSession
from tenants.admin_sites import form_page, staff_site
from tenants.current import current_tenant
from tenants.templatetags.business import clock, local_time, money

STATUS_COLOURS = {
    "CONFIRMED": "success",
    "PENDING_PAYMENT": "warning",
    "CANCELLED": "danger",
    "COMPLETED": "info",
    "NO_SHOW": "danger",
}


def staff_actor(request: HttpRequest) -> Actor:
    return Actor("staff", request.user.get_username())


@admin.register(Booking, site=staff_site)
class BookingAdmin(ModelAdmin):
    """Time, money and customer are read-only here: they change by what is done, not by typing."""

    list_display = (
        "when", "customer_name", "service_name", "resource", "status_badge", "deposit", "reference"
    )  # fmt: skip
    list_display_links = ("when", "customer_name")
    list_filter = ("status", "resource", "starts_at")
    search_fields = ("reference", "customer_name", "customer_email", "customer_phone")
    list_select_related = ("resource",)
    fields = (
        "reference", "status", "what_next", "when", "service_name", "resource",
        "customer_name", "customer_email", "customer_phone", "notes", "total", "deposit",
        "remaining", "payment", "cancel_reason", "created_at",
    )  # fmt: skip
    readonly_fields = tuple(name for name in fields if name != "notes")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @display(description="When", ordering="starts_at")
    def when(self, booking: Booking) -> str:
        return local_time(booking.starts_at)

    @display(description="Status", label=STATUS_COLOURS, ordering="status")
    def status_badge(self, booking: Booking) -> tuple[str, str]:
        return booking.status, booking.get_status_display()

    @display(description="Price")
    def total(self, booking: Booking) -> str:
        return money(booking.total_amount, booking.currency)

    @display(description="Deposit")
    def deposit(self, booking: Booking) -> str:
        return money(booking.deposit_amount, booking.currency) if booking.deposit_amount else "–"

    @display(description="To pay on the day")
    def remaining(self, booking: Booking) -> str:
        return money(booking.remaining_amount, booking.currency)

    @display(description="Payment")
    def payment(self, booking: Booking) -> str:
        session = services.latest_payment(booking)
        if session is None:
            return "None"
        url = reverse("staff:payments_paymentsession_change", args=[session.pk])
        return format_html(
            '<a class="underline" href="{}">{}</a>', url, session.get_status_display()
        )

    @display(description="What next")
    def what_next(self, booking: Booking) -> str:
        if booking.status in (Booking.Status.PENDING_PAYMENT, Booking.Status.CONFIRMED):
            url = reverse("staff:bookings_booking_cancel", args=[booking.pk])
            return format_html('<a class="underline" href="{}">Cancel this booking</a>', url)
        return "–"

    def get_urls(self) -> list[URLPattern]:
        cancel = path(
            "<int:booking_id>/cancel/",
            self.admin_site.admin_view(self.cancel_view),
            name="bookings_booking_cancel",
        )
        return [cancel, *super().get_urls()]

    def cancel_view(self, request: HttpRequest, booking_id: int) -> HttpResponse:
        """Ask, then cancel."""
        booking = get_object_or_404(Booking, pk=booking_id)
        if not self.has_change_permission(request, booking):
            raise PermissionDenied
        form = CancelForm(request.POST or None)
        back = reverse("staff:bookings_booking_change", args=[booking_id])
        if request.method == "POST" and form.is_valid():
            try:
                services.cancel(
                    booking_id, actor=staff_actor(request), refund=form.cleaned_data["refund"]
                )
                messages.success(request, f"Booking {booking.reference} is cancelled.")
            except BookingError as error:
                messages.error(request, str(error))
            return redirect(back)
        return form_page(
            staff_site, request, form,
            title=f"Cancel {booking.customer_name}, {local_time(booking.starts_at)}?",
            intro="The customer is told by e-mail, and the time is free again at once.",
            button="Cancel the booking", back=back, danger=True,
        )  # fmt: skip

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Take a booking on the phone, through the same door as everyone's."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = StaffBookingForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            details = dict(form.cleaned_data)
            service: Service = details.pop("service")
            wanted = services.BookingRequest(
                service=service, service_name=service.name, total_amount=service.price,
                deposit_amount=0, **details,
            )  # fmt: skip
            try:
                booking = services.book(wanted, actor=staff_actor(request))
            except BookingError as error:
                form.add_error("starts_at", str(error))
            else:
                messages.success(request, f"Booked: {booking.reference}.")
                return redirect("staff:bookings_booking_changelist")
        return form_page(
            staff_site, request, form, title="Add a booking", button="Book", back="/admin/",
            intro="Without a deposit; it is confirmed at once.",
        )  # fmt: skip


@admin.register(Service, site=staff_site)
class ServiceAdmin(ModelAdmin):
    form = ServiceForm
    list_display = ("name", "duration_minutes", "price_shown", "deposit_shown", "is_active")
    search_fields = ("name",)
    fields = (
        "name", "description", "duration_minutes", "price", "deposit_kind", "deposit_amount",
        "deposit_percent", "resources", "is_active", "position",
    )  # fmt: skip

    @display(description="Price", ordering="price")
    def price_shown(self, service: Service) -> str:
        return money(service.price)

    @display(description="Deposit")
    def deposit_shown(self, service: Service) -> str:
        return money(service.deposit) if service.deposit else "–"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Services are switched off: bookings speak of them."""
        return False


@admin.register(Resource, site=staff_site)
class ResourceAdmin(ModelAdmin):
    list_display = ("name", "is_active", "position")
    search_fields = ("name",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Resources are switched off: bookings speak of them."""
        return False


@admin.register(OpeningHours, site=staff_site)
class OpeningHoursAdmin(ModelAdmin):
    list_display = ("weekday", "opens_at", "closes_at")


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add today's bookings and the newest payments to the index page, as far as one may see."""
    zone = current_tenant().zone
    today = timezone.now().astimezone(zone).date()
    starts = datetime.combine(today, time(), zone)
    ends = datetime.combine(today + timedelta(days=1), time(), zone)
    ours = Booking.objects.occupying()
    todays = ours.filter(starts_at__gte=starts, starts_at__lt=ends).order_by("starts_at")
    coming = ours.filter(starts_at__gte=ends).order_by("starts_at")
    context["figures"] = [
        ("Today", todays.count()),
        ("Coming", coming.count()),
        ("Waiting for payment", ours.filter(status=Booking.Status.PENDING_PAYMENT).count()),
    ]
    context["tables"] = [
        _booking_table("Today", "Nothing is booked today.", todays[:30], with_day=False),
        _booking_table("Next", "Nothing else is booked yet.", coming[:10], with_day=True),
    ]
    if request.user.has_perm("payments.view_paymentsession"):
        context["tables"].append(_payment_table())
        context["alerts"] = payments.needs_attention()
    return context


def _booking_table(title: str, empty: str, bookings: Any, *, with_day: bool) -> dict[str, Any]:
    rows = [
        [
            format_html(
                '<a class="underline" href="{}">{}</a>',
                reverse("staff:bookings_booking_change", args=[booking.pk]),
                local_time(booking.starts_at) if with_day else clock(booking.starts_at),
            ),
            booking.customer_name,
            booking.service_name,
            booking.resource.name,
            booking.get_status_display(),
        ]
        for booking in bookings.select_related("resource")
    ]
    headers = ["When", "Customer", "Service", "Resource", "Status"]
    return {"title": title, "empty": empty, "data": {"headers": headers, "rows": rows}}


def _payment_table() -> dict[str, Any]:
    rows = [
        [
            local_time(session.created_at),
            session.description,
            money(session.amount, session.currency),
            session.get_status_display(),
        ]
        for session in PaymentSession.objects.all()[:10]
    ]
    return {
        "title": "Newest payments",
        "empty": "No payment yet.",
        "data": {"headers": ["When", "For", "Amount", "Status"], "rows": rows},
    }


staff_site.index_template = "admin/dashboard.html"
