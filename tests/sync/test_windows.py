"""Which stretch comes next: newest first, all of it in the end, and the newest again as long as it may be corrected."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from monitoring.connecting.kind import DAY, HOUR, MINUTE, Brings, Kind, Window
from monitoring.sync.windows import Progress, floor, gaps, horizon, joined, next_window, refreshed, share_done, without

NOW = datetime(2026, 11, 6, 15, 30, 20, 5, tzinfo=UTC)
TRACES = Kind("t", "T", Brings.TRACES, "", settle=MINUTE)
BILLS = Kind("b", "B", Brings.BILLS, "", settle=HOUR, grain=DAY, step=30 * DAY, interval=6 * HOUR)


def day(number: int) -> datetime:
    return datetime(2026, 11, number, tzinfo=UTC)


def test_it_ends_a_settle_delay_before_now_on_the_kinds_grain() -> None:
    assert horizon(TRACES, NOW) == datetime(2026, 11, 6, 15, 29, 20, tzinfo=UTC)
    assert horizon(BILLS, NOW) == day(6)
    assert horizon(BILLS, day(6) + MINUTE) == day(5)


def test_the_newest_day_comes_first_and_then_the_days_before() -> None:
    progress = Progress(day(1))
    seen = []
    while window := next_window(TRACES, progress, NOW):
        seen.append(window)
        progress = replace(progress, done=joined(progress.done, window))
    assert seen[0].end == horizon(TRACES, NOW)
    assert seen[-1].start == day(1)
    assert all(later.start == earlier.end for earlier, later in zip(seen[1:], seen, strict=False))
    assert progress.done == (Window(day(1), horizon(TRACES, NOW)),)


def test_a_gap_in_the_middle_is_filled() -> None:
    done = (Window(day(1), day(2)), Window(day(4), horizon(TRACES, NOW)))
    assert next_window(TRACES, Progress(day(1), done), NOW) == Window(day(3), day(4))
    assert gaps(Progress(day(1), done), horizon(TRACES, NOW)) == [Window(day(2), day(4))]


def test_the_last_hour_is_read_again_at_every_sync_and_the_last_days_every_six_hours() -> None:
    end = horizon(TRACES, NOW)
    progress = Progress(day(1), (Window(day(1), end),), refreshed_at=NOW, reread_at=NOW)
    assert next_window(TRACES, refreshed(TRACES, progress, NOW), NOW) is None
    soon = NOW + 5 * MINUTE
    assert next_window(TRACES, refreshed(TRACES, progress, soon), soon) == Window(
        end - HOUR + 5 * MINUTE, end + 5 * MINUTE
    )
    late = NOW + 6 * HOUR
    again = refreshed(TRACES, progress, late)
    assert again.done == (Window(day(1), end + 6 * HOUR - 3 * DAY),)
    assert again.reread_at == late


def test_a_bill_is_read_again_in_whole_days() -> None:
    progress = Progress(day(1), (Window(day(1), day(6)),), refreshed_at=day(5), reread_at=day(5))
    assert next_window(BILLS, refreshed(BILLS, progress, NOW), NOW) == Window(day(3), day(6))


def test_nothing_is_given_up_before_anything_is_done() -> None:
    fresh = refreshed(TRACES, Progress(day(1)), NOW)
    assert (fresh.done, fresh.reread_at, fresh.refreshed_at) == ((), NOW, NOW)


instants = st.integers(0, 1000).map(lambda hours: day(1) - 30 * DAY + hours * HOUR)
stretches = st.tuples(instants, instants).map(lambda pair: Window(min(pair), max(pair)))


@given(st.lists(stretches, max_size=8))
def test_joining_in_any_order_gives_the_same_and_covers_the_same(some: list[Window]) -> None:
    forwards: tuple[Window, ...] = ()
    backwards: tuple[Window, ...] = ()
    for window in some:
        forwards = joined(forwards, window)
    for window in reversed(some):
        backwards = joined(backwards, window)
    assert forwards == backwards
    assert all(a.end < b.start for a, b in pairwise(forwards))
    for hour in range(0, 1000, 7):
        at = day(1) - 30 * DAY + hour * HOUR
        assert any(w.holds(at) for w in some) == any(w.holds(at) for w in forwards)


@given(st.lists(stretches, max_size=8), instants)
def test_what_is_done_and_what_is_missing_are_the_whole(some: list[Window], wanted_from: datetime) -> None:
    done: tuple[Window, ...] = ()
    for window in some:
        done = joined(done, window)
    end = day(12)
    missing = gaps(Progress(wanted_from, done), end)
    for hour in range(0, 1000, 7):
        at = day(1) - 30 * DAY + hour * HOUR
        wanted = wanted_from <= at < end
        assert any(w.holds(at) for w in missing) == (wanted and not any(w.holds(at) for w in done))
    assert 0 <= share_done(Progress(wanted_from, done), end) <= 1


@given(stretches, instants)
def test_giving_up_keeps_what_lies_before(window: Window, start: datetime) -> None:
    kept = without((window,), start)
    assert all(w.end <= start and w.start == window.start for w in kept)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)))  # noqa: DTZ001
def test_cutting_to_a_day_is_midnight_utc(at: datetime) -> None:
    cut = floor(at, DAY)
    assert (cut.hour, cut.minute, cut.second, cut.microsecond) == (0, 0, 0, 0)
    assert timedelta(0) <= at - cut < DAY


def test_the_end_does_not_move_while_a_source_is_read() -> None:
    progress = refreshed(TRACES, Progress(day(3)), NOW)
    seen, now = [], NOW
    while window := next_window(TRACES, progress, now):
        seen.append(window)
        progress = replace(progress, done=joined(progress.done, window))
        now += 40 * MINUTE
        progress = refreshed(TRACES, progress, NOW)
    assert [w.end for w in seen] == [horizon(TRACES, NOW) - n * DAY for n in range(4)]


def test_the_last_days_are_not_begun_again_before_what_is_missing_was_read() -> None:
    progress = Progress(day(1), (Window(day(4), horizon(TRACES, NOW)),), NOW, NOW)
    later = NOW + 7 * HOUR
    assert refreshed(TRACES, progress, later).reread_at == NOW
    assert refreshed(TRACES, replace(progress, wanted_from=day(4)), later).reread_at == later
