"""The ROI report tells a month's outcome from what is stored, against the charter's baseline, and keeps it as it was."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from clients.models import Assumption, Charter, Client, Target
from clients.tenancy import scope
from monitoring import outcome_store
from monitoring.readings import Period
from monitoring.targets import progress
from reports.gather import compose
from reports.periods import ROI
from tests import factories
from tests.conftest import NOW
from tests.monitoring.outcome_making import define, said

pytestmark = pytest.mark.usefixtures("runtime_role")

OCTOBER = Period(date(2026, 10, 1), date(2026, 11, 1), "America/Chicago")
WORTH: dict[str, Any] = {
    "name": "Self-serve chat resolution",
    "worth": Decimal(40),
    "worth_said_by": "Theo Brandt",
    "saves": "help-desk tickets",
    "worth_of": "labor",
}


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


def promise(of: Client, **fields: Any) -> None:
    with scope(of):
        charter = Charter.objects.create(client=of, quarter_start=date(2026, 10, 1))
        usual: dict[str, Any] = {
            "name": "Chats settled",
            "metric": "outcome.chats_settled",
            "baseline": Decimal("0.62"),
            "baseline_n": 1262,
            "goal": Decimal("0.72"),
            "due": date(2026, 12, 31),
        }
        Target.objects.create(client=of, charter=charter, **usual | fields)


def tell(of: Client, done: int = 424, cases: int = 616) -> None:
    """A month's figures day by day, and one of the days before that is not October's."""
    by = factories.source(of, "CRM")
    days = [date(2026, 10, 1) + timedelta(days=n) for n in range(31)]
    share = [(done // 31 + (n < done % 31), cases // 31 + (n < cases % 31)) for n in range(31)]
    figures = [said(top, bottom, day) for day, (top, bottom) in zip(days, share, strict=True)]
    with scope(of):
        stored = outcome_store.from_source(of, by, [*figures, said(0, 500, date(2026, 9, 30))])
    assert not stored.reasons


def report(of: Client) -> Any:
    with scope(of):
        of.lead = None
        return compose(of, ROI, OCTOBER, now=NOW)


def test_the_month_is_told_with_what_it_saved(client_row: Client) -> None:
    define(client_row, **WORTH)
    promise(client_row)
    tell(client_row)
    composed = report(client_row)
    assert (
        composed.headline.text
        == "Self-serve chat resolution is up 11%; that saved 42 help-desk tickets, or roughly $1,680 in labor this month."
    )
    rate = composed.facts["outcome.chats_settled"]
    assert (rate.text, rate.n, rate.sources, rate.provenance.value) == ("68.8%", 616, ("CRM",), "reported")
    assert composed.facts["outcome.chats_settled.each"].sources == ("Theo Brandt",)
    assert next(s for s in composed.sections if s.key == "outcomes").lead.text == composed.headline.text


def test_a_baseline_without_cases_rests_on_as_many_as_the_month_has(client_row: Client) -> None:
    define(client_row, **WORTH)
    promise(client_row, baseline_n=None)
    tell(client_row, 395, 616)
    assert report(client_row).headline.text.endswith("within chance, so we book no saving.")


def test_of_what_is_better_lower_a_rise_costs(client_row: Client) -> None:
    define(client_row, **WORTH | {"name": "Contacts a week later", "better": "lower"})
    promise(client_row, goal=Decimal("0.5"))
    tell(client_row)
    assert report(client_row).headline.text.startswith(
        "Contacts a week later is up 11%; that cost 42 help-desk tickets"
    )


@pytest.mark.parametrize("missing", [{"worth": None}, {"saves": ""}, {"better": "neither"}, {"kind": "hours"}])
def test_without_a_worth_or_a_direction_nothing_is_booked(client_row: Client, missing: dict[str, Any]) -> None:
    define(client_row, **WORTH | missing)
    promise(client_row)
    tell(client_row)
    assert "outcomes" not in [s.key for s in report(client_row).sections]


def assume_ticket(of: Client, value: int, day: date, **fields: Any) -> None:
    usual = {"known": "assumed", "said_by": "Mara", "unit": "USD a ticket"}
    with scope(of):
        Assumption.objects.create(
            client=of, key="ticket_value", value=value, said_on=day, valid_from=day, **usual | fields
        )


def test_a_tickets_worth_may_be_an_assumption_and_then_says_so(client_row: Client) -> None:
    define(client_row, **WORTH | {"worth": None})
    promise(client_row)
    tell(client_row)
    assume_ticket(client_row, 30, date(2026, 9, 1))
    assume_ticket(client_row, 40, date(2026, 10, 15))
    assume_ticket(client_row, 90, date(2026, 11, 1))  # after the month
    composed = report(client_row)
    assert composed.headline.text.endswith("that saved 42 help-desk tickets, or roughly $1,680 in labor this month.")
    each = composed.facts["outcome.chats_settled.each"]
    assert (each.sources, each.provenance.value) == (("Mara",), "assumed")


@pytest.mark.parametrize(
    ("definition", "assumption"),
    [({"saves": "hours"}, {}), ({"worth_of": ""}, {}), ({}, {"unit": "EUR a ticket"}), ({}, {"valid": 1})],
)
def test_no_assumption_is_used_for_what_it_is_not_of(
    client_row: Client, definition: dict[str, Any], assumption: dict[str, Any]
) -> None:
    define(client_row, **WORTH | {"worth": None} | definition)
    promise(client_row)
    tell(client_row)
    later = date(2026, 11, 1) if assumption.pop("valid", None) else date(2026, 10, 1)
    assume_ticket(client_row, 40, later, **assumption)
    assert "outcomes" not in [s.key for s in report(client_row).sections]


def test_what_the_outcome_says_itself_counts_before_an_assumption(client_row: Client) -> None:
    define(client_row, **WORTH)
    promise(client_row)
    tell(client_row)
    assume_ticket(client_row, 99, date(2026, 10, 1))
    assert report(client_row).facts["outcome.chats_settled.each"].sources == ("Theo Brandt",)


def test_a_target_of_an_outcome_is_judged_like_any_other(client_row: Client) -> None:
    define(client_row, **WORTH)
    promise(client_row)
    by = factories.source(client_row, "CRM")
    with scope(client_row):
        outcome_store.from_source(client_row, by, [said(75, 100, date(2026, 11, 2)), said(70, 100, date(2026, 11, 3))])
        charter = Charter.objects.current(client_row, NOW.date())
        assert charter is not None
        [stands] = progress(client_row, charter, NOW)
    assert (stands.reading.value, stands.reading.n, stands.status.value) == (Decimal("0.725"), 200, "met")
