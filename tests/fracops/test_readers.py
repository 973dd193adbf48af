"""Pages are written as their reader's country does, alike all over; what is kept, agreed to or frozen is one text for all."""

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.charters import digest
from clients.models import Charter, Client, Glance, Opportunity, TargetResult, User
from clients.tenancy import scope
from clients.writing import NBSP, retold, written_for
from fracops import glances
from monitoring.charter_words import charter_words
from reports import gather
from reports.models import Edition
from reports.periods import PULSE, latest_pulse
from reports.periods import label as label_of
from tests import factories
from tests.conftest import ALL, NOW

pytestmark = pytest.mark.django_db(transaction=True, databases=ALL)
NOTHING: dict[str, str] = {}
AMERICAN, GERMAN = {"accept-language": "en-US,en;q=0.9"}, {"accept-language": "de-DE,de;q=0.9"}
EACH = pytest.mark.parametrize("asked", [NOTHING, AMERICAN, GERMAN], ids=["nothing", "en-US", "de-DE"])
WRITE = "/c/acme/charter/2026-q4/write/"
TYPED = {
    "t-TOTAL_FORMS": "1", "t-INITIAL_FORMS": "0", "scope": "The chatbot’s accuracy.", "do": "save",
    "t-0-name": "Right answers", "t-0-metric": "accuracy", "t-0-goal": "97.5", "t-0-kind": "above",
}  # fmt: skip


@pytest.fixture
def watched(client_row: Client, time_machine: Any) -> Client:
    """Three weeks of forty calls a day; of the last week's answers seven in eight are right, of those before all are."""
    time_machine.move_to(NOW, tick=False)
    spans = [factories.span(i, NOW - timedelta(days=1 + i % 21)) for i in range(1, 1681)]
    factories.calls(client_row, spans, [factories.verdict(s, i % 21 > 6 or i % 8 > 0) for i, s in enumerate(spans, 1)])
    factories.engagement(client_row, date(2026, 10, 1), monthly_fee=Decimal(6500))
    return client_row


def browsing(person: User) -> Browser:
    made = Browser()
    made.force_login(person)
    return made


@pytest.fixture
def owner(watched: Client) -> User:
    return factories.member(watched.practice, "owner", "owner@people.example")


def page(browser: Browser, address: str, headers: dict[str, str]) -> str:
    answer = browser.get(address, headers=headers)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_the_client_page_is_written_for_who_reads_it(owner: User) -> None:
    browser = browsing(owner)
    neutral, american, german = (page(browser, "/c/acme/?period=7d", asked) for asked in (NOTHING, AMERICAN, GERMAN))
    assert "5 November" in neutral
    assert "November 5" in american
    assert "5 November" not in american
    assert "5 November" in german
    [told] = set(re.findall(r"Accuracy fell from.*?>(\d+\.\d%)<", neutral))
    assert told in american
    assert told not in german
    assert told.replace(".", ",") in german
    assert f"560{NBSP}calls" in german
    assert not re.search(r">\d+\.\d%<", german), "the same way everywhere on the page"


def test_charts_are_written_for_who_reads_them(owner: User) -> None:
    browser = browsing(owner)
    neutral, american, german = (
        browser.get("/c/acme/figures.json", headers=asked).content.decode() for asked in (NOTHING, AMERICAN, GERMAN)
    )
    assert '"tickformat":"%-d %b"' in neutral
    assert '"tickformat":"%b %-d"' in american
    assert re.search(r'"\d+\.\d%', neutral)
    assert not re.search(r'"\d+\.\d%', german)


def test_hours_engagement_and_portfolio_are_written_for_who_reads_them(owner: User, watched: Client) -> None:
    factories.entry(watched, owner, date(2026, 11, 5))
    browser = browsing(owner)
    assert "Nov 5" in page(browser, "/c/acme/hours/", AMERICAN)
    assert "5 Nov" in page(browser, "/c/acme/hours/", GERMAN)
    assert "November 2 to November 8, 2026" in page(browser, "/hours/", AMERICAN)
    assert "6,500 " in page(browser, "/c/acme/engagement/", AMERICAN)
    assert "6.500 " in page(browser, "/c/acme/engagement/", GERMAN)
    assert "since October 1, 2026" in page(browser, "/c/acme/engagement/", AMERICAN)
    with scope(watched):
        glances.read(watched, timezone.now())
    told = re.search(r"Accuracy fell from (\d+\.\d%)", page(browser, "/?all", NOTHING))
    assert told
    assert f"Accuracy fell from {told[1]}" in page(browser, "/?all", AMERICAN)
    assert f"Accuracy fell from {told[1].replace('.', ',')}" in page(browser, "/?all", GERMAN)


