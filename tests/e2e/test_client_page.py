"""A client's page as a program manager reads it: the sentence, the targets, the charts, and the way to what is behind a number."""

import csv
import io
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from .browsing import charts_drawn
from .conftest import Visitors
from .running import Demo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_the_sentence_says_what_moved_and_never_calls_a_loss_better(manager: Page, client: str) -> None:
    manager.goto(f"{client}?period=28d")
    sentence = manager.get_by_role("heading", level=1)
    expect(sentence).to_contain_text(re.compile(r"Accuracy fell from \d+\.\d% to \d+\.\d%"))
    expect(manager.locator("body")).not_to_contain_text("improved")


def test_the_three_targets_stand_with_word_number_and_chart(manager: Page, client: str) -> None:
    manager.goto(client)
    targets = manager.locator("article.tg")
    expect(targets).to_have_count(3)
    for target in targets.all():
        expect(target.locator(".st")).to_have_text(re.compile("On track|Watch|Off track|Met|Too early|No data"))
        expect(target.get_by_role("img")).to_have_accessible_name(re.compile("goal"))


def test_every_chart_is_drawn(manager: Page, client: str) -> None:
    manager.goto(f"{client}?period=28d")
    charts_drawn(manager)
    assert manager.locator("[data-chart]").count() >= 8
    for title in ("Quality", "Speed", "Cost", "Volume"):
        expect(manager.get_by_role("heading", name=title, exact=True)).to_be_visible()


@pytest.mark.parametrize("period", ["7d", "90d"])
@pytest.mark.parametrize("place", [1, 2], ids=["second client", "third client"])
def test_the_other_clients_charts_are_drawn_too(visitors: Visitors, demo: Demo, place: int, period: str) -> None:
    page = visitors.visitor("owner")
    page.goto(f"/c/{demo.state['clients'][place]}/?period={period}")
    charts_drawn(page)
    expect(page.locator("body")).not_to_contain_text("improved")


def test_the_period_picker_changes_the_period_and_what_it_is_compared_with(manager: Page, client: str) -> None:
    manager.goto(f"{client}?period=28d")
    expect(manager.locator(".fig .meta").first).to_contain_text("the 28 days before")
    manager.get_by_role("navigation", name="Period").get_by_role("link", name="90 days").click()
    expect(manager).to_have_url(re.compile(r"period=90d"))
    expect(manager.get_by_role("link", name="90 days")).to_have_attribute("aria-current", "true")
    expect(manager.locator(".fig .meta").first).to_contain_text("the 90 days before")
    expect(manager.locator(".fig .src").first).to_contain_text("of 90 days with data")


def test_the_table_by_model_names_models_with_their_numbers(manager: Page, client: str) -> None:
    manager.goto(f"{client}?period=90d")
    table = manager.get_by_role("table", name="By model")
    expect(table.get_by_role("rowheader").first).to_contain_text("gpt")
    for column in ("Model", "Accuracy", "Traced AI spend"):
        expect(table.get_by_role("columnheader", name=column, exact=True)).to_be_visible()


def test_a_number_leads_to_its_evidence_and_the_days_come_as_csv(manager: Page, client: str) -> None:
    manager.goto(f"{client}?period=28d")
    manager.get_by_role("heading", level=1).get_by_role("link").first.click()
    expect(manager.get_by_role("heading", name="How it is worked out")).to_be_visible()
    charts_drawn(manager)
    expect(manager.get_by_role("table", name="by day")).to_be_visible()
    with manager.expect_download() as downloaded:
        manager.get_by_role("link", name="Days as CSV").click()
    rows = list(csv.reader(io.StringIO(downloaded.value.path().read_text())))
    days = [row for row in rows if row and re.fullmatch(r"\d{4}-\d\d-\d\d", row[0])]
    assert len(days) >= 28


def test_slash_opens_the_palette_and_enter_goes_to_the_client_found(manager: Page, demo: Demo, client: str) -> None:
    other = demo.user("program_manager")["clients"][1]
    manager.goto(client)
    manager.keyboard.press("/")
    expect(manager.get_by_role("dialog")).to_be_visible()
    manager.keyboard.type(other[:6])
    expect(manager.locator(".pal li:visible")).to_have_count(1)
    manager.keyboard.press("Enter")
    expect(manager).to_have_url(f"{demo.url}/c/{other}/")


def test_letters_go_to_pages_and_escape_closes_the_palette(manager: Page, demo: Demo, client: str) -> None:
    manager.goto(client)
    manager.keyboard.press("Control+k")
    manager.keyboard.press("Escape")
    expect(manager.get_by_role("dialog")).to_be_hidden()
    manager.keyboard.type("gc")
    expect(manager).to_have_url(f"{demo.url}{client}charter/")


def test_j_and_k_walk_the_rows_of_a_list_and_enter_opens_one(manager: Page, demo: Demo, client: str) -> None:
    manager.goto(f"{client}roadmap/list/")
    links = manager.locator("main .t tbody th a")
    for pressed, at in (("j", 0), ("j", 1), ("k", 0)):
        manager.keyboard.press(pressed)
        expect(links.nth(at)).to_be_focused()
    to = links.first.get_attribute("href")
    manager.keyboard.press("Enter")
    expect(manager).to_have_url(f"{demo.url}{to}")


def test_a_question_mark_shows_the_shortcuts_and_those_of_one_letter_can_be_turned_off(
    manager: Page, client: str
) -> None:
    manager.goto(client)
    manager.keyboard.press("?")
    shown = manager.get_by_role("dialog", name="Keyboard")
    expect(shown).to_contain_text("g c")
    shown.get_by_label("Shortcuts of one letter").uncheck()
    shown.get_by_role("button", name="Close").click()
    manager.reload()
    manager.keyboard.type("?/gc")
    expect(manager.get_by_role("dialog")).to_have_count(0)
    expect(manager).to_have_url(re.compile(f"{client}$"))
    manager.keyboard.press("Control+k")
    expect(manager.get_by_role("dialog", name="Go to a client or page")).to_be_visible()
    manager.keyboard.press("Escape")
    manager.get_by_role("button", name="Keyboard").click()
    shown.get_by_label("Shortcuts of one letter").check()
    assert Axe().run(manager).violations_count == 0


def test_letters_typed_into_a_field_stay_letters(manager: Page, client: str) -> None:
    manager.goto(f"{client}hours/new/")
    field = manager.get_by_label("What was done")
    field.fill("")
    field.press_sequentially("gc?/jk")
    expect(field).to_have_value("gc?/jk")


def test_a_wrong_period_is_named(manager: Page, client: str) -> None:
    manager.goto(f"{client}?period=5y")
    expect(manager.get_by_role("status").first).to_contain_text("write 7d, 28d or 90d")
