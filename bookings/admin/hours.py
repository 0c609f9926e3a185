"""When the business, or somebody in it, is there: every week, and on particular days."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from bookings.collisions import booked_outside, describe
from bookings.hours_forms import (
    WHOLE_BUSINESS,
    HoursExceptionForm,
    OpeningHoursForm,
    PublicHolidaysForm,
    WeeklyHoursForm,
)
from bookings.models import HoursException, OpeningHours
from bookings.public_holidays import close_on_holidays
from tenants.admin_sites import form_page, staff_site
from tenants.current import current_tenant
from tenants.templatetags.business import local_date, wall_clock

MOST_LISTED = 20
HOME_OF_LOCALE = {
    "en-gb": "GB-ENG", "en-us": "US", "de": "DE", "fr": "FR", "es": "ES", "it": "IT", "nl": "NL",
}  # fmt: skip


@admin.register(OpeningHours, site=staff_site)
class OpeningHoursAdmin(ModelAdmin):
    form = OpeningHoursForm
    list_display = ("weekday", "opens", "closes", "whose")
    list_filter = ("resource",)
    list_select_related = ("resource",)
    ordering = (F("resource").asc(nulls_first=True), "weekday", "opens_at")

    @display(description="From", ordering="opens_at")
    def opens(self, hours: OpeningHours) -> str:
        return wall_clock(hours.opens_at)

    @display(description="To")
    def closes(self, hours: OpeningHours) -> str:
        next_day = " the next day" if hours.closes_at <= hours.opens_at else ""
        return wall_clock(hours.closes_at) + next_day

    @display(description="Whose")
    def whose(self, hours: OpeningHours) -> str:
        return str(hours.resource or WHOLE_BUSINESS)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Add the same hours to several days at once."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = WeeklyHoursForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            added = form.save()
            messages.success(request, f"Added to {len(added)} day{'s' * (len(added) > 1)}.")
            return redirect("staff:bookings_openinghours_changelist")
        return form_page(
            staff_site, request, form, title="Add opening hours", button="Add",
            back="/admin/bookings/openinghours/",
            intro="Two intervals on a day make a break between them.",
        )  # fmt: skip


@admin.register(HoursException, site=staff_site)
class HoursExceptionAdmin(ModelAdmin):
    form = HoursExceptionForm
    list_display = ("days", "hours", "whose", "reason")
    list_filter = ("resource", "first_day")
    list_select_related = ("resource",)
    search_fields = ("reason",)
    actions_list = ("public_holidays",)

    @display(description="Days", ordering="first_day")
    def days(self, exception: HoursException) -> str:
        first, last = exception.first_day, exception.last_day
        return local_date(first) + (f" to {local_date(last)}" if last != first else "")

    @display(description="Open")
    def hours(self, exception: HoursException) -> str:
        if exception.opens_at is None or exception.closes_at is None:
            return "Closed"
        return f"{wall_clock(exception.opens_at)} to {wall_clock(exception.closes_at)}"

    @display(description="Whose")
    def whose(self, exception: HoursException) -> str:
        return str(exception.resource or WHOLE_BUSINESS)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        warn_of_bookings(request, [obj])

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "public-holidays/",
            self.admin_site.admin_view(self.public_holidays_view),
            name="bookings_hoursexception_holidays",
        )
        return [own, *super().get_urls()]

    @action(description="Add public holidays", url_path="add-public-holidays", permissions=["add"])
    def public_holidays(self, request: HttpRequest) -> HttpResponse:
        return redirect("staff:bookings_hoursexception_holidays")

    def public_holidays_view(self, request: HttpRequest) -> HttpResponse:
        """Close on the public holidays of a place and year."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        tenant = current_tenant()
        this_year = timezone.now().astimezone(tenant.zone).year
        home = {"place": HOME_OF_LOCALE.get(tenant.locale, ""), "year": this_year + 1}
        form = PublicHolidaysForm(request.POST or None, this_year=this_year, initial=home)
        if request.method == "POST" and form.is_valid():
            closures = close_on_holidays(form.cleaned_data["place"], form.cleaned_data["year"])
            said = f"{len(closures.added)} added, {len(closures.there)} were there already."
            messages.success(request, f"Public holidays: {said}")
            warn_of_bookings(request, closures.added)
            return redirect("staff:bookings_hoursexception_changelist")
        return form_page(
            staff_site, request, form, title="Add public holidays", button="Add as closures",
            back="/admin/bookings/hoursexception/",
            intro="Each becomes a closure of the whole business; delete those on which you open.",
        )  # fmt: skip


def warn_of_bookings(request: HttpRequest, exceptions: list[HoursException]) -> None:
    """Tell staff what is booked at times that are not open any more: nothing is cancelled."""
    outside = [one for exception in exceptions for one in booked_outside(exception)]
    if not outside:
        return
    lines = [(describe(one),) for one in outside[:MOST_LISTED]]
    more = len(outside) - len(lines)
    messages.warning(
        request,
        format_html(
            "{} booked then. {} not cancelled:{}{}",
            "1 is" if len(outside) == 1 else f"{len(outside)} are",
            "It was" if len(outside) == 1 else "They were",
            format_html_join("", "<br>{}", lines),
            f" and {more} more" if more else "",
        ),
    )
