"""Stripe's error bodies. Source: docs.stripe.com/api/errors."""

from typing import Any


class StripeError(Exception):
    """An answer other than 200, in Stripe's shape."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        type: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        error: dict[str, Any] = {"type": type, "message": message}
        self.body = {"error": error | {k: v for k, v in (("code", code), ("param", param)) if v}}


class CardError(StripeError):
    """A card was refused: the attempt is kept, and replayed under its idempotency key."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(str(error["message"]), status=402, type="card_error")
        self.body = {"error": error}


def forbidden() -> StripeError:
    return StripeError(
        "The provided key does not have the required permissions for this endpoint.",
        status=403,
        code="more_permissions_required",
    )


def missing(kind: str, id: str, param: str = "id", status: int = 404) -> StripeError:
    """An object that the address names is 404; one that a parameter names is mostly 400."""
    return StripeError(
        f"No such {kind}: '{id}'", status=status, code="resource_missing", param=param
    )


def required(param: str) -> StripeError:
    return StripeError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def invalid(param: str, message: str) -> StripeError:
    return StripeError(message, code="parameter_invalid", param=param)


def not_allowed_state(message: str) -> StripeError:
    return StripeError(message, code="resource_state_invalid")
