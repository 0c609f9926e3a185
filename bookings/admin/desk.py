"""Booking for somebody at the desk or on the phone, and why a time is not offered."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from access.actors import staff_actor
from bookings import desk
from bookings.admin import reasons
from bookings.availability import Reason
from bookings.choices import check_answers
from bookings.choosing import Choice
from bookings.desk_forms import DeskBookingForm, TimeForm, VisitForm, overrule_field
from bookings.diary import Wanted
from bookings.errors import BookingError, SlotTaken
from bookings.models import Booking, Resource
from bookings.offers import services as offers
from bookings.offers.quotes import Quote
from bookings.offers.typed import Ask, quote_each
from bookings.picker import start_in, times_context
from bookings.wishes import BookingRequest, Price, price_of
from payments.services import payments_enabled
from tenants.admin_sites import form_page, staff_site
from tenants.templatetags.business import local_time, minutes, money


def add_booking(request: HttpRequest) -> HttpResponse:
    """Choose what and when, then say for whom: through the same door as customers."""
    visit = VisitForm(request.GET)
    starts_at = start_in(request)
    if not visit.is_valid() or starts_at is None:
        return _choose(request, visit)
    return _details(request, visit.wanted, starts_at)


def _address(name: str, wanted: Wanted, **more: str) -> str:
    query = "&".join(
        [f"service={wanted.service.slug}", Choice(wanted).query]
        + [f"{key}={value}" for key, value in more.items()]
    )
    return f"{reverse(f'staff:{name}')}?{query}".replace("&&", "&").rstrip("&")


def _start_key(starts_at: datetime) -> str:
    return f"{starts_at:%Y-%m-%dT%H:%M:%SZ}"


def _choose(request: HttpRequest, visit: VisitForm) -> HttpResponse:
    """What and when: the times that are free, or one of staff's own."""
    times = TimeForm(request.GET if visit.is_bound else None)
    context: dict[str, Any] = {}
    if visit.is_bound and visit.is_valid() and times.is_valid():
        wanted = visit.wanted
        if times.cleaned_data["at"] is not None:
            start = _start_key(times.cleaned_data["at"])
            return redirect(_address("bookings_booking_add", wanted, start=start))
        context = times_context(request, wanted) | {
            "address": _address("bookings_booking_add", wanted),
            "why": _address("bookings_booking_why_not", wanted),
        }
    context |= {"title": "Add a booking", "button": "Show times", "visit": visit, "times": times}
    page = {**staff_site.each_context(request), **context}
    return render(request, "bookings/admin/desk.html", page)


def _details(request: HttpRequest, wanted: Wanted, starts_at: datetime) -> HttpResponse:
    """For whom; posting it books."""
    back = _address("bookings_booking_add", wanted)
    price = price_of(wanted.services, wanted.add_ons, wanted.party_size)
    found = desk.objections(wanted, starts_at)
    broken = desk.rules_broken(found)
    if len(broken) < len(found):
        for reason in found:
            if reason not in broken:
                messages.error(request, _with_links(request, reason, wanted, starts_at))
        return redirect(back)
    typed = request.POST.copy()
    form = DeskBookingForm(
        typed or None, wanted=wanted, price=price, takes_payments=payments_enabled()
    )
    if broken:
        form.fields["overrule"] = overrule_field()
    quote, is_seen = Quote(price.total, price.deposit), False
    if request.method == "POST" and form.is_valid():
        quote, refused = quote_each(form.codes, _asker(wanted, price, form))
        form.refuse(refused)
        is_seen = form.has_shown(quote)
        typed["seen"] = quote.sentence
    if is_seen and form.is_valid():
        try:
            return _book(request, wanted, starts_at, form, quote)
        except SlotTaken as error:
            messages.error(request, str(error))
            return redirect(back)
        except BookingError as error:
            form.add_error(_field_of(error, form), str(error))
    for reason in broken:
        messages.warning(request, _with_links(request, reason, wanted, starts_at))
    return form_page(
        staff_site, request, form, title="Add a booking", back=back, danger=bool(broken),
        button="Book against the rules" if broken else "Book",
        intro="Nothing is booked yet: please look at what the codes do." if quote.applied else "",
        facts=[*_facts(wanted, starts_at, price), *_code_facts(quote)],
    )  # fmt: skip


