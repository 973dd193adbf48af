"""Real calls to real models show their known drift, whichever door they come in by.

The file is of “How is ChatGPT's behavior changing over time?” (Chen, Zaharia, Zou, 2023): 500 primes and 500 composites asked of
two snapshots of GPT-4 and of GPT-3.5. The expected numbers are computed here from the file itself, or are those it is known for.
"""

import csv
import gzip
import io
import math
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.test import Client as Browser
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from time_machine import travel

from clients.models import Client
from clients.tenancy import scope
from monitoring import rollups, series
from monitoring.catalogue import metric
from monitoring.importing import Call, Calls, Filter, Row, RowFile, Spread, read_mapping
from monitoring.readings import Breakdown, Period
from tests import factories
from tests.conftest import NOW, rows
from tests.monitoring.otlp_requests import PROTOBUF, pairs, request

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT.parent / "shared" / "data" / "llmdrift" / "PRIME_FULL_EVAL.csv.gz"
MAPPING = ROOT / "docs" / "walkthrough-llmdrift.toml"
MARCH, JUNE = "2026-09-11..2026-10-09", "2026-10-09..2026-11-06"
SNAPSHOTS = {"gpt-4-0314": MARCH, "gpt-3.5-turbo-0301": MARCH, "gpt-4-0613": JUNE, "gpt-3.5-turbo-0613": JUNE}

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "owner"]),
    pytest.mark.skipif(not FILE.exists(), reason="the LLMDrift recordings are not beside this repository"),
]


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with travel(NOW, tick=True):
        yield


@pytest.fixture(scope="module")
def recorded() -> list[dict[str, str]]:
    with gzip.open(FILE) as file:
        return list(csv.DictReader(io.TextIOWrapper(file, encoding="utf-8", newline="")))


def import_file(client: Client) -> None:
    for snapshot, days in SNAPSHOTS.items():
        call_command(
            "import_calls", str(FILE), "--client", client.slug, "--system", "Prime assistant", "--map", f"@{MAPPING}",
            "--only", f"model=openaichat/{snapshot}", "--spread", days,
        )  # fmt: skip


def read_models(client: Client) -> dict[str, dict[str, Any]]:
    """Each snapshot's readings in the four weeks it served."""
    metrics = [metric(key) for key in ("accuracy", "calls", "cost", "answer_tokens", "latency_p95")]
    with scope(client):
        june = series.breakdowns(client, {"model": metrics}, _period(JUNE, client))["model"]
    by_name: dict[str, Breakdown] = {row.name: row for row in june}
    return {name: by_name[name].readings if days == JUNE else by_name[name].before for name, days in SNAPSHOTS.items()}


def _period(days: str, client: Client) -> Period:
    start, end = (date.fromisoformat(day) for day in days.split(".."))
    return Period(start, end, client.zone)


