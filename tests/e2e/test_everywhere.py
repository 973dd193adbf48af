"""The ways through a client on a phone, and without scripts."""

import re

import pytest
from playwright.sync_api import expect

from .browsing import PHONE
from .conftest import Visitors

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_the_bottom_bar_leads_through_a_client_on_a_phone(visitors: Visitors, client: str) -> None:
    page = visitors.visitor("owner", viewport=PHONE, has_touch=True, is_mobile=True)
    page.goto(client)
    bar = page.get_by_role("navigation", name="Tabs")
    for label in ("Charter", "Pulse", "Overview"):
        bar.get_by_role("link", name=label).tap()
        expect(bar.get_by_role("link", name=label)).to_have_attribute("aria-current", "page")
    bar.get_by_role("link", name="More").tap()
    expect(page.get_by_role("navigation", name="All pages").get_by_role("link", name="Charter")).to_be_in_viewport()


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
