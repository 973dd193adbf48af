"""A source from the first look at the page to charts: tried, started, watched, its key broken, the message read, and mended."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.sources.fakes.phoenix import Fake, span
from tests.sources.fakes.served import served

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
READ_MS = 60_000
"""Under a minute to the first chart."""


@pytest.fixture
def provider() -> Iterator[tuple[Fake, str]]:
    """A Phoenix with some calls of the last days, and its address."""
    fake = Fake()
    now = datetime.now(UTC).replace(microsecond=0)
    fake.page = 500
    fake.rows = [span(number, now - timedelta(minutes=7 * number + 3)) for number in range(400)]
    with served(fake) as port:
        yield fake, f"http://127.0.0.1:{port}"


def fill(page: Page, address: str, key: str) -> None:
    page.get_by_label("Address").fill(address)
    page.get_by_label("API key").fill(key)


def said_in_time(page: Page, words: str) -> None:
    """A page says so in the end, looked at again and again."""
    said = page.get_by_role("heading", level=1)
    deadline = time.monotonic() + READ_MS / 1000
    while words not in said.inner_text() and time.monotonic() < deadline:
        page.reload()
    expect(said).to_contain_text(words)


def test_connected_watched_broken_and_mended(manager: Page, client: str, provider: tuple[Fake, str]) -> None:
    fake, address = provider
    manager.goto(f"{client}sources/")
    manager.get_by_role("link", name="Connect a source").click()
    manager.get_by_role("link", name="Arize Phoenix").click()

    # Try: what was typed stays, and what is wrong is said.
    fill(manager, address, "wrong")
    manager.get_by_role("button", name="Try it").click()
    expect(manager.locator("#found")).to_contain_text("Arize Phoenix refused the key")
    fill(manager, address, fake.key)
    manager.get_by_role("button", name="Try it").click()
    expect(manager.locator("#found")).to_contain_text("The key works")
    expect(manager.locator("#found")).to_contain_text("also sees 1 other project")

    # Start, and watch it being read without touching the page.
    manager.get_by_label("Name of the source").fill("Parcels")
    manager.get_by_label("AI system").fill("Parcel bot")
    manager.get_by_label("Days to read back").fill("5")
    manager.get_by_role("button", name="Start", exact=True).click()
    expect(manager.get_by_role("heading", level=1)).to_contain_text("is read up to", timeout=READ_MS)
    expect(manager.get_by_role("table")).to_contain_text("400")
    assert fake.key not in manager.content()
    source = manager.url

    # The charts have it.
    manager.goto(f"{client}says-who/calls/?period=7d")
    expect(manager.get_by_role("main")).to_contain_text("Parcels")

    manager.goto(f"{client}signals/")
    before = manager.get_by_role("heading", level=1).inner_text()

    # The key is revoked: it says so, pauses itself and is a signal.
    right, fake.key = fake.key, "revoked"
    manager.goto(source)
    manager.get_by_role("button", name="Sync now").click()
    said_in_time(manager, "refused the key")
    manager.get_by_role("navigation", name="Main").get_by_role("link", name="Signals").click()
    expect(manager.get_by_role("main")).to_contain_text("Parcels paused itself")

    # Edited with a key that works, it goes on by itself.
    fake.key = right
    manager.goto(source)
    manager.get_by_role("link", name="Edit").click()
    assert right not in manager.content()
    manager.get_by_label("API key").fill(right)
    manager.get_by_role("button", name="Try and save").click()
    expect(manager.get_by_role("heading", level=1)).to_contain_text("is read up to", timeout=READ_MS)
    manager.goto(f"{client}signals/")
    said_in_time(manager, before)

    # Taken away with all it brought, so that the demo is what it was.
    manager.goto(source)
    manager.get_by_role("link", name="Remove").click()
    manager.get_by_role("button", name="Remove it with everything it brought").click()
    expect(manager.get_by_role("table").first).not_to_contain_text("Parcels")