def test_what_the_person_chose_goes_before_what_the_browser_asks(owner: User) -> None:
    browser = browsing(owner)
    choice = page(browser, "/writing/", AMERICAN)
    assert f"As your browser asks: November 5, 2026, 3:05{NBSP}PM, 1,234.5" in choice
    assert "Germany: 5 November 2026, 15:05, 1.234,5" in choice
    answer = browser.post("/writing/", {"country": "DE"}, headers=AMERICAN, follow=True)
    assert "Dates and numbers are written as in Germany now." in answer.content.decode()
    assert '<option value="DE" selected>' in answer.content.decode()
    assert "6.500 " in page(browser, "/c/acme/engagement/", AMERICAN)
    assert "Accept-Language" not in browser.get("/c/acme/", headers=AMERICAN).headers["Vary"]
    browser.post("/writing/", {"country": ""}, headers=AMERICAN)
    assert "6,500 " in page(browser, "/c/acme/engagement/", AMERICAN)
    assert "Accept-Language" in browser.get("/c/acme/", headers=AMERICAN).headers["Vary"]


@pytest.mark.parametrize("country", ["XX", "Germany", "de", "\u2603", "U" * 500])
def test_a_country_that_is_none_is_refused_in_words(owner: User, country: str) -> None:
    answer = browsing(owner).post("/writing/", {"country": country})
    assert answer.status_code == 422
    assert "is no country of the list" in answer.content.decode()
    assert User.objects.get(pk=owner.pk).writes_like == ""


@pytest.mark.parametrize("role", ["executive", "contributor"])
def test_everybody_who_signs_in_may_choose(watched: Client, role: str) -> None:
    person = factories.member(watched, role)
    browser = browsing(person)
    assert browser.post("/writing/", {"country": "US"}).status_code == 302
    assert "November 5, 2026" in page(browser, "/writing/", GERMAN)


@pytest.mark.parametrize("header", ["", ",;q=", "é", "x" * 9000, "de-" * 2000, "en-US;q=nothing", "*"])
def test_no_header_breaks_a_page(owner: User, header: str) -> None:
    assert page(browsing(owner), "/c/acme/", {"accept-language": header})


def test_who_reads_costs_no_query(owner: User) -> None:
    browser = browsing(owner)

    def asked(headers: dict[str, str]) -> int:
        with CaptureQueriesContext(connection) as caught:
            page(browser, "/c/acme/", headers)
        return len(caught)

    asked(NOTHING)
    assert asked(NOTHING) == asked(GERMAN)
    User.objects.filter(pk=owner.pk).update(writes_like="CH")
    assert asked(NOTHING) == asked(GERMAN)


def _agreed(watched: Client, asked: dict[str, str]) -> Charter:
    """A charter that was written, read and agreed to in a browser that asks so."""
    manager, person = (browsing(factories.member(watched, role)) for role in ("program_manager", "executive"))
    assert manager.post(WRITE, TYPED, headers=asked).status_code == 302
    found = re.search(r'name="hash" value="(\w+)"', page(person, "/c/acme/charter/2026-q4/", asked))
    assert found
    person.post("/c/acme/charter/2026-q4/agree/", {"version": "1", "hash": found[1]}, headers=asked)
    with scope(watched):
        return Charter.objects.get()


@EACH
def test_what_a_charter_agrees_and_its_hash_are_one_text_for_all(watched: Client, asked: dict[str, str]) -> None:
    charter = _agreed(watched, asked)
    assert "1 October–31 December\n" in charter.agreed_text
    assert "Promise: Stay at or above 97.5%\n" in charter.agreed_text
    assert "Due: 31 December 2026\n" in charter.agreed_text
    with scope(watched):
        assert charter.agreed_hash == digest(charter_words(watched, charter).text)


