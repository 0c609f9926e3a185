"""The customer's pages: choose, pay, done. Server-rendered; they work without JavaScript."""

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from access.actors import CUSTOMER
from bookings import availability, money, services
from bookings.availability import Wanted
from bookings.errors import BookingClosed, BookingError, SlotTaken
from bookings.forms import DetailsForm, FindForm
from bookings.models import Booking, OpeningHours, Service
from bookings.wishes import BookingRequest
from payments.services import PaymentError, payments_enabled
from tenants.current import current_tenant
from tenants.templatetags.business import money as money_text

DAYS_SHOWN = 14
LAST_DAY_AHEAD = timedelta(days=365)


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    """The business and what it offers."""
    return render(
        request,
        "bookings/landing.html",
        {
            "services": Service.objects.filter(is_active=True),
            "takes_deposits": payments_enabled(),
            "hours": OpeningHours.objects.all(),
        },
    )


@require_safe
@never_cache
def choose_time(request: HttpRequest, slug: str) -> HttpResponse:
    """The days on which a service can be had, and the free times of the chosen one."""
    service = get_object_or_404(Service, slug=slug, is_active=True)
    zone = current_tenant().zone
    now = timezone.now()
    today = now.astimezone(zone).date()
    chosen = _day_asked_for(request, today)
    first = _first_day_shown(chosen, today)
    last = first + timedelta(days=DAYS_SHOWN - 1)
    free = availability.free_times(Wanted((service,)), first, last, zone, now)
    days = [first + timedelta(days=offset) for offset in range(DAYS_SHOWN)]
    by_day: dict[date, list[availability.Slot]] = {day: [] for day in days}
    for slot in free:
        by_day[slot.starts_at.astimezone(zone).date()].append(slot)
    if chosen is None:
        chosen = next((day for day in days if by_day[day]), first)
    slots = by_day[chosen]
    context = {
        "service": service,
        "days": days,
        "chosen": chosen,
        "slots": slots,
        "earlier": max(first - timedelta(days=DAYS_SHOWN), today) if first > today else None,
        "later": first + timedelta(days=DAYS_SHOWN)
        if first + timedelta(days=DAYS_SHOWN) <= today + LAST_DAY_AHEAD
        else None,
    }
    template = "bookings/_times.html" if request.htmx else "bookings/choose_time.html"  # type: ignore[attr-defined]
    return render(request, template, context)


def _day_asked_for(request: HttpRequest, today: date) -> date | None:
    """Return the day in ``?date=`` if it is a day we may offer, else None."""
    try:
        day = date.fromisoformat(request.GET.get("date", ""))
    except ValueError:
        return None
    return day if today <= day <= today + LAST_DAY_AHEAD else None


