"""Choose a service, a time and who is coming: the pages before a booking exists."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookings import availability, services
from bookings.agreements import card_terms
from bookings.choices import (
    check_answers,
    offered_services,
    questions_of,
    resources_to_choose,
    wanted_by,
)
from bookings.diary import Wanted
from bookings.errors import BookingError, InvalidBooking, SlotTaken
from bookings.forms import DetailsForm
from bookings.models import OpeningHours, Service
from bookings.offers import memberships, purchases, typed
from bookings.offers.guessing import quote_for
from bookings.offers.membership_pages import details_of_member
from bookings.offers.services import Quote
from bookings.picker import start_in, times_context
from bookings.views import go_and_pay
from bookings.wishes import BookingRequest, Price, price_of
from payments.services import payments_enabled
from tenants.current import current_tenant


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """The business and what it offers."""
    return render(
        request,
        "bookings/landing.html",
        {
            "services": offered_services(),
            "takes_deposits": payments_enabled(),
            "hours": OpeningHours.objects.filter(resource=None),
            "sells_vouchers": purchases.sells_vouchers(),
            "sells_passes": bool(purchases.passes_on_sale()),
            "sells_memberships": bool(memberships.on_sale()),
        },
    )


@dataclass(frozen=True)
class Choice:
    """What the customer has chosen so far, as it stands in the page's address."""

    wanted: Wanted

    @property
    def query(self) -> str:
        """Return it as the query of the next page's address, without a time."""
        wanted = self.wanted
        pairs: list[tuple[str, object]] = []
        if wanted.party_size != wanted.service.party_min:
            pairs.append(("people", wanted.party_size))
        if wanted.resource_id is not None:
            pairs.append(("with", wanted.resource_id))
        pairs += [("extra", extra.pk) for extra in wanted.add_ons]
        pairs += [("also", service.slug) for service in wanted.services[1:]]
        return urlencode(pairs)

    @classmethod
    def read(cls, request: HttpRequest, service: Service) -> "Choice":
        """Read it from the address; raises InvalidBooking."""
        people = request.GET.get("people", "") or str(service.party_min)
        if not people.isascii() or not people.isdecimal() or len(people) > 4:
            raise InvalidBooking("How many people is not a number.", field="people")
        return cls(
            wanted_by(
                service,
                party_size=int(people),
                resource=request.GET.get("with"),
                add_ons=request.GET.getlist("extra"),
                more_services=request.GET.getlist("also"),
            )
        )


def with_choice(view: Callable[[HttpRequest, Choice], HttpResponse]) -> Callable[..., HttpResponse]:
    """Give a view what its address says was chosen; what can't be chosen leads back."""

    @wraps(view)
    def read_first(request: HttpRequest, slug: str) -> HttpResponse:
        service = get_object_or_404(Service, slug=slug, is_active=True, is_online=True)
        try:
            choice = Choice.read(request, service)
        except InvalidBooking as error:
            messages.error(request, str(error))
            return redirect("choose-time", slug=slug)
        return view(request, choice)

    return read_first


@require_safe
@never_cache
@with_choice
def choose_time(request: HttpRequest, choice: Choice) -> HttpResponse:
    """What goes with a service, the days on which it can be had, and the chosen day's times."""
    service = choice.wanted.service
    context = times_context(request, choice.wanted) | {
        "choice": choice,
        "target": f"/book/{service.slug}/details/",
        "price": price_of(choice.wanted.services, choice.wanted.add_ons, choice.wanted.party_size),
        **_options(service),
    }
    template = "bookings/_choose.html" if request.htmx else "bookings/choose_time.html"  # type: ignore[attr-defined]
    return render(request, template, context)


def _options(service: Service) -> dict[str, Any]:
    """Return what there is to choose besides the time."""
    others: list[Service] = []
    if service.kind == Service.Kind.APPOINTMENT:
        others = [
            one
            for one in offered_services()
            if one.pk != service.pk and one.kind == Service.Kind.APPOINTMENT
        ]
    people = range(service.party_min, service.party_max + 1)
    return {
        "service": service,
        "people": people if len(people) > 1 else (),
        "resources": resources_to_choose(service),
        "add_ons": list(service.add_ons.filter(is_active=True)),
        "others": others,
    }


