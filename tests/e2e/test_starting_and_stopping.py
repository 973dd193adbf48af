"""The demo as a process: on this machine only, stopped whole by Ctrl-C, and back with the same data."""

import re

import pytest
from playwright.sync_api import expect

from .conftest import Visitors
from .running import STOP_SECONDS, Demo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]
SECOND_START_SECONDS = 90
"""Generous: the tests' other worker keeps a core busy. On an idle machine it takes under 10 s."""


def calls(visitors: Visitors, demo: Demo) -> str:
    """The number of calls in the last 28 days, as the second client's evidence page gives it."""
    page = visitors.visitor("owner")
    page.goto(f"/c/{demo.state['clients'][1]}/says-who/calls/?period=28d")
    shown = page.locator(".eq .r")
    expect(shown).to_have_text(re.compile(r"[\d,]{4,}"))
    return shown.inner_text()


def test_everything_listens_on_this_machine_only(demo: Demo) -> None:
    assert len(demo.listening()) >= 3
    assert demo.addresses() == {"127.0.0.1"}


def test_ctrl_c_stops_all_of_it_and_a_second_start_has_the_same_data(visitors: Visitors, demo: Demo) -> None:
    before, users = calls(visitors, demo), demo.state["users"]
    took = demo.stop()
    assert took < STOP_SECONDS
    assert demo.still_listening() == set()
    again = demo.start()
    print(f"stopped in {took:.1f} s, second start in {again:.1f} s")
    assert calls(visitors, demo) == before
    assert demo.state["users"] == users
    assert again < SECOND_START_SECONDS