def _first_day_shown(chosen: date | None, today: date) -> date:
    """Return the start of the fortnight, counted from today, that holds the chosen day."""
    if chosen is None:
        return today
    return today + timedelta(days=(chosen - today).days // DAYS_SHOWN * DAYS_SHOWN)


@never_cache
def details(request: HttpRequest, slug: str) -> HttpResponse:
    """Who is coming, with what it costs; posting it books, and goes on to pay."""
    service = get_object_or_404(Service, slug=slug, is_active=True)
    starts_at = _start_asked_for(request, service)
    if starts_at is None:
        messages.error(request, "That time is not on offer. Please choose another one.")
        return redirect("choose-time", slug=slug)
    takes_payments = payments_enabled()
    wants_card = service.requires_card and takes_payments
    form = DetailsForm(request.POST or None, terms=terms_of(service) if wants_card else "")
    if request.method == "POST" and form.is_valid():
        return _book(request, service, starts_at, form.cleaned_data)
    deposit = service.deposit if takes_payments else 0
    context = {
        "service": service,
        "starts_at": starts_at,
        "day": starts_at.astimezone(current_tenant().zone).date(),
        "form": form,
        "deposit": deposit,
        "wants_card": wants_card,
        "remaining": service.price - deposit,
        "hold_minutes": int(services.hold_time().total_seconds() // 60),
    }
    return render(request, "bookings/details.html", context)


def terms_of(service: Service) -> str:
    """Return what a customer agrees to who leaves a card for `service`."""
    name = current_tenant().name
    free = f"Cancelling is free until {service.free_cancellation_hours} hours before the start."
    fees = [
        (service.late_cancellation_fee, "if I cancel later"),
        (service.no_show_fee, "if I do not come"),
    ]
    charged = [f"{money_text(fee)} {when}" for fee, when in fees if fee]
    if not charged:
        return f"{name} keeps my card on file for this booking and charges nothing to it."
    return f"{free} {name} may charge my card {' and '.join(charged)}."


def _start_asked_for(request: HttpRequest, service: Service) -> datetime | None:
    """Return the time in ``?start=`` if the business offers it, else None."""
    try:
        starts_at = datetime.fromisoformat(request.GET.get("start", ""))
    except ValueError:
        return None
    if starts_at.tzinfo is None or not timezone.now() < starts_at:
        return None
    too_far = starts_at > timezone.now() + LAST_DAY_AHEAD + timedelta(days=1)
    if too_far or not availability.is_offered(
        Wanted((service,)), starts_at, current_tenant().zone, timezone.now()
    ):
        return None
    return starts_at


def _book(
    request: HttpRequest, service: Service, starts_at: datetime, details: dict[str, Any]
) -> HttpResponse:
    accepted = details.pop("accept_terms", False)
    wanted = BookingRequest.for_service(
        service, starts_at=starts_at, terms_accepted=accepted, **details
    )
    day = starts_at.astimezone(current_tenant().zone).date()
    try:
        booking = services.book(wanted)
    except SlotTaken:
        messages.error(request, "Somebody was faster: that time is taken. Please choose another.")
        return redirect(f"/book/{service.slug}/?date={day.isoformat()}")
    except BookingError as error:
        messages.error(request, str(error))
        return redirect("choose-time", slug=service.slug)
    if not booking.is_pending:
        return redirect("booking", token=booking.access_token)
    return go_and_pay(request, booking)


def go_and_pay(request: HttpRequest, booking: Booking) -> HttpResponse:
    try:
        session = services.start_payment(booking, own_hosts=current_tenant().hosts)
    except BookingClosed:
        return redirect("booking", token=booking.access_token)
    except PaymentError:
        booking.refresh_from_db()
        return render(
            request, "bookings/payment_unavailable.html", {"booking": booking}, status=502
        )
    return redirect(session.checkout_url)


def _booking(token: str) -> Booking:
    return get_object_or_404(Booking, access_token=token)


@require_safe
@never_cache
def booking_page(request: HttpRequest, token: str) -> HttpResponse:
    """A customer's own booking, by its unguessable link."""
    booking = _booking(token)
    payment = money.latest_payment(booking)
    return render(request, "bookings/booking.html", {"booking": booking, "payment": payment})


@require_POST
@never_cache
def pay(request: HttpRequest, token: str) -> HttpResponse:
    """Go (back) to the page on which the deposit is paid."""
    return go_and_pay(request, _booking(token))


@require_safe
@never_cache
def payment_return(request: HttpRequest, token: str) -> HttpResponse:
    """Back from Stripe: believe what Stripe says, not the address, and look again by itself."""
    booking = services.settle(_booking(token))
    if not _is_waiting(booking):
        return redirect("booking", token=token)
    return render(request, "bookings/return.html", _waiting_context(request, booking))


@require_safe
@never_cache
def payment_status(request: HttpRequest, token: str) -> HttpResponseBase:
    """The part of the return page that asks again until the payment is settled."""
    booking = services.settle(_booking(token))
    if not _is_waiting(booking):
        response = HttpResponse()
        response["HX-Redirect"] = f"/booking/{token}/"
        return response
    return render(request, "bookings/_waiting.html", _waiting_context(request, booking))


def _is_waiting(booking: Booking) -> bool:
    """Is it worth asking again soon? Not once it is settled, and not while a bank takes days."""
    if not booking.is_pending:
        return False
    payment = money.latest_payment(booking)
    return payment is not None and not payment.is_processing


def _waiting_context(request: HttpRequest, booking: Booking) -> dict[str, Any]:
    try:
        tries = min(int(request.GET.get("tries", "0")), 1000)
    except ValueError:
        tries = 0
    return {
        "booking": booking,
        "tries": max(tries, 0) + 1,
        # Two seconds at first, then ever less often.
        "wait": 2 if tries < 15 else 10,
        "slow": tries >= 15,
    }


@require_safe
@never_cache
def unpaid(request: HttpRequest, token: str) -> HttpResponse:
    """Back from Stripe without paying: the time is still held for a while."""
    booking = services.settle(_booking(token))
    if not booking.is_pending:
        return redirect("booking", token=token)
    return render(request, "bookings/unpaid.html", {"booking": booking})


@require_POST
@never_cache
def give_up(request: HttpRequest, token: str) -> HttpResponse:
    """Cancel a booking that has not been paid."""
    booking = _booking(token)
    if booking.is_pending:
        try:
            services.cancel(booking.pk, actor=CUSTOMER, reason=Booking.CancelReason.CUSTOMER)
        except BookingClosed as error:
            messages.info(request, str(error))
    return redirect("booking", token=token)


@never_cache
def find(request: HttpRequest) -> HttpResponse:
    """Find a booking again by its reference and e-mail address."""
    form = FindForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        booking = Booking.objects.filter(
            reference=form.cleaned_data["reference"],
            customer_email__iexact=form.cleaned_data["email"],
        ).first()
        if booking is not None:
            return redirect("booking", token=booking.access_token)
        # The same answer whether the reference or the address is wrong.
        form.add_error(None, "We found no booking with this reference and e-mail address.")
    return render(request, "bookings/find.html", {"form": form})
