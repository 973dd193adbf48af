"""The doors at /v1/calls, /v1/scores and /v1/outcomes: what is sent is stored once, and each row that is not says why."""

import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import connections
from django.test import Client as Browser
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clients.models import Client
from clients.tenancy import scope
from monitoring import rollups
from monitoring.catalogue import metric
from monitoring.importing import OUTCOME_TARGETS
from monitoring.pushing.shapes import PushedCall, PushedScore
from monitoring.readings import Period
from monitoring.series import all_series
from tests import factories
from tests.conftest import NOW, rows
from tests.monitoring.outcome_making import define, read

pytestmark = pytest.mark.usefixtures("runtime_role")

CALL = {
    "id": "call-1",
    "at": "2026-11-03T14:05:00+01:00",
    "model": "gpt-4.1",
    "input_tokens": 1000,
    "output_tokens": 100,
}
SCORE = {"id": "score-1", "name": "accuracy", "value": True, "call": "call-1"}
FIGURE = {"outcome": "chats_settled", "day": "2026-11-03", "numerator": 40, "denominator": 60}
DOORS = {"calls": CALL, "scores": SCORE | {"at": "2026-11-03T14:05:00Z"}, "outcomes": FIGURE}


@pytest.fixture(autouse=True)
def clock(time_machine: Any) -> None:
    time_machine.move_to(NOW, tick=False)


@pytest.fixture
def token(client_row: Client) -> str:
    define(client_row)
    return factories.token(client_row)


def post(token: str, what: str, body: Any, content_type: str = "application/json", **headers: str) -> Any:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Browser(enforce_csrf_checks=True, raise_request_exception=True).post(
        f"/v1/{what}", sent, content_type=content_type, headers={"Authorization": f"Bearer {token}", **headers}
    )


def told(answer: Any) -> tuple[int, int, int, list[str]]:
    said = answer.json()
    return said["stored"], said["unchanged"], said["refused"], [e["reason"] for e in said["errors"]]


def trouble() -> str:
    ((said,),) = rows("SELECT error FROM monitoring_source")
    return str(said)


TABLES = {"calls": "monitoring_span", "scores": "monitoring_score", "outcomes": "monitoring_outcomevalue"}


def held(what: str) -> int:
    ((count,),) = rows(f"SELECT count(*) FROM {TABLES[what]}")
    return int(count)


@pytest.mark.parametrize("what", DOORS)
@pytest.mark.parametrize("form", ["object", "list", "lines", "lines as json", "gzip"])
def test_a_row_is_stored_once_in_whatever_form_it_is_sent(token: str, what: str, form: str) -> None:
    row = json.dumps(DOORS[what])
    body, kind, headers = {
        "object": (row.encode(), "application/json", {}),
        "list": (f"[{row}]".encode(), "application/json; charset=utf-8", {}),
        "lines": (f"{row}\n\n".encode(), "application/x-ndjson", {}),
        "lines as json": (f"{row}\n{row}\n".encode(), "application/json", {}),
        "gzip": (gzip.compress(row.encode()), "application/json", {"Content-Encoding": "gzip"}),
    }[form]
    first = post(token, what, body, kind, **headers)
    assert first.status_code == 200, first.content
    assert first.json()["stored"] == 1
    again = post(token, what, body, kind, **headers)
    assert again.json()["stored"] == 0
    assert held(what) == 1


def test_a_call_is_the_same_as_one_of_a_file(token: str, client_row: Client) -> None:
    call = CALL | {
        "latency": 1.25,
        "session": "s-1",
        "score": {"accuracy": "yes", "mood": 0.7},
        "input": [{"role": "user"}],
    }
    assert told(post(token, "calls", call)) == (1, 0, 0, [])
    ((at, ended, model, cost, estimated, said),) = rows(
        "SELECT started_at, ended_at, model, cost, cost_estimated, input_text FROM monitoring_span"
    )
    assert at == datetime(2026, 11, 3, 13, 5, tzinfo=UTC)
    assert (ended - at).total_seconds() == 1.25
    assert (model, float(cost), estimated, said) == ("gpt-4.1", 0.0028, True, '[{"role":"user"}]')
    assert rows("SELECT name, value FROM monitoring_score ORDER BY name") == [
        ("accuracy", Decimal(1)),
        ("mood", Decimal("0.7")),
    ]


def test_a_corrected_call_replaces_the_old_one(token: str) -> None:
    post(token, "calls", CALL)
    assert told(post(token, "calls", CALL | {"cost": "0.5"})) == (1, 0, 0, [])
    assert rows("SELECT cost FROM monitoring_span") == [(Decimal("0.5"),)]


