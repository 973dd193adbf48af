"""Chromium as the browser tests and the pictures use it."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
DRAWING_MS = 20_000


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a window and without calls home."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(OPTIONS))
        yield browser
        browser.close()


def sign_in(context: BrowserContext, url: str, user: dict[str, Any]) -> None:
    """Through the page, as a person does."""
    page = context.new_page()
    page.goto(f"{url}/accounts/login/")
    page.get_by_label("Email").fill(user["email"])
    page.get_by_label("Password").fill(user["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("main").get_by_role("heading", level=1)).not_to_have_text("Sign in")
    page.close()


def charts_drawn(page: Page) -> None:
    """Wait until every chart of the page is drawn."""
    expect(page.locator("[data-chart]:not(:has(svg.main-svg))")).to_have_count(0, timeout=DRAWING_MS)
