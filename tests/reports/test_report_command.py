"""The report command: real calls in the database become a file, and a bad word on the command line becomes one clear sentence."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.management import CommandError, call_command

from clients.models import Charter, Client, Target
from clients.tenancy import scope
from monitoring.models import Source
from tests import factories

SENT = datetime(2026, 11, 6, 16, tzinfo=UTC)
"""Friday of week 45, in the morning in Chicago."""


@pytest.fixture
def watched(client_row: Client) -> Client:
    """Two weeks of calls a day; in the second the new snapshot serves and most answers are wrong."""
    spans, scores = [], []
    for day in range(14):
        snapshot, right_of_ten = ("openai/gpt-4-0314", 9) if day < 7 else ("openai/gpt-4-0613", 5)
        for i in range(20):
            at = datetime(2026, 10, 23, 15, tzinfo=UTC) + timedelta(days=day, minutes=i)
            span = factories.span(day * 20 + i, at, model=snapshot)
            spans.append(span)
            scores.append(factories.verdict(span, i % 10 < right_of_ten))
    factories.calls(client_row, spans, scores)
    with scope(client_row):
        charter = Charter.objects.create(client=client_row, quarter_start=SENT.date().replace(month=10, day=1))
        Target.objects.create(
            client=client_row,
            charter=charter,
            name="Right answers",
            metric="accuracy",
            baseline=Decimal("0.8"),
            goal=Decimal("0.95"),
            due=SENT.date().replace(month=12, day=31),
        )
    return client_row


def written(tmp_path, kind, period, suffix, *, slug="acme"):
    path = tmp_path / f"report.{suffix}"
    with time_machine.travel(SENT, tick=False):
        call_command("report", kind, slug, period, "--output", str(path))
    return path.read_bytes()


def test_a_week_of_calls_becomes_a_pulse_that_says_accuracy_fell(watched, tmp_path):
    said = json.loads(written(tmp_path, "pulse", "2026-W45", "json"))
    assert said["headline"] == "Accuracy fell to 50.0% from 90.0%."
    bullets = {b["slot"]: b["text"] for b in said["bullets"]}
    assert (
        bullets["Moved"] == "Answers were right 50.0% of the time, down from 90.0%, as gpt-4-0613 replaced gpt-4-0314."
    )
    assert bullets["Targets"] == "“Right answers” is off track."
    assert bullets["Done"] == "We read 140 model calls and 140 judged answers on all seven days."
    assert said["facts"]["accuracy"]["n"] == 140


@pytest.mark.parametrize(
    ("suffix", "begins"),
    [("txt", b"Acme"), ("html", b"<!doctype"), ("eml", b"Subject: "), ("pdf", b"%PDF"), ("json", b"{")],
)
def test_the_suffix_chooses_the_form(watched, tmp_path, suffix, begins):
    assert written(tmp_path, "pulse", "2026-W45", suffix).lower().startswith(begins.lower())
    assert written(tmp_path, "roi", "2026-10", suffix).lower().startswith(begins.lower())


@pytest.mark.parametrize(
    ("kind", "slug", "period", "suffix", "says"),
    [
        ("pulse", "acme", "2026-W46", "pdf", "2026-W46 is not over"),
        ("pulse", "acme", "2026-11", "pdf", "write it as 2026-W45"),
        ("roi", "acme", "2026-W45", "pdf", "write it as 2026-10"),
        ("pulse", "nobody", "2026-W45", "pdf", "There is no client “nobody”"),
        ("pulse", "acme", "2026-W45", "docx", "no report has this suffix; choose .txt, .html, .eml, .pdf, .json"),
    ],
)
def test_a_bad_word_is_answered_with_what_is_expected(client_row, tmp_path, kind, slug, period, suffix, says):
    with pytest.raises(CommandError, match=says):
        written(tmp_path, kind, period, suffix, slug=slug)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_named(watched, tmp_path):
    with pytest.raises(CommandError, match=r"Cannot write .*: No such file or directory"):
        written(tmp_path / "missing", "pulse", "2026-W45", "txt")


def test_a_report_that_is_not_frozen_says_so_and_claims_no_revision(watched, tmp_path):
    text = written(tmp_path, "pulse", "2026-W45", "txt").decode()
    assert "acme-2026-W45, not frozen, " in text
    mail = written(tmp_path, "pulse", "2026-W45", "eml").decode()
    assert "X-FracOps-Report-Id: acme-2026-W45-draft" in mail
    assert json.loads(written(tmp_path, "roi", "2026-10", "json"))["revision"] is None
    assert "revision" not in text + mail + written(tmp_path, "roi", "2026-10", "html").decode()


def test_a_source_that_brought_the_past_later_stays_listed_when_it_fails_today(watched, tmp_path):
    """It was connected after October and brought October's calls; what ails it now is no part of October."""
    with scope(watched):
        Source.objects.filter(client=watched).update(
            created_at=datetime(2026, 11, 3, tzinfo=UTC), error="refused", error_at=SENT
        )
    sections = {s["key"]: s for s in json.loads(written(tmp_path, "roi", "2026-10", "json"))["sections"]}
    sources = next(t for t in sections["coverage"]["tables"] if t["title"] == "Sources")
    assert [(row[0], row[3]) for row in sources["rows"]] == [("App", "ok")]
