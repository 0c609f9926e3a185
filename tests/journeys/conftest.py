"""Real processes and a real browser: the platform as `make demo` runs it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from demo import postgres
from demo.stack import Stack
from tests.browser import ARGUMENTS, installed
from tests.stripe_control import Control

PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the journeys on one worker: one platform is enough for two processors."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.xdist_group("journeys"))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole platform with its demo businesses, on ports and a database of its own."""
    server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    name = f"tillhouse_journeys_{os.getpid()}"
    postgres.create_database(f"{server}/postgres", name)
    stack = Stack(
        tmp_path_factory.mktemp("stack"), port=0, database_url=f"{server}/{name}",
        environment={"DATABASE_POOL_SIZE": "10"},
    )  # fmt: skip
    try:
        stack.start()
        yield stack
    finally:
        stack.stop()
        postgres.drop_database(f"{server}/postgres", name)


@pytest.fixture
def control(stack: Stack) -> Control:
    """What happens at Stripe, on request."""
    return Control(stack.sandbox_port)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = installed()
    assert path, "No Chromium: run python -m tests.browser, which gets one or says why not."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages in contexts of their own; errors on the console fail the test."""
    complaints: list[str] = []
    contexts = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            complaints.append(f"{message.text} at {message.location}")

    def open_page(**options: Any) -> Page:
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", listen)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def phone(open_page: Callable[..., Page]) -> Page:
    return open_page(**PHONE)


@pytest.fixture
def desktop(open_page: Callable[..., Page]) -> Page:
    return open_page(**DESKTOP)
