"""Real calls to real models: the week their snapshots changed, told by the pulse in plain English with both numbers.

The recordings are those of tests/monitoring/test_llmdrift.py, imported as the walk-through does it.
"""

import json
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from time_machine import travel

from clients.models import Client
from tests.conftest import NOW
from tests.monitoring.test_llmdrift import FILE, MAPPING

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
    pytest.mark.skipif(not FILE.exists(), reason="the LLMDrift recordings are not beside this repository"),
]
WEEK_BEFORE, WEEK = "2026-10-23..2026-10-30", "2026-10-30..2026-11-06"
SNAPSHOTS = {
    "gpt-4-0314": WEEK_BEFORE,
    "gpt-3.5-turbo-0301": WEEK_BEFORE,
    "gpt-4-0613": WEEK,
    "gpt-3.5-turbo-0613": WEEK,
}


@pytest.fixture
def written(client_row: Client, tmp_path: Path) -> Path:
    """The pulse of the week in which the June snapshots took over, in every form."""
    with travel(NOW, tick=True):
        for snapshot, days in SNAPSHOTS.items():
            only = f"model=openaichat/{snapshot}"
            call_command("import_calls", str(FILE), "--client", "acme", "--system", "Prime assistant",
                         "--map", f"@{MAPPING}", "--only", only, "--spread", days)  # fmt: skip
        for suffix in ("json", "txt", "html", "eml", "pdf"):
            call_command("report", "pulse", "acme", "2026-W45", "--output", str(tmp_path / f"pulse.{suffix}"))
    return tmp_path


def test_the_pulse_says_that_accuracy_fell_from_what_to_what(written: Path) -> None:
    said = json.loads((written / "pulse.json").read_text())
    assert said["headline"] == "GPT-4’s accuracy fell to 51.1% from 84.1%."
    moved = next(bullet["text"] for bullet in said["bullets"] if bullet["slot"] == "Moved")
    assert "51.1%" in moved
    assert "down from 84.1%" in moved
    assert len(said["bullets"]) == 5
    for suffix in ("txt", "html", "eml"):
        text = (written / f"pulse.{suffix}").read_text()
        assert re.search(r"accuracy\s+fell", re.sub(r"=\n|<[^>]+>", "", text)), suffix
        assert not re.search(r"improved|better", text, re.IGNORECASE), suffix
    assert (written / "pulse.pdf").read_bytes().startswith(b"%PDF")


def test_every_number_it_tells_is_a_fact_with_its_cases_and_formula(written: Path) -> None:
    said = json.loads((written / "pulse.json").read_text())
    for bullet in said["bullets"]:
        for key in bullet["facts"]:
            assert said["facts"][key]["text"], key
    accuracy = next(f for f in said["facts"].values() if f["text"] == "51.1%")
    assert accuracy["n"] == 1000
    assert accuracy["before_text"] == "84.1%"
    assert "answers judged true" in accuracy["formula"]
