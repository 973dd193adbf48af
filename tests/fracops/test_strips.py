"""A target's small chart: its value can be read wherever it stands, and no day is lost."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from clients.models import Client, Target
from clients.tenancy import scope
from fracops.pages.strips import CLOTH, TEXT, Now, Strip, narrowed, reaches, rolling, strip
from monitoring.catalogue import CATALOGUE
from monitoring.flags import Flag
from monitoring.readings import DayValue, Period, Reading, Series, compare
from monitoring.series import all_series
from monitoring.summary import Summary
from monitoring.targets import Progress, Status
from tests import factories
from tests.conftest import NOW

START, END = date(2026, 10, 1), date(2026, 12, 31)


def drawn(goal: str, baseline: str | None, *values: str | None, flagged: Sequence[Flag] = ()) -> Strip:
    """The strip of a daily metric whose quarter so far had these values; the last is where it stands."""
    period = Period(START, START + timedelta(days=len(values)), "UTC")
    last = Decimal(values[-1] or 0)
    reading = Reading.of(CATALOGUE["calls"], Summary(int(last), last, float(last)), period)
    days = [
        DayValue(START + timedelta(days=i), None if v is None else Decimal(v), 100 if v else 0)
        for i, v in enumerate(values)
    ]
    series = Series(CATALOGUE["calls"], period, days, [], reading, compare(reading, reading))
    target = Target(name="Calls", goal=Decimal(goal), baseline=None if baseline is None else Decimal(baseline))
    made = strip(
        Progress(target, CATALOGUE["calls"], reading, Status.ON_TRACK, "", None, series),
        series,
        START,
        END,
        flagged=flagged,
    )
    assert made is not None
    return made


def crossed(now: Now, line: float) -> bool:
    return now.label_y - TEXT < line < now.label_y


@given(
    st.integers(1, 90),
    st.integers(0, 200),
    st.integers(0, 200),
    st.integers(0, 200),
)
@example(40, 90, 20, 90)
@example(90, 90, 20, 90)
def test_no_line_runs_through_the_value(days: int, goal: int, baseline: int, stands: int) -> None:
    made = drawn(str(goal), str(baseline), *["100"] * days, str(stands))
    assert made.now is not None
    assert made.goal is not None
    assert made.baseline is not None
    assert not crossed(made.now, made.goal.y)
    assert not crossed(made.now, made.baseline.y)


@given(st.lists(st.integers(0, 91), min_size=1, max_size=5, unique=True), st.integers(1, 90), st.integers(0, 200))
def test_flags_stand_on_their_days_within_the_chart_and_off_the_value(at: list[int], days: int, stands: int) -> None:
    flagged = [Flag(chr(65 + i), START + timedelta(days=day), "Release") for i, day in enumerate(sorted(at))]
    made = drawn("20", "90", *["100"] * days, str(stands), flagged=flagged)
    assert [pole.letter for pole in made.poles] == [flag.letter for flag in flagged]
    assert [pole.x for pole in made.poles] == [round(4 + 312 * day / 91, 1) for day in sorted(at)]
    assert all(pole.left >= 0 and pole.left + CLOTH <= 320 for pole in made.poles)
    assert made.now is not None
    assert made.now.label_y - TEXT >= CLOTH


def test_a_day_between_two_gaps_is_drawn() -> None:
    made = drawn("90", None, "80", None, "85", "86")
    assert len(made.paths) == 2
    assert all("L" in path for path in made.paths)


def test_a_strip_drawn_from_the_pages_series_is_that_of_its_own_read(client_row: Client) -> None:
    spans = [factories.span(i, NOW - timedelta(hours=7 * i), error="timeout" if i % 5 == 0 else "") for i in range(600)]
    factories.calls(client_row, spans)
    today = NOW.date()
    page = Period(today - timedelta(days=90), today, client_row.zone)
    so_far = Period(date(2026, 10, 1), today, client_row.zone)
    for key in ("error_rate", "latency_p95", "calls"):
        with scope(client_row):
            whole, own = (all_series(client_row, [CATALOGUE[key]], period)[key] for period in (page, so_far))
        assert reaches(whole, so_far)
        assert rolling(narrowed(whole, so_far)) == rolling(own)
    assert not reaches(whole, Period(today - timedelta(days=177), today, client_row.zone))
    assert not reaches(whole, Period(so_far.start, today + timedelta(days=1), client_row.zone))