@EACH
def test_what_came_of_a_target_is_kept_as_one_text_for_all(watched: Client, asked: dict[str, str]) -> None:
    _agreed(watched, asked)
    manager = browsing(User.objects.get(email__startswith="program_manager"))
    manager.post("/c/acme/charter/2026-q4/close/", {"note": "The bot is switched off."}, headers=asked)
    with scope(watched):
        assert "97.5%" in TargetResult.objects.get().why


@EACH
def test_a_proposed_baseline_is_kept_as_one_text_for_all(watched: Client, asked: dict[str, str]) -> None:
    manager = browsing(factories.member(watched, "program_manager"))
    taken = manager.post(WRITE, TYPED | {"do": "take-0"}, headers=asked).content.decode()
    given = {
        f"t-0-{name}": re.search(rf'name="t-0-{name}" value="([^"]+)"', taken)[1]  # type: ignore[index]
        for name in ("baseline", "baseline_source", "taken")
    }
    assert (
        given["t-0-baseline_source"] == "1,680 judged answers, 16 October–5 November, from the first day with data on"
    )
    assert re.fullmatch(r"\d+\.\d+", given["t-0-baseline"]), "a field’s value is as the form reads it"
    assert manager.post(WRITE, TYPED | given, headers=asked).status_code == 302
    with scope(watched):
        [target] = Charter.objects.get().targets.all()
    assert target.baseline_source == given["t-0-baseline_source"]
    assert target.baseline_n == 1680


@EACH
def test_a_result_read_from_points_is_kept_as_one_text_for_all(watched: Client, asked: dict[str, str]) -> None:
    made = factories.opportunity(
        watched, stage="production", shipped_on=date(2026, 10, 27), metric="accuracy", way="up", owner="Mara"
    )
    manager = browsing(factories.member(watched, "program_manager"))
    manager.post(f"/c/acme/roadmap/{made.public_id}/result/", {"edition": "0", "note": ""}, headers=asked)
    with scope(watched):
        kept = Opportunity.objects.get().actual_source
    assert kept == "100.0% (800 judged answers, 17–26 October) → 91.3% (800 judged answers, 27 October–5 November)"


@EACH
def test_what_reports_say_and_their_hash_are_one_text_for_all(
    watched: Client, owner: User, asked: dict[str, str]
) -> None:
    period = latest_pulse(NOW, watched.zone)
    with scope(watched):
        once = gather.compose(watched, PULSE, period, now=NOW).content_hash
        with written_for("US"):
            assert gather.compose(watched, PULSE, period, now=NOW).content_hash == once
    label = label_of(PULSE, period)
    browser = browsing(owner)
    mail, frozen = (page(browser, f"/c/acme/pulse/{label}/mail/", headers) for headers in (NOTHING, asked))
    assert frozen == mail
    browser.post(f"/c/acme/pulse/{label}/freeze/", headers=asked)
    with scope(watched):
        edition = Edition.objects.get()
        assert (
            edition.content_hash
            == gather.compose(watched, PULSE, period, now=NOW, revision=1, label=label).content_hash
        )
    assert "November 5" not in str(edition.content)


def test_what_a_worker_found_is_kept_for_every_reader(watched: Client) -> None:
    with scope(watched), written_for("DE"):
        glances.read(watched, timezone.now())
        kept = Glance.objects.get().moved
    assert retold(kept) == kept.replace("\ue000", "").replace("\ue001", "")
    assert re.search(r"\d\.\d", kept)


@EACH
def test_files_are_the_same_for_all(watched: Client, owner: User, asked: dict[str, str]) -> None:
    browser = browsing(owner)
    factories.entry(watched, owner, date(2026, 11, 5))
    for address in ("/c/acme/hours.csv", "/c/acme/says-who/accuracy/?format=csv", "/c/acme/costs/?format=csv"):
        assert page(browser, address, asked) == page(browser, address, NOTHING)


@EACH
def test_machines_are_answered_alike(client_row: Client, asked: dict[str, str]) -> None:
    token = factories.token(client_row)
    answer = Browser().post(
        "/v1/calls",
        {"rows": [{"tokens": -1, "cost": 10**9}]},
        content_type="application/json",
        headers=asked | {"authorization": f"Bearer {token}"},
    )
    again = Browser().post(
        "/v1/calls",
        {"rows": [{"tokens": -1, "cost": 10**9}]},
        content_type="application/json",
        headers={"authorization": f"Bearer {token}"},
    )
    assert answer.content == again.content
