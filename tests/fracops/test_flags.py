"""The same events on every chart: lettered, explained below, no more than fit, and frozen with a report that drew them."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client as Browser
from hypothesis import given
from hypothesis import strategies as st

from clients.models import Charter, Client, Event, EventKind, Target
from clients.tenancy import scope
from monitoring.flags import MOST, flags, near_days
from monitoring.happenings import Happening
from monitoring.readings import Period
from reports.composed import Composed
from reports.gather import compose
from reports.render import render
from tests import factories
from tests.conftest import ALL, NOW

START = datetime(2026, 10, 1, tzinfo=UTC)


def happening(day: int, title: str = "Release", kind: EventKind = EventKind.DEPLOY) -> Happening:
    return Happening(START + timedelta(days=day, hours=9), kind, title)


def test_what_lies_too_near_to_be_told_apart_shares_a_flag() -> None:
    told = [happening(3, "One"), happening(4, "Two"), happening(20, "Three")]
    made = flags(told, date(2026, 10, 1), date(2026, 10, 28), "UTC")
    assert [(flag.letter, flag.day) for flag in made] == [("A", date(2026, 10, 4)), ("B", date(2026, 10, 21))]
    assert made[0].text.replace("\u00a0", " ") == "4 October: One; 5 October: Two"


def test_a_flag_stands_on_the_clients_day() -> None:
    late = Happening(datetime(2026, 10, 5, 3, tzinfo=UTC), EventKind.DEPLOY, "Release")
    (flag,) = flags([late], date(2026, 10, 1), date(2026, 10, 28), "America/Chicago")
    assert flag.day == date(2026, 10, 4)


def test_where_too_much_happened_incidents_go_first_and_the_rest_is_counted() -> None:
    told = [happening(day, f"Release {day}", EventKind.OUTSIDE) for day in range(0, 84, 12)]
    told.append(happening(78, "Outage", EventKind.INCIDENT))
    made = flags(told, date(2026, 10, 1), date(2026, 12, 29), "UTC")
    assert len(made) == MOST
    assert any("Outage" in flag.text for flag in made)
    assert made[-1].text.endswith("more did not fit in the chart")


@given(days=st.lists(st.integers(-20, 120), max_size=40), length=st.integers(1, 400))
def test_flags_are_in_order_within_the_chart_and_never_overlap(days: list[int], length: int) -> None:
    first, last = START.date(), START.date() + timedelta(days=length - 1)
    made = flags([happening(day, str(day)) for day in days], first, last, "UTC")
    assert len(made) <= MOST
    assert [flag.letter for flag in made] == [chr(65 + i) for i in range(len(made))]
    assert all(first <= flag.day <= last for flag in made)
    gaps = [(b.day - a.day).days for a, b in pairwise(made)]
    assert all(gap >= near_days(length) for gap in gaps)
    assert bool(made) == any(0 <= day < length for day in days)


@pytest.fixture
def moved(client_row: Client, time_machine: Any) -> Client:
    """Forty days of calls; ten days ago another model took over, and prices changed on the third of November."""
    time_machine.move_to(NOW, tick=False)
    spans = [
        factories.span(back * 40 + n, NOW - timedelta(days=back), model="gpt-5" if back < 10 else "gpt-4", system="Bot")
        for back in range(1, 50)
        for n in range(35)
    ]
    factories.calls(client_row, spans)
    factories.event(client_row)
    return client_row


pages = pytest.mark.django_db(transaction=True, databases=ALL)


@pages
def test_every_chart_has_the_same_flags_and_says_below_what_they_are(moved: Client) -> None:
    browser = Browser()
    person = factories.member(moved, "executive")
    browser.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    factories.event(moved, NOW - timedelta(days=2), title="Not shown", visible=False)
    drawn = json.loads(browser.get("/c/acme/figures.json?period=28d").content)
    for figure in drawn.values():
        letters = [note["text"] for note in figure["layout"]["annotations"] if note.get("yshift") == 4]
        poles = [shape["x0"] for shape in figure["layout"]["shapes"] if shape.get("x0") != 0]
        assert (letters, poles) == (["A", "B"], ["2026-10-28", "2026-11-03"])
    for address in ("/c/acme/?period=28d", "/c/acme/says-who/error_rate/?period=28d"):
        page = browser.get(address).content.decode()
        assert "gpt-5 took the place of gpt-4 (Bot)" in page
        assert "New prices" in page
        assert "Not shown" not in page
        assert page.count('<ol class="flags"') == page.count("data-chart=")


@pages
def test_a_targets_small_chart_has_the_flags_of_its_days_here_and_in_the_workshop(moved: Client) -> None:
    with scope(moved):
        charter = Charter.objects.create(
            client=moved, quarter_start=date(2026, 10, 1), version=1, scope="Cost.", edition=1
        )
        Target.objects.create(
            client=moved,
            charter=charter,
            name="Calls",
            metric="error_rate",
            goal=Decimal("0.01"),
            due=charter.quarter_end,
        )
    browser = Browser()
    person = factories.member(moved, "program_manager")
    browser.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    factories.event(moved, datetime(2026, 10, 5, 15, tzinfo=UTC), title="New index")
    for address in ("/c/acme/?period=7d", "/c/acme/charter/2026-q4/write/"):
        page = browser.get(address).content.decode()
        assert re.findall(r'<text class="letter"[^>]*>(\w)</text>', page) == ["A", "B"]
        assert re.findall(r"<b>(\w)</b><span>([^<]*)", page)[0] == ("A", "5 October: New index")


@pages
def test_a_frozen_report_keeps_the_events_that_it_drew(moved: Client) -> None:
    october = Period(date(2026, 10, 1), date(2026, 11, 1), moved.zone)
    factories.event(moved, datetime(2026, 10, 12, 9, tzinfo=UTC), title="New index", type="reindex")
    factories.event(moved, datetime(2026, 10, 20, 9, tzinfo=UTC), title="Our worry", visible=False)
    with scope(moved):
        made = compose(moved, "roi", october, now=NOW, revision=1)
        stored = json.loads(json.dumps(made.to_json()))
        Event.objects.all().delete()
    again = Composed.from_json(stored)
    assert again == made
    assert again.chart
    told = " ".join(flag.text for flag in again.chart.flags)
    assert "New index" in told
    assert "Our worry" not in told
    page = render(again, "html")
    text = page if isinstance(page, str) else page.decode()
    assert "New index" in text


@pages
def test_flags_are_printed_and_drawn_on_the_reports_page(moved: Client) -> None:
    from reports.charts import paper, screen

    with scope(moved):
        made = compose(moved, "roi", Period(date(2026, 10, 1), date(2026, 11, 1), moved.zone), now=NOW)
    assert made.chart
    assert made.chart.flags
    assert made.chart.flags[0].letter == "A"
    assert ">A</text>" in screen.svg(made.chart)
    bare = paper.svg(made.chart.__class__(**{**vars(made.chart), "flags": ()}))
    assert len(paper.svg(made.chart)) > len(bare)
    assert 'style="' not in paper.svg(made.chart)
