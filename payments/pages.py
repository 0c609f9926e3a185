"""The customer's pages about money: a payment link, a receipt to print."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from notifications.texts import locale_for
from payments import requests
from payments.errors import PaymentError, RequestClosed
from payments.models import PaymentRequest, PaymentSession
from payments.receipts import receipt_of
from payments.texts import LANGUAGES
from tenants.current import current_tenant


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def payment_link(request: HttpRequest, token: str) -> HttpResponse:
    """What there is to pay on a link; posting goes to the page on which it is paid."""
    asked = get_object_or_404(PaymentRequest.objects.select_related("payment_session"), token=token)
    problem = ""
    if request.method == "POST":
        try:
            session = requests.open_checkout(asked, own_hosts=current_tenant().hosts)
            return redirect(session.checkout_url)
        except RequestClosed:
            pass  # The page itself says so.
        except PaymentError:
            problem = "We can't take your payment just now. Please try again in a minute."
    asked = requests.settle(asked)
    waits = "back" in request.GET and asked.status == "open"
    context = {"asked": asked, "problem": problem, "waits": waits}
    return render(request, "payments/payment_link.html", context, status=502 if problem else 200)


@require_safe
@never_cache
def receipt(request: HttpRequest, session_id: str, token: str) -> HttpResponse:
    """The receipt of a payment, for whoever has its link."""
    session = PaymentSession.objects.filter(pk=session_id, access_token=token).first()
    if session is None or not session.is_paid or not session.amount:
        raise Http404("There is no such receipt.")
    context = {"session": session, "receipt": receipt_of(session, locale_for(LANGUAGES))}
    return render(request, "payments/receipt.html", context)
