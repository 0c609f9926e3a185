"""The staff's first page: today, what comes next, what needs a look."""

from datetime import datetime, time, timedelta
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html

from bookings.models import Booking, Membership
from payments import services as payments
from payments.models import PaymentSession
from tenants.admin_sites import staff_site
from tenants.current import current_tenant
from tenants.templatetags.business import clock, local_time, money


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
        context["alerts"] = [*payments.needs_attention(), *_memberships_past_due()]
    return context


def _memberships_past_due() -> list[tuple[str, str]]:
    due = Membership.objects.filter(subscription__status="past_due").count()
    if not due:
        return []
    text = (
        f"{due} memberships wait for a payment that was declined."
        if due > 1
        else "A membership waits for a payment that was declined."
    )
    return [(text, "/admin/bookings/membership/?subscription__status__exact=past_due")]


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
            booking.resource.name if booking.resource else "–",
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
            session.status_text,
        ]
        for session in PaymentSession.objects.prefetch_related("refunds", "disputes")[:10]
    ]
    return {
        "title": "Newest payments",
        "empty": "No payment yet.",
        "data": {"headers": ["When", "For", "Amount", "Status"], "rows": rows},
    }


staff_site.index_template = "admin/dashboard.html"
