"""Baselines from points: the first sixty days after go-live or after the engagement began, with their cases and days."""

from datetime import date, timedelta
from typing import Any

import pytest

from clients.models import Client, System
from clients.tenancy import scope
from monitoring.baselines import Proposal, proposals
from monitoring.catalogue import CATALOGUE
from tests import factories
from tests.conftest import ALL, NOW

pytestmark = pytest.mark.django_db(transaction=True, databases=ALL)
LIVE = date(2026, 8, 1)


@pytest.fixture
def watched(client_row: Client, time_machine: Any) -> Client:
    """A call a day from August on: ten in the first ten days fail, none after."""
    time_machine.move_to(NOW, tick=False)
    begin = NOW.replace(month=8, day=1)
    days = (NOW.date() - LIVE).days
    spans = [factories.span(i, begin + timedelta(days=i)) for i in range(days)]
    factories.calls(client_row, spans, [factories.verdict(s, i >= 10) for i, s in enumerate(spans)])
    return client_row


def proposed(of: Client, live_on: date | None, key: str = "accuracy") -> Proposal:
    with scope(of):
        system = System.objects.get()
        system.live_on = live_on
        system.save()
        return proposals(of, [(CATALOGUE[key], system, "")], NOW.date())[key, system.pk, ""]


def test_it_is_read_over_the_first_sixty_days_with_their_cases_and_dates(watched: Client) -> None:
    found = proposed(watched, LIVE)
    assert (found.text, found.n, found.short) == ("83.3%", 60, "")
    assert found.source == "60 judged answers, 1 August–29 September, after Bot went live"


def test_without_a_go_live_it_begins_with_the_engagement(watched: Client) -> None:
    factories.engagement(watched, date(2026, 9, 1))
    found = proposed(watched, None)
    assert (found.text, found.n) == ("100.0%", 60)
    assert found.source.endswith("after the engagement began")


def test_where_data_came_later_than_the_engagement_it_begins_with_the_data(watched: Client) -> None:
    factories.engagement(watched, date(2026, 3, 1))
    found = proposed(watched, None)
    assert (found.text, found.n) == ("83.3%", 60)
    assert found.source.endswith("from the first day with data on")
    assert proposed(watched, date(2026, 5, 1)).source == found.source


def test_fewer_days_say_so(watched: Client) -> None:
    found = proposed(watched, NOW.date() - timedelta(days=12))
    assert found.n == 12
    assert found.short == "Only 12 of the first 30 days after Bot went live have passed."


def test_a_volume_is_the_average_of_seven_days(watched: Client) -> None:
    found = proposed(watched, LIVE, "calls")
    assert found.text == "7"
    assert "the average for seven days" in found.source


def test_without_either_day_it_begins_with_the_data(watched: Client) -> None:
    found = proposed(watched, None)
    assert (found.text, found.n, found.days) == ("83.3%", 60, 60)
    assert found.source == "60 judged answers, 1 August–29 September, from the first day with data on"


def test_where_nothing_was_measured_it_says_so(client_row: Client) -> None:
    with scope(client_row):
        found = proposals(client_row, [(CATALOGUE["accuracy"], None, "")], NOW.date())["accuracy", None, ""]
    assert found.short.startswith("Nothing was measured yet")


def test_where_nothing_can_be_proposed_it_says_why(watched: Client) -> None:
    assert "No tool calls were seen" in proposed(watched, LIVE, "tool_error_rate").short
    assert "still to come" in proposed(watched, NOW.date()).short
