"""The workshop proposes a draft from the data: into what is empty only, saved by a person and nobody else."""

import html
import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from clients.models import Charter, Client, System
from clients.tenancy import scope
from fracops.pages.charter_form import TargetForm
from fracops.pages.charter_proposing import _values
from monitoring.baselines import Proposal
from monitoring.catalogue import CATALOGUE, Unit
from monitoring.drafting import Draft, goal_of
from monitoring.readings import Period, Reading
from monitoring.summary import Summary
from tests import factories
from tests.conftest import ALL, NOW

pytestmark = pytest.mark.django_db(transaction=True, databases=ALL)
WRITE = "/c/acme/charter/2026-q4/write/"
DAYS = Period(date(2026, 10, 23), date(2026, 10, 30), "UTC")


@pytest.fixture
def watched(client_row: Client, time_machine: Any) -> Client:
    """Twenty judged calls a day for fifty days: enough for a slowest twentieth in each week."""
    time_machine.move_to(NOW, tick=False)
    spans = [factories.span(i, NOW - timedelta(days=1 + i // 20)) for i in range(1000)]
    scores = [factories.verdict(s, i % 10 < (9 if 14 <= i // 20 < 21 else 7)) for i, s in enumerate(spans)]
    factories.calls(client_row, spans, scores)
    return client_row


@pytest.fixture
def manager(client_row: Client, time_machine: Any) -> Browser:
    time_machine.move_to(NOW, tick=False)
    browser = Browser()
    browser.force_login(factories.member(client_row, "program_manager"))
    return browser


def sent(page: str) -> dict[str, str]:
    """What the page's form would send."""
    form = page.split('class="workshop"')[1].split("</form>")[0]
    fields = {
        found["name"]: html.unescape(found["value"])
        for tag in re.findall(r"<input [^>]*>", form)
        if (found := dict(re.findall(r'(name|value|type)="([^"]*)"', tag))).get("name")
        and found.get("type") != "checkbox"
        and "value" in found
    }
    for name, inside in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inside)
        fields[name] = chosen[1] if chosen else ""
    scope_text = re.search(r'<textarea name="scope"[^>]*>(.*?)</textarea>', form, re.DOTALL)
    return fields | {"scope": html.unescape(scope_text[1]).strip() if scope_text else "", "do": "save"}


def test_a_draft_opens_filled_in_says_its_rules_and_is_saved_as_it_stands(watched: Client, manager: Browser) -> None:
    page = manager.get(WRITE + "?propose=1").content.decode()
    assert "3 targets are proposed from the data, each with the rule behind its goal." in page
    assert "Proposed goal: the best of the last 7 weeks, 90.0% in" in page
    assert Charter.objects.using("owner").count() == 0
    typed = sent(page)
    held = [n for n in range(3) if typed[f"t-{n}-kind"] in ("above", "below")]
    assert held
    assert page.count("is the line to hold.</") == len(held)
    assert (typed["t-0-metric"], typed["t-0-goal"], typed["t-0-kind"]) == ("accuracy", "90", "reach")
    assert (
        typed["t-0-baseline_source"] == "1,000 judged answers, 17 September–5 November, from the first day with data on"
    )
    assert manager.post(WRITE, typed).status_code == 302
    with scope(watched):
        targets = list(Charter.objects.get().targets.all())
    assert (len(targets), targets[0].baseline_n, targets[0].system_id) == (
        3,
        1000,
        System.objects.using("owner").get().pk,
    )
    assert "Proposed goal" not in manager.get(WRITE).content.decode()


def test_only_what_is_empty_is_filled_and_nothing_that_was_typed_is_touched(watched: Client, manager: Browser) -> None:
    typed = {
        "t-TOTAL_FORMS": "3", "t-INITIAL_FORMS": "0", "scope": "My own words on accuracy.", "do": "propose",
        "t-0-name": "Right answers", "t-0-metric": "accuracy", "t-0-goal": "a lot",
    }  # fmt: skip
    page = manager.post(WRITE, typed).content.decode()
    again = sent(page)
    assert (again["scope"], again["t-0-goal"], again["t-0-name"]) == (
        "My own words on accuracy.",
        "a lot",
        "Right answers",
    )
    assert again["t-1-metric"] == "latency_p95"
    assert "accuracy" not in (again["t-1-metric"], again["t-2-metric"])
    full = manager.post(WRITE, again | {"do": "propose"}).content.decode()
    assert "There is no empty target left" in full


def test_with_too_little_data_the_parts_that_are_possible_stand_there(client_row: Client, manager: Browser) -> None:
    nothing = manager.get(WRITE + "?propose=1").content.decode()
    assert "Nothing can be proposed yet: nothing was measured in the last twelve weeks" in nothing
    spans = [factories.span(i, NOW - timedelta(days=1 + i // 10)) for i in range(120)]
    factories.calls(client_row, spans, [factories.verdict(s, True) for s in spans])
    page = manager.get(WRITE + "?propose=1").content.decode()
    assert "Accuracy: 18 more days with data are missing for a baseline of 30" in page
    typed = sent(page)
    assert (typed["t-0-metric"], typed["t-0-baseline"], typed.get("t-0-goal", "")) == ("accuracy", "100", "")
    refused = manager.post(WRITE, typed)
    assert (refused.status_code, "Write the goal as a number." in refused.content.decode()) == (422, True)


def test_the_queries_of_a_proposal_do_not_grow_with_the_data(watched: Client, manager: Browser) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert manager.get(WRITE + "?propose=1").status_code == 200
        return len(queries)

    before = asked()
    more = [factories.span(5000 + i, NOW - timedelta(days=1 + i % 60), model=f"m{i % 5}") for i in range(120)]
    factories.calls(watched, more)
    assert asked() == before <= 50


@given(
    st.sampled_from(["accuracy", "error_rate", "cost_per_call", "latency_p95", "hallucination_rate"]),
    st.decimals("0.00001", "0.99999", places=5),
    st.lists(st.decimals("0.00001", "0.99999", places=5), min_size=4, max_size=12),
)
def test_whatever_goal_is_proposed_the_form_takes_it(key: str, stood: Decimal, weeks: list[Decimal]) -> None:
    metric = CATALOGUE[key]
    scale = Decimal(10_000) if metric.unit is Unit.MILLISECONDS else Decimal(1)
    read = [Reading(metric, week * scale, 5_000, DAYS, Summary()) for week in weeks]
    goal = goal_of(metric, stood * scale, read)
    if isinstance(goal, str):
        return
    client = Client(name="Acme")
    baseline = Proposal(stood * scale, 5_000, "", "5,000 cases, 1 August–29 September", "", 60)
    typed = _values(client, Draft(metric, None, baseline, goal), several=False)
    form = TargetForm(
        {name: typed.get(name, "") for name in TargetForm.base_fields},
        quarter=Charter(client=client, quarter_start=date(2026, 10, 1)),
        metrics=[metric],
        systems=[],
    )
    assert form.is_valid(), (typed, form.errors)
