"""The client page and the pulse agree on what moved, whatever the data: one judgement, told twice."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as st
from time_machine import travel

from clients.models import Client
from clients.tenancy import scope
from fracops.pages.sentences import headline, plain
from monitoring.catalogue import metric
from monitoring.wording import reading_text
from reports.gather import gather
from reports.moves import real_moves
from reports.periods import PULSE, parse
from reports.pulse import compose_pulse
from tests import factories
from tests.conftest import ALL
from tests.reports.making import evidence, many, series, yes

FRIDAY = datetime(2026, 11, 6, 16, tzinfo=UTC)
SHARES = st.tuples(st.integers(300, 700), st.integers(300, 700))


@given(st.tuples(SHARES, SHARES, SHARES), st.tuples(*[st.integers(900, 1100)] * 4), st.integers(200, 900))
def test_the_sentence_and_the_pulse_name_the_same_move(
    rates: tuple[tuple[int, int], ...], times: tuple[int, ...], calls: int
) -> None:
    scored = zip(("accuracy", "error_rate", "relevance"), rates, strict=True)
    seen = evidence([
        series("calls", yes(0, calls), yes(0, 500)),
        *(series(key, yes(now, 1000), yes(past, 1000)) for key, (now, past) in scored),
        series("latency_p50", many(1000, times[0]), many(1000, times[1])),
        series("answer_tokens", many(1000, times[2]), many(1000, times[3])),
    ])  # fmt: skip
    page = plain(headline({key: s.change for key, s in seen.series.items()}, [], 7, lambda _: ""))
    pulse = compose_pulse(seen).headline.text
    told = real_moves(seen)
    assert page.startswith("A steady") == pulse.startswith("A steady") == (not told)
    for move in told[:1]:
        values = (move.change.now, move.change.before)
        assert all(reading_text(v) in page.partition(". ")[0] and reading_text(v) in pulse for v in values)


@pytest.mark.django_db(transaction=True, databases=ALL)
@pytest.mark.parametrize(("since", "lasting"), [(0.9, 400), (0.5, 400), (0.5, 1400)])
def test_one_clients_page_and_pulse_agree_on_the_same_week(client_row: Client, since: float, lasting: int) -> None:
    chance = Random(1)
    right = (0.9, since)
    slow = (400, lasting)
    spans, scores = [], []
    for number in range(840):
        day, week = number // 60, number // 60 // 7
        at = datetime(2026, 10, 23, 15, tzinfo=UTC) + timedelta(days=day, seconds=number % 60)
        lasted = timedelta(milliseconds=slow[week] * chance.lognormvariate(0, 0.3))
        span = factories.span(number + 1, at, ended_at=at + lasted, output_tokens=chance.randint(20, 80))
        spans.append(span)
        scores.append(factories.verdict(span, chance.random() < right[week]))
    factories.calls(client_row, spans, scores)
    period = parse(PULSE, "2026-W45", client_row.zone)
    with scope(client_row):
        seen = gather(client_row, period, now=FRIDAY)
    told = [m.metric.key for m in real_moves(seen)]
    pulse = compose_pulse(seen).headline.text
    with travel(FRIDAY, tick=True):
        browser = Browser()
        browser.force_login(
            factories.member(client_row, "program_manager"),
            backend="allauth.account.auth_backends.AuthenticationBackend",
        )
        page = browser.get("/c/acme/?period=7d").context["page"]
    assert page.choice.period == period
    sentence = plain(page.sentence)
    assert sentence.startswith("A steady") == pulse.startswith("A steady") == (not told), (sentence, pulse)
    assert ("accuracy" in told) == (right[1] == 0.5)
    if told:
        first = next(part.url for part in page.sentence if part.url)
        assert metric(told[0]).key in first, (sentence, pulse)
