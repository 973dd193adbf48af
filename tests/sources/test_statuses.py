"""When to come back, whoever's clock is wrong, and whose turn an answer's status makes it."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitoring.connecting.errors import Fault
from monitoring.connecting.statuses import LONGEST_WAIT, error_of, retry_at

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def wait(**headers: str) -> float | None:
    """Seconds to wait, by headers with underscores for dashes."""
    at = retry_at({name.replace("_", "-"): value for name, value in headers.items()}, NOW)
    return (at - NOW).total_seconds() if at else None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        (" 90 ", 90),
        ("1.5", 1.5),
        ("1m30s", 90),
        ("6m0s", 360),
        ("2h", 7200),
        ("1h0m2.5s", 3602.5),
        ("1500ms", 1.5),
        ("Mon, 02 Nov 2026 12:01:30 GMT", 90),
        ("2026-11-02T12:01:30Z", 90),
        ("2026-11-02T12:01:30", 90),
        ("2026-11-02T13:01:30+01:00", 90),
        (str(int(NOW.timestamp()) + 90), 90),
        (str((int(NOW.timestamp()) + 90) * 1000), 90),
    ],
)
@pytest.mark.parametrize("header", ["retry_after", "x_ratelimit_reset", "ratelimit_reset"])
def test_each_way_of_saying_when_is_understood(header: str, text: str, seconds: float) -> None:
    assert wait(**{header: text}) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5", "nan", "inf", "-inf", "1e400", "h", "m", "1d", "1e15"])
def test_what_says_nothing_is_no_time(text: str) -> None:
    assert wait(retry_after=text) is None


def test_retry_after_goes_before_the_end_of_a_limit() -> None:
    assert wait(x_ratelimit_reset="5", ratelimit_reset="6", retry_after="7") == 7


def test_a_header_that_says_nothing_leaves_the_word_to_the_next() -> None:
    assert wait(retry_after="soon", ratelimit_reset="6") == 6


@pytest.mark.parametrize("text", ["0", "0.2", "0s", "350ms", "Mon, 02 Nov 2026 11:00:00 GMT", "1793620000"])
def test_a_moment_that_is_over_means_at_once_but_not_in_a_tight_loop(text: str) -> None:
    assert wait(retry_after=text) == 1


@pytest.mark.parametrize(
    "text", ["864000", "9999h", "9" * 30 + "h", "9" * 400 + "h", "9999-12-31T23:59:59Z", "999999999999"]
)
def test_nobody_is_waited_for_longer_than_a_day(text: str) -> None:
    assert wait(retry_after=text) == LONGEST_WAIT.total_seconds()


@settings(deadline=None)
@given(st.integers(-(10**8), 10**8), st.integers(1, 86_000))
def test_a_clock_that_is_wrong_changes_nothing(off: int, seconds: int) -> None:
    """Theirs or ours: their moment is read against their `Date`."""
    theirs = NOW + timedelta(seconds=off)
    until = theirs + timedelta(seconds=seconds)
    date = format_datetime(theirs, usegmt=True)
    for said in (format_datetime(until, usegmt=True), until.isoformat(), str(int(until.timestamp()))):
        assert wait(date=date, retry_after=said) == seconds
        assert wait(date=date, x_ratelimit_reset=said) == seconds
    assert wait(date=date, retry_after=str(seconds)) == seconds


def test_without_their_date_ours_is_taken() -> None:
    assert wait(date="yesterday", retry_after="Mon, 02 Nov 2026 12:01:30 GMT") == 90


TEXTS = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"[-+]?[0-9.e_]{0,30}(h|m|s|ms)?[0-9]{0,400}(h|m|s|ms)?", fullmatch=True),
    st.from_regex(r"[A-Z][a-z]{2}, ?[0-9]{1,5} [A-Z][a-z]{2} [0-9]{1,6} [0-9:]{0,9} [-+A-Z0-9]{0,6}", fullmatch=True),
    st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{0,9}[-+Z]?[0-9:]{0,6}", fullmatch=True),
)


@settings(deadline=None)
@given(TEXTS, TEXTS, TEXTS)
def test_whatever_stands_in_a_header_is_a_wait_within_bounds_or_none(retry: str, reset: str, date: str) -> None:
    waits = wait(retry_after=retry, x_ratelimit_reset=reset, date=date)
    assert waits is None or 1 <= waits <= LONGEST_WAIT.total_seconds()


def answered(status: int, **options: object) -> httpx.Response:
    return httpx.Response(status, request=httpx.Request("GET", "https://far.example/v1/rows"), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("status", [200, 201, 204, 206])
def test_an_answer_that_brings_something_is_no_error(status: int) -> None:
    assert error_of("Far", answered(status), NOW) is None


@pytest.mark.parametrize(
    ("status", "fault", "says"),
    [
        (301, Fault.CLIENT, "sends elsewhere from /v1/rows"),
        (400, Fault.OURS, "did not accept a request of FracOps (status 400)"),
        (401, Fault.CLIENT, "refused the key"),
        (402, Fault.CLIENT, "has to pay"),
        (403, Fault.CLIENT, "does not let it read this"),
        (404, Fault.CLIENT, "has nothing at /v1/rows"),
        (408, Fault.LATER, "took too long"),
        (410, Fault.CLIENT, "no longer has /v1/rows"),
        (418, Fault.OURS, "did not accept"),
        (422, Fault.OURS, "did not accept"),
        (425, Fault.LATER, "come back later"),
        (429, Fault.LATER, "no more requests"),
        (500, Fault.LATER, "trouble of its own (status 500)"),
        (503, Fault.LATER, "trouble of its own"),
        (529, Fault.LATER, "trouble of its own"),
    ],
)
def test_each_status_says_whose_turn_it_is(status: int, fault: Fault, says: str) -> None:
    error = error_of("Far", answered(status), NOW)
    assert error is not None
    assert (error.fault, error.status) == (fault, status)
    assert error.message.startswith("Far ")
    assert says in error.message


@settings(deadline=None)
@given(st.integers(300, 599))
def test_no_status_is_left_without_words(status: int) -> None:
    error = error_of("Far", answered(status, headers={"Retry-After": "60"}), NOW)
    assert error is not None
    assert len(error.message) > 20
    assert (error.retry_at is not None) is (error.fault is Fault.LATER)


def test_a_server_in_trouble_is_not_waited_for_until_the_limit_would_end() -> None:
    """Intercom and others say with every answer when their limit ends, an hour from now or a day."""
    every = {"X-RateLimit-Reset": str(int(NOW.timestamp()) + 3600)}
    error, limited = (
        error_of("Far", answered(503, headers=every), NOW),
        error_of("Far", answered(429, headers=every), NOW),
    )
    assert error is not None
    assert error.retry_at is None
    assert limited is not None
    assert limited.retry_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize("charset", ["base64", "idna", "undefined", "no-such", "utf-16"])
def test_a_charset_that_is_none_costs_nothing_but_the_detail(charset: str) -> None:
    error = error_of(
        "Far", answered(500, content=b"\xff!", headers={"Content-Type": f"text/plain; charset={charset}"}), NOW
    )
    assert error is not None
    assert error.detail == "�!"
