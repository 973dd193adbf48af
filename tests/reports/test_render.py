"""The five shapes of a report say the same, need no network, and are the same bytes for the same report."""

import email
import email.policy
import io
import json
import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pdfplumber
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.catalogue import Unit
from reports.charts import paper, scale, screen
from reports.composed import Chart, Dot, Line
from reports.facts import Sentence
from reports.pulse import compose_pulse
from reports.render import render
from reports.roi import compose_roi

from .making import ACME, OCTOBER, drift_week, standing

TARGETS = [
    standing(),
    standing("Slow replies", share="-0.4", status="off_track"),
    standing("New one", baseline=None, share=None, status="no_baseline"),
]
PULSE = compose_pulse(drift_week(standings=TARGETS))
ROI = compose_roi(drift_week(OCTOBER, standings=TARGETS))
STOP, PORTAL = "https://fracops.example/unsubscribe/x/", "https://fracops.example/c/acme/"


def visible(html):
    """The words of an HTML mail as a reader sees them."""
    body = re.sub(r"<(style|head|title).*?</\1>", " ", html, flags=re.DOTALL)
    text = re.sub(r"<[^>]+>", "", body)
    for entity, char in (("&nbsp;", "\u00a0"), ("&amp;", "&"), ("&#x27;", "'"), ("&quot;", '"')):
        text = text.replace(entity, char)
    return " ".join(text.split())


def plain(text):
    return " ".join(text.split())


def test_text_and_html_say_the_same_sentences():
    text, html = plain(render(PULSE, "txt")), visible(render(PULSE, "html"))
    for told in (PULSE.headline, *(b.sentence for b in PULSE.bullets)):
        assert plain(told.text) in text
        assert plain(told.text) in html


def test_the_mail_needs_nothing_from_elsewhere():
    html = render(PULSE, "html", portal_url=PORTAL, unsubscribe_url=STOP)
    assert "<img" not in html
    assert "@import" not in html
    assert "<link" not in html
    assert set(re.findall(r"https?://[^\"'\s<)]+", html)) == {PORTAL, STOP, "http://www.w3.org/1999/xhtml"} | (
        {"http://www.w3.org/TR/xhtml1/DTD/xhtml1-transitional.dtd"} & set(re.findall(r"https?://[^\"'\s<)]+", html))
    )
    assert 'lang="en"' in html
    assert "prefers-color-scheme: dark" in html


def test_the_mail_has_five_rows_and_says_worse_than_baseline_in_words():
    html = render(PULSE, "html")
    assert [s for s in ("Targets", "Moved", "Done", "Money", "Decide") if f">{s}</td>" in html] == [
        b.slot for b in PULSE.bullets
    ]
    assert "Worse than baseline" in visible(html)
    assert "worse than baseline" in render(PULSE, "txt")


def test_a_clients_name_cannot_inject_markup():
    hostile = replace(PULSE, client=replace(ACME, name='<script>"&'))
    assert "<script>" not in render(hostile, "html")
    assert "<script>" not in render(replace(ROI, client=hostile.client), "html")


def test_the_message_can_be_answered_and_unsubscribed_in_one_click():
    raw = render(PULSE, "eml", recipient="ceo@acme.example", unsubscribe_url=STOP, message_id="<1@fracops.example>")
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["Subject"] == PULSE.subject.text
    assert mail["To"] == "ceo@acme.example"
    assert mail["From"] == "Quarterturn <pulse@quarterturn.example>"
    assert mail["Reply-To"] == "Mara Quillan <mara@quarterturn.example>"
    assert mail["List-Unsubscribe"] == f"<{STOP}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"].endswith("<pulse.acme.quarterturn.example>")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-FracOps-Report-Id"] == "acme-2026-W45-r1"
    assert mail["Message-ID"] == "<1@fracops.example>"
    assert [p.get_content_type() for p in mail.iter_parts()] == ["text/plain", "text/html"]
    assert plain(PULSE.bullets[1].sentence.text) in plain(mail.get_body(("plain",)).get_content())


def test_a_preview_without_unsubscribe_promises_none():
    mail = email.message_from_bytes(render(PULSE, "eml"), policy=email.policy.default)
    assert mail["List-Unsubscribe"] is None
    assert mail["To"] is None
    assert "Unsubscribe" not in mail.get_body(("html",)).get_content()


def test_the_roi_mail_carries_the_pdf():
    mail = email.message_from_bytes(render(ROI, "eml"), policy=email.policy.default)
    attached = next(mail.iter_attachments())
    assert attached.get_filename() == "acme-2026-10.pdf"
    assert attached.get_content() == render(ROI, "pdf")


