"""The pages of outcomes: who may say what, what was said before stays listed, and money is for those who may see it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client as Browser

from clients.models import Client
from clients.tenancy import scope
from monitoring import outcome_store
from monitoring.models import OutcomeDefinition
from tests import factories
from tests.conftest import NOW, rows
from tests.monitoring.outcome_making import DAY, at, define, desk, read, said, store, ticket

pytestmark = pytest.mark.usefixtures("runtime_role")

PAGE = "/c/acme/outcomes/chats_settled/"
DEFINITION = {
    "name": "Chats settled",
    "key": "chats_settled",
    "kind": "rate",
    "unit": "chats settled",
    "of": "chats",
    "better": "higher",
}
FIGURE = {"first_day": "2026-11-03", "numerator": "4", "denominator": "6"}


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(NOW, tick=False)
    return time_machine


def browser(of: Client, role: str) -> Browser:
    person = factories.member(of, role)
    made = Browser()
    assert made.login(email=person.email, password=factories.PASSWORD)
    return made


@pytest.fixture
def contributor(client_row: Client) -> Browser:
    return browser(client_row, "contributor")


def text(answer: Any) -> str:
    return " ".join(str(answer.content.decode()).split())


def test_a_contributor_enters_a_days_figure(client_row: Client, contributor: Browser) -> None:
    define(client_row)
    answer = contributor.post(PAGE, FIGURE | {"overridden": "1"}, follow=True)
    assert "The figure for Chats settled is kept." in text(answer)
    assert "Chats settled: 66.7% for 3 November 2026, says Contributor-Acme (typed)." in text(answer)
    assert "1 overridden" in text(answer)
    assert read(client_row, "chats_settled").now.n == 6


def test_a_correction_keeps_what_was_said_before(client_row: Client, contributor: Browser, clock: Any) -> None:
    define(client_row)
    crm = factories.source(client_row, "CRM")
    with scope(client_row):
        outcome_store.from_source(client_row, crm, [said(4, 6, sent_id="a/b?c")])
    clock.move_to(NOW + timedelta(hours=1), tick=False)
    page = text(contributor.get(PAGE))
    link = page.split('btn sm" href="')[1].split('"')[0].replace("&amp;", "&")
    form = contributor.get(PAGE + link)
    assert "Correct the figure for 3 November 2026" in text(form)
    kept = {name: form.context["form"][name].initial for name in ("source", "sent_id", "denominator")}
    assert kept == {"source": crm.public_id, "sent_id": "a/b?c", "denominator": "6"}
    answer = contributor.post(PAGE, FIGURE | kept | {"numerator": "3"}, follow=True)
    assert "Contributor-Acme, correcting CRM" in text(answer)
    assert [(r.value, r.standing) for r in answer.context["rows"]] == [("50.0%", True), ("66.7%", False)]
    assert read(client_row, "chats_settled").now.summary.total == 3


def test_a_figure_can_be_taken_back(client_row: Client, contributor: Browser) -> None:
    define(client_row)
    contributor.post(PAGE, FIGURE)
    answer = contributor.post(PAGE, FIGURE | {"do": "withdraw"}, follow=True)
    assert "taken back" in text(answer)
    assert read(client_row, "chats_settled").now.value is None
    assert rows("SELECT count(*) FROM monitoring_outcomevalue") == [(2,)]


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"numerator": "7"}, "“Chats settled” cannot be 7 of 6: the numerator is the part."),
        ({"numerator": "many"}, "Enter a number."),
        ({"denominator": ""}, "This field is required."),
        ({"first_day": "2026-11-30"}, "30 November 2026 has not come yet."),
        ({"last_day": "2026-11-01"}, "The last day, 2026-11-01, comes before the first, 2026-11-03."),
        ({"numerator": "1e400"}, "Ensure that there are no more than"),
        ({"success": "99"}, "“success” must be a number of the 6 cases, not 99."),
    ],
)
def test_what_cannot_be_is_refused_beside_the_form(
    client_row: Client, contributor: Browser, typed: dict[str, str], says: str
) -> None:
    define(client_row)
    answer = contributor.post(PAGE, FIGURE | typed)
    assert answer.status_code == 422
    assert says in text(answer)
    assert rows("SELECT count(*) FROM monitoring_outcomevalue") == [(0,)]


def test_another_clients_source_cannot_be_corrected(
    client_row: Client, other_client: Client, contributor: Browser
) -> None:
    define(client_row)
    theirs = factories.source(other_client, "CRM")
    assert contributor.post(PAGE, FIGURE | {"source": theirs.public_id}).status_code == 404
    assert contributor.get(PAGE, {"ref": "day:x", "source": theirs.public_id}).status_code == 404
    assert contributor.get("/c/acme/outcomes/nobody/").status_code == 404


def test_an_executive_sees_and_does_not_enter(client_row: Client) -> None:
    define(client_row)
    executive = browser(client_row, "executive")
    assert "Enter a figure" not in text(executive.get(PAGE))
    assert executive.post(PAGE, FIGURE).status_code == 403


def test_what_it_is_worth_is_shown_to_those_who_may_see_money(client_row: Client, contributor: Browser) -> None:
    define(client_row, worth=Decimal(40), worth_said_by="Theo Brandt", worth_of="labor", saves="help-desk tickets")
    worth = "$40.00 in labor each, says Theo Brandt"
    executive = browser(client_row, "executive")
    for address in ("/c/acme/outcomes/", PAGE):
        assert worth in text(executive.get(address))
        assert "$40" not in text(contributor.get(address))


def test_the_list_says_what_moved_and_who_said_so(client_row: Client, contributor: Browser) -> None:
    define(client_row)
    define(client_row, "hours_saved", name="Hours saved", kind="hours", unit="hours saved")
    crm = factories.source(client_row, "CRM")
    days = [(said(30 if n <= 28 else 50, 60, NOW.date() - timedelta(days=n))) for n in range(1, 57)]
    with scope(client_row):
        outcome_store.from_source(client_row, crm, days)
    page = text(contributor.get("/c/acme/outcomes/"))
    assert "Chats settled fell from 83.3% to 50.0% over the last 28 days." in page
    assert "840 of 1,680 chats" in page
    assert "50.0% for 5 November 2026" in page
    assert "no figures for hours saved in the period" in page
    assert '/c/acme/says-who/outcome.chats_settled/?period=28d"' in page
    assert contributor.get("/c/acme/says-who/outcome.chats_settled/?period=28d").status_code == 200
    drawn = contributor.get("/c/acme/figures.json?period=28d&metric=outcome.chats_settled")
    assert len(drawn.json()) == 1


def test_what_is_counted_from_tickets_has_no_form(client_row: Client, contributor: Browser) -> None:
    store(client_row, desk(client_row), ticket(1, at(9), 2.5), ticket(2, at(9)))
    page = text(contributor.get("/c/acme/outcomes/tickets_time_to_solve/"))
    assert "Typical time to solve a ticket: 2.5 h for 3 November 2026, says Zendesk." in page
    assert "Enter a figure" not in page
    assert "Correct<" not in page
    answer = contributor.post("/c/acme/outcomes/tickets_created/", FIGURE)
    assert (answer.status_code, "is counted from tickets" in text(answer)) == (422, True)


def test_a_manager_defines_and_edits(client_row: Client) -> None:
    manager = browser(client_row, "program_manager")
    answer = manager.post("/c/acme/outcomes/define/", DEFINITION, follow=True)
    assert "Nobody has said anything about Chats settled yet." in text(answer)
    changed = DEFINITION | {
        "name": "Settled chats",
        "key": "other",
        "kind": "hours",
        "worth": "40",
        "worth_said_by": "Theo",
    }
    manager.post(f"{PAGE}edit/", changed)
    with scope(client_row):
        kept = OutcomeDefinition.objects.get()
    assert (kept.key, kept.kind, kept.name) == ("chats_settled", "rate", "Settled chats")
    assert kept.worth == 40


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"key": "Chats"}, "Begin with a small letter"),
        ({"key": "tickets_created"}, "is FracOps’ own"),
        ({"key": "define"}, "is FracOps’ own"),
        ({"key": "known"}, "There is an outcome “known” already"),
        ({"of": ""}, "A rate is out of something"),
        ({"kind": "median"}, "Select a valid choice"),
        ({"worth": "40"}, "Write who said what it is worth"),
        ({"worth": "-1", "worth_said_by": "x"}, "greater than or equal to 0"),
    ],
)
def test_a_definition_that_cannot_be_is_refused(client_row: Client, typed: dict[str, str], says: str) -> None:
    define(client_row, "known")
    answer = browser(client_row, "program_manager").post("/c/acme/outcomes/define/", DEFINITION | typed)
    assert answer.status_code == 422
    assert says in text(answer)
    with scope(client_row):
        assert OutcomeDefinition.objects.count() == 1


def test_the_charter_can_promise_an_outcome_of_the_whole_client(client_row: Client) -> None:
    define(client_row)
    manager = browser(client_row, "program_manager")
    workshop = "/c/acme/charter/2026-q4/write/"
    page = manager.get(workshop)
    assert '<option value="outcome.chats_settled">Chats settled (percent; higher is better)</option>' in text(page)
    forms = {
        "t-TOTAL_FORMS": "1",
        "t-INITIAL_FORMS": "0",
        "scope": "Chats settled without a person.",
        "do": "save",
        "t-0-kind": "reach",
        "t-0-name": "Chats settled",
        "t-0-metric": "outcome.chats_settled",
        "t-0-goal": "72",
    }
    refused = manager.post(workshop, forms | {"t-0-model": "gpt-4"})
    assert "is known for the whole company" in text(refused)
    assert manager.post(workshop, forms).status_code == 302
    manager.post(PAGE, FIGURE | {"numerator": "75", "denominator": "100"})
    overview = text(manager.get("/c/acme/"))
    assert "75.0%" in overview
    assert manager.get("/c/acme/charter/").status_code == 200


def test_pages_take_as_many_queries_for_one_figure_as_for_many(
    client_row: Client, contributor: Browser, django_assert_max_num_queries: Any
) -> None:
    define(client_row)
    crm = factories.source(client_row, "CRM")
    for size in (1, 50):
        with scope(client_row):
            outcome_store.from_source(client_row, crm, [said(1, 2, DAY - timedelta(days=n)) for n in range(size)])
        for address in ("/c/acme/outcomes/", PAGE):
            with django_assert_max_num_queries(24):
                assert contributor.get(address).status_code == 200


def test_what_was_taken_back_is_no_figure(client_row: Client, contributor: Browser, clock: Any) -> None:
    define(client_row)
    contributor.post(PAGE, FIGURE)
    gone = text(contributor.post(PAGE, FIGURE | {"do": "withdraw"}, follow=True))
    who = "Contributor-Acme (typed) took back the figure for 3 November 2026"
    assert f"{who}: nothing is known of Chats settled now." in gone
    assert "taken back" in gone
    contributor.post(PAGE, FIGURE | {"first_day": "2026-11-02"})
    before = text(contributor.get(PAGE))
    assert f"Chats settled: 66.7% for 2 November 2026, says Contributor-Acme (typed). {who}." in before


def test_cases_that_their_days_figure_counts_say_so(client_row: Client, contributor: Browser) -> None:
    define(client_row)
    crm = factories.source(client_row, "CRM")
    with scope(client_row):
        outcome_store.from_source(client_row, crm, [said(4, 6), said(1, 1, sent_id="one")])
    answer = contributor.get(PAGE)
    assert [(row.value, row.state) for row in answer.context["rows"]] == [
        ("100.0%", "in the day’s figure"),
        ("66.7%", "counts"),
    ]
    assert "66.7% for 3 November 2026, says CRM" in text(answer)