def test_a_score_finds_the_call_it_judges(token: str, client_row: Client) -> None:
    post(token, "calls", [CALL, CALL | {"id": "call-2", "trace_id": "order 17", "model": "gpt-4o"}])
    scores = [
        SCORE,
        SCORE | {"id": "score-2", "call": "call-2", "trace_id": "order 17", "value": "no", "judge": "human"},
    ]
    assert told(post(token, "scores", scores)) == (2, 0, 0, [])
    assert rows(
        "SELECT c.model, c.value, c.judge, c.at = s.started_at FROM monitoring_score c JOIN monitoring_span s USING (trace_id, span_id)"
        " ORDER BY 1"
    ) == [("gpt-4.1", Decimal(1), "code", True), ("gpt-4o", Decimal(0), "human", True)]
    rollups.roll_up(client_row)
    with scope(client_row):
        day = Period(date(2026, 11, 3), date(2026, 11, 4), client_row.zone)
        accuracy = all_series(client_row, [metric("accuracy")], day)["accuracy"].now
    assert (accuracy.n, int(accuracy.summary.total)) == (2, 1)


def test_outcomes_are_read_as_their_metric(token: str, client_row: Client) -> None:
    cases = [
        {
            "outcome": "chats_settled",
            "id": n,
            "at": 1793710800 + n,
            "numerator": n % 2,
            "denominator": 1,
            "success": True,
        }
        for n in range(10)
    ]
    assert told(post(token, "outcomes", cases)) == (10, 0, 0, [])
    assert read(client_row, "chats_settled").now.n == 10
    assert told(post(token, "outcomes", FIGURE)) == (1, 0, 0, [])
    assert read(client_row, "chats_settled").now.n == 60


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"id": ' + b"9" * 5000 + b"}", b'{"id": NaN}'])
def test_a_body_that_cannot_be_read_says_why_in_words(token: str, body: bytes) -> None:
    for kind in ("application/json", "application/x-ndjson"):
        said = post(token, "calls", body, kind).content.decode()
        assert any(words in said for words in ("nested too deeply", "too many digits", "NaN is not a number"))
        assert not any(word in said for word in ("recursion", "sys.", "Error"))


@pytest.mark.parametrize(
    ("what", "row", "reason"),
    [
        ("calls", CALL | {"id": ""}, "id: must not be empty"),
        ("calls", {k: v for k, v in CALL.items() if k != "id"}, "id: is missing"),
        ("calls", CALL | {"tokens": 3}, "tokens: there is no such field"),
        ("calls", CALL | {"at": "yesterday"}, "at: “yesterday” is not a time"),
        ("calls", CALL | {"at": "2020-01-01T00:00:00Z"}, "before all that is kept"),
        ("calls", CALL | {"at": "2026-11-06T15:41:00Z"}, "has not come yet"),
        ("calls", CALL | {"at": "2026-11-06T15:30:00Z", "latency": 900}, "end 2026-11-06 15:45 UTC has not come yet"),
        ("calls", CALL | {"cache_read_tokens": 1001}, "cache_read_tokens: 1,001 of 1,000 input tokens cannot be"),
        ("calls", CALL | {"cost": -1}, "cost must be a cost in US dollars"),
        ("calls", CALL | {"model": {"name": "x"}}, "model: must be a word, a number, true or false"),
        ("calls", CALL | {"score": {"accuracy": 85}}, "score “accuracy” is a rate"),
        ("calls", 7, "not a JSON object"),
        ("scores", SCORE | {"call": "unknown"}, "at: nothing is known of what it judges"),
        ("scores", SCORE | {"name": ""}, "name: must not be empty"),
        ("scores", SCORE | {"judge": "cat"}, "judge: must be human, model or code"),
        ("scores", SCORE | {"call": "", "span_id": "x"}, "span_id: must be 16 hex digits"),
        ("scores", SCORE | {"at": "2020-01-01T00:00:00Z", "call": ""}, "before all that is kept"),
        ("scores", SCORE | {"at": "2027-10-01T00:00:00Z", "call": ""}, "has not come yet"),
        ("outcomes", FIGURE | {"outcome": "nobody"}, "there is no outcome “nobody”"),
        ("outcomes", FIGURE | {"numerator": 61}, "cannot be 61 of 60"),
        ("outcomes", FIGURE | {"numerator": "many"}, "numerator: is no number"),
        ("outcomes", FIGURE | {"day": "3.11.2026"}, "day: must be a day like 2026-11-03"),
        ("outcomes", FIGURE | {"day": None}, "day: say when as one of day, at, or first_day and last_day"),
        ("outcomes", FIGURE | {"at": "2026-11-03"}, "day: say when as one of"),
        ("outcomes", FIGURE | {"success": 2.5}, "success: must be true, false or a number of cases"),
        ("outcomes", FIGURE | {"withdrawn": True}, "numerator: what is withdrawn has none"),
    ],
)
def test_a_bad_row_says_why_and_the_good_one_beside_it_is_stored(token: str, what: str, row: Any, reason: str) -> None:
    good = DOORS[what] | ({"day": "2026-11-02"} if what == "outcomes" else {"id": "good"})
    answer = post(token, what, [row, good])
    assert answer.status_code == 200
    stored, _, refused, reasons = told(answer)
    assert (stored, refused) == (1, 1), reasons
    assert reason in reasons[0]
    assert answer.json()["errors"][0]["row"] == 1
    assert trouble() == ""


def test_the_senders_own_id_is_told_with_the_reason(token: str) -> None:
    answer = post(token, "calls", CALL | {"cost": -1})
    assert answer.json()["errors"] == [
        {"row": 1, "id": "call-1", "reason": "cost must be a cost in US dollars, from 0 to 1,000,000"}
    ]


