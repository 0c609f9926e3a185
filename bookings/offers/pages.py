"""The customer's pages: buy a gift voucher or a pass, see what is left of it."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from bookings.errors import BookingClosed, InvalidBooking
from bookings.models import Pass, Service, Voucher, VoucherSettings
from bookings.offers import purchases
from bookings.offers.forms import PassForm, VoucherForm
from payments.services import PaymentError
from tenants.current import current_tenant

UNAVAILABLE = "We can't take your payment just now. Please try again in a minute."


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def vouchers(request: HttpRequest) -> HttpResponse:
    """Choose a gift voucher; posting goes on to pay for it."""
    if not purchases.sells_vouchers():
        raise Http404("This business sells no vouchers here.")
    form = VoucherForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _go_and_pay(request, purchases.start_voucher(**form.cleaned_data))
        except InvalidBooking as error:
            form.add_error(error.field, str(error))
    context = {"form": form, "rules": VoucherSettings.objects.current()}
    return render(request, "bookings/offers/vouchers.html", context, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def passes(request: HttpRequest) -> HttpResponse:
    """Choose a pass; posting goes on to pay for it."""
    on_sale = list(purchases.passes_on_sale())
    if not on_sale:
        raise Http404("This business sells no passes here.")
    form = PassForm(request.POST or None, initial={"pass_type": on_sale[0]})
    if request.method == "POST" and form.is_valid():
        return _go_and_pay(request, purchases.start_pass(**form.cleaned_data))
    chosen = str(form["pass_type"].value() or "")
    context = {"form": form, "on_sale": on_sale, "chosen": chosen}
    return render(request, "bookings/offers/passes.html", context, status=_status(form))


def _status(form: forms.Form) -> int:
    return 400 if form.errors else 200


def _go_and_pay(request: HttpRequest, item: Voucher | Pass) -> HttpResponse:
    try:
        session = purchases.open_checkout(item, own_hosts=current_tenant().hosts)
    except BookingClosed:
        return redirect(purchases.page_of(item))
    except PaymentError:
        return _page(request, item, problem=UNAVAILABLE, status=502)
    return redirect(session.checkout_url)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def voucher(request: HttpRequest, token: str) -> HttpResponse:
    """A voucher by its unguessable link: pay for it, or see its code and what is left."""
    return _item(request, get_object_or_404(Voucher, access_token=token))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def customer_pass(request: HttpRequest, token: str) -> HttpResponse:
    """A pass by its unguessable link: pay for it, or see its code and what is left."""
    return _item(request, get_object_or_404(Pass, access_token=token))


def _item(request: HttpRequest, item: Voucher | Pass) -> HttpResponse:
    if request.method == "POST":
        return _go_and_pay(request, item)
    return _page(request, purchases.settle(item))


def _page(
    request: HttpRequest, item: Voucher | Pass, *, problem: str = "", status: int = 200
) -> HttpResponse:
    at_bank = item.is_unpaid and purchases.waits_for_bank(item)
    context: dict[str, Any] = {
        "item": item,
        "problem": problem,
        "at_bank": at_bank,
        "waits": item.is_unpaid and not at_bank and "back" in request.GET,
    }
    if isinstance(item, Pass):
        context["covered"] = Service.objects.filter(pk__in=item.service_ids)
        return render(request, "bookings/offers/pass.html", context, status=status)
    return render(request, "bookings/offers/voucher.html", context, status=status)