@pytest.mark.parametrize("form", ["pdf", "eml", "html", "txt", "json"])
@pytest.mark.parametrize("composed", [PULSE, ROI], ids=["pulse", "roi"])
def test_the_same_report_is_the_same_bytes(composed, form):
    assert render(composed, form) == render(type(composed).from_json(json.loads(json.dumps(composed.to_json()))), form)


def test_the_pdf_is_a4_titled_small_and_embeds_its_fonts():
    made = render(ROI, "pdf")
    assert len(made) < 1_000_000
    with pdfplumber.open(io.BytesIO(made)) as book:
        assert book.metadata["Title"] == "Acme: ROI report, October 2026"
        assert book.metadata["Author"] == "Quarterturn"
        page = book.pages[0]
        assert (round(page.width), round(page.height)) == (595, 842)
        fonts = {c["fontname"] for p in book.pages for c in p.chars}
        assert all("+" in f and ("Inter" in f or "Newsreader" in f) for f in fonts), fonts
        first, last = page.extract_text(), book.pages[-1].extract_text()
        assert "What got worse" in first
        assert "The decision we ask from you" in first
        assert f"acme-2026-10, revision 1, {ROI.short_hash}" in first
        assert f"1 of {len(book.pages)}" in first
        assert f"{len(book.pages)} of {len(book.pages)}" in last


def test_page_one_holds_page_one():
    with pdfplumber.open(io.BytesIO(render(ROI, "pdf"))) as book:
        assert "Every underlined number answers" in book.pages[0].extract_text()
        assert book.pages[1].extract_text().startswith("Money")


def test_the_pulse_is_one_page():
    with pdfplumber.open(io.BytesIO(render(PULSE, "pdf"))) as book:
        assert len(book.pages) == 1


def test_a_document_fetches_nothing():
    hostile = replace(ROI, client=replace(ROI.client, colour='red"/><image href="file:///etc/passwd'))
    assert b"root:" not in render(hostile, "pdf")


def test_json_has_the_words_and_every_fact_behind_them():
    said = json.loads(render(PULSE, "json"))
    assert said["headline"] == PULSE.headline.text
    assert [b["slot"] for b in said["bullets"]] == ["Targets", "Moved", "Done", "Money", "Decide"]
    for bullet in said["bullets"]:
        for key in bullet["facts"]:
            fact = said["facts"][key]
            assert fact["text"] in bullet["text"]
    assert said["facts"]["accuracy@GPT-4"]["value"] == "0.511"
    assert said["content_hash"] == PULSE.content_hash
    month = json.loads(render(ROI, "json"))
    assert [s["key"] for s in month["sections"]] == ["money", "quality", "speed", "volume", "coverage", "method"]


def test_an_unknown_form_is_refused():
    with pytest.raises(ValueError, match="choose txt, html, eml, pdf, json"):
        render(PULSE, "docx")


VALUES = st.none() | st.decimals(0, 1, places=4)
DOTS = st.lists(st.tuples(VALUES, st.integers(0, 100)), min_size=1, max_size=31).map(
    lambda days: tuple(Dot(date(2026, 10, i + 1), v, n) for i, (v, n) in enumerate(days))
)
CHARTS = st.builds(
    Chart,
    key=st.just("accuracy"),
    finding=st.just(Sentence(("It fell",))),
    caption=st.just("Accuracy by day."),
    unit=st.just(Unit.FRACTION),
    days=DOTS,
    before=st.just(()),
    goal=st.none() | st.just(Line(Decimal("0.9"), "90%")),
    baseline=st.none() | st.just(Line(Decimal("0.8"), "80%")),
    bars=st.booleans(),
)


@given(CHARTS)
def test_any_days_can_be_drawn_without_style_attributes(chart):
    drawn = screen.svg(chart)
    assert "style=" not in drawn
    assert 'role="img"' in drawn
    low, high = scale.span(chart)
    assert low < high
    assert len(scale.levels(low, high)) <= scale.MOST_LEVELS


@given(st.floats(-1e6, 1e6), st.floats(1e-3, 1e6))
def test_levels_are_few_and_inside(low, height):
    assert all(low - 1e-6 * height <= v <= low + height * (1 + 1e-6) for v in scale.levels(low, low + height))
    assert 1 <= len(scale.levels(low, low + height)) <= 3


def test_the_paper_chart_is_the_same_bytes_and_has_no_style_attribute():
    drawn = paper.svg(ROI.chart)
    assert drawn == paper.svg(ROI.chart)
    assert "style" not in drawn
    assert 'aria-label="Accuracy fell from' in drawn
