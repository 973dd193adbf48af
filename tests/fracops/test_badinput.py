"""A bad address is the sender's mistake: it is answered with 400 or 404 and a page, never with a broken one."""

import re
from typing import Any

import pytest
from django.conf import settings as project
from django.test import Client as Browser
from django.test import override_settings

from clients.models import Client, System
from fracops.badinput import WithoutTrace
from fracops.pages.frames import chart_id
from monitoring.catalogue import CATALOGUE, metric
from tests import factories
from tests.conftest import ALL, NOW

pytestmark = pytest.mark.django_db(transaction=True, databases=ALL)

GUARD = "fracops.badinput.RefuseControlCharacters"
GUARDED = project.MIDDLEWARE if GUARD in project.MIDDLEWARE else [GUARD, *project.MIDDLEWARE]


@pytest.fixture
def person(client_row: Client) -> Any:
    made = Browser()
    made.force_login(
        factories.member(client_row, "program_manager"), backend="allauth.account.auth_backends.AuthenticationBackend"
    )
    with override_settings(MIDDLEWARE=GUARDED):
        yield made


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "says-who/calls/?model=%00"),
        ("get", "says-who/calls/?system=%00"),
        ("get", "says-who/calls/?%00=1"),
        ("get", "figures.json?model=%00"),
        ("get", "says-who/score.%00/"),
        ("get", "says-who/score.x%0ay/?format=csv"),
        ("get", "says-who/score.x%c2%85y/"),
        ("post", "sources/%00/token/"),
        ("post", "deliveries/%00/settle/"),
    ],
)
def test_a_control_character_in_an_address_is_refused(person: Any, method: str, address: str) -> None:
    answer = getattr(person, method)(f"/c/acme/{address}")
    assert answer.status_code == 400
    assert "This address cannot be read." in answer.content.decode()


def test_a_session_cookie_that_holds_nul_is_refused(client_row: Client) -> None:
    written = rf'{project.SESSION_COOKIE_NAME}="{r"\000" * 10}"'
    with override_settings(MIDDLEWARE=GUARDED):
        assert Browser(headers={"cookie": written}).get("/c/acme/").status_code == 400


@pytest.mark.parametrize("address", ["?model=Größe+✓", "says-who/calls/?model=%ff", "says-who/score.Größe ✓/"])
def test_any_other_character_is_let_through(person: Any, address: str) -> None:
    assert person.get(f"/c/acme/{address}").status_code == 200


@pytest.mark.parametrize("address", ["roi/0001-01/", "pulse/0001-W02/", "roi/9999-12/pdf/", "pulse/9999-W52/"])
def test_a_period_far_from_now_is_not_found(person: Any, address: str) -> None:
    assert person.get(f"/c/acme/{address}").status_code == 404


@pytest.mark.parametrize(
    ("address", "typed"),
    [
        ("sources/", {"name": "\0", "system": "Bot"}),
        ("sources/", {"name": "App", "system": "B\0t"}),
        ("charter/2026-q4/write/", {"t-TOTAL_FORMS": "3", "t-INITIAL_FORMS": "0", "scope": "\0"}),
        (
            "charter/2026-q4/write/",
            {"t-TOTAL_FORMS": "3", "t-INITIAL_FORMS": "0", "t-0-name": "x", "t-0-metric": "\0", "t-0-goal": "1"},
        ),
        (
            "charter/2026-q4/write/",
            {"t-TOTAL_FORMS": "3", "t-INITIAL_FORMS": "1", "t-0-public_id": "\0", "t-0-name": "x"},
        ),
        ("charter/2026-q4/write/", {"t-TOTAL_FORMS": "3", "t-INITIAL_FORMS": "0", "t-0-name": "x", "t-0-model": "\0"}),
        ("charter/2026-q4/write/", {"do": "save"}),
    ],
)
def test_a_form_that_holds_nul_is_refused_by_itself(person: Any, address: str, typed: dict[str, str]) -> None:
    assert person.post(f"/c/acme/{address}", typed).status_code == 422


