"""A client's page compares settled days only, says which it leaves out, and draws those all the same."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext

from clients.models import Charter, Client, Target
from clients.tenancy import scope
from monitoring import connections
from monitoring.catalogue import metric
from monitoring.connecting.kind import Window
from monitoring.doors import SourceRef
from monitoring.freshness import freshness
from monitoring.models import Source
from monitoring.readings import ChangeState, Period
from monitoring.series import all_series, breakdowns
from monitoring.settling import unsettled
from monitoring.sources import kinds
from monitoring.targets import progress
from reports.gather import compose
from reports.periods import PULSE
from tests import factories
from tests.conftest import ALL

pytestmark = pytest.mark.django_db(transaction=True, databases=ALL)

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
"""A Friday; the client's zone is UTC, and Phoenix says its last word a day late."""
WEEK = Period(date(2026, 11, 13), date(2026, 11, 20), "UTC")


@pytest.fixture
def late(client_row: Client, time_machine: Any) -> Client:
    """Forty calls a day from Phoenix for five weeks, 90% of them right; but of yesterday only four have arrived, none of them right."""
    time_machine.move_to(NOW, tick=False)
    Client.objects.using("owner").filter(pk=client_row.pk).update(zone="UTC")
    client_row.zone = "UTC"
    settings = kinds()["phoenix"].Settings(base_url="https://phoenix.example")
    with scope(client_row):
        source = connections.connect(client_row, "phoenix", settings, name="Phoenix", system_name="Bot")
        read = (Window(NOW - timedelta(days=90), NOW - timedelta(minutes=2)),)
        Source.objects.filter(pk=source.pk).update(done=read)
    spans, scores = [], []
    for back in range(1, 36):
        for number in range(4 if back == 1 else 40):
            at = datetime(2026, 11, 20, 12, tzinfo=UTC) - timedelta(days=back)
            spans.append(factories.span(1000 * back + number, at, user_id=f"u{number}-{back}"))
            scores.append(factories.verdict(spans[-1], back > 1 and number % 10 > 0))
    factories.calls(client_row, spans, scores, by=SourceRef(source.pk, client_row.pk, source.public_id, "phoenix"))
    return client_row


def browser(of: Client, role: str = "program_manager") -> Browser:
    made = Browser()
    made.force_login(factories.member(of, role), backend="allauth.account.auth_backends.AuthenticationBackend")
    return made


def read_to(of: Client, end: datetime) -> None:
    with scope(of):
        Source.objects.filter(kind="phoenix").update(done=(Window(NOW - timedelta(days=90), end),))


def test_half_a_day_is_no_fall(late: Client) -> None:
    page = browser(late).get("/c/acme/?period=7d")
    said = page.content.decode()
    assert "The last day, 19 November, is still coming in from Phoenix: numbers and comparisons leave it out." in said
    findings = {f.id: f for s in page.context["page"].sections for f in s.frames}
    assert findings["calls"].finding == "Model calls held at 240"
    assert findings["calls"].source[1] == "6 of 6 days with data"
    assert findings["accuracy"].finding == "Accuracy held at 90.0%"
    assert findings["calls"].measure.endswith("Hollow at the end: still coming in.")
    assert "Worse" not in said


def test_each_settled_day_faces_the_same_weekday(late: Client) -> None:
    with scope(late):
        series = all_series(late, [metric("calls"), metric("users")], WEEK, until=date(2026, 11, 19))
    change = series["calls"].change
    assert (change.now.period.start, change.now.period.end) == (date(2026, 11, 13), date(2026, 11, 19))
    assert (change.before.period.start, change.before.period.end) == (date(2026, 11, 6), date(2026, 11, 12))
    assert (change.now.n, change.before.n) == (240, 240)
    assert series["users"].now.value == 240
    assert len(series["calls"].days) == 7, "what is left out is still there to be drawn"


def test_a_table_leaves_the_same_days_out(late: Client) -> None:
    with scope(late):
        [model] = breakdowns(late, {"model": [metric("calls")]}, WEEK, until=date(2026, 11, 19))["model"]
    assert (model.readings["calls"].n, model.before["calls"].n) == (240, 240)
    page = browser(late).get("/c/acme/?period=7d").content.decode()
    assert "By model, 13–18 November, worst first" in page


def test_charts_draw_what_is_left_out_hollow_and_never_joined(late: Client) -> None:
    drawn = json.loads(browser(late).get("/c/acme/figures.json?period=7d").content)
    bars = [t for t in drawn["calls"]["data"] if t["type"] == "bar"]
    assert [y is not None for y in bars[0]["y"]] == [True] * 6 + [False]
    assert bars[1]["y"] == [None] * 6 + [4.0]
    assert bars[1]["marker"]["color"] == "var(--bg)"
    assert bars[1]["hovertemplate"].startswith("%{customdata}, still coming in")
    lines = drawn["accuracy"]["data"]
    assert next(t for t in lines if t["mode"] == "lines+markers" and t["line"]["width"] == 2)["y"][-1] is None
    assert next(t for t in lines if t["mode"] == "markers")["y"] == [None] * 6 + [0.0]


