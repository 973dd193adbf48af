"""A charter on paper: one page, whatever is on it, with its digest, and who agreed or the line to sign on."""

import io
from dataclasses import replace
from datetime import date

import pdfplumber
import pytest

from clients.charters import digest
from clients.models import Charter, Client, Practice
from monitoring.catalogue import CATALOGUE
from monitoring.charter_words import CharterWords, TargetWords
from reports.charter_paper import pdf
from tests.conftest import NOW

UNBROKEN = "Kundenzufriedenheitsbewertungsskala" * 3
CLIENT = Client(name="Acme", zone="Europe/Berlin", colour="#2f6f5e", practice=Practice(name="Northlight"))
LONG = TargetWords(
    name=(UNBROKEN + " ohne einen Menschen")[:120],
    promise="Raise by 1,234,567,890 tokens, from 1,234,567,890 tokens to 2,469,135,780 tokens",
    measured="Slowest 5% of replies",
    formula=max((m.formula for m in CATALOGUE.values()), key=len),
    of_what="S" * 120 + ", " + "openrouter/anthropic/claude-sonnet-" * 3,
    baseline="1,234,567,890 tokens",
    source=("von der Leitung des Kundendienstes " * 9)[:200],
    due="30 September 2026",
    owner=("Donaudampfschifffahrtsgesellschaft " * 5)[:120],
)


def words(targets: int, scope: str = "Keep the cost of answers down.") -> CharterWords:
    return CharterWords(
        "Acme", "Northlight", "Q4 2026", "1 October–31 December", 2, scope, tuple(replace(LONG) for _ in range(targets))
    )


def pages(charter: Charter, said: CharterWords) -> list[str]:
    with pdfplumber.open(io.BytesIO(pdf(CLIENT, charter, said))) as book:
        return [page.extract_text() for page in book.pages]


DRAFT = Charter(client=CLIENT, quarter_start=date(2026, 10, 1))


@pytest.mark.parametrize("scope", ["costs " * 250, "\n".join(["c" * 74] * 20), UNBROKEN * 14])
def test_five_targets_with_long_words_and_the_longest_scope_are_one_page(scope: str) -> None:
    [page] = pages(DRAFT, words(5, scope[:1500]))
    assert page.count("Raise by") == 5
    assert "name and signature" in page
    assert "1 of 1" in page


def test_a_draft_has_a_line_to_sign_on_and_the_digest_of_its_text() -> None:
    said = words(1)
    [page] = pages(DRAFT, said)
    assert "not agreed yet" in page
    assert digest(said.text) in page.replace("\n", "")


def test_an_agreed_charter_says_who_agreed_when_and_how() -> None:
    said = words(3)
    agreed = Charter(
        client=CLIENT,
        quarter_start=date(2026, 10, 1),
        agreed_at=NOW,
        agreed_by="Theo Brandt, theo@acme.example",
        agreed_way="link",
        agreed_text=said.text,
        agreed_hash=digest(said.text),
    )
    [page] = pages(agreed, said)
    flat = page.replace("\n", " ")
    assert "Theo Brandt, theo@acme.example agreed to this charter, by a link sent to them" in flat
    assert "name and signature" not in page
    assert agreed.agreed_hash in page.replace("\n", "")
    renamed = replace(said, practice="Southgate")
    [kept] = pages(agreed, renamed)
    assert "With Northlight" in kept, "what was agreed to is printed, not what it would say today"


def test_the_same_charter_is_the_same_bytes() -> None:
    assert pdf(CLIENT, DRAFT, words(2)) == pdf(CLIENT, DRAFT, words(2))
