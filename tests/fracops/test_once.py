"""A form that is sent twice counts once; one that was refused, or another page's, is not held back."""

import re
import threading
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import Client as Browser
from redis.exceptions import ConnectionError as Gone

from clients.models import Client, Opportunity
from fracops import once
from tests import factories
from tests.fracops.test_roadmap import TYPED

pytestmark = pytest.mark.usefixtures("runtime_role")
ADDRESS = "/c/acme/roadmap/new/"


@pytest.fixture
def browser(client_row: Client) -> Browser:
    made = Browser(enforce_csrf_checks=True)
    made.force_login(factories.member(client_row, "program_manager", "mara@northlight.example"))
    return made


def opened(browser: Browser) -> dict[str, Any]:
    """What the form of a page that was opened just now is sent with."""
    page = browser.get(ADDRESS).content.decode()
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page))
    return {**hidden, **TYPED}


def send(browser: Browser, typed: dict[str, Any]) -> Any:
    return browser.post(ADDRESS, urlencode(typed), content_type="application/x-www-form-urlencoded")


def count() -> int:
    return Opportunity.objects.using("owner").count()


def test_one_form_sent_twice_is_written_once_and_answered_twice(browser: Browser) -> None:
    typed = opened(browser)
    first, second = send(browser, typed), send(browser, typed)
    assert (first.status_code, second.status_code, count()) == (302, 302, 1)
    assert first.url == second.url


def test_the_same_words_in_a_form_that_was_opened_anew_are_another(browser: Browser) -> None:
    assert send(browser, opened(browser)).status_code == 302
    assert send(browser, opened(browser)).status_code == 302
    assert count() == 2


def test_a_form_that_was_refused_can_be_sent_again_at_once(browser: Browser) -> None:
    typed = opened(browser) | {"title": ""}
    assert [send(browser, typed).status_code for _ in range(2)] == [422, 422]


def test_somebody_elses_equal_form_is_their_own(browser: Browser, client_row: Client) -> None:
    typed = opened(browser)
    other = Browser(enforce_csrf_checks=True)
    other.force_login(factories.member(client_row, "program_manager", "otis@northlight.example"))
    other.cookies["csrftoken"] = browser.cookies["csrftoken"].value
    assert [send(browser, typed).status_code, send(other, typed).status_code, count()] == [302, 302, 2]


def test_two_at_once_are_written_once(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    typed, answers = opened(browser), []
    whole = once.FormsOnce._first

    def slowly(self: Any, key: str, request: Any) -> Any:
        time.sleep(0.3)
        return whole(self, key, request)

    monkeypatch.setattr(once.FormsOnce, "_first", slowly)

    def go() -> None:
        answers.append(send(browser, typed).status_code)
        connections.close_all()

    both = [threading.Thread(target=go) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert (answers, count()) == ([302, 302], 1)


def test_without_redis_forms_are_still_taken(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise Gone

    typed = opened(browser)
    monkeypatch.setattr(cache, "add", gone)
    assert send(browser, typed).status_code == 302
