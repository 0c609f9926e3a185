"""The API's calls: ``/v1/...`` as the SDK makes them."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox import checkout, errors, refunds
from sandbox.forms import Params
from sandbox.store import Store, StripeObject, new_id, now


@dataclass(frozen=True)
class Call:
    """One authenticated request."""

    store: Store
    account: str
    params: Params
    public_url: str


Handler = Callable[..., StripeObject]
ROUTES: list[tuple[str, re.Pattern[str], Handler]] = []


def route(method: str, path: str) -> Callable[[Handler], Handler]:
    """Serve `path`, in which ``:id`` stands for an object's id."""
    pattern = re.compile("/v1/" + path.replace(":id", "([A-Za-z0-9_]+)") + r"\Z")

    def register(handler: Handler) -> Handler:
        ROUTES.append((method, pattern, handler))
        return handler

    return register


def handle(method: str, path: str, call: Call) -> StripeObject:
    """Run the call's handler; raises StripeError for an unknown address or a refusal."""
    for wanted, pattern, handler in ROUTES:
        match = pattern.match(path)
        if match and wanted == method:
            return handler(call, *match.groups())
    raise errors.StripeError(
        f"Unrecognized request URL ({method}: {path}).", status=404, code="url_invalid"
    )


def find(call: Call, kind: str, id: str) -> StripeObject:
    found = call.store.get(call.account, kind, id)
    if found is None:
        raise errors.missing(kind, id)
    return found


def expanded(call: Call, obj: StripeObject) -> StripeObject:
    """Replace the ids named in ``expand[]`` by their objects, one or two levels deep."""
    for path in call.params.get("expand") or []:
        target: Any = obj
        for name in path.removeprefix("data.").split("."):
            if not isinstance(target, dict):
                break
            if name == "refunds" and target.get("object") == "charge":
                target[name] = listing(refunds_of(call, target["id"]), {}, "/v1/refunds")
            elif isinstance(target.get(name), str):
                target[name] = _any(call, target[name]) or target[name]
            target = target.get(name)
    return obj


def _any(call: Call, id: str) -> StripeObject | None:
    kinds = (
        "payment_intent charge balance_transaction customer refund dispute payout payment_method "
        "setup_intent subscription invoice"
    ).split()
    return next((obj for kind in kinds if (obj := call.store.get(call.account, kind, id))), None)


def refunds_of(call: Call, charge: str) -> list[StripeObject]:
    return [one for one in call.store.list(call.account, "refund") if one["charge"] == charge]


def listing(objects: list[StripeObject], params: Params, url: str) -> StripeObject:
    """Return one page of `objects` (newest first). Source: docs.stripe.com/api/pagination."""
    created = params.get("created")
    if isinstance(created, dict):
        compare: dict[str, Callable[[int, int], bool]] = {
            "gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__,
        }  # fmt: skip
        for name, bound in created.items():
            objects = [one for one in objects if compare[name](one["created"], int(bound))]
    limit = params.get("limit", "10")
    if not limit.isdecimal() or not 1 <= int(limit) <= 100:
        raise errors.invalid("limit", "limit must be between 1 and 100.")
    ids = [one["id"] for one in objects]
    more_before = False
    if params.get("starting_after") in ids:
        objects = objects[ids.index(params["starting_after"]) + 1 :]
    elif params.get("ending_before") in ids:
        newer = objects[: ids.index(params["ending_before"])]
        more_before, objects = len(newer) > int(limit), newer[-int(limit) :]
    page = objects[: int(limit)]
    return {
        "object": "list",
        "data": page,
        "has_more": more_before or len(objects) > len(page),
        "url": url,
    }


def _matching(call: Call, kind: str, *fields: str) -> list[StripeObject]:
    wanted = {field: call.params[field] for field in fields if call.params.get(field)}
    if kind == "balance_transaction" and "payout" in wanted:
        wanted["_payout"] = wanted.pop("payout")
        payout = call.store.get(call.account, "payout", wanted["_payout"])
        if payout is not None and not payout["automatic"]:
            raise errors.StripeError(
                "Balance transaction history can only be filtered on automatic transfers, not "
                "manual."
            )
    if kind == "invoice" and "subscription" in wanted:
        wanted["_subscription"] = wanted.pop("subscription")
    return [
        one
        for one in call.store.list(call.account, kind)
        if all(one.get(field) == value for field, value in wanted.items())
    ]


# --- Checkout Sessions ----------------------------------------------------------------------


