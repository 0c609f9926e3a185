"""What every page knows."""

from typing import Any

from django.http import HttpRequest


def business(request: HttpRequest) -> dict[str, Any]:
    """The business whose host this is, as ``business``; None on the platform's own host."""
    return {"business": getattr(request, "tenant", None)}
