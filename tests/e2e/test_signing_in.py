"""Who gets in, and what each role sees of a client."""

import pytest
from playwright.sync_api import expect

from .conftest import Visitors
from .running import Demo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_wrong_password_is_answered_with_a_sentence(visitors: Visitors, demo: Demo) -> None:
    page = visitors.visitor()
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(demo.user("owner")["email"])
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not correct")
    expect(page.get_by_label("Email")).to_have_value(demo.user("owner")["email"])


def test_the_login_page_says_each_thing_once(visitors: Visitors) -> None:
    page = visitors.visitor()
    page.goto("/accounts/login/")
    expect(page.get_by_role("link", name="Forgot your password?")).to_have_count(1)
    expect(page.locator("main input[placeholder]")).to_have_count(0)


def test_a_stranger_is_sent_to_the_login_and_then_on_to_the_page_asked_for(
    visitors: Visitors, demo: Demo, client: str
) -> None:
    page = visitors.visitor()
    page.goto(f"{client}charter/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
    person = demo.user("program_manager")
    page.get_by_label("Email").fill(person["email"])
    page.get_by_label("Password").fill(person["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{demo.url}{client}charter/")


def test_an_owner_sees_all_clients_and_a_manager_their_own(visitors: Visitors, demo: Demo) -> None:
    for role in ("owner", "program_manager"):
        page = visitors.visitor(role)
        page.goto("/?all")
        rows = page.locator("main tbody tr")
        expect(rows).to_have_count(len(demo.user(role)["clients"]))
    assert len(demo.user("owner")["clients"]) == 3


def test_an_executive_reads_money_and_reports_but_writes_nothing(visitors: Visitors, client: str) -> None:
    page = visitors.visitor("executive")
    page.goto(client)
    expect(page.get_by_role("heading", name="Cost", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="ROI reports").first).to_be_visible()
    page.goto(f"{client}charter/")
    expect(page.locator("main tbody tr")).to_have_count(3)
    expect(page.get_by_role("button", name="Save the charter")).to_have_count(0)


def test_a_contributor_sees_no_money_and_no_reports(visitors: Visitors, client: str) -> None:
    page = visitors.visitor("contributor")
    page.goto(client)
    expect(page.get_by_role("heading", name="Quality", exact=True)).to_be_visible()
    text = page.locator("body").inner_text()
    assert "$" not in text
    assert "AI spend" not in text
    assert "ROI" not in text
    for address in ("says-who/cost/", "roi/", "pulse/"):
        answer = page.goto(client + address)
        assert answer is not None
        assert answer.status == 403


def test_another_clients_page_is_not_found(visitors: Visitors, demo: Demo) -> None:
    page = visitors.visitor("executive")
    answer = page.goto(f"/c/{demo.state['clients'][1]}/")
    assert answer is not None
    assert answer.status == 404
    expect(page.get_by_role("heading", level=1)).to_have_text("There is no such page, or it is not yours to see.")
    page.get_by_role("link", name="Back to your clients").click()
    expect(page).to_have_url(f"{demo.url}/c/{demo.state['clients'][0]}/")


def test_signing_out_shuts_the_door(visitors: Visitors, demo: Demo, client: str) -> None:
    page = visitors.visitor()
    person = demo.user("owner")
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill(person["email"])
    page.get_by_label("Password").fill(person["password"])
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(client)
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")