@route("POST", "checkout/sessions")
def create_session(call: Call) -> StripeObject:
    return checkout.shown(checkout.create(call.store, call.account, call.params, call.public_url))


@route("GET", "checkout/sessions")
def list_sessions(call: Call) -> StripeObject:
    found = _matching(call, "checkout.session", "payment_intent", "customer", "status")
    shown = [checkout.shown(session) for session in found]
    return listing(shown, call.params, "/v1/checkout/sessions")


@route("GET", "checkout/sessions/:id")
def retrieve_session(call: Call, id: str) -> StripeObject:
    return expanded(call, checkout.shown(find(call, "checkout.session", id)))


@route("GET", "checkout/sessions/:id/line_items")
def session_lines(call: Call, id: str) -> StripeObject:
    lines = find(call, "checkout.session", id)["_lines"]
    items = [{"id": f"li_{id}_{n}", "object": "item", **line} for n, line in enumerate(lines)]
    return listing(items, {"limit": "100"}, f"/v1/checkout/sessions/{id}/line_items")


@route("POST", "checkout/sessions/:id/expire")
def expire_session(call: Call, id: str) -> StripeObject:
    session = find(call, "checkout.session", id)
    return checkout.shown(checkout.expire(call.store, call.account, session))


# --- Objects that are only read -------------------------------------------------------------


@route("GET", "account")
def account(call: Call) -> StripeObject:
    changed = call.store.rows("SELECT body FROM account_states WHERE account = ?", call.account)
    return {
        "id": call.account,
        "object": "account",
        "charges_enabled": True,
        "payouts_enabled": True,
        "country": "GB",
        "default_currency": "gbp",
        "business_profile": {"name": "Sandbox business"},
        **(json.loads(changed[0]["body"]) if changed else {}),
    }


@route("GET", "balance")
def balance(call: Call) -> StripeObject:
    sums: dict[str, int] = {}
    for line in call.store.list(call.account, "balance_transaction"):
        sums[line["currency"]] = sums.get(line["currency"], 0) + line["net"]
    available = [{"amount": amount, "currency": currency} for currency, amount in sums.items()]
    return {"object": "balance", "available": available, "pending": [], "livemode": False}


def reads(kind: str, path: str, *filters: str) -> None:
    """Serve one object of a kind, and their list, narrowed by `filters`."""

    @route("GET", f"{path}/:id")
    def retrieve(call: Call, id: str) -> StripeObject:
        return expanded(call, find(call, kind, id))

    @route("GET", path)
    def list_all(call: Call) -> StripeObject:
        page = listing(_matching(call, kind, *filters), call.params, f"/v1/{path}")
        if call.params.get("expand"):
            page["data"] = [expanded(call, one) for one in page["data"]]
        return page


reads("payment_intent", "payment_intents", "customer")
reads("charge", "charges", "payment_intent", "customer")
reads("refund", "refunds", "payment_intent", "charge")
reads("dispute", "disputes", "payment_intent", "charge")
reads("payout", "payouts", "status")
reads("balance_transaction", "balance_transactions", "source", "type", "payout", "currency")


# --- Refunds, customers ---------------------------------------------------------------------


@route("POST", "refunds")
def create_refund(call: Call) -> StripeObject:
    return expanded(call, refunds.create(call.store, call.account, call.params))


@route("POST", "customers")
def create_customer(call: Call) -> StripeObject:
    customer: StripeObject = {
        "id": new_id("cus"),
        "object": "customer",
        "created": now(),
        "email": call.params.get("email"),
        "livemode": False,
        "metadata": call.params.get("metadata") or {},
        "name": call.params.get("name"),
        "phone": call.params.get("phone"),
    }
    return call.store.insert(call.account, "customer", customer)


reads("customer", "customers", "email")


@route("POST", "customers/:id")
def update_customer(call: Call, id: str) -> StripeObject:
    customer = find(call, "customer", id)
    for field in ("email", "name", "phone"):
        if field in call.params:
            customer[field] = call.params[field] or None
    customer["metadata"] |= call.params.get("metadata") or {}
    return call.store.save(customer)


# --- Events ---------------------------------------------------------------------------------


@route("GET", "events/:id")
def retrieve_event(call: Call, id: str) -> StripeObject:
    return find(call, "event", id)


@route("GET", "events")
def list_events(call: Call) -> StripeObject:
    types = call.params.get("types") or ([call.params["type"]] if call.params.get("type") else [])
    found = call.store.list(call.account, "event")
    if types:
        found = [event for event in found if event["type"] in types]
    return listing(found, call.params, "/v1/events")