@pytest.mark.parametrize("do", ["look", "take-0", "take-9", "take-x", "take-", "dance"])
def test_looking_at_data_takes_anything_that_is_typed(person: Any, do: str) -> None:
    typed = {
        "t-TOTAL_FORMS": "1",
        "t-INITIAL_FORMS": "0",
        "t-0-metric": "calls",
        "t-0-model": "\0",
        "t-0-goal": "a lot",
    }
    for more in ({}, {"t-0-model": "m"}, {"t-TOTAL_FORMS": "-1"}, {"t-TOTAL_FORMS": "x"}):
        assert person.post("/c/acme/charter/2026-q4/write/", typed | more | {"do": do}).status_code == 200


def test_a_file_of_any_scores_days_has_a_plain_name(person: Any) -> None:
    answer = person.get('/c/acme/says-who/score.Größe "✓".;x/?format=csv&period=7d')
    name = re.fullmatch(r'attachment; filename="(.*)[.]csv"', answer.headers["Content-Disposition"])
    assert name
    assert re.fullmatch("[a-z0-9-]+", name[1])


def test_no_two_charts_share_an_id() -> None:
    scores = ["score.tone a", "score.tone-a", "score.tone.a", "score.正確さ", "score.流暢さ", "score.Tone A"]
    ids = [chart_id(one) for one in (*CATALOGUE.values(), *map(metric, scores))]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch("[a-z0-9-]+", one) for one in ids)


def test_five_megabytes_of_text_are_refused_with_the_text_still_there(person: Any) -> None:
    text = "Ж " * (5 * 1024 * 1024 // 3)
    answer = person.post("/c/acme/handbook/new/context/", {"title": "Where things stand", "text": text})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "200,000" in page or "200000" in page
    assert text[:-1] in page


def test_more_than_a_form_takes_says_so(person: Any) -> None:
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=1024**2):
        answer = person.post("/c/acme/handbook/new/context/", {"text": "x" * (1024**2 + 1)})
    assert answer.status_code == 413
    assert "A form takes 1 MB in all" in answer.content.decode()


def test_no_field_cuts_what_is_pasted_into_it(person: Any) -> None:
    for address in ("handbook/new/decision/", "charter/2026-q4/write/", "roadmap/new/"):
        page = person.get(f"/c/acme/{address}").content.decode()
        assert "<textarea" in page
        assert "maxlength" not in page.split("<main")[1]


@pytest.mark.parametrize("day", ["0001-01-01", "1999-12-31", "2100-01-01", "9999-12-31"])
@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("discovery/begin/", "began_on"),
        ("engagement/begin/", "started_on"),
        ("handbook/new/policy/", "review_on"),
        ("calendar/", "first"),
        ("vendors/new/", "renews_on"),
        ("roadmap/new/", "review_on"),
    ],
)
def test_a_day_that_nobody_means_is_refused(client_row: Client, address: str, name: str, day: str) -> None:
    owner = Browser()
    owner.force_login(factories.member(client_row.practice, "owner"))
    answer = owner.post(f"/c/acme/{address}", {name: day, "why": "x", "question": "x", "name": "x"})
    assert answer.status_code == 422
    assert "look at the year" in answer.content.decode()


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "soon"])
def test_a_system_does_not_go_live_on_a_day_that_nobody_means(person: Any, client_row: Client, day: str) -> None:
    factories.calls(client_row, [factories.span(1, NOW)])
    system = System.objects.using("owner").get()
    address = f"/c/acme/charter/went-live/{system.public_id}/"
    assert person.post(address, {"live_on": "2026-08-01", "quarter": "never"}).status_code == 404
    answer = person.post(address, {"live_on": day, "quarter": "2026-q4"}, follow=True)
    assert answer.status_code == 200
    assert "look at the year" in answer.content.decode() or "is no day" in answer.content.decode()
    assert System.objects.using("owner").get().live_on is None


def test_too_many_fields_are_one_line_in_the_log(db: None, caplog: pytest.LogCaptureFixture) -> None:
    assert "no_trace_of_bad_input" in project.LOGGING["handlers"]["console"]["filters"]
    caplog.handler.addFilter(only_a_line := WithoutTrace())
    try:
        answer = Browser(raise_request_exception=False).post("/accounts/login/", {f"f{i}": "x" for i in range(2000)})
    finally:
        caplog.handler.removeFilter(only_a_line)
    assert answer.status_code == 400
    told = [record for record in caplog.records if "DATA_UPLOAD_MAX_NUMBER_FIELDS" in record.getMessage()]
    assert told
    assert not any(record.exc_info for record in told)
