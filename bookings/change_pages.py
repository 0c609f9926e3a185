"""The customer changes their own booking, by its unguessable link.

What they choose stands in the page's address: ``?service=&people=&with=&extra=&also=&start=``. What
is not there stays as it was booked.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from bookings import changes, held_changes, plans, policy, services
from bookings.becoming import set_fields
from bookings.choices import (
    check_add_ons,
    check_more_services,
    resources_to_choose,
)
from bookings.errors import BeyondMembership, BookingError, InvalidBooking, PriceChanged, SlotTaken
from bookings.models import Booking, BookingChange, Service
from bookings.money import amount_paid, payments_ahead
from bookings.picker import start_in, times_context
from bookings.plans import Plan, Wish
from payments.services import PaymentError
from tenants.current import current_tenant
from tenants.templatetags.business import money as money_text

CHANGED = "The price has changed since we showed it to you. Please look at it again."
NOT_OFFERED = "That time is not on offer. Please choose another one."
FASTER = "Somebody was faster: that time is taken. Yours is kept; please choose another."
UNAVAILABLE = (
    "The payment could not be started, so nothing was changed and nothing was charged. Please try "
    "again in a few minutes."
)
TOO_LATE = "Your booking is as it was. If you have paid for the change, the money goes back to you."


def _booking(token: str) -> Booking:
    return get_object_or_404(
        Booking.objects.select_related("service", "resource"), access_token=token
    )


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
    booking = _booking(token)
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
        "others": [one for one in instead if one.pk != service.pk] if is_appointment else (),
    }


@never_cache
def confirm_change(request: HttpRequest, token: str) -> HttpResponse:
    """The old and the new, and what it costs; posting what was shown changes the booking."""
    booking, starts_at = _booking(token), start_in(request)
    now = timezone.now()
    if changes.why_not_move(booking, now):
        return redirect("booking", token=token)
    if starts_at is None:
        messages.error(request, NOT_OFFERED)
        return redirect("change-time", token=token)
    try:
        asked = Asked.read(request, booking)
        wish = Wish(**vars(asked.wish) | {"starts_at": starts_at})
        plan = plans.make(booking, wish, payments_ahead(booking))
        if request.method == "POST":
            return _change(request, booking, wish, plan)
        plans.check_for_customer(booking, plan, now)
    except InvalidBooking as error:
        is_time = error.field == "booking_date" and not isinstance(error, BeyondMembership)
        messages.error(request, NOT_OFFERED if is_time else _sentence(error))
        return redirect("change-time", token=token)
    except PriceChanged:
        messages.error(request, CHANGED)
        return redirect(request.get_full_path())
    return render(request, "bookings/confirm_change.html", _shown(booking, plan, asked, now))


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
        return _go_and_pay(request, booking)
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


# --- Paying the difference ---


def _go_and_pay(request: HttpRequest, booking: Booking) -> HttpResponse:
    change = held_changes.held_for(booking)
    if change is None:
        return redirect("booking", token=booking.access_token)
    try:
        session = held_changes.start_payment(change, own_hosts=current_tenant().hosts)
    except BookingError as error:
        messages.error(request, str(error))
    except PaymentError:
        messages.error(request, UNAVAILABLE)
    else:
        return redirect(session.checkout_url)
    return redirect("booking", token=booking.access_token)


@require_POST
@never_cache
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Go (back) to the page on which the difference is paid."""
    return _go_and_pay(request, _booking(token))


@require_safe
@never_cache
def paid(request: HttpRequest, token: str) -> HttpResponseBase:
    """Back from Stripe: believe what Stripe says, not the address."""
    booking = held_changes.settle(_booking(token))
    change = booking.changes.first()
    if change is not None and change.status == BookingChange.Status.APPLIED:
        messages.success(request, "Your payment is in, and your booking has changed.")
    elif change is not None and not change.is_held:
        messages.info(request, TOO_LATE)
    return redirect("booking", token=token)


@require_safe
@never_cache
def unpaid(request: HttpRequest, token: str) -> HttpResponse:
    """Back from Stripe without paying: the new place is still held for a while."""
    held_changes.settle(_booking(token))
    return redirect("booking", token=token)


@require_POST
@never_cache
def give_up(request: HttpRequest, token: str) -> HttpResponse:
    """Give up a change that has not been paid; the booking stays as it is."""
    try:
        held_changes.withdraw(_booking(token).pk)
        messages.info(request, "Nothing was changed.")
    except BookingError as error:
        messages.error(request, str(error))
    return redirect("booking", token=token)