@never_cache
@with_choice
def details(request: HttpRequest, choice: Choice) -> HttpResponse:
    """Who is coming, with what it costs; posting it books, and goes on to pay."""
    service = choice.wanted.service
    starts_at = start_asked_for(request, choice.wanted)
    if starts_at is None:
        messages.error(request, "That time is not on offer. Please choose another one.")
        return redirect("choose-time", slug=service.slug)
    takes_payments = payments_enabled()
    wants_card = service.requires_card and takes_payments
    is_posted = request.method == "POST"
    removes = is_posted and "remove" in request.POST
    form = DetailsForm(
        request.POST if is_posted and not removes else None,
        # Who takes a code out has not finished yet: nothing that they have typed is wrong.
        initial=request.POST.dict() if removes else details_of_member(request),
        terms=card_terms(service) if wants_card else "",
        consent=service.consent_text,
        questions=questions_of(choice.wanted.services),
    )
    price = price_of(choice.wanted.services, choice.wanted.add_ons, choice.wanted.party_size)
    codes = typed.accepted_before(request.POST)
    if form.is_valid():
        codes.append(form.cleaned_data["code"])
    quote, refused = typed.quote_each(codes, _asker(request, choice.wanted, price))
    # What codes do is shown before they are used.
    if form.is_valid() and not refused and request.POST.get("shown", "") == quote.sentence:
        return _book(request, choice, starts_at, form, quote)
    typed.refuse(form, refused)
    typed.ask_for_another(form, quote.applied)
    deposit = quote.deposit if takes_payments else 0
    context = {
        "service": service,
        "choice": choice,
        "price": price,
        "minutes": sum(line.minutes for line in price.lines),
        "starts_at": starts_at,
        "day": starts_at.astimezone(current_tenant().zone).date(),
        "form": form,
        "quote": quote,
        "deposit": deposit,
        "wants_card": wants_card,
        "remaining": quote.total - quote.credit - deposit,
        "hold_minutes": int(services.hold_time().total_seconds() // 60),
    }
    return render(request, "bookings/details.html", context)


def start_asked_for(request: HttpRequest, wanted: Wanted) -> datetime | None:
    """Return the time in ``?start=`` if the business offers it, else None."""
    starts_at = start_in(request)
    zone, now = current_tenant().zone, timezone.now()
    if starts_at is None or not availability.is_offered(wanted, starts_at, zone, now):
        return None
    return starts_at


def _asker(request: HttpRequest, wanted: Wanted, price: Price) -> typed.Ask:
    email = request.POST.get("customer_email", "").strip()
    return lambda codes: quote_for(
        request, wanted.service, wanted.party_size, price.total, price.deposit,
        codes=codes, customer_email=email,
    )  # fmt: skip


def _book(
    request: HttpRequest, choice: Choice, starts_at: datetime, form: DetailsForm, quote: Quote
) -> HttpResponse:
    wanted = choice.wanted
    day = starts_at.astimezone(current_tenant().zone).date()
    try:
        booking = services.book(_request(wanted, starts_at, form, quote))
    except SlotTaken as error:
        text = "Somebody was faster: that time is taken. Please choose another."
        messages.error(request, text if "taken" in str(error) else str(error))
        query = f"{choice.query}&" if choice.query else ""
        return redirect(f"/book/{wanted.service.slug}/?{query}date={day.isoformat()}")
    except BookingError as error:
        messages.error(request, str(error))
        return redirect("choose-time", slug=wanted.service.slug)
    if not booking.is_pending:
        return redirect("booking", token=booking.access_token)
    return go_and_pay(request, booking)


def _request(
    wanted: Wanted, starts_at: datetime, form: DetailsForm, quote: Quote
) -> BookingRequest:
    given: Mapping[str, Any] = form.cleaned_data
    return BookingRequest.for_wanted(
        wanted,
        starts_at=starts_at,
        customer_name=given["customer_name"],
        customer_email=given["customer_email"],
        customer_phone=given["customer_phone"],
        guest_name=given["guest_name"],
        notes=given["notes"],
        answers=check_answers(wanted.services, form.answers()),
        terms_accepted=given.get("accept_terms", False),
        consent_given=given.get("accept_consent", False),
        quote=quote if quote.applied else None,
    )
