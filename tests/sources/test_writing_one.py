"""The guide for writers of connectors is true: its example is found, keeps every promise, and its numbers are those of the code."""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

import monitoring.sources
import tests.sources.fakes
from monitoring.records import ScoreRecord, SpanRecord
from monitoring.sources import kinds
from tests.sources.conformance import CHECKS
from tests.sources.fakes.base import WHOLE, FakeProvider
from tests.sources.test_conformance import fake_of

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "sources" / "writing-one.md").read_text()
CONNECTOR, FAKE = re.findall(r"^```python\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module", autouse=True)
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The example where a newcomer would put it: one file for the registry to find, and a fake beside the others."""
    stamina.set_testing(True, attempts=3, cap=True)
    places = {monitoring.sources: CONNECTOR, tests.sources.fakes: FAKE}
    folders = {package: tmp_path_factory.mktemp(package.__name__.rpartition(".")[2]) for package in places}
    for package, code in places.items():
        (folders[package] / "acme.py").write_text(code)
        package.__path__.append(str(folders[package]))
    importlib.invalidate_caches()
    kinds.cache_clear()
    yield
    for package, folder in folders.items():
        package.__path__.remove(str(folder))
        sys.modules.pop(f"{package.__name__}.acme", None)
    kinds.cache_clear()
    stamina.set_testing(False)


@pytest.fixture
def fake() -> FakeProvider:
    return fake_of("acme")


@pytest.mark.parametrize("check", CHECKS)
def test_the_example_keeps_every_promise(fake: FakeProvider, check: str) -> None:
    CHECKS[check](fake)


def test_the_examples_scores_find_their_calls(fake: FakeProvider) -> None:
    fake.plant()
    with fake.connected(texts=True) as connector:
        records = [record for page in connector.fetch(WHOLE) for record in page.records]
    calls = {(r.trace_id, r.span_id): r for r in records if isinstance(r, SpanRecord)}
    scores = [r for r in records if isinstance(r, ScoreRecord)]
    assert len(scores) == len(calls) == 6
    assert all(calls[s.trace_id, s.span_id].started_at == s.at for s in scores)


def test_the_guide_counts_right() -> None:
    promises = re.search(r"one suite of (\d+) promises", GUIDE)
    assert promises
    assert int(promises[1]) == len(CHECKS)
    lines = {
        path.stem: len(path.read_text().splitlines()) for path in (ROOT / "monitoring" / "sources").glob("[!_]*.py")
    }
    shortest, longest = min(lines, key=lines.__getitem__), max(lines, key=lines.__getitem__)
    said = re.search(r"take (\d+) \((\w+)\) to (\d+) lines \((\w+)\)", GUIDE.replace("\n", " "))
    assert said
    assert said.groups() == (
        str(lines[shortest]),
        kinds()[shortest].kind.name,
        str(lines[longest]),
        kinds()[longest].kind.name,
    )
