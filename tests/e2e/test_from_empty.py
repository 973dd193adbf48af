"""From an empty practice to an agreed charter and a week of logged work, as each of the four roles, in one demo's own practice."""

import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.monitoring import otlp_requests as otlp

from .browsing import DESK, PHONE
from .conftest import Visitors
from .running import ROOT, Demo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
MOST_TYPED = 12
DAYS, CALLS_A_DAY = 50, 20
SECONDS = 120
PASSWORD = "a lantern over still water"
WEEK = (
    ("1h30", "prompt read the answers of the week"),
    ("45m", "performance looked at the slowest replies"),
    ("2h", "system moved to the newer model"),
    ("1h", "team taught the booking desk"),
    ("30m", "report wrote the pulse"),
)


@dataclass
class Typist:
    """Somebody at a page: counts what they have to type."""

    page: Page
    typed: list[str] = field(default_factory=list)

    def fill(self, where: Locator, words: str) -> None:
        where.fill(words)
        self.typed.append(words)


@dataclass
class Firm:
    """The practice that is filled: whoever joined, each with a browser of their own."""

    demo: Demo
    visitors: Visitors
    owner_password: str

    def visitor(self, **options: object) -> Page:
        return self.visitors.visitor("", **options)


@pytest.fixture
def firm(demo: Demo, visitors: Visitors) -> Firm:
    """An empty practice, made by the one command that the documents name."""
    command = ("add_practice", "brightwater", "--name", "Brightwater", "--sender-email", "pulse@brightwater.example")
    said = subprocess.run(
        [sys.executable, "manage.py", *command, "--owner", "ines@brightwater.example", "--owner-name", "Ines Moreau"],
        cwd=ROOT,
        env=demo.environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    password = re.search(r"shown this once: (\S+)", said)
    assert password, said
    return Firm(demo, visitors, password[1])


def joined(firm: Firm, address: str, name: str, **options: object) -> Page:
    """Somebody who follows the link that was mailed to them."""
    page = firm.visitor(**options)
    page.goto(firm.demo.mailed(address, "join"))
    page.get_by_label("Your name").fill(name)
    page.get_by_label("A password").fill(PASSWORD)
    page.get_by_role("button", name="Accept and sign in").click()
    expect(page.get_by_role("main").get_by_role("heading", level=1)).to_be_visible()
    return page


def invited(owner: Page, address: str, role: str) -> None:
    owner.goto("/p/brightwater/invitations/new/")
    owner.get_by_label("Address").fill(address)
    owner.get_by_label(role, exact=True).check()
    owner.get_by_label("Harbour Freight Lines").check()
    owner.get_by_role("button", name="Send the invitation").click()
    expect(owner.get_by_role("status").first).to_contain_text(f"{address} is invited")


def calls(demo: Demo, token: str) -> None:
    """Fifty days of calls, as the client's own assistant would have sent them."""
    now = time.time_ns()
    spans = [
        otlp.span(
            {
                "gen_ai.operation.name": "chat",
                "gen_ai.request.model": "gpt-4.1",
                "gen_ai.usage.input_tokens": 400 + 10 * (number % 7),
                "gen_ai.usage.output_tokens": 120,
            },
            trace_id=os.urandom(16),
            span_id=os.urandom(8),
            start_time_unix_nano=now - (1 + day) * 86_400 * otlp.SECOND - number * otlp.SECOND,
            end_time_unix_nano=now - (1 + day) * 86_400 * otlp.SECOND - (number - 2 - number % 3) * otlp.SECOND,
        )
        for day in range(DAYS)
        for number in range(CALLS_A_DAY)
    ]
    answer = httpx.post(
        f"{demo.url}/v1/traces",
        content=otlp.request(*spans).SerializeToString(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": otlp.PROTOBUF},
        trust_env=False,
        timeout=60,
    )
    assert answer.status_code == 200, answer.text


def until(page: Page, words: str) -> None:
    """Load the page again until it says so: a worker is at it."""
    deadline = time.monotonic() + SECONDS
    while words not in page.content():
        assert time.monotonic() < deadline, f"“{words}” did not come: {page.get_by_role('main').inner_text()[:600]}"
        page.wait_for_timeout(1_000)
        page.reload()


def sound(page: Page) -> None:
    """Nothing that axe finds wrong, and nothing wider than the window."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]


def refused(page: Page, address: str) -> None:
    """Who may not is told so in words, on a page that leads on."""
    answer = page.goto(address)
    assert answer
    assert answer.status == 403
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def begun(firm: Firm) -> Page:
    """As the owner: practice, client, source, charter, pulse, by the list of first steps."""
    page = firm.visitor(viewport=DESK)
    owner = Typist(page)
    page.goto("/accounts/login/")
    owner.fill(page.get_by_label("Email"), "ines@brightwater.example")
    owner.fill(page.get_by_label("Password"), firm.owner_password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Open the first steps").click()
    sound(page)
    page.get_by_role("link", name="Add a client").first.click()
    owner.fill(page.get_by_label("Name", exact=True), "Harbour Freight Lines")
    owner.fill(page.get_by_label("Time zone"), "Europe/Berlin")
    page.get_by_role("button", name="Add the client").click()
    page.get_by_role("link", name="Back to the first steps").click()
    page.get_by_role("link", name="Connect a source").click()
    owner.fill(page.get_by_label("Name of the source"), "Booking assistant, production")
    owner.fill(page.get_by_label("AI system"), "Booking assistant")
    page.get_by_role("button", name="Add and show its token").click()
    calls(firm.demo, page.get_by_label("Token", exact=True).input_value())
    page.get_by_role("link", name="Back to the first steps").click()
    until(page, "Data is arriving.")
    page.get_by_role("link", name="Propose a draft").click()
    until(page, "each with the rule behind its goal")
    sound(page)
    page.get_by_role("button", name="Save the charter").click()
    expect(page.get_by_role("status").first).to_contain_text("is saved")
    page.get_by_role("link", name="Back to the first steps").click()
    page.get_by_role("link", name="Read it as it stands").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_role("link", name="Back to the first steps").click()
    page.get_by_role("link", name="Say who gets it").click()
    owner.fill(page.get_by_label("Address"), "theo@harbour.example")
    page.get_by_role("button", name="Add to the list").click()
    page.get_by_role("link", name="Back to the first steps").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("All 5 steps to a first pulse are done.")
    assert len(owner.typed) <= MOST_TYPED, owner.typed
    return page


def test_four_people_come_from_nothing_to_an_agreed_charter_and_a_week_of_work(firm: Firm, demo: Demo) -> None:
    owner = begun(firm)
    for address, role in (
        ("mara@brightwater.example", "Program manager"),
        ("theo@harbour.example", "Executive"),
        ("maya@harbour.example", "Contributor"),
    ):
        invited(owner, address, role)
    manager = joined(firm, "mara@brightwater.example", "Mara Quillan", viewport=PHONE)
    client = "/c/harbour-freight-lines/"

    # The manager sends the draft, on a phone; the executive agrees by the link, without signing in.
    manager.goto(f"{client}charter/")
    sound(manager)
    manager.get_by_role("link", name="Send for agreement").click()
    manager.get_by_label("Name", exact=True).fill("Theo Brandt")
    manager.get_by_label("Address").fill("theo@harbour.example")
    manager.get_by_role("button", name="Send for agreement").click()
    stranger = firm.visitor(viewport=PHONE)
    stranger.goto(firm.demo.mailed("theo@harbour.example", "agree"))
    sound(stranger)
    stranger.get_by_role("button", name="I am Theo Brandt, and agree").click()
    expect(stranger.get_by_role("heading", level=1)).to_be_visible()
    manager.goto(f"{client}charter/")
    expect(manager.get_by_role("heading", level=1)).to_contain_text("3 targets, agreed with Theo Brandt")

    # An amendment is agreed in the portal.
    manager.get_by_role("link", name="Workshop", exact=True).click()
    scope = manager.get_by_role("textbox", name="Scope")
    scope.fill(scope.input_value() + " Since the talk: bookings by phone stay with people.")
    manager.get_by_role("button", name="Save the charter").click()
    expect(manager.get_by_role("status").first).to_contain_text("as a draft of version 2")
    executive = joined(firm, "theo@harbour.example", "Theo Brandt")
    executive.goto(client)
    executive.get_by_role("button", name="Agree to this charter").click()
    executive.goto(f"{client}charter/")
    expect(executive.get_by_role("main")).to_contain_text("version 2")
    expect(executive.get_by_role("main")).to_contain_text("bookings by phone stay with people")

    # A week of work, a line a day, on the phone.
    today = datetime.now(UTC).date()
    monday = today - timedelta(days=today.weekday() + 7)
    for day, (took, what) in enumerate(WEEK):
        manager.goto(f"/hours/add/?client=harbour-freight-lines&line={took}")
        manager.get_by_label("What you did").fill(f"{took} {monday + timedelta(days=day)} {what}")
        manager.get_by_role("button", name="Log it").click()
    manager.goto(f"/hours/?week={monday}")
    sound(manager)
    expect(manager.get_by_role("main")).to_contain_text("5h45")

    # What each may not do is refused in words.
    contributor = joined(firm, "maya@harbour.example", "Maya Lund", viewport=PHONE)
    contributor.goto(client)
    expect(contributor.get_by_role("heading", level=1)).to_be_visible()
    for address in (f"{client}engagement/", f"{client}costs/", f"{client}charter/2026-q4/write/"):
        refused(contributor, address)
    for address in (f"{client}engagement/fit/", f"{client}sources/connect/", f"{client}hours/new/"):
        refused(executive, address)
    for address in ("/p/brightwater/settings/", "/p/brightwater/first-steps/", f"{client}engagement/begin/"):
        refused(manager, address)
    assert owner.goto("/c/halden-outfitters/").status == 404  # type: ignore[union-attr]
