"""The timetable: single classes, and the series that make them."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from unfold.admin import ModelAdmin
from unfold.decorators import display

from access.actors import staff_actor
from bookings.admin.without_pictures import WithoutPictures
from bookings.class_forms import SeriesForm, SessionForm, in_words
from bookings.errors import BookingError
from bookings.models import Booking, ClassSeries, ClassSession
from bookings.series import apply, missing
from bookings.sessions import cancel_session, schedule
from tenants.admin_sites import PageAction, form_page, staff_site
from tenants.templatetags.business import local_time, wall_clock

STATES = {"On": "success", "Full": "info", "Cancelled": "danger", "Over": "warning"}
SESSIONS = "/admin/bookings/classsession/"
SERIES = "/admin/bookings/classseries/"
MOST_LISTED = 20
NEXT_SHOWN = 3


class ComingFilter(admin.SimpleListFilter):
    """What is still to come, unless one asks for the rest."""

    title = "when"
    parameter_name = "when"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("past", "Past"), ("all", "All")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        first, *others = super().choices(changelist)
        yield {**first, "display": "To come"}
        yield from others

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ClassSession]
    ) -> QuerySet[ClassSession]:
        now = timezone.now()
        if self.value() == "past":
            return queryset.filter(ends_at__lte=now).order_by("-starts_at")
        return queryset if self.value() == "all" else queryset.filter(ends_at__gt=now)


@admin.register(ClassSession, site=staff_site)
class ClassSessionAdmin(WithoutPictures, ModelAdmin):
    list_display = ("when", "service", "instructor", "places", "state")
    list_filter = (ComingFilter, "service", "instructor", "starts_at")
    list_per_page = 30
    list_select_related = ("service", "instructor")
    search_fields = ("service__name", "instructor__name")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Classes are cancelled: bookings speak of them."""
        return False

    @display(description="When", ordering="starts_at")
    def when(self, session: ClassSession) -> str:
        return local_time(session.starts_at)

    @display(description="Booked")
    def places(self, session: ClassSession) -> str:
        return f"{session.seats_taken} of {session.capacity}"

    @display(description="State", label=STATES)
    def state(self, session: ClassSession) -> str:
        if session.is_cancelled:
            return "Cancelled"
        if session.ends_at <= timezone.now():
            return "Over"
        return "On" if session.seats_left else "Full"

    def get_urls(self) -> list[URLPattern]:
        cancel = path(
            "<int:session_id>/cancel/",
            self.admin_site.admin_view(self.cancel_view),
            name="bookings_classsession_cancel",
        )
        return [cancel, *super().get_urls()]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = SessionForm(request.POST or None)
        if _is_scheduled(request, form):
            messages.success(request, "The class is on the timetable.")
            return redirect(SESSIONS)
        return form_page(
            staff_site, request, form, title="Add a class", button="Add", back=SESSIONS,
            intro="One class. For one that comes back add a series instead.",
        )  # fmt: skip

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        session = get_object_or_404(
            ClassSession.objects.select_related("service", "instructor"), pk=_number(object_id)
        )
        if not self.has_change_permission(request, session):
            return super().change_view(request, object_id)  # type: ignore[no-any-return]
        if request.POST.get("action") == "cancel":
            return redirect("staff:bookings_classsession_cancel", session.pk)
        form = SessionForm(request.POST or None, instance=session)
        if _is_scheduled(request, form):
            messages.success(request, "Saved.")
            return redirect(SESSIONS)
        is_open = not session.is_cancelled and session.ends_at > timezone.now()
        return form_page(
            staff_site, request, form, back=SESSIONS, button="Save",
            title=f"{session.service}, {local_time(session.starts_at)}",
            facts=[("State", self.state(session)), *_attendees(session)],
            actions=[PageAction("cancel", "Cancel this class …")] if is_open else [],
        )  # fmt: skip

    def cancel_view(self, request: HttpRequest, session_id: int) -> HttpResponse:
        session = get_object_or_404(ClassSession.objects.select_related("service"), pk=session_id)
        if not self.has_change_permission(request, session):
            raise PermissionDenied
        if request.method == "POST":
            cancel_session(session, staff_actor(request))
            messages.success(request, f"{session.service} is cancelled.")
            return redirect(SESSIONS)
        return form_page(
            staff_site, request, forms.Form(), danger=True, button="Cancel the class",
            title=f"Cancel {session.service}, {local_time(session.starts_at)}?",
            back=reverse("staff:bookings_classsession_change", args=[session.pk]),
            intro=(
                f"{session.seats_taken} of {session.capacity} places are booked. Everyone is told "
                "by e-mail, and what they paid ahead goes back in full."
            ),
        )  # fmt: skip


