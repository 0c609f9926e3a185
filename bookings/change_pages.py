"""The customer changes their own booking, by its unguessable link.

What they choose stands in the page's address: ``?service=&people=&with=&extra=&also=&start=``. What
is not there stays as it was booked.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bookings import changes, plans, policy, services
from bookings.agreements import Given
from bookings.becoming import set_fields
from bookings.choices import (
    check_add_ons,
    check_more_services,
    resources_to_choose,
)
from bookings.errors import BookingError, InvalidBooking, PriceChanged, SlotTaken
from bookings.forms import AgreementsForm
from bookings.held_change_pages import booking_of, go_and_pay
from bookings.models import Booking, Service
from bookings.money import amount_paid, payments_ahead
from bookings.picker import start_in, times_context
from bookings.plans import Plan, Wish
from tenants.current import current_tenant
from tenants.templatetags.business import money as money_text

CHANGED = "The price has changed since we showed it to you. Please look at it again."
NOT_OFFERED = "That time is not on offer. Please choose another one."
FASTER = "Somebody was faster: that time is taken. Yours is kept; please choose another."


@dataclass(frozen=True)
class Asked:
    """What the customer has chosen so far, without a time."""

    wish: Wish
    #: What of it goes into the next page's address.
    query: str

    @classmethod
    def read(cls, request: HttpRequest, booking: Booking) -> "Asked":
        """Read it from the address; raises InvalidBooking."""
        given = request.GET
        if "service" not in given or booking.service is None:
            return cls(Wish(), "")
        offered = plans.services_to_change_to(booking)
        service = next((one for one in offered if one.slug == given["service"]), None)
        if service is None:
            raise InvalidBooking("That can't be had instead.", field="service")
        people = given.get("people", "") or str(booking.party_size)
        if not people.isascii() or not people.isdecimal() or len(people) > 4:
            raise InvalidBooking("How many people is not a number.", field="people")
        also = [one for one in given.getlist("also") if one != service.slug]
        more = check_more_services(service, also)
        extras = check_add_ons((service, *more), _extras_of(given.getlist("extra"), service, more))
        resource = _person_of(given.get("with", ""), service)
        wish = Wish(None, resource, int(people), (service, *more), extras)
        pairs: list[tuple[str, object]] = [("service", service.slug), ("people", people)]
        pairs += [("with", resource)] if resource is not None else []
        pairs += [("extra", extra.pk) for extra in extras]
        pairs += [("also", one.slug) for one in more]
        return cls(wish, urlencode(pairs))


def _person_of(asked: str, service: Service) -> int | None:
    """Return whom `asked` names, where customers choose them for `service`; else None."""
    known = {str(one.pk): one.pk for one in resources_to_choose(service)}
    return known.get(asked)


def _extras_of(asked: list[str], service: Service, more: tuple[Service, ...]) -> list[str]:
    """Return those of `asked` that go with what is chosen: another service leaves some behind."""
    known = {
        str(extra.pk) for one in (service, *more) for extra in one.add_ons.filter(is_active=True)
    }
    return [one for one in asked if one in known]


@require_safe
@never_cache
def change_time(request: HttpRequest, token: str) -> HttpResponse:
    """What a booking can become, and the times at which that can be had."""
    booking = booking_of(token)
    if booking.service is None or changes.why_not_move(booking, timezone.now()):
        return redirect("booking", token=token)
    try:
        asked = Asked.read(request, booking)
        plan = plans.make(booking, asked.wish, payments_ahead(booking))
    except InvalidBooking as error:
        messages.error(request, _sentence(error))
        return redirect("change-time", token=token)
    assert plan.wanted is not None  # noqa: S101 - its service is known
    near = booking.starts_at.astimezone(current_tenant().zone).date()
    context = times_context(request, plan.wanted, ignoring=booking.pk, near=near)
    if not plan.is_other and asked.wish.resource_id in (None, booking.resource_id):
        context["slots"] = [one for one in context["slots"] if one.starts_at != booking.starts_at]
    context |= {
        "booking": booking,
        "choice": asked,
        "plan": plan,
        "target": reverse("confirm-change", args=[token]),
        **_options(booking, plan),
    }
    template = "bookings/_change.html" if request.htmx else "bookings/change_time.html"  # type: ignore[attr-defined]
    return render(request, template, context)


def _options(booking: Booking, plan: Plan) -> dict[str, Any]:
    """Return what there is to choose besides the time."""
    assert plan.wanted is not None  # noqa: S101
    service = plan.wanted.service
    instead = plans.services_to_change_to(booking)
    smallest = min(service.party_min, booking.party_size)
    people = range(smallest, max(service.party_max, booking.party_size) + 1)
    is_appointment = service.kind == Service.Kind.APPOINTMENT
    extras = plans.sold(booking).add_ons if not plan.is_other else plan.wanted.add_ons
    return {
        "instead": instead if len(instead) > 1 else (),
        "people": people if len(people) > 1 else (),
        "resources": resources_to_choose(service),
        "add_ons": list(service.add_ons.filter(is_active=True)),
        "chosen_add_ons": extras,
        "others": _to_follow(service, instead) if is_appointment else (),
    }


def _to_follow(service: Service, instead: list[Service]) -> list[Service]:
    """Return what of `instead` can come after `service` in the same visit."""
    return [one for one in instead if one.pk != service.pk and not plans.needs_to_lead(one)]


@never_cache
def confirm_change(request: HttpRequest, token: str) -> HttpResponse:
    """The old and the new, and what it costs; posting what was shown changes the booking."""
    booking, starts_at = booking_of(token), start_in(request)
    now = timezone.now()
    if changes.why_not_move(booking, now):
        return redirect("booking", token=token)
    if starts_at is None:
        messages.error(request, NOT_OFFERED)
        return redirect("change-time", token=token)
    try:
        asked = Asked.read(request, booking)
        wish = replace(asked.wish, starts_at=starts_at)
        plan = plans.make(booking, wish, payments_ahead(booking))
        form = AgreementsForm(
            request.POST if request.method == "POST" else None,
            terms=plan.asks.card_terms,
            consent=plan.asks.consent,
            questions=plan.asks.questions,
        )
        if form.is_valid():
            return _change(request, booking, replace(wish, given=_given(form)), plan)
        plans.check_for_customer(booking, plan, now)
    except InvalidBooking as error:
        if error.field in ("answers", "accept_consent", "accept_terms"):
            # It has come to ask for more since the page was shown.
            return redirect(request.get_full_path())
        is_time = error.field == "booking_date"
        messages.error(request, NOT_OFFERED if is_time else _sentence(error))
        return redirect("change-time", token=token)
    except PriceChanged:
        messages.error(request, CHANGED)
        return redirect(request.get_full_path())
    context = _shown(booking, plan, asked, now) | {"form": form}
    return render(request, "bookings/confirm_change.html", context)


def _given(form: AgreementsForm) -> Given:
    typed = form.cleaned_data
    return Given(
        {text: answer for text, answer in form.answers().items() if answer},
        consent=typed.get("accept_consent", False),
        terms=typed.get("accept_terms", False),
    )


def _shown(booking: Booking, plan: Plan, asked: Asked, now: datetime) -> dict[str, Any]:
    after = Booking.objects.get(pk=booking.pk)
    set_fields(after, plan)
    (total, due_now), paid_before = plan.figures, amount_paid(booking)
    return {
        "booking": booking,
        "after": after,
        "plan": plan,
        "figures": f"{total}:{due_now}",
        "choice": asked,
        "starts_at": plan.starts_at,
        "day": plan.starts_at.astimezone(current_tenant().zone).date(),
        "paid": paid_before,
        "on_the_day": max(total - after.credit_amount - paid_before - due_now, 0),
        "hold_minutes": int(services.hold_time().total_seconds() // 60),
        "free_until": policy.free_until(after),
        "is_late": policy.free_until(after) < now,
    }


def _figures_shown(request: HttpRequest) -> tuple[int, int]:
    """Return what the page has shown; what no change costs, for anything else."""
    total, _, now = request.POST.get("figures", "").partition(":")
    try:
        return int(total), int(now)
    except ValueError:
        return -1, 0


def _change(request: HttpRequest, booking: Booking, wish: Wish, plan: Plan) -> HttpResponse:
    token = booking.access_token
    try:
        outcome = changes.change(booking.pk, wish, expected=_figures_shown(request))
    except SlotTaken as error:
        messages.error(request, FASTER if "taken" in str(error) else str(error))
        return redirect("change-time", token=token)
    except (InvalidBooking, PriceChanged):
        raise
    except BookingError as error:
        messages.error(request, str(error))
        return redirect("booking", token=token)
    if outcome.held is not None:
        return go_and_pay(request, booking)
    said = f"Your booking has {'changed' if plan.is_other else 'moved'}."
    if plan.goes_back:
        said += f" {money_text(plan.goes_back, booking.currency)} goes back to you."
    messages.success(request, said)
    return redirect("booking", token=token)


def _sentence(error: BookingError) -> str:
    """Return what is wrong without the name of the field, which is for programs."""
    text = error.message
    name = f"{error.field}: "
    return text[len(name) :][:1].upper() + text[len(name) + 1 :] if text.startswith(name) else text
