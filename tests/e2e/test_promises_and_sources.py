"""What a manager types in: the charter's targets, and a new source whose token lets traces in."""

import os
import re
import time

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.monitoring import otlp_requests as otlp

from .running import Demo

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


def test_a_goal_worse_than_the_baseline_is_refused_with_a_reason_and_a_good_one_is_saved(
    manager: Page, client: str
) -> None:
    manager.goto(f"{client}charter/")
    manager.get_by_role("link", name="Workshop", exact=True).click()
    first = manager.get_by_role("group", name="Target 1", exact=True)
    kept = first.get_by_label("Goal", exact=True).input_value()
    first.get_by_label("Goal", exact=True).fill("12")
    manager.get_by_role("button", name="Save the charter").click()
    expect(manager.get_by_role("alert")).to_contain_text("Nothing was saved yet")
    first = manager.get_by_role("group", name="Target 1", exact=True)
    expect(first.locator(".err")).to_be_visible()
    expect(first.get_by_label("Goal", exact=True)).to_have_value("12")
    better = f"{float(kept) + 0.5:g}"
    first.get_by_label("Goal", exact=True).fill(better)
    written = manager.url
    manager.get_by_role("button", name="Save the charter").click()
    expect(manager.get_by_role("status").first).to_be_visible()
    expect(manager).to_have_url(written)
    expect(manager.get_by_role("group", name="Target 1", exact=True).get_by_label("Goal", exact=True)).to_have_value(
        better
    )
    manager.get_by_role("link", name="Read the charter").click()
    manager.get_by_role("link", name="Read version 2").click()
    expect(manager.locator("main tbody tr").first.locator("td[data-l=Promise]")).to_contain_text(
        f"{float(better):.1f}%"
    )


def test_a_new_sources_token_is_shown_once_and_lets_traces_in(manager: Page, demo: Demo, client: str) -> None:
    manager.goto(f"{client}sources/")
    manager.get_by_label("Name of the source").fill("Browser test")
    manager.get_by_label("AI system").fill("Support assistant")
    manager.get_by_role("button", name="Add and show its token").click()
    token = manager.get_by_label("Token", exact=True).input_value()
    assert len(token) > 20
    row = manager.locator("main tbody tr", has_text="Browser test")
    expect(row).not_to_contain_text("Arriving")

    now = time.time_ns()
    sent = otlp.span(
        {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4.1", "gen_ai.usage.input_tokens": 12},
        trace_id=os.urandom(16),
        span_id=os.urandom(8),
        start_time_unix_nano=now - 2 * otlp.SECOND,
        end_time_unix_nano=now,
    )
    answer = httpx.post(
        f"{demo.url}/v1/traces",
        content=otlp.request(sent).SerializeToString(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": otlp.PROTOBUF},
        trust_env=False,
    )
    assert answer.status_code == 200, answer.text

    manager.goto(f"{client}sources/")
    expect(manager.get_by_label("Token", exact=True)).to_have_count(0)
    assert token not in manager.content()
    expect(manager.locator("main tbody tr", has_text="Browser test")).to_contain_text("Arriving")


def test_a_second_source_of_the_same_name_is_refused_by_name(manager: Page, client: str) -> None:
    manager.goto(f"{client}sources/")
    manager.get_by_label("Name of the source").fill("OpenTelemetry")
    manager.get_by_label("AI system").fill("Support assistant")
    manager.get_by_role("button", name="Add and show its token").click()
    expect(manager.locator(".err")).to_contain_text(re.compile("There is a source called “OpenTelemetry” already"))
