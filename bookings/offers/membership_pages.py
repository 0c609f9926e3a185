"""The customer's pages: buy a membership, see what it is good for, change the card, cancel."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from access.actors import CUSTOMER
from bookings.errors import BookingClosed
from bookings.models import Membership, Service
from bookings.offers import membership_credits, memberships
from bookings.offers.forms import MembershipForm
from payments.models import PaymentSession
from payments.services import PaymentError
from tenants.current import current_tenant

UNAVAILABLE = "We can't reach the payment service just now. Please try again in a minute."
# How long the page waits for what is due to be charged to a new card.
CARD_IS_TRIED_FOR = timedelta(minutes=1)
#: Where the session keeps whose membership books.
SESSION_KEY = "membership"


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def plans(request: HttpRequest) -> HttpResponse:
    """Choose a membership; posting goes on to pay for its first period."""
    on_sale = list(memberships.on_sale())
    if not on_sale:
        raise Http404("This business sells no memberships here.")
    form = MembershipForm(request.POST or None, initial={"plan": on_sale[0]})
    if request.method == "POST" and form.is_valid():
        started = memberships.start(**form.cleaned_data)
        return _go_to_stripe(request, started, memberships.open_checkout)
    chosen = str(form["plan"].value() or "")
    context = {"form": form, "on_sale": on_sale, "chosen": chosen}
    status = 400 if form.errors else 200
    return render(request, "bookings/offers/memberships.html", context, status=status)


def _membership(token: str) -> Membership:
    found = Membership.objects.select_related("subscription")
    return get_object_or_404(found, access_token=token)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def membership(request: HttpRequest, token: str) -> HttpResponse:
    """A membership by its unguessable link: pay for it, or see what is left and when it renews."""
    found = memberships.settle(_membership(token))
    if request.method == "POST":
        return _go_to_stripe(request, found, memberships.open_checkout)
    saved_at = memberships.card_saved_at(found) if request.GET.get("back") == "card" else None
    # What is due is charged to it in the background.
    is_new = saved_at is not None and saved_at > timezone.now() - CARD_IS_TRIED_FOR
    return _page(
        request, found, has_new_card=saved_at is not None,
        tries_card=is_new and found.is_past_due,
    )  # fmt: skip


def _page(
    request: HttpRequest, found: Membership, *, status: int = 200, **extra: Any
) -> HttpResponse:
    at_bank = found.is_incomplete and memberships.waits_for_bank(found)
    context = {
        "membership": found,
        "left": membership_credits.credits_left(found),
        "bookable_until": membership_credits.bookable_until(found),
        "covered": Service.objects.filter(pk__in=found.service_ids),
        "at_bank": at_bank,
        "waits": found.is_incomplete and not at_bank and "back" in request.GET,
        **extra,
    }
    return render(request, "bookings/offers/membership.html", context, status=status)


def _go_to_stripe(
    request: HttpRequest, found: Membership, open_page: Callable[..., PaymentSession]
) -> HttpResponse:
    """Open one of Stripe's pages for a membership and go there, or say why not."""
    try:
        session = open_page(found, own_hosts=current_tenant().hosts)
    except BookingClosed:
        return redirect(memberships.page_of(found))
    except PaymentError:
        return _page(request, found, problem=UNAVAILABLE, status=502)
    return redirect(session.checkout_url)


@require_POST
@never_cache
def change_card(request: HttpRequest, token: str) -> HttpResponse:
    """Go to the page on which another card is left."""
    return _go_to_stripe(request, _membership(token), memberships.open_card_page)


@require_POST
@never_cache
def cancel(request: HttpRequest, token: str) -> HttpResponse:
    """Let it end with the period that is paid for."""
    return _change(request, token, memberships.cancel)


@require_POST
@never_cache
def keep(request: HttpRequest, token: str) -> HttpResponse:
    """Take the cancellation back."""
    return _change(request, token, memberships.keep)


def _change(request: HttpRequest, token: str, act: Any) -> HttpResponse:
    found = _membership(token)
    try:
        act(found, actor=CUSTOMER)
    except BookingClosed:
        pass  # The page says how it is.
    except PaymentError:
        return _page(request, found, problem=UNAVAILABLE, status=502)
    return redirect(memberships.page_of(found))


@require_POST
@never_cache
def book(request: HttpRequest, token: str) -> HttpResponse:
    """Go and choose a time; the booking form knows the member then."""
    found = _membership(token)
    request.session[SESSION_KEY] = found.access_token
    messages.info(request, f"You book with your membership: {found.name}.")
    return redirect("landing")


def details_of_member(request: HttpRequest) -> dict[str, str]:
    """Return what the booking form is filled in with for whoever came from their membership."""
    token = request.session.get(SESSION_KEY)
    found = Membership.objects.filter(access_token=token).first() if token else None
    if found is None:
        return {}
    return {
        "customer_name": found.customer_name,
        "customer_email": found.customer_email,
        "code": found.readable_code,
    }