def _asker(wanted: Wanted, price: Price, form: DeskBookingForm) -> Ask:
    return lambda codes: offers.quote(
        wanted.service, wanted.party_size, price.total, price.deposit,
        codes=codes, customer_email=form.cleaned_data["customer_email"],
    )  # fmt: skip


def _code_facts(quote: Quote) -> Iterable[tuple[str, str]]:
    """Yield what each code does, and what is left to pay."""
    for one in quote.applied:
        off = "takes off" if one.is_discount else "pays"
        yield one.what.capitalize(), f"{one.code} {off} {money(one.amount)}"
    if quote.applied:
        yield "Left to pay", money(quote.total - quote.credit)


def _field_of(error: BookingError, form: DeskBookingForm) -> str | None:
    field = getattr(error, "field", None)
    if field == "overrule" and field not in form.fields:
        # A rule has come up since the page was shown.
        form.fields["overrule"] = overrule_field()
    return field if field in form.fields else None


def _book(
    request: HttpRequest,
    wanted: Wanted,
    starts_at: datetime,
    form: DeskBookingForm,
    quote: Quote,
) -> HttpResponse:
    given = form.cleaned_data
    asked = BookingRequest.for_wanted(
        wanted,
        starts_at=starts_at,
        answers=check_answers(wanted.services, form.answers()),
        consent_given=given.get("consent_given", False),
        quote=quote if quote.applied else None,
        **{
            name: given[name]
            for name in ("customer_name", "customer_email", "customer_phone", "guest_name", "notes")
        },
    )
    booking = desk.book(
        asked,
        overrule=given.get("overrule", False),
        pays_within=form.pays_within,
        actor=staff_actor(request),
    )
    messages.success(request, _what_happened(booking))
    return redirect("staff:bookings_booking_change", booking.pk)


def _what_happened(booking: Booking) -> str:
    if booking.hold_expires_at is None:
        return f"Booked: {booking.reference}."
    until = local_time(booking.hold_expires_at)
    return f"Held until {until}: {booking.reference}. The payment link is on its way."


def _facts(wanted: Wanted, starts_at: datetime, price: Price) -> list[tuple[str, str]]:
    lasts = minutes(sum(line.minutes for line in price.lines))
    facts = [("What", price.name), ("When", f"{local_time(starts_at)}, {lasts}")]
    if wanted.add_ons:
        facts.append(("Extras", ", ".join(extra.name for extra in wanted.add_ons)))
    if wanted.party_size > 1:
        facts.append(("People", str(wanted.party_size)))
    if wanted.resource_id is not None:
        facts.append(("With or at", Resource.objects.get(pk=wanted.resource_id).name))
    return [*facts, ("Price", money(price.total))]


def _with_links(request: HttpRequest, reason: Reason, wanted: Wanted, starts_at: datetime) -> str:
    links = reasons.links_of(reason, wanted, starts_at)
    return reasons.shown(reason.text, links, request.user)


def why_not(request: HttpRequest) -> HttpResponse:
    """Why a time is not offered to customers, and why a deposit or fee applies."""
    if not request.user.has_perm("bookings.view_booking"):
        raise PermissionDenied
    visit = VisitForm(request.GET)
    times = TimeForm(request.GET if visit.is_bound else None)
    del times.fields["date"]
    times.fields["at"].label, times.fields["at"].help_text = "When", ""
    context: dict[str, Any] = {}
    if visit.is_bound and visit.is_valid() and times.is_valid() and times.cleaned_data["at"]:
        context = _explained(request, visit.wanted, times.cleaned_data["at"])
    context |= {
        "title": "Why is this time not offered?", "button": "Explain", "visit": visit,
        "times": times,
    }  # fmt: skip
    page = {**staff_site.each_context(request), **context}
    return render(request, "bookings/admin/desk.html", page)


def _explained(request: HttpRequest, wanted: Wanted, starts_at: datetime) -> dict[str, Any]:
    found = desk.everything_against(wanted, starts_at)
    return {
        "verdict": f"{local_time(starts_at)} is {'not ' if found else ''}offered to customers.",
        "explained": [_with_links(request, reason, wanted, starts_at) for reason in found],
        "money_facts": list(reasons.money_facts(wanted, request.user)),
        "book": _address("bookings_booking_add", wanted, start=_start_key(starts_at)),
    }
