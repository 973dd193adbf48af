"""From one tool to another on the pages: compared first, then moved, named wherever a reader comes upon it, and undone."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clients.models import Client, User
from clients.tenancy import scope
from monitoring import tasks
from monitoring.doors import SourceRef
from monitoring.models import Source
from monitoring.readings import complete_days
from reports import gather, periods
from tests import factories
from tests.conftest import NOW, rows

pytestmark = pytest.mark.usefixtures("runtime_role")
SEAM = "Counted from Phoenix since 3 November, before from Langfuse"


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def browser(manager: User) -> Browser:
    signed_in = Browser()
    assert signed_in.login(email=manager.email, password=factories.PASSWORD)
    return signed_in


@pytest.fixture
def both(client_row: Client) -> tuple[SourceRef, SourceRef]:
    """Two sources that brought the same calls for a week."""
    now = timezone.now()
    spans = [factories.span(n, now - timedelta(hours=2 + n)) for n in range(24 * 7)]
    scores = [factories.verdict(span, True) for span in spans]
    old, new = (factories.source(client_row, name) for name in ("Langfuse", "Phoenix"))
    for source in (old, new):
        factories.calls(client_row, spans, scores, by=source)
    return old, new


def public(of: SourceRef) -> str:
    return str(Source.objects.using("owner").get(pk=of.id).public_id)


def page(new: SourceRef) -> str:
    return reverse("source-take-over", args=["acme", public(new)])


def asked(old: SourceRef, day: str = "2026-11-03") -> dict[str, str]:
    return {"old": public(old), "day": day, "do": "move"}


def calls_counted(client: Client) -> int:
    return int(rows(
        "SELECT sum(n)::bigint FROM monitoring_point WHERE client_id = %s AND measure = 'error' AND grain = 1440"
        " AND model = '*' AND system_id = 0", [client.pk],
    )[0][0])  # fmt: skip


def test_both_are_compared_before_anything_changes(
    client_row: Client, both: tuple[SourceRef, SourceRef], browser: Browser
) -> None:
    old, new = both
    assert page(new) in browser.get(f"/c/acme/sources/{public(new)}/").content.decode()
    said = browser.get(page(new), asked(old)).content.decode()
    assert "Langfuse and Phoenix say the same within 1% on all 7 days." in said
    assert "All of them" in said
    assert "24 / 24" in said
    assert "Count from Phoenix from 3 November on" in said
    assert rows("SELECT count(*) FROM monitoring_source WHERE counts_from IS NOT NULL") == [(0,)]


def test_moved_it_counts_once_and_says_so_where_it_is_read_and_can_be_undone(
    client_row: Client,
    both: tuple[SourceRef, SourceRef],
    browser: Browser,
    django_capture_on_commit_callbacks: Any,
) -> None:
    old, new = both
    assert calls_counted(client_row) == 2 * 24 * 7
    assert SEAM not in browser.get("/c/acme/?period=7d").content.decode()
    answer = browser.post(page(new), asked(old), follow=True)
    assert "Phoenix counts from 3 November on, Langfuse before." in answer.content.decode()
    assert calls_counted(client_row) == 24 * 7
    overview = browser.get("/c/acme/?period=7d").content.decode()
    assert overview.count(SEAM) > 3
    evidence = browser.get("/c/acme/says-who/calls/?period=7d").content.decode()
    assert f"<dt>Seam</dt><dd>{SEAM}</dd>" in evidence
    with scope(client_row):
        month = gather.compose(client_row, periods.ROI, periods.parse(periods.ROI, "2026-10", client_row.zone), now=NOW)
        assert SEAM not in str(month.sections)
        read = gather.gather(client_row, complete_days(7, client_row.zone, NOW), now=NOW)
        assert [seam.new for seam in read.seams] == ["Phoenix"]
    assert f"{SEAM}." in browser.get(page(new)).content.decode()
    browser.post(page(new), {"do": "undo"})
    assert calls_counted(client_row) == 2 * 24 * 7
    assert SEAM not in browser.get("/c/acme/?period=7d").content.decode()


def test_the_roi_report_says_it_in_its_coverage(
    client_row: Client, both: tuple[SourceRef, SourceRef], browser: Browser, clock: Any
) -> None:
    old, new = both
    browser.post(page(new), asked(old))
    clock.move_to(NOW + timedelta(days=30))
    with scope(client_row):
        november = periods.parse(periods.ROI, "2026-11", client_row.zone)
        month = gather.compose(client_row, periods.ROI, november, now=timezone.now())
    coverage = next(section for section in month.sections if section.key == "coverage")
    assert str(coverage.lead).count(SEAM) == 1


def test_people_under_other_names_are_pointed_out_before_they_count_twice(
    client_row: Client, both: tuple[SourceRef, SourceRef], browser: Browser
) -> None:
    old, new = both
    assert "under pseudonyms" not in browser.get(page(new), asked(old)).content.decode()
    with scope(client_row):
        Source.objects.filter(pk=new.id).update(pseudonymises=False)
    assert "under pseudonyms" in browser.get(page(new), asked(old)).content.decode()


@pytest.mark.parametrize("day", ["", "tomorrow", "2026-12-24", "2020-01-01"])
def test_a_day_that_cannot_be_is_refused_in_words(
    client_row: Client, both: tuple[SourceRef, SourceRef], browser: Browser, day: str
) -> None:
    old, new = both
    answer = browser.post(page(new), asked(old, day))
    assert answer.status_code == 422
    assert rows("SELECT count(*) FROM monitoring_source WHERE counts_from IS NOT NULL") == [(0,)]


def test_what_belongs_to_somebody_else_is_no_choice(
    client_row: Client, other_client: Client, both: tuple[SourceRef, SourceRef], browser: Browser
) -> None:
    alien = factories.source(other_client, "Theirs")
    assert "Theirs" not in browser.get(page(both[1])).content.decode()
    assert browser.post(page(both[1]), asked(alien)).status_code == 422
    assert browser.get(page(both[1]), asked(alien)).status_code == 200


def test_a_client_with_one_source_is_told_that_there_is_no_other(client_row: Client, browser: Browser) -> None:
    assert "has no other source of calls" in browser.get(page(factories.source(client_row))).content.decode()


def test_the_sources_page_warns_of_calls_that_count_twice(
    client_row: Client, both: tuple[SourceRef, SourceRef], browser: Browser
) -> None:
    title = "Langfuse and Phoenix bring the same calls, which count twice"
    assert title not in browser.get("/c/acme/sources/").content.decode()
    tasks.find_doubles()
    listed = browser.get("/c/acme/sources/").content.decode()
    assert title in listed
    assert page(both[1]) in listed
    assert title in browser.get("/c/acme/signals/").content.decode()
    browser.post(page(both[1]), asked(both[0]))
    assert title not in browser.get("/c/acme/sources/").content.decode()
    browser.post(page(both[1]), {"do": "undo"})
    assert title in browser.get("/c/acme/sources/").content.decode()


def test_the_page_asks_as_little_of_many_calls_as_of_few(
    client_row: Client, both: tuple[SourceRef, SourceRef], browser: Browser
) -> None:
    old, new = both

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(page(new), asked(old)).status_code == 200
        return len(captured)

    before = queries()
    more = [factories.span(5000 + n, timezone.now() - timedelta(hours=n), model=f"m{n}") for n in range(100)]
    factories.calls(client_row, more, by=old)
    assert queries() == before <= 20
