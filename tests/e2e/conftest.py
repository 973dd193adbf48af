"""A running demo and a browser, for the tests of this folder only: both end with its last test."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from .browsing import DESK, chromium, sign_in
from .running import ROOT, STOP_SECONDS, Demo, free_port

TELL_OF_REFUSALS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy refused ${event.violatedDirective}: ${event.blockedURI} ${event.sample}`));
"""


@pytest.fixture(scope="package")
def demo() -> Iterator[Demo]:
    """The demo, up and with its story told. Ended with Ctrl-C, after which nothing of it may be left."""
    one = Demo(ROOT / "var" / "test" / f"demo-{os.getpid()}", free_port())
    one.start()
    try:
        yield one
    finally:
        if one.running:
            assert one.stop() < STOP_SECONDS
        assert one.still_listening() == set()
        shutil.rmtree(one.home, ignore_errors=True)


@pytest.fixture(scope="package")
def chrome() -> Iterator[Browser]:
    """One Chromium. It ends with this folder's tests: Django refuses its database to a thread in which Playwright's loop runs."""
    with chromium() as browser:
        yield browser


@dataclass
class Visitors:
    """Opens pages as somebody; what the browser complains about in any of them is kept."""

    demo: Demo
    chrome: Browser
    signed_in: dict[str, Any]
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def visitor(self, role: str = "", **options: Any) -> Page:
        """A page of somebody with that role ("" is a stranger). `options` are those of a browser context."""
        if role and role not in self.signed_in:
            context = self.chrome.new_context()
            sign_in(context, self.demo.url, self.demo.user(role))
            self.signed_in[role] = context.storage_state()
            context.close()
        usual: dict[str, Any] = {
            "base_url": self.demo.url,
            "viewport": DESK,
            "reduced_motion": "reduce",
            # Pages follow the reader's country; tests and pictures read what they say in one.
            "locale": "en-GB",
        }
        context = self.chrome.new_context(**usual | {"storage_state": self.signed_in.get(role)} | options)
        self.contexts.append(context)
        context.add_init_script(TELL_OF_REFUSALS)
        context.on("console", self._heard)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        return context.new_page()

    def _heard(self, message: ConsoleMessage) -> None:
        refused = message.page and message.location["url"] == message.page.url and "status of 4" in message.text
        if message.type in ("error", "warning") and not refused:
            where = message.page.url if message.page else "somewhere"
            self.complaints.append(f"{where}: {message.text}")


@pytest.fixture(scope="package")
def signed_in() -> dict[str, Any]:
    """Who signed in already, by role: the browser's cookies."""
    return {}


@pytest.fixture
def visitors(demo: Demo, chrome: Browser, signed_in: dict[str, Any]) -> Iterator[Visitors]:
    """Opens pages as anybody. After the test: no error on any console, and nothing that the content security policy refused."""
    made = Visitors(demo, chrome, signed_in)
    yield made
    for context in made.contexts:
        context.close()
    assert made.complaints == []


@pytest.fixture
def manager(visitors: Visitors) -> Page:
    """A program manager at a desk."""
    return visitors.visitor("program_manager")


@pytest.fixture
def client(demo: Demo) -> str:
    """The address of the first client's page."""
    return f"/c/{demo.state['clients'][0]}/"
