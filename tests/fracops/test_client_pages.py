"""A client's pages from real calls: what they say, who sees money, and what a bad address is answered with."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from clients.local import today_at
from clients.models import Charter, Client, quarter_key, quarter_start
from clients.tenancy import scope
from monitoring.records import ScoreKind, SpanKind
from tests import factories
from tests.conftest import ALL

pytestmark = pytest.mark.django_db(transaction=True, databases=ALL)


@pytest.fixture
def watched(client_row: Client) -> Client:
    """Accuracy of 90% in the seven days before last, of 50% in the last seven; two models."""
    now = timezone.now()
    spans, scores = [], []
    for number in range(1, 561):
        back = 1 + number % 14
        span = factories.span(number, now - timedelta(days=back), model=("large-4", "small-4")[number // 14 % 2])
        spans.append(span)
        scores.append(factories.verdict(span, number // 14 % 10 < (5 if back <= 7 else 9)))
    factories.calls(client_row, spans, scores)
    return client_row


def browser(of: Client, role: str) -> Browser:
    made = Browser()
    made.force_login(factories.member(of, role), backend="allauth.account.auth_backends.AuthenticationBackend")
    return made


def test_the_page_says_that_accuracy_fell_with_both_numbers(watched: Client) -> None:
    page = browser(watched, "program_manager").get("/c/acme/?period=7d").content.decode()
    assert "Accuracy fell from" in page
    assert re.search(r">90\.0%</a> to <a [^>]+>50\.0%</a>[.;]", page)
    assert ">90.0%</a>" in page
    assert ">50.0%</a>" in page
    assert "improved" not in page
    assert "large-4" in page
    assert "7 of 7 days with data" in page


def test_a_client_without_data_is_told_how_to_begin(client_row: Client) -> None:
    page = browser(client_row, "program_manager").get("/c/acme/").content.decode()
    assert "Nothing of Acme is watched yet" in page
    assert "manage.py import_calls FILE --client acme" in page


def test_a_wrong_period_is_named_on_the_page_and_refused_by_the_figures(watched: Client) -> None:
    person = browser(watched, "program_manager")
    assert "“5y” is no period: write 7d, 28d or 90d" in person.get("/c/acme/?period=5y").content.decode()
    answer = person.get("/c/acme/figures.json?period=5y")
    assert answer.status_code == 400
    assert answer.json() == {"error": "“5y” is no period: write 7d, 28d or 90d."}


def test_the_figures_hold_a_chart_for_every_frame_that_is_drawn(watched: Client) -> None:
    person = browser(watched, "program_manager")
    drawn = json.loads(person.get("/c/acme/figures.json?period=7d").content)
    page = person.get("/c/acme/?period=7d").content.decode()
    frames = {part.partition('"')[0] for part in page.split('data-chart="')[1:]}
    assert frames
    assert frames <= set(drawn)


@pytest.mark.parametrize(
    ("path", "most"), [("", 33), ("figures.json", 20), ("says-who/accuracy/", 21), ("charter/", 22)]
)
def test_a_page_asks_as_little_of_long_and_rich_clients_as_of_others(watched: Client, path: str, most: int) -> None:
    person = browser(watched, "program_manager")
    person.post(workshop(watched), TYPED)

    def asked(period: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert person.get(f"/c/acme/{path}?period={period}").status_code == 200
        return len(queries)

    before = asked("7d")
    now = timezone.now()
    more = [
        factories.span(
            10_000 + i, now - timedelta(days=i), model=f"m{i}", system=f"Bot {i}", tool=f"t{i}", kind=SpanKind.TOOL
        )
        for i in range(1, 40)
    ]
    factories.calls(watched, more, by=factories.source(watched, "Many", "Bots"))
    assert asked("90d") <= before <= most


def test_a_score_that_swings_around_zero_is_drawn(watched: Client) -> None:
    now = timezone.now()
    calls = [factories.span(20_000 + i, now - timedelta(days=1 + i % 6)) for i in range(60)]
    scores = [
        replace(factories.verdict(call, True), name="mood", kind=ScoreKind.NUMERIC, value=Decimal(1 - i % 2 * 2))
        for i, call in enumerate(calls)
    ]
    factories.calls(watched, calls, scores, by=factories.source(watched, "Moods", "Bot"))
    assert 'data-chart="score-mood' in browser(watched, "program_manager").get("/c/acme/?period=7d").content.decode()


def test_a_contributor_sees_no_money_anywhere(watched: Client) -> None:
    person = browser(watched, "contributor")
    page = person.get("/c/acme/?period=7d").content.decode()
    assert "AI spend" not in page
    assert "Cost per call" not in page
    assert "cost" not in json.loads(person.get("/c/acme/figures.json?period=7d").content)
    assert person.get("/c/acme/says-who/cost/").status_code == 403


def test_a_model_that_was_not_called_says_so_instead_of_dashes_alone(watched: Client) -> None:
    earlier = timezone.now() - timedelta(days=10)
    factories.calls(
        watched, [factories.span(9001, earlier, model="retired-4")], by=factories.source(watched, "Old", "Old bot")
    )
    page = browser(watched, "program_manager").get("/c/acme/?period=7d").content.decode()
    row = page.partition("retired-4")[2].partition("</tr>")[0]
    assert "not called in this period" in row
    assert "not called in this period" not in page.partition(">large-4")[2].partition("</tr>")[0]


def test_the_evidence_shows_formula_inputs_and_days(watched: Client) -> None:
    page = browser(watched, "executive").get("/c/acme/says-who/accuracy/?period=7d").content.decode()
    assert "answers judged true for “accuracy” ÷ answers judged" in page
    assert "140 of 280" in page
    assert "Yes, and for the worse" in page


@pytest.mark.parametrize(
    ("metric", "terms"),
    [
        ("error_rate", [("0", "model calls that ended in an error"), ("280", "calls")]),
        ("answer_tokens", [("14,000", "output tokens"), ("280", "calls")]),
        ("tool_calls_per_trace", [("0", "tool spans"), ("280", "traces")]),
        ("cost_per_call", [("$0.70", "traced cost"), ("280", "priced calls")]),
    ],
)
def test_a_division_names_what_stands_over_and_under_the_line(
    watched: Client, metric: str, terms: list[tuple[str, str]]
) -> None:
    page = browser(watched, "program_manager").get(f"/c/acme/says-who/{metric}/?period=7d").context["page"]
    assert [(t.value, t.what) for t in page.terms] == terms


def test_the_evidence_comes_as_csv_unrounded(watched: Client) -> None:
    answer = browser(watched, "executive").get("/c/acme/says-who/accuracy/?period=7d&format=csv")
    lines = answer.content.decode().splitlines()
    assert lines[0] == "day,value,unit,n,n_counts,period,final"
    assert sum(int(line.split(",")[3]) for line in lines[1:] if line.split(",")[5] == "now") == 280


@pytest.mark.parametrize("address", ["says-who/nonsense/", "says-who/accuracy/?system=Nobody"])
def test_an_unknown_metric_or_system_is_not_found(watched: Client, address: str) -> None:
    assert browser(watched, "executive").get(f"/c/acme/{address}").status_code == 404


def test_someone_with_one_client_goes_straight_to_it(watched: Client) -> None:
    assert browser(watched, "executive").get("/").headers["Location"] == "/c/acme/"


def test_the_phone_has_the_way_to_the_password_and_each_link_once(watched: Client, other_client: Client) -> None:
    person = browser(watched, "program_manager")
    more = {
        path: person.get(path).content.decode().partition('id="more"')[2].partition("</nav>")[0]
        for path in ("/?all", "/c/acme/")
    }
    assert all("Change your password" in links for links in more.values())
    assert "All clients" in more["/c/acme/"]
    assert "All clients" not in more["/?all"]


def test_the_list_names_what_needs_a_person(watched: Client, other_client: Client) -> None:
    page = browser(watched, "program_manager")
    assert "Nothing waits for you: 1 client in your care." in page.get("/?all").content.decode()


TYPED = {
    "t-TOTAL_FORMS": "3", "t-INITIAL_FORMS": "0", "scope": "The chatbot’s accuracy.",
    "t-0-name": "Right answers", "t-0-metric": "accuracy", "t-0-baseline": "80", "t-0-goal": "90%",
    "t-0-baseline_source": "Dana, from the June review",
}  # fmt: skip


def workshop(of: Client) -> str:
    return f"/c/{of.slug}/charter/{quarter_key(quarter_start(today_at(of)))}/write/"


def test_a_charter_is_saved_shown_and_changed(watched: Client) -> None:
    person = browser(watched, "program_manager")
    assert person.post(workshop(watched), TYPED).status_code == 302
    with scope(watched):
        charter = Charter.objects.current(watched, timezone.now().date())
        assert charter is not None
        (target,) = charter.targets.all()
    page = person.get("/c/acme/?period=7d").content.decode()
    assert "Right answers" in page
    assert "Off track" in page
    gone = TYPED | {
        "version": "1",
        "edition": "1",
        "t-INITIAL_FORMS": "1",
        "t-0-public_id": target.public_id,
        "t-0-DELETE": "on",
    }
    assert person.post(workshop(watched), gone).status_code == 302
    assert "has no targets yet" in person.get("/c/acme/charter/").content.decode()


def test_of_two_who_write_a_charter_at_once_the_second_learns_of_the_first(watched: Client) -> None:
    person = browser(watched, "program_manager")
    assert 'name="edition" value="0"' in person.get(workshop(watched)).content.decode()
    assert person.post(workshop(watched), TYPED | {"edition": "0"}).status_code == 302
    for edition in ("0", "2", "99999999999"):
        answer = person.post(workshop(watched), TYPED | {"version": "1", "edition": edition, "scope": "Every cost."})
        assert answer.status_code == 422
        assert "Somebody else saved this charter while you were writing" in answer.content.decode()
        assert "look for ■" not in answer.content.decode()
    with scope(watched):
        assert Charter.objects.get().scope == "The chatbot’s accuracy."


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"version": "3"}, "Somebody else saved this charter"),
        ({"version": "0", "edition": "0", "scope": "Help us with AI"}, "names nothing that can be measured"),
    ],
)
def test_a_form_of_another_time_or_without_a_measure_writes_no_charter(
    watched: Client, given: dict[str, str], says: str
) -> None:
    answer = browser(watched, "program_manager").post(workshop(watched), TYPED | given)
    assert answer.status_code == 422
    assert says in answer.content.decode()
    with scope(watched):
        assert not Charter.objects.exists()


@pytest.mark.parametrize(
    "tampered",
    [
        {"t-0-public_id": "made-up", "t-INITIAL_FORMS": "1"},
        {"t-0-public_id": ""},
        {"t-TOTAL_FORMS": "-1"},
        {"t-TOTAL_FORMS": "0"},
    ],
    ids=str,
)
def test_a_form_without_the_charters_own_targets_is_not_saved(watched: Client, tampered: dict[str, str]) -> None:
    person = browser(watched, "program_manager")
    person.post(workshop(watched), TYPED)
    answer = person.post(workshop(watched), TYPED | {"version": "1", "edition": "1", "scope": "Every cost."} | tampered)
    assert answer.status_code == 422
    assert "does not hold each target of this charter once" in answer.content.decode()
    with scope(watched):
        charter = Charter.objects.get()
        assert (charter.scope, [t.name for t in charter.targets.all()]) == (
            "The chatbot’s accuracy.",
            ["Right answers"],
        )


def test_a_refused_charter_changes_nothing(watched: Client) -> None:
    answer = browser(watched, "program_manager").post(workshop(watched), TYPED | {"t-0-goal": "70"})
    assert answer.status_code == 422
    assert "is worse than the baseline of 80.0%" in answer.content.decode()
    with scope(watched):
        assert not Charter.objects.filter(client=watched).exists()


def test_an_executive_reads_the_charter_but_does_not_write_it(watched: Client) -> None:
    person = browser(watched, "executive")
    assert "Workshop" not in person.get("/c/acme/charter/").content.decode()
    assert person.get(workshop(watched)).status_code == 403
    assert person.post(workshop(watched), TYPED).status_code == 403
