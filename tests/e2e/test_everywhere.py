"""What holds on every page: nothing axe finds wrong in light or dark, no sideways scrolling on a phone, and no need of scripts."""

import re
from dataclasses import dataclass

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from .browsing import PHONE, charts_drawn
from .conftest import Visitors

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@dataclass(frozen=True)
class Place:
    """A page: its address below the client's (or from the root), and the link on it to follow, if that is the page."""

    address: str
    follow: str = ""
    role: str = "owner"


PLACES = {
    "clients": Place("/?all"),
    "friday": Place("/friday/"),
    "search": Place("/search/?q=charter"),
    "inbox": Place("/inbox/"),
    "client": Place("?period=28d"),
    "charter": Place("charter/"),
    "workshop": Place("charter/", follow="Workshop"),
    "engagement": Place("engagement/"),
    "first steps": Place("/p/northlight/first-steps/"),
    "a draft proposed": Place("charter/2027-q2/write/?propose=1"),
    "a fit check": Place("engagement/fit/"),
    "roadmap": Place("roadmap/"),
    "an executive's roadmap": Place("roadmap/", role="executive"),
    "opportunities": Place("roadmap/list/"),
    "an opportunity": Place("roadmap/", "Cap the length of answers"),
    "a new opportunity": Place("roadmap/new/"),
    "fitting patterns": Place("roadmap/playbook/"),
    "playbook": Place("/p/northlight/playbook/"),
    "a discovery": Place(
        "/c/quarry-pine/engagement/", "Can a matter be summarised so that a partner signs it, at under 30 cents?"
    ),
    "hours": Place("hours/"),
    "an executive's hours": Place("hours/", role="executive"),
    "an entry": Place("hours/new/"),
    "week": Place("/hours/"),
    "a line": Place("/hours/add/?line=1h"),
    "areas": Place("/p/northlight/areas/"),
    "register": Place("/p/northlight/risks/"),
    "an item": Place("/p/northlight/risks/", "A customer’s mail can steer the summariser"),
    "a new item": Place("/p/northlight/risks/new/"),
    "news": Place("/p/northlight/news/"),
    "feeds": Place("/p/northlight/feeds/"),
    "risks": Place("risks/"),
    "an executive's risk": Place("risks/", "GPT-4o (May 2024) is switched off in spring", "executive"),
    "vendors": Place("vendors/"),
    "a vendor": Place("vendors/", "OpenAI"),
    "a new vendor": Place("vendors/new/"),
    "support": Place("support/"),
    "a question": Place("support/", "May we paste a customer’s address into the assistant?"),
    "a contributor's question": Place("support/new/", role="contributor"),
    "sources": Place("sources/"),
    "kinds of sources": Place("sources/connect/"),
    "connect": Place("sources/connect/?kind=langfuse"),
    "a source": Place("sources/", "OpenTelemetry"),
    "signals": Place("signals/"),
    "evidence": Place("says-who/accuracy/?period=28d"),
    "cost": Place("costs/"),
    "cost of a model": Place("costs/?vendor=openai&model=gpt-4o"),
    "pulses": Place("pulse/"),
    "pulse": Place("pulse/", "Read the latest week"),
    "months": Place("roi/"),
    "month": Place("roi/", "Read the latest month"),
    "password": Place("/accounts/password/change/"),
    "not found": Place("/c/nobody/"),
    "login": Place("/accounts/login/", role=""),
    "lost password": Place("/accounts/password/reset/", role=""),
    "contributor": Place("?period=7d", role="contributor"),
}


def visit(visitors: Visitors, client: str, place: Place, **options: object) -> Page:
    page = visitors.visitor(place.role, **options)
    page.goto(place.address if place.address.startswith("/") else client + place.address)
    if place.follow:
        page.get_by_role("link", name=place.follow, exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_be_visible()
    charts_drawn(page)
    return page


@pytest.mark.parametrize("name", PLACES)
def test_axe_finds_nothing_in_light_or_dark(visitors: Visitors, client: str, name: str) -> None:
    page = visit(visitors, client, PLACES[name])
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        charts_drawn(page)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{scheme}: {found.generate_report()}"


@pytest.mark.parametrize("name", PLACES)
def test_a_phone_never_scrolls_sideways(visitors: Visitors, client: str, name: str) -> None:
    page = visit(visitors, client, PLACES[name], viewport=PHONE, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_the_bottom_bar_leads_through_a_client_on_a_phone(visitors: Visitors, client: str) -> None:
    page = visitors.visitor("owner", viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto(client)
    bar = page.get_by_role("navigation", name="Tabs")
    for label in ("Charter", "Pulse", "Overview"):
        bar.get_by_role("link", name=label).tap()
        expect(bar.get_by_role("link", name=label)).to_have_attribute("aria-current", "page")
    bar.get_by_role("link", name="More").tap()
    expect(page.get_by_role("navigation", name="All pages").get_by_role("link", name="Charter")).to_be_in_viewport()


def test_the_client_pages_axe_finds_nothing_on_a_phone(visitors: Visitors, client: str) -> None:
    page = visit(visitors, client, PLACES["client"], viewport=PHONE, has_touch=True, is_mobile=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_everything_works_without_scripts(visitors: Visitors, client: str) -> None:
    page = visitors.visitor(java_script_enabled=False)
    person = visitors.demo.user("program_manager")
    page.goto(f"{client}?period=28d")
    page.get_by_label("Email").fill(person["email"])
    page.get_by_label("Password").fill(person["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Accuracy")
    page.get_by_role("link", name="7 days").click()
    expect(page).to_have_url(re.compile("period=7d"))
    page.locator(".switch").click()
    expect(page.locator("main tbody tr")).to_have_count(len(person["clients"]))
    page.goto(f"{client}charter/")
    page.get_by_role("link", name="Workshop", exact=True).click()
    first = page.get_by_role("group", name="Target 1", exact=True)
    first.get_by_role("button", name=re.compile("^Take .* over")).click()
    expect(first.get_by_label("Where the baseline comes from")).to_have_value(re.compile("judged answers"))
    first.get_by_label("Goal", exact=True).fill("a lot")
    page.get_by_role("button", name="Save the charter").click()
    expect(page.locator(".err").first).to_contain_text("“a lot” is no number")
    page.goto(f"{client}pulse/")
    page.get_by_role("link", name="Read the latest week").click()
    expect(page.locator(".bullets dt")).to_have_count(5)