@admin.register(ClassSeries, site=staff_site)
class ClassSeriesAdmin(WithoutPictures, ModelAdmin):
    list_display = ("service", "days", "begins", "instructor", "capacity", "first_day", "until")
    list_filter = ("service", "instructor")
    list_select_related = ("service", "instructor")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A series is ended by its last day: its classes speak of it."""
        return False

    @display(description="On")
    def days(self, series: ClassSeries) -> str:
        return in_words(series.rule)

    @display(description="At", ordering="starts_at")
    def begins(self, series: ClassSeries) -> str:
        return wall_clock(series.starts_at)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._page(request, ClassSeries(), title="Add a series of classes", button="Add")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        series = get_object_or_404(ClassSeries, pk=_number(object_id))
        if not self.has_change_permission(request, series):
            return super().change_view(request, object_id)  # type: ignore[no-any-return]
        facts = _timetable(series)
        return self._page(request, series, title=str(series), button="Save", facts=facts)

    def _page(self, request: HttpRequest, series: ClassSeries, **page: Any) -> HttpResponse:
        form = SeriesForm(request.POST or None, instance=series)
        if request.method == "POST" and form.is_valid():
            try:
                kept = apply(form.instance, actor=staff_actor(request))
            except BookingError as error:
                form.add_error("starts_at", str(error))
            else:
                messages.success(request, "Saved. The classes of the next 12 weeks are there.")
                _tell_of_kept(request, kept)
                return redirect(SERIES)
        return form_page(
            staff_site, request, form, back=SERIES,
            intro=(
                "Classes are put on the timetable 12 weeks ahead. A change concerns those to come "
                "on which nobody is booked; the others stay as they are."
            ),
            **page,
        )  # fmt: skip


def _number(object_id: str) -> int:
    """Return the id in an address; one that no class has for what is none."""
    return int(object_id) if object_id.isascii() and object_id.isdigit() else 0


def _is_scheduled(request: HttpRequest, form: SessionForm) -> bool:
    """Save a sent form's class; what is in the way is said beside its field."""
    if request.method != "POST" or not form.is_valid():
        return False
    try:
        schedule(form.instance, actor=staff_actor(request))
    except BookingError as error:
        form.add_error(error.field or "starts_at", str(error))
        return False
    return True


def _attendees(session: ClassSession) -> list[tuple[str, str]]:
    """Return how many come, and who, each linked to the booking."""
    coming = Booking.objects.occupying().filter(class_session=session).order_by("customer_name")
    facts = [("Booked", f"{session.seats_taken} of {session.capacity}")]
    for booking in coming:
        name = booking.guest_name or booking.customer_name
        link = format_html(
            '<a class="underline" href="{}">{}</a>{}',
            reverse("staff:bookings_booking_change", args=[booking.pk]),
            name,
            f", {booking.party_size} people" if booking.party_size > 1 else "",
        )
        facts.append(("Comes", link))
    return facts


def _timetable(series: ClassSeries) -> list[tuple[str, str]]:
    """Return the next classes of a series, and those for which nobody had time."""
    coming = series.sessions.filter(starts_at__gt=timezone.now(), cancelled_at__isnull=True)
    times = coming.values_list("starts_at", flat=True)[:NEXT_SHOWN]
    return [
        *(("Next", local_time(at)) for at in times),
        *(
            ("Left out: the instructor is booked", local_time(session.starts_at))
            for session in missing(series)
        ),
    ]


def _tell_of_kept(request: HttpRequest, kept: list[ClassSession]) -> None:
    if not kept:
        return
    lines = [(local_time(session.starts_at), session.seats_taken) for session in kept[:MOST_LISTED]]
    more = len(kept) - len(lines)
    messages.warning(
        request,
        format_html(
            "{}, because people have booked:{}{}",
            "1 class stays as it was"
            if len(kept) == 1
            else f"{len(kept)} classes stay as they were",
            format_html_join("", "<br>{}, {} booked", lines),
            f" and {more} more" if more else "",
        ),
    )
