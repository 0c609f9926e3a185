"""The waitlist's pages: join it, see where one stands, take an offer or pass it on."""

from datetime import date, datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from bookings import waitlist, waitlist_offers
from bookings.agreements import card_terms
from bookings.errors import BookingError, InvalidBooking, WaitlistEntryNotFound
from bookings.forms import WaitForm
from bookings.models import Service, WaitlistEntry
from bookings.views import go_and_pay
from bookings.waitlist import Wish
from payments.services import payments_enabled
from tenants.current import current_tenant
from tenants.templatetags.business import clock, money


@never_cache
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask to be told when a place is free, on a full day or in a full class."""
    service = get_object_or_404(Service, slug=slug, is_active=True, is_online=True)
    day = _day_asked_for(request)
    classes = full_classes(service, day) if service.kind == Service.Kind.CLASS else []
    if service.kind == Service.Kind.CLASS and not classes:
        messages.info(request, "No class on this day is full.")
        return redirect(f"/book/{service.slug}/?date={day.isoformat()}")
    form = WaitForm(
        request.POST or None,
        classes=classes,
        party=range(service.party_min, service.party_max + 1),
        initial={"first_day": day},
    )
    if request.method == "POST" and form.is_valid():
        try:
            waiting = waitlist.join(_wish(service, form.cleaned_data))
        except BookingError as error:
            form.add_error(_field_of(error, form), str(error))
        else:
            return redirect("waitlist-entry", token=waiting.token)
    context = {"service": service, "form": form, "day": day}
    return render(request, "bookings/waitlist_join.html", context)


def _day_asked_for(request: HttpRequest) -> date:
    """Return the day in ``?date=``, else today on the business's clocks."""
    try:
        return date.fromisoformat(request.GET.get("date", ""))
    except ValueError:
        return timezone.now().astimezone(current_tenant().zone).date()


def full_classes(service: Service, day: date) -> list[tuple[str, str]]:
    """Return (start, text) of the classes of a day that have no place left."""
    # A party may be too big for the places that are left.
    return [
        (session.starts_at.isoformat(), _class_text(session))
        for session in waitlist.coming_classes(service, day)
        if session.free_seats < service.party_max
    ]


def _class_text(session: Any) -> str:
    who = f" with {session.instructor}" if session.instructor else ""
    left = f", {session.free_seats} left" if session.free_seats > 0 else ""
    return f"{clock(session.starts_at)}{who}{left}"


def _wish(service: Service, typed: dict[str, Any]) -> Wish:
    values = {name: value for name, value in typed.items() if value is not None}
    if "starts_at" in values:
        values["starts_at"] = datetime.fromisoformat(values["starts_at"])
    return Wish(**{"service": service, "party_size": service.party_min, **values})


def _field_of(error: BookingError, form: forms.Form) -> str | None:
    named = getattr(error, "field", None) if isinstance(error, InvalidBooking) else None
    return named if named in form.fields else None


def _entry(token: str) -> WaitlistEntry:
    try:
        return waitlist.entry_by(token)
    except WaitlistEntryNotFound:
        raise Http404 from None


class TermsForm(forms.Form):
    """What has to be agreed to where a card is left."""

    def __init__(self, *args: Any, terms: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["accept_terms"] = forms.BooleanField(
            label=f"I agree: {terms}",
            error_messages={"required": "Please agree to this, or pass the place on."},
        )


def _offer_context(waiting: WaitlistEntry, form: forms.Form | None) -> dict[str, Any]:
    now = timezone.now()
    booking = waiting.offered_booking
    due = booking.deposit_amount if booking and payments_enabled() else 0
    wants_card = waitlist.asks_for_card(waiting)
    return {
        "entry": waiting,
        "booking": booking,
        "has_offer": waiting.has_offer(now),
        "ahead": waitlist_offers.count_ahead(waiting),
        "button": f"Pay {money(due)} deposit and take it"
        if due
        else "Go on to your card"
        if wants_card
        else "Take this place",
        "terms_form": form
        or (TermsForm(terms=card_terms(waiting.service)) if wants_card else None),
    }


@require_safe
@never_cache
def entry(request: HttpRequest, token: str) -> HttpResponse:
    """Where one stands on the list, or the place that is offered."""
    waiting = _entry(token)
    accepted = waiting.accepted_at is not None or waiting.status == WaitlistEntry.Status.TAKEN
    if accepted and waiting.offered_booking is not None:
        return redirect("booking", token=waiting.offered_booking.access_token)
    return render(request, "bookings/waitlist_entry.html", _offer_context(waiting, None))


@require_POST
@never_cache
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Take the place; where something is due, go on to pay."""
    waiting = _entry(token)
    form = None
    if waitlist.asks_for_card(waiting):
        form = TermsForm(request.POST, terms=card_terms(waiting.service))
        if not form.is_valid():
            context = _offer_context(waiting, form)
            return render(request, "bookings/waitlist_entry.html", context, status=400)
    try:
        booking = waitlist.accept(token, terms_accepted=form is not None)
    except BookingError as error:
        messages.error(request, str(error))
        return redirect("waitlist-entry", token=token)
    if booking.is_pending:
        return go_and_pay(request, booking)
    return redirect("booking", token=booking.access_token)


@require_POST
@never_cache
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Stop waiting, or pass the offered place on."""
    _entry(token)
    try:
        waitlist.leave(token)
    except BookingError as error:
        messages.error(request, str(error))
    return redirect("waitlist-entry", token=token)
