"""What is said: the Friday pulse and the ROI report as pages, mail and PDF."""

import io
import time

import pdfplumber
import pytest
from playwright.sync_api import Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
FREEZING_SECONDS = 40


def frozen(page: Page) -> None:
    """Freeze the report at hand where it is not yet, and wait until the worker has made its PDF."""
    link = page.get_by_role("link", name="PDF")
    if page.get_by_role("button", name="Freeze this report").count():
        page.get_by_role("button", name="Freeze this report").click()
    deadline = time.monotonic() + FREEZING_SECONDS
    while not link.count() and time.monotonic() < deadline:
        page.reload()
    expect(link).to_be_visible()


def words_of_the_pdf(page: Page) -> str:
    address = page.get_by_role("link", name="PDF").get_attribute("href") or ""
    answer = page.request.get(address)
    assert answer.headers["content-type"] == "application/pdf"
    with pdfplumber.open(io.BytesIO(answer.body())) as document:
        return " ".join(" ".join(sheet.extract_text() for sheet in document.pages).split())


def said(text: str) -> str:
    return " ".join(text.split())


def test_the_pulse_has_five_bullets_a_mail_and_a_pdf_with_its_headline(manager: Page, client: str) -> None:
    manager.goto(f"{client}pulse/")
    manager.get_by_role("link", name="Read the latest week").click()
    expect(manager.locator(".bullets dt")).to_have_count(5)
    expect(manager.locator(".bullets dt").first).to_have_text("Targets")
    expect(manager.locator(".bullets dt").last).to_have_text("Decide")
    expect(manager.locator("body")).not_to_contain_text("improved")
    frozen(manager)
    headline = said(manager.get_by_role("heading", level=1).inner_text())
    assert headline in words_of_the_pdf(manager)
    manager.get_by_role("link", name="See the mail").click()
    expect(manager.locator("body")).to_contain_text(headline)
    expect(manager.locator("body")).to_contain_text("Decide")


def test_the_month_has_three_figures_and_a_pdf_with_its_headline(manager: Page, client: str) -> None:
    manager.goto(f"{client}roi/")
    manager.get_by_role("link", name="Read the latest month").click()
    expect(manager.locator(".three > div")).to_have_count(3)
    expect(manager.get_by_role("heading", name="What got worse")).to_be_visible()
    expect(manager.get_by_role("heading", name="Says who?")).to_be_visible()
    expect(manager.locator("body")).not_to_contain_text("improved")
    frozen(manager)
    assert said(manager.get_by_role("heading", level=1).inner_text()) in words_of_the_pdf(manager)


@pytest.mark.parametrize("kind", ["pulse", "roi"])
def test_no_report_in_the_list_leads_nowhere(manager: Page, client: str, kind: str) -> None:
    manager.goto(f"{client}{kind}/")
    addresses = [link.get_attribute("href") or "" for link in manager.locator("main a").all()]
    assert all(manager.request.get(address).status == 200 for address in addresses)


def test_a_number_of_the_report_leads_to_its_line(manager: Page, client: str) -> None:
    manager.goto(f"{client}pulse/")
    manager.get_by_role("link", name="Read the latest week").click()
    number = manager.locator(".bullets a.f").first
    line = (number.get_attribute("href") or "").removeprefix("#")
    number.click()
    expect(manager.locator(f"tr[id='{line}']")).to_be_in_viewport()
