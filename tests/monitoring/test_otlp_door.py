"""The door at /v1/traces answers as the protocol says, whatever is sent, and stores what it takes once."""

import gzip
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.http import HttpResponse
from django.test import Client as Browser
from django.test import RequestFactory
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from clients.models import Client
from monitoring import rollups, views_otlp
from tests import factories
from tests.conftest import rows
from tests.monitoring.otlp_requests import JSON, PROTOBUF, START, as_json, request, span

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "owner"])

URL = "/v1/traces"
RECENT = START + 40 * 86_400 * 10**9  # 2026-10-31


@pytest.fixture
def token(client_row: Client) -> str:
    return factories.token(client_row)


def recent(number: int = 1, **fields: Any) -> Any:
    known: dict[str, Any] = {
        "span_id": number.to_bytes(8),
        "start_time_unix_nano": RECENT,
        "end_time_unix_nano": RECENT + 10**9,
    }
    return span(
        fields.pop("attributes", {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4.1"}), **known | fields
    )


def send(token: str, body: bytes, content_type: str = PROTOBUF, **headers: str) -> Any:
    return Browser(enforce_csrf_checks=True).post(
        URL, body, content_type=content_type, headers={"Authorization": f"Bearer {token}", **headers}
    )


def stored() -> list[tuple[Any, ...]]:
    return rows("SELECT span_id, cost, cost_estimated FROM monitoring_span ORDER BY span_id")


def trouble() -> str:
    """What the source's row says is wrong with it."""
    ((said,),) = rows("SELECT error FROM monitoring_source")
    return str(said)


def message(answer: HttpResponse) -> str:
    return str(json.loads(answer.content)["message"])


@pytest.mark.parametrize("content_type", [PROTOBUF, JSON])
@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_batch_is_stored(token: str, content_type: str, encoding: str) -> None:
    sent = request(recent(1), recent(2))
    body = as_json(sent) if content_type == JSON else sent.SerializeToString()
    answer = send(
        token,
        gzip.compress(body) if encoding else body,
        content_type,
        **({"Content-Encoding": encoding} if encoding else {}),
    )
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == content_type
    assert answer.content == (b"{}" if content_type == JSON else b"")
    assert len(stored()) == 2


def test_what_is_sent_twice_is_stored_once(token: str) -> None:
    body = request(recent(1, attributes={"fracops.score.accuracy": True})).SerializeToString()
    send(token, body)
    before = stored()
    assert send(token, body).status_code == 200
    assert stored() == before
    assert rows("SELECT count(*) FROM monitoring_score") == [(1,)]


def test_a_call_without_a_cost_is_priced_and_marked(token: str) -> None:
    counted = {
        "gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4.1",
        "gen_ai.usage.input_tokens": 1000, "gen_ai.usage.output_tokens": 100,
    }  # fmt: skip
    send(
        token,
        request(
            recent(1, attributes=counted), recent(2, attributes=counted | {"llm.cost.total": 0.5})
        ).SerializeToString(),
    )
    assert [(float(cost), marked) for _, cost, marked in stored()] == [(0.0028, True), (0.5, False)]


def test_good_spans_are_kept_when_others_are_rejected(token: str) -> None:
    sent = request(recent(1), recent(2, trace_id=b""), recent(3, start_time_unix_nano=START - 6 * 10**17))
    answer = send(token, sent.SerializeToString())
    partial = ExportTraceServiceResponse.FromString(answer.content).partial_success
    assert answer.status_code == 200
    assert partial.rejected_spans == 2
    assert "trace id must be 16 bytes" in partial.error_message
    assert "before all that is kept" in partial.error_message
    assert len(stored()) == 1


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer ", "Bearer fo_wrong", "Basic abc", "fo_x", "Bearer \x00"]
)
def test_without_a_valid_token_nothing_is_taken(client_row: Client, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer: Any = Browser().post(URL, as_json(request(recent())), content_type=JSON, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "Authorization: Bearer" in message(answer)
    assert stored() == []


@pytest.mark.parametrize(
    ("body", "content_type", "headers", "status"),
    [
        (b"\xff\xff", PROTOBUF, {}, 400),
        (b"{", JSON, {}, 400),
        (b"plain", PROTOBUF, {"Content-Encoding": "gzip"}, 400),
        (b"x", "text/plain", {}, 415),
        (b"", PROTOBUF, {"Content-Encoding": "zstd"}, 415),
        (gzip.compress(bytes(20 * 1024 * 1024), mtime=0), PROTOBUF, {"Content-Encoding": "gzip"}, 413),
    ],
    ids=["no protobuf", "no JSON", "no gzip", "no known type", "no known encoding", "a bomb"],
)
def test_a_bad_request_gets_the_protocols_answer(
    token: str, body: bytes, content_type: str, headers: dict[str, str], status: int
) -> None:
    answer = send(token, body, content_type, **headers)
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == (JSON if content_type == JSON else PROTOBUF)
    assert len(answer.content) > 10


def test_a_body_declared_too_large_is_refused_unread(token: str) -> None:
    class Unreadable:
        def read(self, size: int = 0) -> bytes:
            raise AssertionError("the body was read")

    sent = RequestFactory().post(URL, b"x", content_type=JSON, headers={"Authorization": f"Bearer {token}"})
    sent.META["CONTENT_LENGTH"] = str(17 * 1024 * 1024)
    sent._stream = Unreadable()  # type: ignore[assignment]
    answer = views_otlp.traces(sent)
    assert answer.status_code == 413
    assert "16 MiB" in message(answer)


def test_an_empty_batch_is_a_success(token: str) -> None:
    assert send(token, gzip.compress(b""), **{"Content-Encoding": "gzip"}).status_code == 200


def test_names_longer_than_the_database_holds_are_cut(token: str) -> None:
    long = "n" * 5000
    sent = request(
        recent(
            1,
            attributes=dict.fromkeys(
                ("user.id", "gen_ai.request.model", "gen_ai.tool.name", "fracops.segment", long), long
            ),
        ),
        recent(2, name=long, attributes={f"fracops.score.{long}": long, "input.value": long * 20}),
        resource={"service.name": long, "deployment.environment": long},
    )
    assert (send(token, sent.SerializeToString()).content, len(stored())) == (b"", 2)


def test_the_widest_names_can_still_be_rolled_up(token: str, client_row: Client) -> None:
    noise = random.Random(1)  # noise, for PostgreSQL packs what repeats before it measures
    dimensions = (
        "gen_ai.request.model",
        "fracops.segment",
        "gen_ai.prompt.version",
        "gen_ai.tool.name",
        "user.id",
        "session.id",
    )

    def wide() -> str:
        return "".join(chr(noise.randrange(0x1F300, 0x1FA00)) for _ in range(300))

    for number, operation in enumerate(("chat", "execute_tool"), start=1):
        attributes = {key: wide() for key in dimensions} | {f"fracops.score.{wide()}": True}
        resource = {"service.name": wide(), "deployment.environment": wide()}
        sent = request(recent(number, attributes=attributes | {"gen_ai.operation.name": operation}), resource=resource)
        assert send(token, sent.SerializeToString()).content == b""
    assert rollups.roll_up(client_row) == 1


def test_the_largest_numbers_are_taken_and_rolled_up(token: str, client_row: Client) -> None:
    largest = {
        "gen_ai.usage.input_tokens": 2**31 - 1,
        "llm.cost.total": 1_000_000,
        "fracops.score.tone": 1e11,
        "other": 2**63 - 1,
    }
    smallest = {
        "gen_ai.usage.input_tokens": 0,
        "llm.cost.total": 0.0,
        "fracops.score.tone": -1e11,
        "fracops.score.x": 1e-300,
    }
    months = START - 2 * 10**16  # seven of them
    sent = request(
        *(
            recent(
                n,
                attributes=largest | {"openinference.span.kind": "LLM"},
                start_time_unix_nano=months,
                end_time_unix_nano=START,
            )
            for n in range(1, 40)
        ),
        recent(40, attributes=smallest, start_time_unix_nano=months, end_time_unix_nano=START),
    )
    assert send(token, sent.SerializeToString()).content == b""
    assert rows("SELECT count(*) FROM monitoring_score") == [(41,)]
    assert rollups.roll_up(client_row) == 1


@pytest.mark.parametrize("method", ["get", "put", "delete", "options"])
def test_only_post_is_allowed(client_row: Client, method: str) -> None:
    answer = getattr(Browser(), method)(URL)
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


def test_too_many_requests_are_told_when_to_come_back(token: str, settings: Any) -> None:
    settings.INGEST_RATE = "2/minute"
    body = as_json(request(recent()))
    statuses = [send(token, body, JSON).status_code for _ in range(3)]
    last = send(token, body, JSON)
    assert statuses == [200, 200, 429]
    assert 1 <= int(last.headers["Retry-After"]) <= 60


def test_another_source_has_a_limit_of_its_own(token: str, client_row: Client, settings: Any) -> None:
    settings.INGEST_RATE = "1/minute"
    body = as_json(request(recent()))
    assert send(token, body, JSON).status_code == 200
    assert send(factories.token(client_row, "Other"), body, JSON).status_code == 200


def test_without_redis_data_is_still_taken(token: str, settings: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert send(token, as_json(request(recent())), JSON).status_code == 200


def test_without_a_database_the_sender_is_told_to_come_back(token: str) -> None:
    runtime = connections["default"]
    port = runtime.settings_dict["PORT"]
    runtime.close()
    runtime.settings_dict["PORT"] = "1"
    try:
        answer = send(token, as_json(request(recent())), JSON)
    finally:
        runtime.settings_dict["PORT"] = port
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert message(answer) == "The database is not available; send the request again."
    assert send(token, as_json(request(recent())), JSON).status_code == 200


@pytest.fixture
def narrow_scores(transactional_db: None) -> Iterator[None]:
    """A database that holds no score of a hundred or more, as one holds none of 10¹² or more: every check before it passes."""

    def narrow(to: str) -> None:
        with connections["owner"].cursor() as cursor:
            cursor.execute(f"ALTER TABLE monitoring_score ALTER value TYPE {to}")
        connections["default"].close()  # its temporary table is a copy of the old one

    ((was,),) = rows(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = 'monitoring_score'::regclass AND attname = 'value'"
    )
    narrow("numeric(4, 2)")
    try:
        yield
    finally:
        narrow(was)


def test_what_the_database_cannot_hold_is_refused_for_good_and_shown_on_the_source(
    narrow_scores: None, token: str
) -> None:
    answer = send(token, as_json(request(recent(attributes={"fracops.score.tone": 12345}))), JSON)
    assert answer.status_code == 400
    assert "Retry-After" not in answer.headers
    assert message(answer) == "A value in this request is out of the range the database holds."
    assert stored() == []
    assert "out of the range the database holds" in trouble()


def test_what_a_refusal_quotes_of_a_request_goes_to_its_sender_and_is_not_stored(token: str) -> None:
    body = as_json(request(recent(attributes={"x": 1}))).replace(
        b'"intValue": "1"', b'"intValue": "44440000111122223333"'
    )
    assert "44440000111122223333" in message(send(token, body, JSON))
    assert trouble().endswith("The JSON is not an ExportTraceServiceRequest.")


def test_a_request_of_which_no_span_is_taken_is_shown_on_the_source(token: str) -> None:
    unread = recent(2, trace_id=b"")
    assert send(token, request(recent(1), unread).SerializeToString()).status_code == 200
    assert trouble() == ""
    assert (
        send(token, request(unread, recent(3, start_time_unix_nano=START - 6 * 10**17)).SerializeToString()).status_code
        == 200
    )
    assert trouble().startswith("No span of a request was taken: the trace id must be 16 bytes")
    assert "before all that is kept" in trouble()


def test_half_an_emoji_costs_neither_its_span_nor_the_batch(token: str) -> None:
    body = as_json(request(recent(1, attributes={"input.value": "HALF"}), recent(2))).replace(b"HALF", b"\\ud83d!")
    assert send(token, body, JSON).content == b"{}"
    assert rows("SELECT input_text FROM monitoring_span ORDER BY span_id") == [("?!",), ("",)]


def test_neither_tokens_nor_text_are_logged(
    token: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    send(token, as_json(request(recent(1, attributes={"input.value": "a private question"}))), JSON)
    send(token + "x", b"a private question", JSON)
    send(token, b"a private question", JSON)
    said = caplog.text + "".join(capsys.readouterr())
    assert token not in said
    assert "private" not in said
