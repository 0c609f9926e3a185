"""The sandbox's control endpoint, from a test."""

import json
import urllib.request
from typing import Any


class Control:
    """``control("pay", session="cs_test_...")`` makes it happen and returns the result."""

    def __init__(self, port: int) -> None:
        self.base = f"http://127.0.0.1:{port}"
        self._url = f"{self.base}/_control"

    def __call__(self, action: str, **body: Any) -> Any:
        request = urllib.request.Request(
            f"{self._url}/{action}/", data=json.dumps(body).encode(), method="POST"
        )
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)["result"]

    def wait_until_idle(self) -> None:
        """Return when everything due has been delivered and settled."""
        assert self("idle", seconds=20) == "idle"

    def calls(self, path: str) -> int:
        """Return how many requests have been made to addresses that contain `path`."""
        return len(self("requests", path=path))

    def listed(self, path: str, key: str = "sk_test_alpha") -> list[Any]:
        """Return all that Stripe's API lists at `path` for the account of `key`, newest first."""
        found: list[Any] = []
        while True:
            after = f"&starting_after={found[-1]['id']}" if found else ""
            request = urllib.request.Request(
                f"{self.base}/v1/{path}?limit=100{after}",
                headers={"Authorization": f"Bearer {key}"},
            )
            with urllib.request.urlopen(request, timeout=60) as response:
                page = json.load(response)
            found += page["data"]
            if not page["has_more"]:
                return found

    def status_of(self, session: str) -> str:
        """Return the status of a Checkout Session."""
        return next(str(one["status"]) for one in self("sessions") if one["id"] == session)
