"""The WSGI application: the API under /v1/, the payment pages under /c/, and /_control/."""

import base64
import hashlib
import json
import logging
import os
import threading
import time
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path, re_path
from django.views.decorators.csrf import csrf_exempt

from sandbox import (
    api,
    api_cards,
    api_endpoints,
    api_subscriptions,
    charges,
    checkout,
    errors,
    faults,
    subscriptions,
)
from sandbox.forms import parse
from sandbox.store import Store, StripeObject, new_id, public
from sandbox.webhooks import Courier

logger = logging.getLogger(__name__)
#: Imported for the routes that they register.
CALLS = (api, api_cards, api_endpoints, api_subscriptions)


class Sandbox:
    """Everything one process holds: its store, its courier, its planned faults."""

    def __init__(self, store_path: str, public_url: str) -> None:
        self.store = Store(store_path)
        self.public_url = public_url.rstrip("/")
        self.courier = Courier(self.store)
        self.faults = faults.Faults()
        self._stopping = threading.Event()

    def start(self) -> None:
        self.courier.start()
        threading.Thread(target=self._keep_time, name="timers", daemon=True).start()

    def stop(self) -> None:
        self._stopping.set()
        self.courier.stop()

    def _keep_time(self) -> None:
        """Do what is due: settle charges, expire sessions."""
        while not self._stopping.wait(0.1):
            self._fire_each("SELECT * FROM timers WHERE due <= ?", time.time())

    def fire_timers(self, action: str) -> None:
        """Do what is planned under the name `action`, before its time."""
        self._fire_each("SELECT * FROM timers WHERE action = ?", action)

    def _fire_each(self, query: str, value: object) -> None:
        for timer in self.store.rows(query, value):
            with self.store.transaction():
                if self.store.run("DELETE FROM timers WHERE id = ?", timer["id"]):
                    self._fire(timer["action"], timer["account"], timer["target"])

    def _fire(self, action: str, account: str, target: str) -> None:
        if action == "settle" and (charge := self.store.get(account, "charge", target)):
            charges.settle(self.store, account, charge)
        if action == "renew" and (due := self.store.get(account, "subscription", target)):
            subscriptions.renew_in_time(self.store, account, due)
        if action == "expire":
            session = self.store.get(account, "checkout.session", target)
            if session is not None and session["status"] == "open":
                checkout.expire(self.store, account, session)


def account_of(request: HttpRequest) -> str:
    """Return the account that the request's key opens: an account is its key.

    Raises StripeError with 401 for a missing, malformed, revoked or live key.
    """
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        value = _basic_user(value)
    key = value.strip()
    if key.startswith(("sk_live_", "rk_live_")):
        raise _unauthorized("The sandbox never takes live keys.")
    if not key.startswith(("sk_test_", "rk_test_")) or "revoked" in key:
        raise _unauthorized("Invalid API Key provided.")
    return account_id(key)


def needed_permission(request: HttpRequest) -> str:
    """Return what a restricted key needs for a request: ``refunds:write``."""
    parts = request.path.removeprefix("/v1/").split("/")
    name = "checkout_sessions" if parts[0] == "checkout" else parts[0]
    return f"{name}:{'read' if request.method == 'GET' else 'write'}"


def _basic_user(value: str) -> str:
    try:
        return base64.b64decode(value).decode().partition(":")[0]
    except ValueError:
        return ""


def _unauthorized(message: str) -> errors.StripeError:
    return errors.StripeError(message, status=401)


def account_id(key: str) -> str:
    return "acct_" + hashlib.sha256(key.encode()).hexdigest()[:16]


