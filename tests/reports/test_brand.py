"""A practice's footer, colour and logo in what it sends, readable whatever was chosen; reports from before stay as they were sent."""

import email
import email.policy
import io
from dataclasses import replace
from datetime import date

import pdfplumber
import pytest
from PIL import Image

from clients.contrast import TEXT, contrast
from clients.models import Charter, Client, Practice
from monitoring.charter_words import CharterWords
from reports.charter_paper import pdf
from reports.composed import GROUND, Composed, PracticeCard
from reports.pulse import compose_pulse
from reports.render import render
from reports.roi import compose_roi

from .making import OCTOBER, drift_week

FOOTER, PALE = "Northlight Ltd, 4 Quay Street, Leeds", "#F2E9A0"
PLAIN = [compose_pulse(drift_week()), compose_roi(drift_week(OCTOBER))]


def branded(report: Composed) -> Composed:
    return replace(report, practice=replace(report.practice, footer=FOOTER, colour=PALE))


@pytest.mark.parametrize("report", PLAIN, ids=["pulse", "roi"])
def test_the_footer_stands_in_both_forms_of_the_mail_and_on_paper(report: Composed) -> None:
    mail = email.message_from_bytes(render(branded(report), "eml"), policy=email.policy.default)
    for form in ("plain", "html"):
        body = mail.get_body((form,))
        assert body is not None
        assert FOOTER in " ".join(body.get_content().split())
    with pdfplumber.open(io.BytesIO(render(branded(report), "pdf"))) as book:
        assert FOOTER in book.pages[-1].extract_text()


def test_the_practices_name_is_in_its_colour_as_far_as_that_can_be_read() -> None:
    card = PracticeCard("Northlight", "Northlight", "hello@northlight.example", colour=PALE)
    assert contrast(card.written, GROUND) >= TEXT
    assert f"color:{branded(PLAIN[0]).practice.written}" in render(branded(PLAIN[0]), "html")
    assert replace(card, colour="#0F5C78").written == "#0F5C78"


@pytest.mark.parametrize("report", PLAIN, ids=["pulse", "roi"])
def test_a_report_from_before_there_was_a_brand_keeps_its_hash(report: Composed) -> None:
    assert "footer" not in report.to_json()["practice"]
    assert Composed.from_json(report.to_json()).content_hash == report.content_hash
    assert branded(report).content_hash != report.content_hash


def test_a_charter_on_paper_has_the_logo_and_the_footer() -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (60, 20), PALE).save(drawn, "PNG")
    firm = Practice(name="Northlight", footer=FOOTER, colour=PALE, logo=drawn.getvalue())
    client = Client(name="Acme", zone="UTC", colour="#2f6f5e", practice=firm)
    charter = Charter(client=client, quarter_start=date(2026, 10, 1))
    said = CharterWords("Acme", "Northlight", "Q4 2026", "1 October–31 December", 1, "Keep costs down.", ())
    with pdfplumber.open(io.BytesIO(pdf(client, charter, said))) as book:
        [page] = book.pages
        assert len(page.images) == 1
        assert FOOTER in page.extract_text()