def test_the_file_shows_what_it_is_known_to_show(
    client_row: Client, recorded: list[dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    import_file(client_row)
    assert capsys.readouterr().out.splitlines() == ["1,000 rows read: 1,000 stored, 0 unchanged, 0 refused."] * 4
    models = read_models(client_row)
    accuracy = {name: readings["accuracy"].value for name, readings in models.items()}
    assert accuracy == {
        "gpt-4-0314": Decimal("0.841"),
        "gpt-4-0613": Decimal("0.511"),
        "gpt-3.5-turbo-0301": Decimal("0.530"),
        "gpt-3.5-turbo-0613": Decimal("0.782"),
    }
    assert {name: readings["calls"].value for name, readings in models.items()} == dict.fromkeys(
        SNAPSHOTS, Decimal(1000)
    )
    assert round(models["gpt-4-0314"]["answer_tokens"].value) == 215
    assert round(models["gpt-4-0613"]["answer_tokens"].value, 1) == Decimal("2.9")
    for name, readings in models.items():
        mine = [row for row in recorded if row["model"].endswith(f"/{name}")]
        assert abs(readings["cost"].value - sum(Decimal(row["cost"]) for row in mine)) < Decimal("0.000001")
        latencies = sorted(float(row["latency"]) * 1000 for row in mine)
        exact = latencies[math.ceil(0.95 * len(latencies)) - 1]
        assert float(readings["latency_p95"].value) == pytest.approx(exact, rel=0.01)
    total = sum(readings["cost"].value for readings in models.values())
    assert round(total, 2) == round(sum(Decimal(row["cost"]) for row in recorded), 2) == Decimal("16.08")


def test_importing_the_file_again_changes_nothing(client_row: Client, capsys: pytest.CaptureFixture[str]) -> None:
    import_file(client_row)
    before = _points(client_row)
    capsys.readouterr()
    import_file(client_row)
    assert capsys.readouterr().out.splitlines() == ["1,000 rows read: 0 stored, 1,000 unchanged, 0 refused."] * 4
    assert _points(client_row) == before


def test_the_same_rows_sent_through_otlp_give_the_same_points(client_row: Client, other_client: Client) -> None:
    import_file(client_row)
    rows("UPDATE clients_client SET zone = %s WHERE id = %s RETURNING id", [client_row.zone, other_client.pk])
    other_client.zone = client_row.zone
    token = factories.token(other_client, system="Prime assistant")
    calls = _calls(ZoneInfo(client_row.zone))
    for first in range(0, len(calls), 500):
        body = request(*map(_as_span, calls[first : first + 500])).SerializeToString()
        answer = Browser().post("/v1/traces", body, content_type=PROTOBUF, headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, answer.content) == (200, b"")
    rollups.roll_up(other_client)
    sent, imported = _points(other_client), _points(client_row)
    assert len(imported) > 1000
    assert sent == imported


def _calls(zone: ZoneInfo) -> list[Call]:
    """The file's calls as the command makes them, for their times."""
    file = RowFile(FILE)
    made: list[Call] = []
    for snapshot, days in SNAPSHOTS.items():
        spread = Spread.parse(days, zone)
        calls = Calls(
            read_mapping([f"@{MAPPING}"], file.header),
            "otlp",
            "",
            zone,
            spread=Spread(spread.begins, spread.ends, rows=1000),
        )
        only = Filter([f"model=openaichat/{snapshot}"])
        made += [calls.call(row) for row in file.rows(only) if isinstance(row, Row)]
    return made


def _as_span(call: Call) -> Span:
    """The call as an application with OpenInference's instrumentation would send it."""
    record = call.span
    assert record.ended_at is not None
    assert record.cost is not None
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.provider": record.provider,
        "llm.model_name": record.model,
        "llm.token_count.completion": record.output_tokens,
        "llm.cost.total": float(record.cost),
        "input.value": record.input_text,
        "output.value": record.output_text,
        "fracops.score.accuracy": bool(call.scores[0].value),
    }
    return Span(
        trace_id=bytes.fromhex(record.trace_id),
        span_id=bytes.fromhex(record.span_id),
        name=record.name,
        start_time_unix_nano=_nanoseconds(record.started_at),
        end_time_unix_nano=_nanoseconds(record.ended_at),
        attributes=pairs(attributes),
    )


def _nanoseconds(at: datetime) -> int:
    return (int(at.timestamp()) * 1_000_000 + at.microsecond) * 1000


def _points(client: Client) -> list[tuple[Any, ...]]:
    """All points of a client. The sum of squares is a float, so its last digits depend on the order rows were added in."""
    found = rows(
        "SELECT grain, at, measure, system_id <> 0, environment, model, prompt_version, segment, item, n, total, buckets, counts,"
        " sum_squares FROM monitoring_point WHERE client_id = %s ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9",
        [client.pk],
    )
    return [(*point, None if squares is None else f"{squares:.10e}") for *point, squares in found]
