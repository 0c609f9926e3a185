"""The hosted payment page, as the customer sees it."""

from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from sandbox import cards, charges, errors
from sandbox.store import StripeObject

if TYPE_CHECKING:
    from sandbox.app import Sandbox

STYLE = Path(__file__).parent / "templates" / "style.css"
ZERO_DECIMAL = frozenset("bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf".split())
SYMBOLS = {"gbp": "£", "eur": "€", "usd": "$"}


def money(amount: int, currency: str) -> str:
    digits = 0 if currency in ZERO_DECIMAL else 2
    symbol = SYMBOLS.get(currency, f"{currency.upper()} ")
    return f"{symbol}{Decimal(amount).scaleb(-digits):,.{digits}f}"


class Pages:
    def __init__(self, sandbox: "Sandbox") -> None:
        self.sandbox = sandbox
        self.pay = csrf_exempt(self._pay)

    def home(self, request: HttpRequest) -> HttpResponse:
        return render(request, "home.html")

    def style(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(STYLE.read_text(), content_type="text/css")

    def _pay(self, request: HttpRequest, id: str) -> HttpResponse:
        session = self._session(id)
        if session is None:
            return render(request, "over.html", {"title": "Unknown payment"}, status=404)
        declined = ""
        if request.method == "POST":
            answer = self._act(request.POST.get("method", ""), session)
            if answer is not None:
                return answer
            declined = "Your card was declined: insufficient funds. Try another card."
            session = self._session(id) or session
        if session["status"] == "complete":
            return _to_success(session)
        if session["status"] == "expired":
            page = {"title": "This payment page has expired", "back": session["cancel_url"]}
            return render(request, "over.html", page)
        return render(
            request,
            "pay.html",
            {
                "session": session,
                "lines": [
                    (line["description"], money(line["amount_total"], line["currency"]))
                    for line in session["_lines"]
                ],
                "total": money(session["amount_total"] or 0, session["currency"] or "gbp"),
                "is_setup": session["mode"] == "setup",
                "takes_debit": "bacs_debit" in session["payment_method_types"],
                "saves_card": session["_saves_card"],
                "every": _every(session["_lines"]),
                "declined": declined,
            },
        )

    def _session(self, id: str) -> StripeObject | None:
        store = self.sandbox.store
        return store.get(store.account_of(id), "checkout.session", id)

    def _act(self, method: str, session: StripeObject) -> HttpResponse | None:
        """Do what was clicked; None when the card was declined and the page stays."""
        store = self.sandbox.store
        try:
            with store.transaction():
                # Read again inside the lock: a double click must not pay twice.
                fresh = self._session(session["id"]) or session
                account = store.account_of(session["id"])
                if method == "decline":
                    charges.decline(store, account, fresh)
                    return None
                if method == "bank_debit":
                    return _to_success(charges.debit(store, account, fresh))
                later = method if method in cards.OUTCOMES else "ok"
                return _to_success(charges.pay(store, account, fresh, later))
        except errors.StripeError:
            fresh = self._session(session["id"]) or session
            return _to_success(fresh) if fresh["status"] == "complete" else None


def _every(lines: list[StripeObject]) -> str:
    """Return how often a subscription is paid: month, 2 weeks; "" for what is paid once."""
    recurring = next((line["recurring"] for line in lines if line.get("recurring")), None)
    if recurring is None:
        return ""
    count = recurring["interval_count"]
    return f"{count} {recurring['interval']}s" if count > 1 else str(recurring["interval"])


def _to_success(session: StripeObject) -> HttpResponse:
    url = session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"])
    return HttpResponseRedirect(url, status=303)
