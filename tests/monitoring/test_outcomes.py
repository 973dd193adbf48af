"""Figures of outcomes: kept once, corrected beside what was said before, read as metrics, and never another client's."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import ProgrammingError

from clients.models import Client, User
from clients.tenancy import scope
from monitoring import outcome_store
from monitoring.catalogue import Better, Unit
from monitoring.doors import SourceRef
from monitoring.models import OutcomeValue
from monitoring.outcomes import known_metric
from monitoring.provenance import Provenance
from monitoring.readings import ChangeState, Verdict
from monitoring.records import OutcomeRecord
from monitoring.series import Slice
from monitoring.wording import reading_text
from tests import factories
from tests.conftest import NOW, rows
from tests.monitoring.outcome_making import DAY, define, read, said

pytestmark = pytest.mark.usefixtures("runtime_role")


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> Any:
    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture
def crm(client_row: Client) -> SourceRef:
    return factories.source(client_row, "CRM")


def push(of: Client, source: SourceRef, *figures: OutcomeRecord) -> outcome_store.Stored:
    with scope(of):
        return outcome_store.from_source(of, source, figures)


def typed(of: Client, person: User, figure: OutcomeRecord, correcting: SourceRef | None = None) -> str:
    with scope(of):
        return outcome_store.from_person(of, person, figure, of=correcting)


def test_a_rate_is_its_cases_over_all_of_them(client_row: Client, crm: SourceRef) -> None:
    define(client_row)
    push(client_row, crm, said(40, 60), said(2, 40, DAY + timedelta(days=1)))
    series = read(client_row, "chats_settled", days=2)
    assert (series.now.value, series.now.n, series.now.sources) == (Decimal("0.42"), 100, ("CRM",))
    assert [(d.value, d.n) for d in series.days] == [(Decimal(40) / 60, 60), (Decimal("0.05"), 40)]
    assert (series.now.provenance, series.now.as_of) == (Provenance.REPORTED, NOW)


@pytest.mark.parametrize(
    ("kind", "figures", "value", "n", "text"),
    [
        ("count", [said(3), said(4, day=DAY + timedelta(days=1))], 7, 7, "7"),
        ("sum", [said("2.5"), said("-1", day=DAY + timedelta(days=1))], Decimal("1.5"), 2, "1.50"),
        ("hours", [said("30.25"), said(18, 9, DAY + timedelta(days=1))], Decimal("48.25"), 10, "48.3\u00a0h"),
    ],
)
def test_each_kind_adds_up_in_its_way(
    client_row: Client, crm: SourceRef, kind: str, figures: list[OutcomeRecord], value: Any, n: int, text: str
) -> None:
    define(client_row, kind=kind)
    # An amount without a denominator counts as one case.
    push(client_row, crm, *figures)
    now = read(client_row, "chats_settled", days=2).now
    assert (now.value, now.n, reading_text(now)) == (value, n, text)


def test_a_months_figure_counts_in_the_month_and_in_no_day(client_row: Client, crm: SourceRef) -> None:
    define(client_row)
    push(client_row, crm, said(424, 616, first=date(2026, 10, 1), last=date(2026, 10, 31)))
    month = read(client_row, "chats_settled", date(2026, 10, 1), 31)
    assert (month.now.n, month.days_with_data) == (616, 0)
    assert read(client_row, "chats_settled", date(2026, 10, 2), 30).now.n == 0


@pytest.mark.parametrize(
    ("figure", "reason"),
    [
        (said(1, 2, key="nobody"), "there is no outcome “nobody”: a manager defines it on the page Outcomes"),
        (said(3, 2), "“Chats settled” cannot be 3 of 2: the numerator is the part"),
        (said(3), "“Chats settled” is a rate: say of how many chats as the denominator"),
        (said("1.5", 2), "“Chats settled” counts chats settled: the numerator must be a whole number"),
        (said(-1, 2), "“Chats settled” cannot be below zero"),
        (said("NaN", 2), "the numerator must be a number up to 1,000,000,000,000"),
        (said("1e30", 2), "the numerator must be a number up to 1,000,000,000,000"),
        (said(1, 2, date(2026, 11, 8)), "8 November 2026 has not come yet"),
        (said(1, 2, date(1999, 1, 1)), "1999-01-01 is too long ago; the first day kept is 2000-01-01"),
        (said(1, 2, last=DAY - timedelta(days=1)), "the last day, 2026-11-02, comes before the first, 2026-11-03"),
        (said(1, 2, first=DAY - timedelta(days=400)), "a figure is for a year at most"),
        (said(1, 2, success=3), "“success” must be a number of the 2 cases, not 3"),
        (said(None), "there is no such figure to take back"),
        (said(None, 2), "what is taken back has no numbers"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(
    client_row: Client, crm: SourceRef, figure: OutcomeRecord, reason: str
) -> None:
    define(client_row)
    assert push(client_row, crm, figure, said(1, 2, DAY - timedelta(days=7))).reasons == {0: reason}
    assert rows("SELECT count(*) FROM monitoring_outcomevalue") == [(1,)]


def test_the_same_figures_again_change_nothing(client_row: Client, crm: SourceRef) -> None:
    define(client_row)
    first = push(client_row, crm, said(4, 6), said(1, 1, sent_id="case-1"), said(0, 1, sent_id="case-2"))
    again = push(client_row, crm, said(4, 6), said(1, 1, sent_id="case-1"), said(0, 1, sent_id="case-2"))
    assert (first.new, again.new, again.corrected, again.same) == (3, 0, 0, 3)
    assert read(client_row, "chats_settled").now.n == 6


def test_a_correction_stands_beside_what_was_said_before(client_row: Client, crm: SourceRef, clock: Any) -> None:
    define(client_row)
    push(client_row, crm, said(4, 6))
    midnight = NOW + timedelta(hours=6)
    clock.move_to(NOW + timedelta(days=1), tick=False)
    assert push(client_row, crm, said(5, 6)).corrected == 1
    assert read(client_row, "chats_settled").now.summary.total == 5
    assert read(client_row, "chats_settled", known_at=midnight).now.summary.total == 4
    assert read(client_row, "chats_settled", known_at=NOW - timedelta(days=1)).now.n == 0


def test_a_figure_that_moves_to_another_day_leaves_the_first(client_row: Client, crm: SourceRef) -> None:
    define(client_row)
    push(client_row, crm, said(1, 1, sent_id="case-1"))
    push(client_row, crm, said(1, 1, DAY - timedelta(days=1), sent_id="case-1"))
    series = read(client_row, "chats_settled", DAY - timedelta(days=1), 2)
    assert [d.n for d in series.days] == [1, 0]


def test_what_is_taken_back_is_gone_but_was_there(client_row: Client, crm: SourceRef, clock: Any) -> None:
    define(client_row)
    push(client_row, crm, said(4, 6))
    clock.move_to(NOW + timedelta(days=1), tick=False)
    push(client_row, crm, said(None))
    now = read(client_row, "chats_settled").now
    assert (now.value, now.reason) == (None, "no figures for chats settled in the period")
    assert read(client_row, "chats_settled", known_at=NOW).now.n == 6
    push(client_row, crm, said(4, 6))
    assert read(client_row, "chats_settled").now.n == 6


def test_figures_of_one_giver_never_overlap(client_row: Client, crm: SourceRef) -> None:
    define(client_row)
    push(client_row, crm, said(4, 6))
    month = said(4, 6, first=date(2026, 11, 1), last=date(2026, 11, 5))
    reason = "it overlaps the figure for 2026-11-03 to 2026-11-03: take that one back first"
    assert push(client_row, crm, month).reasons == {0: reason}
    assert push(client_row, crm, said(1, 2, DAY - timedelta(days=1)), month).reasons == {
        1: push(client_row, crm, month).reasons[0]
    }
    push(client_row, crm, said(None), said(None, day=DAY - timedelta(days=1)))
    assert push(client_row, crm, month).new == 1


def test_a_persons_correction_outlives_a_nightly_resend_but_not_a_new_figure(
    client_row: Client, crm: SourceRef, manager: User
) -> None:
    define(client_row)
    push(client_row, crm, said(4, 6))
    assert typed(client_row, manager, said(3, 6), crm) == ""
    assert push(client_row, crm, said(4, 6)).same == 1
    now = read(client_row, "chats_settled").now
    assert now.summary.total == 3
    assert now.sources == ("Program_Manager-Acme (typed)",)
    push(client_row, crm, said(5, 6))
    assert read(client_row, "chats_settled").now.summary.total == 5


def test_a_typed_figure_and_a_sources_add_up(client_row: Client, crm: SourceRef, manager: User) -> None:
    define(client_row)
    push(client_row, crm, said(4, 6))
    typed(client_row, manager, said(1, 4))
    assert read(client_row, "chats_settled").now.n == 10


@pytest.mark.parametrize("first", ["day", "cases"])
def test_a_days_figure_counts_instead_of_its_cases(client_row: Client, crm: SourceRef, first: str) -> None:
    """Whichever comes first; taken back, the cases count again. Of other days and other givers all count."""
    define(client_row)
    day, cases = [said(40, 60)], [said(n % 2, 1, sent_id=str(n)) for n in range(10)]
    for figures in (day, cases) if first == "day" else (cases, day):
        assert push(client_row, crm, *figures).new == len(figures)
    assert read(client_row, "chats_settled").now.n == 60
    assert [value.n for value in read(client_row, "chats_settled").days] == [60]
    push(client_row, crm, said(1, 1, day=DAY + timedelta(days=1), sent_id="next"))
    push(client_row, factories.source(client_row, "Other"), said(1, 1, sent_id="theirs"))
    assert read(client_row, "chats_settled", days=2).now.n == 62
    push(client_row, crm, said(None))
    assert read(client_row, "chats_settled", days=2).now.n == 12


def test_a_months_figure_counts_instead_of_its_cases_in_the_month_alone(client_row: Client, crm: SourceRef) -> None:
    define(client_row)
    october = date(2026, 10, 1)
    push(client_row, crm, said(400, 600, first=october, last=date(2026, 10, 31)))
    push(client_row, crm, said(1, 1, day=date(2026, 10, 5), sent_id="one"))
    assert read(client_row, "chats_settled", october, 31).now.n == 600
    assert read(client_row, "chats_settled", date(2026, 10, 5)).now.n == 1


def test_what_is_counted_from_tickets_is_given_by_nobody_else(
    client_row: Client, crm: SourceRef, manager: User
) -> None:
    define(client_row, "tickets_created", name="Tickets created", kind="count", counted=True)
    reason = "“Tickets created” is counted from tickets: nobody else gives figures for it"
    assert push(client_row, crm, said(1, key="tickets_created")).reasons == {0: reason}
    assert typed(client_row, manager, said(1, key="tickets_created")) == reason


def test_a_definition_says_unit_direction_and_formula(client_row: Client) -> None:
    define(client_row)
    with scope(client_row):
        m = known_metric(client_row, "outcome.chats_settled")
        assert known_metric(client_row, "accuracy").name == "Accuracy"
        for unknown in ("outcome.nobody", "nobody"):
            with pytest.raises(KeyError):
                known_metric(client_row, unknown)
    assert (m.unit, m.better, m.formula, m.of) == (Unit.FRACTION, Better.HIGHER, "chats settled ÷ chats", "chats")


def test_a_real_move_of_an_outcome_is_told_by_its_direction(client_row: Client, crm: SourceRef) -> None:
    define(client_row)
    push(client_row, crm, said(90, 100, DAY - timedelta(days=1)), said(60, 100))
    assert read(client_row, "chats_settled").change.verdict is Verdict.WORSE


def test_what_adds_up_is_compared_from_a_week_of_days_on(client_row: Client, crm: SourceRef) -> None:
    define(client_row, kind="hours", unit="hours saved")
    days = [DAY - timedelta(days=n) for n in range(14)]
    push(client_row, crm, *(said(10 if n < 7 else 4, day=day) for n, day in enumerate(days)))
    change = read(client_row, "chats_settled", DAY - timedelta(days=6), 7).change
    assert (change.state, change.verdict) == (ChangeState.COMPARED, Verdict.BETTER)
    few = read(client_row, "chats_settled", DAY - timedelta(days=5), 6).change
    assert few.state is ChangeState.TOO_EARLY


def test_of_a_part_of_the_client_no_outcome_is_known(client_row: Client, crm: SourceRef) -> None:
    define(client_row)
    push(client_row, crm, said(4, 6))
    assert read(client_row, "chats_settled", within=Slice(model="gpt-4")).now.n == 0


def test_no_row_of_what_was_said_can_be_changed_or_deleted(client_row: Client, crm: SourceRef) -> None:
    define(client_row)
    push(client_row, crm, said(4, 6))
    with pytest.raises(ProgrammingError, match="permission denied"), scope(client_row):
        OutcomeValue.objects.update(numerator=5)
    with pytest.raises(ProgrammingError, match="permission denied"), scope(client_row):
        OutcomeValue.objects.filter(client=client_row)._raw_delete("default")


def test_another_clients_outcomes_are_not_there(client_row: Client, other_client: Client, crm: SourceRef) -> None:
    define(client_row)
    define(other_client)
    push(client_row, crm, said(4, 6))
    assert read(other_client, "chats_settled").now.n == 0
    with scope(other_client):
        assert not OutcomeValue.objects.exists()


def test_a_batch_takes_as_many_queries_as_a_figure(
    client_row: Client, crm: SourceRef, django_assert_max_num_queries: Any
) -> None:
    define(client_row)
    for size in (1, 300):
        figures = [said(1, 2, DAY - timedelta(days=n)) for n in range(size)]
        with scope(client_row), django_assert_max_num_queries(8):
            assert not outcome_store.from_source(client_row, crm, figures).reasons


def test_reading_takes_two_queries_however_many_figures_there_are(
    client_row: Client, crm: SourceRef, django_assert_num_queries: Any
) -> None:
    from monitoring.outcomes import metrics_by_key
    from monitoring.readings import Period
    from monitoring.series import all_series

    define(client_row)
    define(client_row, "hours_saved", kind="hours")
    push(client_row, crm, *(said(1, 2, DAY - timedelta(days=n)) for n in range(60)))
    with scope(client_row):
        known = metrics_by_key(client_row, ["outcome.chats_settled", "outcome.hours_saved"])
        period = Period(DAY - timedelta(days=28), DAY, client_row.zone)
        with django_assert_num_queries(2):
            all_series(client_row, list(known.values()), period)