def test_a_target_stands_where_its_last_seven_settled_days_do(late: Client) -> None:
    with scope(late):
        charter = Charter.objects.create(client=late, quarter_start=date(2026, 10, 1))
        Target.objects.create(
            client=late,
            charter=charter,
            name="Right",
            metric="accuracy",
            baseline="0.8",
            goal="0.95",
            due=date(2026, 12, 31),
        )
        [bare] = progress(late, charter, NOW)
        [settled] = progress(late, charter, NOW, open_days=unsettled(freshness(late, NOW), late.zone))
    assert bare.reading.n == 244
    assert (settled.reading.period.start, settled.reading.period.end) == (date(2026, 11, 12), date(2026, 11, 19))
    assert (settled.reading.n, settled.reading.value) == (280, Decimal("0.9"))
    view = browser(late).get("/c/acme/?period=7d").context["page"].targets[0]
    assert view.meta.endswith("12–18 November.")
    assert len(view.chart.few) == 1, "yesterday is a hollow dot"


def test_the_evidence_shows_the_days_it_rests_on_and_marks_the_others(late: Client) -> None:
    person = browser(late)
    answer = person.get("/c/acme/says-who/calls/?period=7d")
    page = answer.context["page"]
    assert (page.value, page.span, page.span_before, page.complete) == (
        "240",
        "13–18 November",
        "6–11 November",
        "6 of 6",
    )
    assert [row.note for row in page.rows][:2] == ["not final yet", ""]
    assert "leave it out" in answer.content.decode()
    rows = list(
        csv.DictReader(io.StringIO(person.get("/c/acme/says-who/calls/?period=7d&format=csv").content.decode()))
    )
    assert [r["day"] for r in rows if r["final"] == "no"] == ["2026-11-19"]


def test_where_nothing_is_final_nothing_is_compared(late: Client) -> None:
    read_to(late, NOW - timedelta(days=9))
    answer = browser(late).get("/c/acme/?period=7d")
    page = answer.context["page"]
    assert page.left_out == (
        "Phoenix has been read only up to 11 November: nothing of this period is final, so nothing is compared."
    )
    assert (
        next(f for s in page.sections for f in s.frames if f.id == "calls").finding == "Model calls: 244, not final yet"
    )
    assert "none of which is final yet" in "".join(part.text for part in page.sentence)
    with scope(late):
        [model] = breakdowns(late, {"model": [metric("calls")]}, WEEK, until=date(2026, 11, 11))["model"]
        state = all_series(late, [metric("calls")], WEEK, until=date(2026, 11, 11))["calls"].change.state
    assert (model.readings["calls"].n, model.before) == (244, {})
    assert state is ChangeState.UNSETTLED
    evidence = browser(late, "executive").get("/c/acme/says-who/calls/?period=7d").content.decode()
    assert "No day of this period is final yet" in evidence


def test_a_source_that_says_nothing_more_holds_nothing_back(late: Client) -> None:
    for gone in ({"next_run_at": None}, {"removed_at": NOW}, {"counts_until": NOW - timedelta(days=3)}):
        with scope(late):
            kept = Source.objects.values("next_run_at", "removed_at", "counts_until").get(kind="phoenix")
            Source.objects.filter(kind="phoenix").update(**gone)
            assert unsettled(freshness(late, NOW), late.zone) is None, gone
            Source.objects.filter(kind="phoenix").update(**kept)
            assert unsettled(freshness(late, NOW), late.zone) is not None


def test_a_pulse_says_which_of_its_days_may_still_change(late: Client) -> None:
    with scope(late):
        pulse = compose(late, PULSE, WEEK, now=NOW)
    assert "on all seven days; 19 November may still change." in pulse.bullets[2].sentence.text


def test_what_is_left_out_costs_no_further_statement(late: Client) -> None:
    person = browser(late)

    def asked(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert person.get(path).status_code == 200
        return len(queries)

    pages = ("/c/acme/?period=7d", "/c/acme/figures.json?period=7d", "/c/acme/says-who/calls/?period=7d")
    asked(pages[0])  # The first look at a client's page is written down.
    waiting = [asked(path) for path in pages]
    with scope(late):
        Source.objects.filter(kind="phoenix").update(next_run_at=None)
    assert [asked(path) for path in pages] == waiting