def test_when_no_row_is_taken_the_page_says_so_until_something_comes(token: str) -> None:
    answer = post(token, "outcomes", [FIGURE | {"outcome": "nobody"}] * 3)
    assert (answer.status_code, told(answer)[2]) == (422, 3)
    assert trouble() == "No row of a request was taken: 3 were refused; the answer named each."
    post(token, "outcomes", FIGURE)
    assert trouble() == ""


@pytest.mark.parametrize("what", DOORS)
@pytest.mark.parametrize(
    ("body", "kind", "encoding", "status"),
    [
        (b"[]", "application/json", "", 400),
        (b"\n\n", "application/x-ndjson", "", 400),
        (b"{", "application/json", "", 400),
        (b"[" * 100_000, "application/json", "", 400),
        (b"[" + b"1" * 5000 + b"]", "application/json", "", 400),
        (b'{"a": NaN}', "application/json", "", 400),
        (b"\xff\xfe", "application/json", "", 400),
        (b"a=1", "application/x-www-form-urlencoded", "", 415),
        (b"{}", "text/csv", "", 415),
        (b"{}", "application/json", "br", 415),
        (b"{}", "application/json", "gzip", 400),
        (gzip.compress(bytes(20_000_000)), "application/json", "gzip", 413),
        (b"[" + b"{}," * 10_000 + b"{}]", "application/json", "", 413),
        (b"{}\n" * 10_001, "application/x-ndjson", "", 413),
    ],
    ids=range(14),
)
def test_a_body_that_cannot_be_rows_is_refused_whole(
    token: str, what: str, body: bytes, kind: str, encoding: str, status: int
) -> None:
    answer = post(token, what, body, kind, **({"Content-Encoding": encoding} if encoding else {}))
    assert answer.status_code == status, answer.content
    assert answer.json()["error"]
    assert trouble().startswith("A request was refused")


@pytest.mark.parametrize("what", DOORS)
def test_without_a_valid_token_nothing_is_taken(token: str, what: str) -> None:
    answer = post("fo_wrong", what, DOORS[what])
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert Browser().get(f"/v1/{what}").status_code == 405
    assert held(what) == 0


def test_a_token_reaches_its_own_clients_outcomes_only(token: str, other_client: Client) -> None:
    define(other_client, "theirs")
    answer = post(token, "outcomes", FIGURE | {"outcome": "theirs"})
    assert "there is no outcome “theirs”" in told(answer)[3][0]
    post(token, "outcomes", FIGURE)
    assert rows(
        "SELECT DISTINCT c.slug FROM monitoring_outcomevalue v JOIN clients_client c ON c.id = v.client_id"
    ) == [("acme",)]


@override_settings(INGEST_RATE="2/minute")
def test_too_many_requests_wait(token: str) -> None:
    assert [post(token, "outcomes", FIGURE).status_code for _ in range(2)] == [200, 200]
    answer = post(token, "calls", CALL)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_a_database_that_is_away_asks_to_send_again(token: str) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [pid] = cursor.fetchone()
    with psycopg.connect(**connections["default"].get_connection_params(), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s)", [pid])
    answer = post(token, "outcomes", FIGURE)
    connections["default"].close()
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert post(token, "outcomes", FIGURE).status_code == 200


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_a_moment_at_the_calendars_end_is_refused_or_counted(
    client_row: Client, token: str, at: str, zone: str
) -> None:
    Client.objects.using("owner").filter(pk=client_row.pk).update(zone=zone)
    assert post(token, "outcomes", {**FIGURE, "at": at, "day": None}).status_code == 422


@pytest.mark.parametrize("what", ["calls", "outcomes"])
def test_a_character_that_cannot_be_held_costs_its_row_only(token: str, what: str) -> None:
    good = CALL if what == "calls" else FIGURE
    bad = {**good, "id": "odd", "scores": {"help\0ful": 1}} if what == "calls" else {**good, "id": "o\0dd"}
    answer = post(token, what, [bad, good])
    assert answer.status_code == 200
    assert [e["reason"] for e in answer.json()["errors"]] == ["holds a NUL character"]


def test_an_answer_names_a_hundred_rows_and_counts_all(token: str) -> None:
    said = post(token, "outcomes", [{}] * 300).json()
    assert (said["refused"], len(said["errors"])) == (300, 100)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=120)
@given(data=st.data(), what=st.sampled_from(sorted(DOORS)))
def test_whatever_a_field_holds_the_door_answers(token: str, data: st.DataObject, what: str) -> None:
    fields = {"calls": PushedCall.model_fields, "scores": PushedScore.model_fields, "outcomes": OUTCOME_TARGETS}[what]
    broken = data.draw(st.dictionaries(st.sampled_from(sorted(fields)), anything, min_size=1, max_size=3))
    with override_settings(INGEST_RATE="100000/minute"):
        answer = post(token, what, DOORS[what] | broken)
    assert answer.status_code in (200, 422), answer.content
    assert set(answer.json()) == {"rows", "stored", "unchanged", "refused", "errors"}