class Api:
    """``/v1/...``: authenticate, look for a fault or an earlier answer, then do it."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def __call__(self, request: HttpRequest) -> HttpResponse:
        account = ""
        try:
            account = self._open_account(request)
            fault = self.sandbox.faults.take(request.method or "", request.path, account)
            faults.before(fault)
            status, body = self._answer(request, account)
            if fault and fault.kind == "timeout_after":
                # It is done, and the caller never hears of it.
                time.sleep(fault.seconds)
                status, body = 504, {"error": {"type": "api_error", "message": "Gateway time-out"}}
        except errors.StripeError as error:
            status, body = error.status, error.body
        self._log(request, account, status)
        response = JsonResponse(body, status=status)
        response["Request-Id"] = new_id("req")
        response["Stripe-Version"] = request.headers.get("Stripe-Version", "")
        if status in (500, 504):
            response["Stripe-Should-Retry"] = "false"
        return response

    def _open_account(self, request: HttpRequest) -> str:
        """Return the account of the request's key; an account is made by its first key."""
        key = account_of(request)
        store = self.sandbox.store
        with store.transaction():
            store.run("INSERT OR IGNORE INTO keys (id, account) VALUES (?, ?)", key, key)
            known = store.rows("SELECT * FROM keys WHERE id = ?", key)[0]
            account = str(known["account"])
            store.run("INSERT OR IGNORE INTO accounts (id) VALUES (?)", account)
        if known["revoked"] or store.rows(
            "SELECT 1 FROM accounts WHERE id = ? AND revoked = 1", account
        ):
            raise _unauthorized("Expired API Key provided.")
        if needed_permission(request) in json.loads(known["forbidden"]):
            raise errors.forbidden()
        return account

    def _answer(self, request: HttpRequest, account: str) -> tuple[int, StripeObject]:
        key = request.headers.get("Idempotency-Key", "")
        if request.method != "POST" or not key:
            return self._try(request, account)
        return self._do_once(request, account, key)

    def _do(self, request: HttpRequest, account: str) -> tuple[int, StripeObject]:
        encoded = (
            request.body.decode() if request.method == "POST" else request.META["QUERY_STRING"]
        )
        call = api.Call(self.sandbox.store, account, parse(encoded), self.sandbox.public_url)
        with self.sandbox.store.transaction():
            return 200, public(api.handle(request.method or "", request.path, call))

    def _do_once(self, request: HttpRequest, account: str, key: str) -> tuple[int, StripeObject]:
        """Replay the stored answer to this key, or make and store one.

        Source: docs.stripe.com/api/idempotent_requests. A refused card's answer is stored as well,
        a validation error is not.
        """
        store = self.sandbox.store
        asked = f"{request.path}\n".encode() + request.body
        fingerprint = hashlib.sha256(asked).hexdigest()
        with store.transaction():
            known = store.rows(
                "SELECT * FROM idempotency WHERE account = ? AND key = ?", account, key
            )
            if known:
                return _replay(known[0], fingerprint, key)
            answer = self._try(request, account)
            store.run(
                "INSERT INTO idempotency VALUES (?, ?, ?, ?, ?)",
                account, key, fingerprint, answer[0], json.dumps(answer[1]),
            )  # fmt: skip
            return answer

    def _try(self, request: HttpRequest, account: str) -> tuple[int, StripeObject]:
        """Do it; a refused card is an answer like any other, with its effects kept."""
        with self.sandbox.store.transaction():
            try:
                return self._do(request, account)
            except errors.CardError as error:
                return error.status, public(error.body)

    def _log(self, request: HttpRequest, account: str, status: int) -> None:
        with self.sandbox.store.transaction():
            self.sandbox.store.run(
                "INSERT INTO requests (account, method, path, status, at) VALUES (?, ?, ?, ?, ?)",
                account, request.method, request.path, status, time.time(),
            )  # fmt: skip


def _replay(known: Any, fingerprint: str, key: str) -> tuple[int, StripeObject]:
    if known["fingerprint"] != fingerprint:
        raise errors.StripeError(
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{key}'.",
            type="idempotency_error",
        )
    return int(known["status"]), json.loads(known["body"])


def make_application(store_path: str, public_url: str) -> tuple[WSGIHandler, Sandbox]:
    """Return the WSGI application, and the sandbox behind it, not yet started."""
    refuse_live_keys()
    settings.configure(
        DEBUG=False,
        ALLOWED_HOSTS=["*"],
        SECRET_KEY=os.urandom(24).hex(),
        ROOT_URLCONF="sandbox.urls",
        MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
        APPEND_SLASH=False,
        USE_TZ=True,
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [Path(__file__).parent / "templates"],
            }
        ],
        LOGGING_CONFIG=None,
    )
    django.setup()
    sandbox = Sandbox(store_path, public_url)
    _build_urls(sandbox)
    return WSGIHandler(), sandbox


def refuse_live_keys() -> None:
    """Stop where real money is near: a live key in the environment."""
    if any(value.startswith(("sk_live_", "rk_live_")) for value in os.environ.values()):
        raise SystemExit("A live Stripe key is in the environment: the sandbox does not start.")


def _build_urls(sandbox: Sandbox) -> None:
    import sys
    from types import ModuleType

    from sandbox.control import Control
    from sandbox.pages import Pages

    pages, control = Pages(sandbox), Control(sandbox, account_id)
    urls = ModuleType("sandbox.urls")
    urls.urlpatterns = [  # type: ignore[attr-defined]
        path("", pages.home),
        path("healthz", lambda request: JsonResponse({"status": "ok"})),
        path("style.css", pages.style),
        path("c/pay/<str:id>", pages.pay),
        re_path(r"^_control/(?P<action>[a-z_]*)/?$", csrf_exempt(control)),
        re_path(r"^v1/", csrf_exempt(Api(sandbox))),
    ]
    sys.modules["sandbox.urls"] = urls
