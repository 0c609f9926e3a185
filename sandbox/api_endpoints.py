"""The API's calls about webhook endpoints."""

import secrets

from sandbox import errors
from sandbox.api import Call, find, listing, route
from sandbox.events import API_VERSION
from sandbox.store import StripeObject, new_id, now


@route("POST", "webhook_endpoints")
def create_endpoint(call: Call) -> StripeObject:
    """The signing secret is told in this answer and never again."""
    for field in ("url", "enabled_events"):
        if not call.params.get(field):
            raise errors.required(field)
    _check(call)
    endpoint: StripeObject = {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": call.params.get("api_version") or API_VERSION,
        "created": now(),
        "description": call.params.get("description"),
        "enabled_events": call.params["enabled_events"],
        "livemode": False,
        "metadata": call.params.get("metadata") or {},
        "secret": f"whsec_{secrets.token_urlsafe(24)}",
        "status": "enabled",
        "url": call.params["url"],
    }
    return call.store.insert(call.account, "webhook_endpoint", endpoint)


def _check(call: Call) -> None:
    wanted = call.params.get("enabled_events", ["*"])
    if not isinstance(wanted, list) or not all(wanted):
        raise errors.invalid("enabled_events", "Invalid array")


def _merged(metadata: StripeObject, changes: StripeObject | str) -> StripeObject:
    """An empty value removes a name, nothing at all removes every name.

    Source: docs.stripe.com/api/metadata.
    """
    if not isinstance(changes, dict):
        return {}
    return {name: value for name, value in (metadata | changes).items() if value}


def _without_secret(endpoint: StripeObject) -> StripeObject:
    return {name: value for name, value in endpoint.items() if name != "secret"}


@route("GET", "webhook_endpoints")
def list_endpoints(call: Call) -> StripeObject:
    endpoints = [_without_secret(one) for one in call.store.list(call.account, "webhook_endpoint")]
    return listing(endpoints, call.params, "/v1/webhook_endpoints")


@route("GET", "webhook_endpoints/:id")
def retrieve_endpoint(call: Call, id: str) -> StripeObject:
    return _without_secret(find(call, "webhook_endpoint", id))


@route("POST", "webhook_endpoints/:id")
def update_endpoint(call: Call, id: str) -> StripeObject:
    endpoint = find(call, "webhook_endpoint", id)
    _check(call)
    for field in ("url", "enabled_events", "description"):
        if field in call.params:
            endpoint[field] = call.params[field]
    if "metadata" in call.params:
        endpoint["metadata"] = _merged(endpoint["metadata"], call.params["metadata"])
    if "disabled" in call.params:
        endpoint["status"] = "disabled" if call.params["disabled"] == "true" else "enabled"
    call.store.save(endpoint)
    return _without_secret(endpoint)


@route("DELETE", "webhook_endpoints/:id")
def delete_endpoint(call: Call, id: str) -> StripeObject:
    find(call, "webhook_endpoint", id)
    call.store.run("DELETE FROM objects WHERE id = ?", id)
    return {"id": id, "object": "webhook_endpoint", "deleted": True}
